"""Keeps the members of a stack alive: whatever ends unasked is started again."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from deploy.local.errors import CannotStart
from deploy.local.restart import RestartPolicy

LOOK_EVERY_SECONDS = 0.1
CLOSE_SECONDS_MAX = 0.5


class Member(Protocol):
    """A server or a service of the stack."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def start(self) -> None: ...
    def stop(self, grace_seconds: float = ...) -> None: ...
    def kill9(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


@dataclass(slots=True)
class Watched:
    member: Member
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    started_at: float = field(default_factory=time.monotonic)
    start_again_at: float | None = None


class Keeper:
    """One thread that looks at the members and starts again what has ended."""

    def __init__(self, members: Iterable[Member], announce: Callable[[str], None]) -> None:
        self._watched = [Watched(member) for member in members]
        self._announce = announce
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """After this nothing is started any more; a server that is just starting is not awaited."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS_MAX)

    def crashes_of(self, name: str) -> int:
        """How often it has crashed since it last ran steadily."""
        return next(one.policy.crashes for one in self._watched if one.member.name == name)

    def _run(self) -> None:
        while not self._closing.wait(LOOK_EVERY_SECONDS):
            for watched in self._watched:
                self._look_at(watched)

    def _look_at(self, watched: Watched) -> None:
        if self._closing.is_set():
            return
        if watched.member.pid is not None:
            watched.start_again_at = None
            return
        now = time.monotonic()
        if watched.start_again_at is None:
            self._note_crash(watched, now)
        elif now >= watched.start_again_at:
            self._start_again(watched)

    def _note_crash(self, watched: Watched, now: float) -> None:
        watched.policy = watched.policy.crashed(after_seconds=now - watched.started_at)
        delay = watched.policy.delay_seconds
        watched.start_again_at = now + delay
        self._announce(f"{watched.member.name} ended; starting it again in {delay:.1f} s")

    def _start_again(self, watched: Watched) -> None:
        watched.started_at = time.monotonic()
        watched.start_again_at = None
        try:
            watched.member.start()
        except CannotStart as error:
            self._announce(str(error))
