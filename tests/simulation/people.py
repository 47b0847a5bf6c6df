"""Scripted people: they start, answer and cancel, alone and in races, and keep a journal of what they were told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Json
from contracts.run import CancelRun, StartRun
from contracts.task import DecideTask, TaskAction, TaskView
from services.chassis.errors import Refused, Transient
from services.gateway.app.begin_run import Kept
from tests.simulation.chance import seconds_of
from tests.simulation.services import Gateway
from tests.simulation.workflows import IDS

if TYPE_CHECKING:
    from tests.simulation.world import World

NAMES = ("Ada", "Bob", "Cy", "Dee")
attempts_max = 4
looks_max = 300
STARTED, KEPT, CANCELLED = "started", "kept", "cancelled"
DECIDED, UNKNOWN = "decided", "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """What one request was told: a code, and what came with it."""

    code: str
    details: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal: who asked for what of which run or task, and was told what."""

    who: str
    what: str
    about: UUID
    told: Told


class Ask(Protocol):
    """One request through a gateway. Raises Refused, Transient."""

    async def __call__(self, gateway: Gateway) -> Told: ...


class People:
    """Everybody outside."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = world.chance
        self.journal: list[Entry] = []
        self.workflows = self._chance.some_of(list(IDS), self._chance.whole(1, 5))
        """Few at a time: their moments then meet more often."""
        self._started: list[UUID] = []

    async def live(self, until: float) -> None:
        """Do this and that until then; what is under way then ends."""
        async with asyncio.TaskGroup() as group:
            for name in NAMES:
                group.create_task(self._live(name, until))

    async def _live(self, name: str, until: float) -> None:
        while True:
            await asyncio.sleep(self._chance.between(0.05, 1.2))
            if self._world.loop.time() >= until:
                return
            await self._act(name)

    async def _act(self, name: str) -> None:
        open_tasks = list(self._world.server.tasks.pending)
        draw = self._chance.between(0, 1)
        if not open_tasks or draw < self._world.eagerness:
            await self.start(name)
        elif draw < 0.86:
            await self._answer(name, self._chance.one_of(open_tasks))
        elif draw < 0.9:
            await self.cancel(name, self._chance.one_of(self._started))
        elif draw < 0.95 and self._world.server.tasks.timeouts:
            await self._race_the_clock(name)
        else:
            await self._race(self._chance.one_of(open_tasks))

    async def start(self, name: str) -> None:
        workflow = self._chance.one_of(self.workflows)
        run_id = self._chance.id()
        order = StartRun(
            run_id=run_id,
            workflow_id=IDS[workflow],
            input={},
            actor=_actor(name),
            request_digest="d" + run_id.hex[-6:],
        )
        self._started.append(run_id)
        self._note(name, f"starts {workflow}", run_id, None)

        async def ask(gateway: Gateway) -> Told:
            answer = await gateway.start(order)
            return Told(KEPT if isinstance(answer, Kept) else STARTED, {})

        await self._persist(name, "start", run_id, ask)
        if self._chance.happens(0.15):
            await asyncio.sleep(self._chance.between(0.0, 0.1))
            await self.cancel(name, run_id)

    async def _answer(self, name: str, task_id: UUID) -> None:
        row = self._world.server.tasks.pending.get(task_id)
        if row is None:
            return
        action: TaskAction = "approve" if row.kind == "approval" else "submit"
        if self._chance.happens(0.25):
            action = "reject"
        await self.decide(name, task_id, action)

    async def decide(self, name: str, task_id: UUID, action: TaskAction) -> None:
        key = self._chance.id().hex
        order = DecideTask(
            task_id=task_id,
            action=action,
            values={"reason": f"because {key[-4:]}"} if action == "submit" else None,
            actor=_actor(name),
            idempotency_key=key,
            request_digest=key[-8:],
        )

        async def ask(gateway: Gateway) -> Told:
            return _decided(await gateway.decide(order))

        await self._persist(name, action, task_id, ask)
        if self._chance.happens(0.15):  # the network repeats a click
            await self._persist(name, action, task_id, ask)

    async def cancel(self, name: str, run_id: UUID) -> None:
        order = CancelRun(run_id=run_id, reason="changed my mind", actor=_actor(name))

        async def ask(gateway: Gateway) -> Told:
            await gateway.cancel(order)
            return Told(CANCELLED, {})

        await self._persist(name, "cancel", run_id, ask)

    async def _race(self, task_id: UUID) -> None:
        """Let several answer the same task in the same moment, and perhaps have its run cancelled meanwhile."""
        row = self._world.server.tasks.pending.get(task_id)
        if row is None:
            return
        names = self._chance.some_of(NAMES, self._chance.whole(2, 3))
        async with asyncio.TaskGroup() as group:
            for name in names[1:]:
                group.create_task(self._answer(name, task_id))
            if self._chance.happens(0.4):
                group.create_task(self.cancel(names[0], row.run_id))
            else:
                group.create_task(self._answer(names[0], task_id))

    async def _race_the_clock(self, name: str) -> None:
        """Answer in the moment in which somebody is about to have the clock decide."""
        timeouts = self._world.server.tasks.timeouts
        task_id = self._chance.one_of(list(timeouts))
        fires_at = timeouts[task_id]
        await asyncio.sleep(max(0.0, seconds_of(fires_at) - self._world.loop.time()))
        for _ in range(looks_max):
            if timeouts.get(task_id) != fires_at:
                break
            await asyncio.sleep(0.002)
        await self.decide(name, task_id, "approve")

    async def _persist(self, name: str, what: str, about: UUID, ask: Ask) -> None:
        """Ask until there is an answer, or patience is at its end: what came of it is unknown then."""
        for _ in range(attempts_max):
            gateway = self._world.a_gateway()
            try:
                if gateway is None:
                    told = Told(UNKNOWN, {})
                else:
                    told = await ask(gateway)
            except Refused as refusal:
                told = Told(refusal.code, dict(refusal.details))
            except Transient:
                told = Told(UNKNOWN, {})
            self._note(name, what, about, told)
            if told.code != UNKNOWN or self._chance.happens(0.2):
                return
            await asyncio.sleep(self._chance.between(0.05, 1.0))

    def _note(self, name: str, what: str, about: UUID, told: Told | None) -> None:
        if told is not None:
            self.journal.append(Entry(name, what, about, told))
        if self._world.trace.is_kept:
            said = "" if told is None else f": {told.code} {told.details or ''}"
            line = f"{what} {str(about)[-4:]}{said}"
            self._world.trace.add(self._world.loop.time(), name, line)


def _actor(name: str) -> Actor:
    return Actor(kind="user", id=f"u-{name}", name=name, means="session")


def _decided(view: TaskView) -> Told:
    assert view.decision is not None, "a decision that is not refused decides"
    return Told(DECIDED, {"by": view.decision.by, "outcome": view.decision.outcome})


def decisions(journal: Sequence[Entry]) -> list[Entry]:
    """Return the lines that say that a decision was taken."""
    return [entry for entry in journal if entry.told.code == DECIDED]
