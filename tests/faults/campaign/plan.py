"""What will go wrong, and when: a schedule that follows from a seed and a length alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from services.chassis.crash_points import CrashPoint

SERVICES = ("engine", "tasks", "gateway")
REPLICAS = ("engine", "engine-2", "tasks", "tasks-2", "gateway", "gateway-2")
SERVERS = ("postgres", "nats")
pause_seconds_min, pause_seconds_max = 0.3, 2.5
frozen_seconds_min, frozen_seconds_max = 11.0, 16.0
"""Longer than the broker waits for an acknowledgement (10 s), and than every claim but the intake's."""

Kind = Literal[
    "kill a service",
    "kill everything",
    "crash point",
    "freeze a replica",
    "freeze a service",
    "restart a service",
    "rolling restart",
    "crash PostgreSQL",
    "crash PostgreSQL in a loop",
    "pause PostgreSQL",
    "end PostgreSQL sessions",
    "fill PostgreSQL's disk",
    "kill NATS",
    "wipe NATS",
    "NATS away",
    "delete a consumer",
    "delete a stream",
    "change a consumer",
    "fill NATS's disk",
    "reset connections",
    "delay bytes",
    "black hole",
    "half a message",
    "cut a replica off",
    "deliver again",
    "poison messages",
    "poison requests",
]

POINTS: tuple[tuple[CrashPoint, str], ...] = (
    ("append-committed", "engine"),
    ("append-committed", "tasks"),
    ("relay-published", "engine"),
    ("relay-published", "tasks"),
    ("batch-handled", "engine"),
    ("batch-handled", "tasks"),
    ("effect-performed", "engine"),
    ("effect-recorded", "engine"),
    ("timer-claimed", "engine"),
    ("timeout-claimed", "tasks"),
    ("orders-claimed", "engine"),
    ("intake-kept", "gateway"),
    ("intake-forwarded", "gateway"),
)
"""Each with the service that passes it; all replicas of that service are armed, since only one of them may."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `target` is a replica, a service, an edge or a point, as its kind wants it."""

    kind: Kind
    target: str
    seconds: float
    pause_seconds: float
    """The time to wait before it."""
    number: int
    """A seed of its own for whatever else it has to choose."""

    @property
    def cost_seconds(self) -> float:
        """About how long it takes, with its pause."""
        return self.pause_seconds + self.seconds + 2.0


KINDS: tuple[Kind, ...] = get_args(Kind)
_SECONDS: dict[Kind, tuple[float, float]] = {
    "kill a service": (0.2, 2.0),
    "kill everything": (0.5, 2.0),
    "crash point": (2.0, 4.0),
    "freeze a replica": (frozen_seconds_min, frozen_seconds_max),
    "freeze a service": (frozen_seconds_min, frozen_seconds_max),
    "pause PostgreSQL": (8.0, 20.0),
    "fill PostgreSQL's disk": (2.0, 4.0),
    "NATS away": (5.0, 15.0),
    "fill NATS's disk": (4.0, 8.0),
    "reset connections": (3.0, 6.0),
    "delay bytes": (3.0, 6.0),
    "black hole": (6.0, 14.0),
    "half a message": (1.0, 3.0),
    "cut a replica off": (6.0, 14.0),
}


def plan_faults(seed: int, seconds: float, only: str = "", *, disks: bool = True) -> list[Fault]:
    """Return what goes wrong within so many seconds, in order: every kind once before any comes twice.

    `only`: nothing but kinds whose names hold this text. `disks`: full ones can be made here.
    """
    chance = random.Random(seed)
    planned: list[Fault] = []
    left = seconds
    kinds = [kind for kind in KINDS if only in kind and (disks or not kind.startswith("fill"))]
    for kind in _kinds(chance, kinds):
        fault = _fault(kind, chance)
        left -= fault.cost_seconds
        if left < 0 and planned:
            return planned
        planned.append(fault)
    return planned


def _kinds(chance: random.Random, kinds: list[Kind]) -> Iterator[Kind]:
    while kinds:
        yield from chance.sample(kinds, len(kinds))


def _fault(kind: Kind, chance: random.Random) -> Fault:
    shortest, longest = _SECONDS.get(kind, (0.5, 1.0))
    return Fault(
        kind=kind,
        target=_target(kind, chance),
        seconds=round(chance.uniform(shortest, longest), 1),
        pause_seconds=round(chance.uniform(pause_seconds_min, pause_seconds_max), 1),
        number=chance.randrange(1_000_000),
    )


def _target(kind: Kind, chance: random.Random) -> str:
    match kind:
        case "kill a service" | "freeze a replica" | "restart a service" | "cut a replica off":
            return chance.choice(REPLICAS)
        case "freeze a service" | "delete a consumer" | "change a consumer":
            return chance.choice(("engine", "tasks"))
        case "crash point":
            return " in ".join(chance.choice(POINTS))
        case "reset connections" | "delay bytes" | "black hole" | "half a message":
            return f"{chance.choice(REPLICAS)} to {chance.choice(SERVERS)}"
        case "delete a stream" | "deliver again" | "poison messages":
            return chance.choice(("RUN_EVENTS", "TASK_EVENTS"))
        case _:
            return ""
