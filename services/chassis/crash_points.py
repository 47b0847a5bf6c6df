"""Named moments at which a test may have this process die as if its power went. Off unless FLUSSO_CRASH_POINTS is set.

`FLUSSO_CRASH_POINTS=append-committed:3` ends the process with SIGKILL when it passes that moment for the third time.
What is written and unsent, sent and unrecorded at these moments is what crashes find; see docs/faults.md.
"""

import os
import signal
from collections.abc import Mapping
from typing import Literal, get_args

from services.chassis.settings import SettingsError

VARIABLE = "FLUSSO_CRASH_POINTS"
CrashPoint = Literal[
    "append-committed",  # before anybody is answered, before the relay hears of it
    "relay-published",  # before the cursor moves
    "batch-handled",  # before the messages are acknowledged
    "effect-performed",  # before its result is recorded
    "effect-recorded",  # before the job is acknowledged
    "timer-claimed",  # before it fires
    "timeout-claimed",  # before the clock decides the task
    "orders-claimed",  # before a run's orders to other runs are carried out
    "intake-kept",  # before its sender is answered
    "intake-forwarded",  # before the intake forgets it
]
CRASH_POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)


def read_crash_points(environ: Mapping[str, str]) -> dict[str, int]:
    """Return after how many passes which moment is deadly. Raises SettingsError."""
    found: dict[str, int] = {}
    for part in environ.get(VARIABLE, "").split(","):
        name, _, passes = part.strip().partition(":")
        if not name:
            continue
        if name not in CRASH_POINTS or not (passes or "1").isdecimal():
            known = ", ".join(CRASH_POINTS)
            raise SettingsError(f"{VARIABLE} names {part.strip()!r}; known are {known}.")
        found[name] = int(passes or "1")
    return found


_left = read_crash_points(os.environ)


def pass_crash_point(name: CrashPoint) -> None:
    """Die here if that is asked for; else it costs the look at an empty dictionary."""
    if not _left or name not in _left:
        return
    _left[name] -= 1
    if _left[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
