"""One child process: started so that it never outlives us, watched, stopped, killed, paused."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO

LineSink = Callable[[str], None]

LAUNCHER = Path(__file__).with_name("launch.py")
TAIL_LINES = 40
LINE_CHARACTERS_MAX = 20_000

# The kernel ends children when the *thread* that started them ends, so all are started by one
# thread that lives as long as we do.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="start-children")


class Reach(IntEnum):
    """What the other user may do with our private files."""

    NOTHING = 0
    READ = 1
    RUN = 2


@dataclass(frozen=True, slots=True)
class RunAs:
    """Another user, for servers that refuse to run as root."""

    uid: int
    gid: int
    reach: Reach


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it wants to be asked to stop."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    death_signal: signal.Signals = signal.SIGKILL
    run_as: RunAs | None = None


class ChildProcess:
    """Runs a program at most once at a time. Output goes to `sink`, line by line, or to a file."""

    def __init__(self, program: Program, output: LineSink | Path | None = None) -> None:
        self.program = program
        self._output = output
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Does nothing while it lives, whoever else starts it at the same time."""
        _starter.submit(self._start).result()

    def stop(self, grace_seconds: float = 3.0) -> None:
        """Ask it to stop, then insist; returns when it is gone."""
        for stop_signal in self.program.stop_signals:
            asked = self._signal(stop_signal)
            self.resume()  # a frozen process hears nothing
            if asked and self.wait(grace_seconds):
                break
        self.kill9()

    def kill9(self) -> None:
        """End it at once, as a crash would; returns when it is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1)

    def pause(self) -> None:
        """Freeze it, as a machine that hangs would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for its end; says whether it came."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_lines(self) -> list[str]:
        """The last lines that it wrote, for telling why it failed."""
        if isinstance(self._output, Path):
            with suppress(OSError):
                return self._output.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        elif self._reader is not None and not self.alive:
            self._reader.join(timeout=1)
        return list(self._tail)

    def _signal(self, number: signal.Signals) -> bool:
        pid = self.pid
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return True

    def _start(self) -> None:
        if not self.alive:
            self._tail.clear()
            self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        if isinstance(self._output, Path):
            with self._output.open("ab") as file:
                return self._popen(file)
        process = self._popen(subprocess.PIPE)
        assert process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(process.stdout,), name=f"read-{self.name}", daemon=True
        )
        self._reader.start()
        return process

    def _popen(self, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), *self._launch_arguments()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.program.folder,
            env=dict(self.program.environment),
            process_group=0,  # Ctrl-C in the terminal reaches us alone; we stop them in order
        )

    def _launch_arguments(self) -> list[str]:
        user = self.program.run_as or RunAs(-1, -1, Reach.NOTHING)
        numbers = (os.getpid(), self.program.death_signal, user.uid, user.gid, user.reach)
        return [*(str(int(number)) for number in numbers), *self.program.argv]

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while raw := stream.readline(LINE_CHARACTERS_MAX):
                line = raw.decode(errors="replace").rstrip("\r\n")
                self._tail.append(line)
                if callable(self._output):
                    self._output(line)
