"""Crash points: off by default, deadly when asked for, and a wrong name is one clear sentence."""

import os
import signal
import subprocess
import sys

import pytest

from services.chassis.crash_points import VARIABLE, read_crash_points
from services.chassis.settings import SettingsError
from tests.support.processes import ROOT

PASS_THREE_TIMES = """
from services.chassis.crash_points import pass_crash_point
for number in range(3):
    print(number, flush=True)
    pass_crash_point("relay-published")
"""


def _run(points: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PASS_THREE_TIMES],
        cwd=ROOT,
        env={**os.environ, VARIABLE: points},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_variable_nothing_is_armed() -> None:
    assert read_crash_points({}) == {}


def test_points_are_deadly_at_the_pass_that_was_asked_for() -> None:
    assert read_crash_points({VARIABLE: "append-committed, batch-handled:7"}) == {
        "append-committed": 1,
        "batch-handled": 7,
    }


@pytest.mark.parametrize("text", ["somewhere", "append-committed:soon"])
def test_an_unknown_point_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="append-committed"):
        read_crash_points({VARIABLE: text})


def test_the_process_dies_there_as_if_killed() -> None:
    found = _run("relay-published:2")

    assert (found.returncode, found.stdout) == (-signal.SIGKILL, "0\n1\n")


def test_another_point_does_not_harm() -> None:
    assert _run("timer-claimed").returncode == 0
