"""`make run` as a person meets it: it starts, says where it is, heals, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.ports import free_port
from deploy.local.services import ROOT
from deploy.local.waiting import wait_until
from tests.support.plain_http import NO_TLS

READY_SECONDS_MAX = 60.0
HEAL_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 5.0
SETTINGS = ("DATABASE_URL", "NATS_URL", "FLUSSO_ADMIN_TOKEN", "FLUSSO_HOST", "FLUSSO_LOG_FORMAT")


@dataclass(slots=True)
class Running:
    """A terminal in which Flusso runs."""

    data_dir: Path
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def service(self, name: str) -> psutil.Process | None:
        module = f"services.{name}.main"
        found = (child for child in self.children() if module in command_of(child))
        return next(found, None)

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = (self.data_dir / "admin-token").read_text().strip()
        answer = httpx.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False, verify=NO_TLS).is_success
        except httpx.HTTPError:
            return False


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def environment(data_dir: Path, port: int) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return mine | {"FLUSSO_DATA_DIR": str(data_dir), "FLUSSO_PORT": str(port)}


PLAIN = (sys.executable, "-m", "deploy.local")
IN_BACKGROUND = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh", *PLAIN)
"""As a shell without job control starts what ends in `&`: with SIGINT ignored."""


def run_in_terminal(data_dir: Path, port: int, program: tuple[str, ...] = PLAIN) -> Running:
    process = subprocess.Popen(
        program,
        cwd=ROOT,
        env=environment(data_dir, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Running(data_dir, port, process)
    threading.Thread(target=read_lines, args=(running,), daemon=True).start()
    return running


def read_lines(running: Running) -> None:
    assert running.process.stdout is not None
    with running.process.stdout as stream:
        for line in stream:
            running.lines.append(line.rstrip())


@contextmanager
def flusso(data_dir: Path, port: int) -> Iterator[Running]:
    """Running and ready; stopped as a service manager would stop it."""
    running = run_in_terminal(data_dir, port)
    try:
        assert wait_until(lambda: "Sign in" in running.output, READY_SECONDS_MAX), running.output
        yield running
        running.process.terminate()
        assert running.process.wait(STOP_SECONDS_MAX) == 0, running.output
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """For tests after which it still runs."""
    with flusso(tmp_path_factory.mktemp("run") / "data", free_port()) as running:
        yield running


def still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [
        process
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def test_it_prints_the_address_and_a_link_that_signs_in_once(running: Running) -> None:
    assert "Flusso is ready after" in running.output
    link = re.search(rf"{running.url}/sign-in#token=(\S+)", running.output)
    assert link is not None
    answers = [
        httpx.post(f"{running.url}/api/v1/session", json={"token": link[1]}, trust_env=False)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]


def test_a_second_run_in_the_same_folder_says_so_in_one_sentence(running: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "deploy.local"],
        cwd=ROOT,
        env=environment(running.data_dir, free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode != 0
    assert second.stderr.count("\n") == 1
    assert "Flusso is already running with the data folder" in second.stderr


def test_the_demo_fills_the_tasks_page_each_time_it_is_played(running: Running) -> None:
    waiting: list[int] = []
    for visit in (1, 2):
        demo = subprocess.run(
            [sys.executable, "-m", "deploy.local.demo"],
            cwd=ROOT,
            env=environment(running.data_dir, running.port),
            capture_output=True,
            text=True,
            check=False,
        )
        assert demo.returncode == 0, demo.stderr
        assert f"Release gate (version {visit})" in demo.stdout
        counted = re.search(r"(\d+) tasks wait for an answer", demo.stdout)
        assert counted
        waiting.append(int(counted.group(1)))
    assert 0 < waiting[0] == waiting[1] - waiting[0]
    runs = running.call("GET", "/api/v1/runs?limit=200").json()["items"]
    assert {run["status"] for run in runs} == {"Waiting", "Completed"}


@pytest.mark.parametrize("name", ["engine", "tasks", "gateway"])
def test_a_killed_service_comes_back_by_itself(running: Running, name: str) -> None:
    before = running.service(name)
    assert before is not None
    before.kill()
    assert wait_until(lambda: running.service(name) not in {None, before}, HEAL_SECONDS_MAX)
    assert wait_until(running.is_ready, HEAL_SECONDS_MAX), running.output


@pytest.mark.parametrize("program", ["postgres", "nats-server"])
def test_a_killed_server_comes_back_by_itself(running: Running, program: str) -> None:
    before = next(child for child in running.children() if child.name() == program)
    before.kill()
    assert wait_until(
        lambda: f"{program.partition('-')[0]} ended" in running.output, HEAL_SECONDS_MAX
    )
    assert wait_until(running.is_ready, HEAL_SECONDS_MAX), running.output


@contextmanager
def until_ctrl_c(data_dir: Path, port: int, program: tuple[str, ...]) -> Iterator[Running]:
    """Running and ready; then everything stops in time at a Ctrl-C."""
    running = run_in_terminal(data_dir, port, program)
    try:
        assert wait_until(lambda: "Sign in" in running.output, READY_SECONDS_MAX), running.output
        yield running
        children = running.children()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(STOP_SECONDS_MAX) == 0, running.output
        assert still_there(children) == []
    finally:
        running.process.kill()
        running.process.wait()


def test_ctrl_c_stops_everything_in_time_and_the_data_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    with until_ctrl_c(tmp_path, port, PLAIN) as first:
        made = create_workflow(first)
    with until_ctrl_c(tmp_path, port, IN_BACKGROUND) as again:
        assert again.call("GET", f"/api/v1/workflows/{made}").json()["name"] == "Kept"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    running = run_in_terminal(tmp_path, free_port())
    assert wait_until(lambda: "Sign in" in running.output, READY_SECONDS_MAX), running.output
    children = running.children()
    running.process.kill()
    running.process.wait()
    assert wait_until(lambda: still_there(children) == [], STOP_SECONDS_MAX)


def create_workflow(running: Running) -> str:
    definition = {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [{"key": "yes", "type": "approval", "name": "Yes?", "config": {"prompt": "Yes?"}}],
        "edges": [{"from": "trigger", "to": "yes"}],
    }
    body = {"name": "Kept", "description": "", "definition": definition}
    return str(running.call("POST", "/api/v1/workflows", body).json()["id"])
