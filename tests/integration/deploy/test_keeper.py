"""Real child processes that end, and are started again."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.keeper import Keeper
from deploy.local.process import ChildProcess, Program
from deploy.local.waiting import wait_until

WAIT_SECONDS_MAX = 10.0


def sleeper(folder: Path) -> ChildProcess:
    program = shutil.which("sleep")
    assert program is not None
    return ChildProcess(Program("sleeper", [program, "600"], dict(os.environ), folder))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[ChildProcess, list[str]]]:
    child, announcements = sleeper(tmp_path), list[str]()
    child.start()
    keeper = Keeper([child], announcements.append)
    keeper.start()
    yield child, announcements
    keeper.close()
    child.stop()


def test_what_is_killed_is_started_again(kept: tuple[ChildProcess, list[str]]) -> None:
    child, announcements = kept
    first = child.pid
    child.kill9()
    assert wait_until(lambda: child.pid not in {first, None}, WAIT_SECONDS_MAX)
    assert announcements[0].startswith("sleeper ended; starting it again in")


def test_a_closed_keeper_starts_nothing_more(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.start()
    keeper = Keeper([child], lambda _: None)
    keeper.start()
    keeper.close()
    child.kill9()
    assert child.pid is None


def test_a_child_that_ignores_the_request_is_ended_all_the_same(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(15, 1); print('ready', flush=True); signal.pause()"
    lines = list[str]()
    program = Program("stubborn", [sys.executable, "-c", stubborn], dict(os.environ), tmp_path)
    child = ChildProcess(program, lines.append)
    child.start()
    assert wait_until(lambda: lines == ["ready"], WAIT_SECONDS_MAX)
    child.stop(grace_seconds=0.1)
    assert child.pid is None


def test_the_last_lines_tell_why_a_child_ended(tmp_path: Path) -> None:
    program = Program("brief", [sys.executable, "-c", "exit('no such thing')"], {}, tmp_path)
    child = ChildProcess(program)
    child.start()
    assert child.wait(WAIT_SECONDS_MAX)
    assert child.last_lines() == ["no such thing"]
    assert child.exit_code == 1


def test_a_frozen_child_can_be_stopped(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.start()
    child.pause()
    child.stop(grace_seconds=WAIT_SECONDS_MAX)
    assert child.pid is None
