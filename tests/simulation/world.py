"""One seed: a world of two replicas of each service, people, faults, and what must hold when all is healed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.chassis import telemetry
from tests.simulation import faults as faulty
from tests.simulation.bus import Bus
from tests.simulation.chance import Chance, Trace
from tests.simulation.database import Server
from tests.simulation.faults import Faults
from tests.simulation.invariants import broken_invariants, under_way
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.parts import REAL, Parts
from tests.simulation.people import People
from tests.simulation.services import Gateway, start_engine, start_tasks
from tests.simulation.workflows import LIMITS

healed_seconds_max = 45.0
"""In which something must happen after all is healed: the longest lease, and a little."""
lost_seconds_max = 420.0
"""A job whose message is lost for good is offered again after six minutes."""
settling_seconds_max = 900.0
look_seconds = 0.5
short_storm, long_storm = (1.5, 6.0), (10.0, 20.0)
unwinding_looks_max = 100
Job = tuple[UUID, str, int, int]


class Slot:
    """A place where a replica runs, and runs again after it has died."""

    def __init__(
        self, world: "World", name: str, begin: Callable[["World", Process], object]
    ) -> None:
        self._world = world
        self._name = name
        self._begin = begin
        self._starts = 0
        self.service: object = None
        self.process = self.start()

    def start(self) -> Process:
        """Start a new process."""
        self._starts += 1
        self.process = Process(f"{self._name}.{self._starts}", self._world.loop)
        self.process.on_broken = self._on_broken
        self.service = self._begin(self._world, self.process)
        return self.process

    def _on_broken(self, name: str, error: BaseException) -> None:
        """A loop has ended, which ends a real process; nothing of the faults here explains it."""
        self._world.surprises.append(f"{self.process.name}: {name} ended: {error!r}")


class World:
    """Everything there is."""

    def __init__(self, seed: int, parts: Parts, loop: SimulatedLoop, *, traced: bool) -> None:
        self.loop = loop
        self.parts = parts
        self.chance = Chance(seed)
        self.trace = Trace(traced)
        self.server = Server(self.loop, self.chance, self.trace)
        self.server.engine.workflows = {
            workflow_id: (1, limit) for workflow_id, limit in LIMITS.items()
        }
        self.server.locks_the_log = parts.locks_the_log
        for tables in (self.server.engine, self.server.tasks):
            tables.checks_versions = parts.checks_versions
        self.bus = Bus(self.loop, self.chance, self.trace)
        self.effects: list[tuple[float, Process, Job]] = []
        self.surprises: list[str] = []
        self.longest_effect = self.chance.one_of((0.05, 0.5, 3.0))
        self.eagerness = self.chance.between(0.2, 0.6)
        """How often people start something new where they could answer."""
        is_long = self.chance.happens(0.08)
        self.storm_seconds = self.chance.between(*(long_storm if is_long else short_storm))
        kinds = _weather(self.chance)
        self.has_reconciler = faulty.LOSS in kinds or not kinds or self.chance.happens(0.5)
        self.slots: list[Slot] = []
        self.people = People(self)
        self.faults = Faults(self, kinds)
        self.settled_in = 0.0
        self.last_under_way = ""

    def a_gateway(self) -> Gateway | None:
        """Return one that takes connections."""
        found = [
            slot.service
            for slot in self.slots
            if isinstance(slot.service, Gateway) and slot.process.is_alive
        ]
        return self.chance.one_of(found) if found else None

    async def live(self) -> list[str]:
        """Storm, heal, settle; return what is wrong then."""
        self.slots += [Slot(self, f"engine-{n}", start_engine) for n in (1, 2)]
        self.slots += [Slot(self, f"tasks-{n}", start_tasks) for n in (1, 2)]
        self.slots += [Slot(self, f"gateway-{n}", Gateway) for n in (1, 2)]
        async with asyncio.TaskGroup() as group:
            group.create_task(self.people.live(self.storm_seconds))
            group.create_task(self.faults.rage(self.storm_seconds))
        self.faults.heal()
        self.trace.add(self.loop.time(), "FAULT", "all is healed")
        await self._settle()
        return [*self.surprises, *broken_invariants(self)]

    async def _settle(self) -> None:
        """Wait until nothing is under way, as long as something happens: a queue may be long."""
        healed_at = moved_at = self.loop.time()
        limit = lost_seconds_max if faulty.LOSS in self.faults.kinds else healed_seconds_max
        events = 0
        for _ in range(int(settling_seconds_max / look_seconds)):
            left = under_way(self)
            if not left or self.loop.time() > moved_at + limit:
                break
            self.last_under_way = left
            if events != len(self.server.engine.log):
                events, moved_at = len(self.server.engine.log), self.loop.time()
            await asyncio.sleep(look_seconds)
        self.settled_in = self.loop.time() - healed_at

    async def end(self) -> None:
        """Let everything unwind that still runs."""
        for slot in self.slots:
            slot.process.die()
        for _ in range(unwinding_looks_max):
            if len(asyncio.all_tasks()) == 1:
                return
            await asyncio.sleep(look_seconds)
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(look_seconds)


def _weather(chance: Chance) -> Sequence[str]:
    """Return the kinds of faults of a seed: none, some, or once in a while all."""
    draw = chance.between(0, 1)
    if draw < 0.1:
        return ()
    if draw < 0.15:
        return (*chance.some_of(faulty.KINDS, 2), faulty.LOSS)
    if draw < 0.25:
        return faulty.KINDS
    return chance.some_of(faulty.KINDS, chance.whole(1, 3))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed."""

    seed: int
    faults: Sequence[str]
    trace: Sequence[str]
    steps: int
    events: int
    settled_in: float
    struck: Counter[str] = field(default_factory=Counter)


def _as_it_is(_: World) -> None:
    """Change nothing."""


def run_seed(
    seed: int,
    parts: Parts = REAL,
    *,
    traced: bool = False,
    before: Callable[[World], None] = _as_it_is,
) -> Result:
    """Live through one seed; `faults` says what did not hold. `before` may look at the world before it begins."""
    logging.disable(logging.CRITICAL)
    loop = SimulatedLoop()
    world = World(seed, parts, loop, traced=traced)
    before(world)
    repairs = _repairs()
    asyncio.set_event_loop(loop)
    try:
        found = loop.run_until_complete(world.live())
    finally:
        loop.run_until_complete(world.end())
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
        logging.disable(logging.NOTSET)
    if not world.faults.kinds and _repairs() > repairs:
        found.append("I13 the reconciler repaired something although nothing had failed")
    events = len(world.server.engine.log) + len(world.server.tasks.log)
    return Result(
        seed, found, world.trace.lines, loop.steps, events, world.settled_in, world.faults.struck
    )


def _repairs() -> float:
    return sum(
        sample.value
        for metric in telemetry.REPAIRS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )
