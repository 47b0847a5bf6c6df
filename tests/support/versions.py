"""Versions of Flusso side by side: the previous one from the repository's history, and this one.

The previous one is the commit in `tests/upgrades/PREVIOUS`, or in `FLUSSO_PREVIOUS`. Where the history does not have
it, as in a shallow clone, this version takes its part, and whoever runs the tests is told: it proves less.
"""

import os
import subprocess
import tarfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from deploy.local.ports import free_port
from deploy.local.process import ChildProcess
from deploy.local.services import (
    ServicePlan,
    Surroundings,
    plan_services,
    service_program,
)
from deploy.local.stack import ask_readyz, stop_together
from deploy.local.waiting import wait_until_async
from services.engine.adapters.vault import new_key
from tests.support.processes import ROOT

PREVIOUS = ROOT / "tests" / "upgrades" / "PREVIOUS"
ready_seconds_max = 180.0
stop_seconds_max = 10.0
SECRET_KEYS = new_key()
ADMIN_TOKEN = "the-admin-token-of-all-versions"


@dataclass(frozen=True, slots=True)
class Version:
    """The code of one version."""

    label: str
    folder: Path


THIS = Version("this version", ROOT)


def previous_version(folder: Path) -> Version:
    """Unpack the previous version into the folder; this version if the history does not have it."""
    wanted = os.environ.get("FLUSSO_PREVIOUS") or PREVIOUS.read_text(encoding="ascii").strip()
    command = ["git", "archive", "--format=tar", wanted, "contracts", "services", "deploy"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        return replace(THIS, label=f"this version in the place of {wanted}: git is not here")
    if done.returncode != 0:
        return replace(THIS, label=f"this version in the place of {wanted}: not in this history")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return Version(wanted, folder)


class Replicas:
    """One replica of each service, of one version, on servers that others use too."""

    def __init__(self, version: Version, surroundings: Surroundings, logs: Path) -> None:
        self.version = version
        self._surroundings = surroundings
        self._logs = logs
        self._plans: Sequence[ServicePlan] = ()
        self._processes: list[ChildProcess] = []
        self.url = ""

    async def start(self) -> None:
        """Return when each of them says that it is ready."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._plans = list(plan_services(port, {}))
        self._processes = [self._process(plan) for plan in self._plans]
        for process in self._processes:
            process.start()
        if not await wait_until_async(self._is_ready, ready_seconds_max):
            raise AssertionError(f"{self.version.label} was not ready: {self.last_words()}")

    def _process(self, plan: ServicePlan) -> ChildProcess:
        program = service_program(plan, self._surroundings)
        environment = {**program.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        there = replace(program, folder=self.version.folder, environment=environment)
        return ChildProcess(there, self._logs / f"{plan.name}-{id(self):x}.log")

    def _is_ready(self) -> bool:
        return all(ask_readyz(f"http://127.0.0.1:{plan.port}") is None for plan in self._plans)

    def stop(self) -> None:
        """Ask them to end, as a rolling upgrade does."""
        stop_together(self._processes, stop_seconds_max)

    def last_words(self) -> str:
        return " | ".join(
            f"{process.name}: {line.strip()}"
            for process in self._processes
            for line in list(process.last_lines())[-3:]
        )

    @property
    def all_live(self) -> bool:
        return all(process.alive for process in self._processes)


class Fleet:
    """Replicas of several versions on the same servers; all of them are gone when it is closed."""

    def __init__(self, database_url: str, nats_url: str, folder: Path) -> None:
        self._surroundings = Surroundings(
            database_url=database_url,
            nats_url=nats_url,
            host="127.0.0.1",
            port=0,
            data_dir=folder,
            admin_token=ADMIN_TOKEN,
            secret_keys=SECRET_KEYS,
            extra={"FLUSSO_LOG_FORMAT": "json", "FLUSSO_SECRET_KEYS": SECRET_KEYS},
        )
        self._folder = folder
        self._ends = ExitStack()

    def of(self, version: Version) -> Replicas:
        """Return replicas that are not started yet."""
        replicas = Replicas(version, self._surroundings, self._folder)
        self._ends.callback(replicas.stop)
        return replicas

    def close(self) -> None:
        self._ends.close()
