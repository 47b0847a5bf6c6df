"""The embedded servers start, heal, keep their data, and leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nats
import psutil
import pytest

from deploy.local.errors import CannotStart
from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer, children_of
from deploy.local.services import ROOT
from deploy.local.waiting import wait_until

GONE_SECONDS_MAX = 10.0


@pytest.fixture
def postgres_server(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


def runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_postgres_keeps_its_data_and_its_url_when_killed(postgres_server: PostgresServer) -> None:
    url = postgres_server.url
    postgres_server.execute("CREATE TABLE kept (id int)")
    postgres_server.kill9()
    assert postgres_server.pid is None
    postgres_server.start()
    assert postgres_server.url == url
    assert postgres_server.execute("SELECT count(*) FROM kept") == "0"


def test_postgres_keeps_its_url_when_its_socket_lies_elsewhere(tmp_path: Path) -> None:
    """Paths of sockets are short: below a deep folder it is made elsewhere, and found again after a restart."""
    server = PostgresServer(tmp_path / ("deep" * 30), durable=False)
    server.start()
    try:
        url = server.url
        server.stop()
        server.start()
        assert server.url == url
        assert server.execute("SELECT 1") == "1"
    finally:
        server.stop()


def test_postgres_leaves_no_process_when_stopped(postgres_server: PostgresServer) -> None:
    assert postgres_server.pid is not None
    processes = [psutil.Process(postgres_server.pid), *children_of(postgres_server.pid)]
    postgres_server.stop()
    assert not any(runs(process.pid) for process in processes)
    assert not (postgres_server.cluster / "postmaster.pid").exists()


def test_a_frozen_postgres_can_be_stopped(postgres_server: PostgresServer) -> None:
    postgres_server.pause()
    postgres_server.stop()
    assert postgres_server.pid is None


def test_postgres_works_in_a_folder_whose_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / ("long-" * 20) / "folder", durable=False)
    server.start()
    socket_folder = Path(server.url.partition("host=")[2])
    try:
        assert server.execute("SELECT 1") == "1"
    finally:
        server.stop()
    assert not socket_folder.exists()


def test_an_interrupted_first_start_is_made_good(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "half").write_text("made")
    server = PostgresServer(tmp_path, durable=False)
    server.start()
    server.stop()
    assert not (tmp_path / "postgres.new").exists()


@pytest.mark.parametrize(("version", "told"), [("17\n", "data of 17"), (None, "holds nothing")])
def test_data_of_something_else_is_told(tmp_path: Path, version: str | None, told: str) -> None:
    (tmp_path / "postgres").mkdir()
    if version is not None:
        (tmp_path / "postgres" / "PG_VERSION").write_text(version)
    with pytest.raises(CannotStart, match=f"should hold data of PostgreSQL 18 and .*{told}"):
        PostgresServer(tmp_path).start()


def test_broken_data_is_told_in_postgres_own_words(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, durable=False)
    server.start()
    server.stop()
    (server.cluster / "global" / "pg_control").unlink()
    with pytest.raises(CannotStart, match=r"with the data in .*could not find"):
        server.start()


def test_the_mark_of_a_dead_server_is_no_obstacle(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, durable=False)
    server.start()
    server.stop()
    # In a container the same id may belong to something else after a restart.
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n")
    server.start()
    server.stop()


async def test_nats_keeps_its_streams_and_its_url_when_killed(own_nats: NatsServer) -> None:
    url = own_nats.url
    await add_stream(own_nats)
    own_nats.kill9()
    own_nats.start()
    assert own_nats.url == url
    assert await stream_names(own_nats) == ["KEPT"]


async def test_a_wiped_nats_is_back_and_empty(own_nats: NatsServer) -> None:
    await add_stream(own_nats)
    own_nats.wipe()
    assert await stream_names(own_nats) == []


def test_nats_turns_strangers_away(own_nats: NatsServer) -> None:
    assert own_nats.port is not None
    with socket.create_connection(
        ("127.0.0.1", own_nats.port), timeout=GONE_SECONDS_MAX
    ) as stranger:
        stranger.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
        answer = b"".join(iter(lambda: stranger.recv(4096), b""))
    assert b"Authorization Violation" in answer
    assert b"PONG" not in answer


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_servers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, signal; from pathlib import Path\n"
        "from deploy.local.nats import NatsServer; from deploy.local.postgres import PostgresServer\n"
        "postgres = PostgresServer(Path(sys.argv[1]), durable=False); postgres.start()\n"
        "nats = NatsServer(Path(sys.argv[1])); nats.start()\n"
        "print(postgres.pid, nats.pid, flush=True); signal.pause()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert all(map(runs, pids))
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not any(map(runs, pids)), GONE_SECONDS_MAX)


async def add_stream(server: NatsServer) -> None:
    client = await nats.connect(server.url)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept.>"])
    await client.close()


async def stream_names(server: NatsServer) -> list[str | None]:
    client = await nats.connect(server.url)
    streams = await client.jetstream().streams_info()
    await client.close()
    return [stream.config.name for stream in streams]
