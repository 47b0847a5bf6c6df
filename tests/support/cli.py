"""`flusso` as people and scripts run it: in this process, as a process of its own, and in a terminal."""

import json
import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from contracts.base import Json
from deploy.local.stack import Stack
from services.cli.main import main
from tests.support.processes import ROOT

wait_seconds_max = 30.0
SIZE = (40, 160)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a list in a pipe."""
        return [line.split("\t") for line in self.out.splitlines()]


class Cli:
    """The command line, pointed at one Flusso by its environment."""

    def __init__(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.environment = {"FLUSSO_URL": stack.url, "FLUSSO_TOKEN": stack.admin_token}

    def __call__(self, *arguments: str) -> Told:
        """Run a command here, which takes milliseconds, as a pipe would see it."""
        self._capsys.readouterr()
        code = main(arguments)
        said = self._capsys.readouterr()
        return Told(code, said.out, said.err)

    def ok(self, *arguments: str) -> Told:
        """Run a command that must succeed."""
        told = self(*arguments)
        assert told.code == 0, told
        return told

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run it beside the block as a process, its output in a pipe; it is gone on return."""
        process = subprocess.Popen(
            command(*arguments),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    @contextmanager
    def terminal(self, *arguments: str) -> Iterator["InTerminal"]:
        """Run it beside the block in a terminal of its own; it is gone on return."""
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, SIZE)
        process = subprocess.Popen(
            command(*arguments),
            cwd=ROOT,
            env={**os.environ, **self.environment, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        running = InTerminal(process, ours)
        try:
            yield running
        finally:
            running.close()


class InTerminal:
    """A command in a pseudo terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self.shown = ""

    def wait_for(self, words: str) -> None:
        """Read until the words were shown; fails after half a minute."""
        until = time.monotonic() + wait_seconds_max
        while words not in self.shown:
            assert self._read(until), f"{words!r} was not shown in:\n{self.shown}"

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._descriptor, text.encode())

    def end(self) -> int:
        """Read until it ends, and return its exit code."""
        until = time.monotonic() + wait_seconds_max
        while self._read(until):
            pass
        return self._process.wait(wait_seconds_max)

    def close(self) -> None:
        """Kill it if it lives."""
        self._process.kill()
        self._process.wait()
        os.close(self._descriptor)

    def _read(self, until: float) -> bool:
        """Take in what is shown; False once it has ended."""
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, until - time.monotonic()))
        assert ready, f"nothing more was shown after:\n{self.shown}"
        try:
            read = os.read(self._descriptor, 65_536)
        except OSError:  # Linux says so at the end
            return False
        self.shown += _ESCAPES.sub("", read.decode(errors="replace"))
        return bool(read)


def command(*arguments: str) -> list[str]:
    """Return the command as the launcher runs it."""
    return [sys.executable, "-P", "-c", _PROGRAM, *arguments]


_PROGRAM = f"""
import signal, sys
sys.path.insert(0, {str(ROOT)!r})
# Where the tests run in the background, the shell has Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from services.cli.main import main
sys.exit(main())
"""
