"""What goes wrong in a seed, and when. Whatever it was, `heal` ends it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from contracts import subjects
from tests.simulation.database import SCHEMAS
from tests.simulation.loop import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

CRASH, STOP, DATABASE, BROKER = "crash", "stop", "database away", "broker away"
WIPE, REWIND, CONSUMER, TROUBLE, LOSS = (
    "broker wiped",
    "broker restored",
    "consumer deleted",
    "deliveries lost and repeated",
    "message lost",
)
KINDS = (CRASH, STOP, DATABASE, BROKER, WIPE, REWIND, CONSUMER, TROUBLE)
"""What delivery alone survives: the reconciler may be off."""
STREAM_NAMES = (subjects.RUN_EVENTS, subjects.TASK_EVENTS)


TRAPS = {
    "engine": ("commit", "claim_timers", "claim_orders", "wanted_jobs", "admit_runs"),
    "tasks": ("commit", "claim_timeouts", "claim_timeouts"),
    "gateway": ("keep_arrivals", "claim_arrivals"),
}


class Faults:
    """The weather of one seed."""

    def __init__(self, world: "World", kinds: Sequence[str]) -> None:
        self._world = world
        self.kinds = kinds
        self.struck: Counter[str] = Counter()
        self._chance = world.chance
        self._strike: dict[str, Callable[[], Coroutine[None, None, None]]] = {
            CRASH: self._crash,
            STOP: self._stop,
            DATABASE: self._take_database_away,
            BROKER: self._take_broker_away,
            WIPE: self._wipe,
            REWIND: self._rewind,
            CONSUMER: self._delete_consumer,
            TROUBLE: self._trouble,
            LOSS: self._lose,
        }

    async def rage(self, until: float) -> None:
        """Strike now and then until that time."""
        if not self.kinds:
            return
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(self._chance.between(0.1, 2.5))
                if self._world.loop.time() >= until:
                    return
                kind = self._chance.one_of(self.kinds)
                group.create_task(self._strike[kind]())

    def _note(self, kind: str, what: str) -> None:
        self.struck[kind] += 1
        self._world.trace.add(self._world.loop.time(), "FAULT", what)

    async def _crash(self) -> None:
        """Kill a replica between two of its next steps, or all of a sudden everything."""
        if self._chance.happens(0.1):
            self._note(CRASH, "everything dies")
            victims = list(self._world.slots)
            for slot in victims:
                slot.process.die()
        else:
            slot = self._chance.one_of(list(self._world.slots))
            victims = [slot]
            await self._burn(slot.process)
        await asyncio.sleep(self._chance.between(0.1, 3.0))
        for slot in victims:
            if not slot.process.is_alive:
                slot.start()

    async def _burn(self, process: Process) -> None:
        """Have a process die soon, in the middle of something if it has something to do."""
        if not process.is_alive or process.fuse:
            return
        self._plan(process, process.die)
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await process.dead.wait()
        process.die()
        self._note(CRASH, f"{process.name} has died")

    def _plan(self, process: Process, what: Callable[[], None]) -> None:
        """Have it happen between two steps: any two, or those at which others take over what was begun."""
        traps = TRAPS[process.name.partition("-")[0]]
        if self._chance.happens(0.5):
            process.plan(what, steps=self._chance.whole(1, 40))
        else:
            process.plan(what, trap=self._chance.one_of(traps))

    async def _stop(self) -> None:
        """Stop a replica for a moment, or for longer than its leases and the broker's patience last."""
        process = self._chance.one_of(list(self._world.slots)).process
        if process.is_stopped or process.fuse or not process.is_alive:
            return

        def stop() -> None:
            self._note(STOP, f"{process.name} is stopped")
            process.stop()

        self._plan(process, stop)
        await asyncio.sleep(1.0)
        seconds = self._chance.between(0.1, 6.0)
        await asyncio.sleep(seconds if self._chance.happens(0.7) else 10 + seconds)
        process.fuse, process.trap = 0, ""
        self._world.trace.add(self._world.loop.time(), "FAULT", f"{process.name} goes on")
        process.go_on()

    async def _take_database_away(self) -> None:
        """Take the server away, or the one of a single service."""
        server = self._world.server
        schemas = [self._chance.one_of(SCHEMAS)] if self._chance.happens(0.6) else list(SCHEMAS)
        if server.away or server.after_commit is not None:
            return

        def crash() -> None:
            self._note(DATABASE, f"the database of {', '.join(schemas)} crashes")
            server.crash(schemas)

        if self._chance.happens(0.5):
            server.after_commit = crash
            await asyncio.sleep(self._chance.between(0.1, 1.0))
            server.after_commit = None
        else:
            crash()
        await asyncio.sleep(self._chance.between(0.0, 2.5))
        server.recover(schemas)

    async def _take_broker_away(self) -> None:
        if not self._world.bus.is_up:
            return
        self._note(BROKER, "the broker crashes")
        self._world.bus.crash()
        await asyncio.sleep(self._chance.between(0.0, 3.0))
        self._world.bus.recover()

    async def _wipe(self) -> None:
        self._note(WIPE, "the broker loses its storage")
        self._world.bus.crash()
        self._world.bus.streams.wipe()
        await asyncio.sleep(self._chance.between(0.0, 1.0))
        self._world.bus.recover()

    async def _rewind(self) -> None:
        name = self._chance.one_of(STREAM_NAMES)
        self._world.bus.crash()
        if self._world.bus.streams.rewind(name, self._chance.whole(1, 6)):
            self._note(REWIND, f"{name} is restored from an old copy")
        await asyncio.sleep(self._chance.between(0.0, 0.5))
        self._world.bus.recover()

    async def _delete_consumer(self) -> None:
        stream, durable = self._chance.one_of(
            (
                (subjects.RUN_EVENTS, subjects.TASKS_ON_RUN_EVENTS),
                (subjects.RUN_EVENTS, subjects.WORKER_ON_NODE_SCHEDULED),
                (subjects.TASK_EVENTS, subjects.ENGINE_ON_TASK_EVENTS),
            )
        )
        if self._world.bus.streams.delete_consumer(stream, durable):
            self._note(CONSUMER, f"{durable} is deleted")

    async def _trouble(self) -> None:
        streams = self._world.bus.streams
        self._note(TROUBLE, "deliveries are lost and repeated")
        streams.lost, streams.repeated, streams.unanswered = 0.2, 0.3, 0.15
        await asyncio.sleep(self._chance.between(0.5, 4.0))
        streams.lost = streams.repeated = streams.unanswered = 0.0

    async def _lose(self) -> None:
        name = self._chance.one_of(STREAM_NAMES)
        if self._world.bus.streams.lose_message(name):
            self._note(LOSS, f"{name} loses a message")

    def heal(self) -> None:
        """End every fault."""
        world = self._world
        world.server.after_commit = None
        world.server.recover(SCHEMAS)
        world.bus.recover()
        streams = world.bus.streams
        streams.lost = streams.repeated = streams.unanswered = 0.0
        for slot in world.slots:
            slot.process.fuse, slot.process.trap = 0, ""
            slot.process.go_on()
            if not slot.process.is_alive:
                slot.start()
