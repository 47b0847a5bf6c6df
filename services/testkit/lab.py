"""The lab: an engine and a tasks service in one process, over a virtual clock.

The rules are the product's own: its domain decides, its use cases carry facts from one to the other. Only what they
stand on is replaced: the database by dictionaries, the broker by a queue, the outside by what the test scripts.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import yaml
from pydantic import BaseModel

from contracts import subjects
from contracts.actor import Actor
from contracts.base import Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.event import EmitEvent
from contracts.run import CancelRun, NodeScheduled, RecordResult, RunFact, StartRun
from contracts.run_view import TraceStep
from contracts.task import DecideTask, TaskAction, TaskFact
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import derived_id
from services.chassis.orders import Change, Order
from services.engine.app.admission import Admission
from services.engine.app.events import Events
from services.engine.app.orders import RunOrder, order_for
from services.engine.app.performers import performers
from services.engine.app.prepare import Prepare
from services.engine.app.resolutions import TASK_RESOLVED, Resolutions
from services.engine.app.run_orders import OrderBell, RunOrders
from services.engine.app.secret_values import SecretValues
from services.engine.app.worker import Worker
from services.engine.domain.duration import parse_duration
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_commands import FireRetry, FireTimer, RunCommand
from services.engine.domain.run_state import NotStarted, RunState
from services.engine.domain.trace import fold_trace
from services.engine.domain.triggers.manual import ManualTriggerConfig
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.app.follow_runs import HEARD, follow_runs
from services.tasks.domain.task_commands import Decide, TaskCommand, TimeOut
from services.tasks.domain.task_state import Pending, TaskState
from services.testkit.alarms import Alarms
from services.testkit.given_orders import MemoryOrders
from services.testkit.jobs import MemoryJobs
from services.testkit.library import Library
from services.testkit.mail import StubMail
from services.testkit.people import Habit, Person
from services.testkit.queue import MemoryQueue
from services.testkit.runs import LabRun
from services.testkit.secrets import PlainSecrets
from services.testkit.streams import Streams
from services.testkit.tasks import LabTask
from services.testkit.web import StubWeb

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning."""
NODE_SCHEDULED = "flusso.run.node_scheduled"
TASK_OPENED = "flusso.task.opened"
moves_max = 1_000_000
"""Facts that one call may bring about: more is a workflow that goes round in circles."""
T = TypeVar("T")


class Lab:
    """One world of its own: nothing in it is shared with another."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self.now = now
        self.http = StubWeb()
        self.mail = StubMail()
        self.habits: list[Habit] = []
        self.outputs: dict[str, Json] = {}
        """What nodes that a worker performs put out, by key, without being performed."""
        self.secrets: dict[str, str] = {}
        """The values of secrets, by name."""
        self._library = Library()
        self._alarms = Alarms()
        self._told: deque[CloudEvent] = deque()
        self._starts = 0
        self._runs: Streams[RunState, RunOrder, RunCommand, RunFact] = Streams(
            "flusso/engine",
            RunAggregate(),
            Prepare(self._library, self._library),
            self._clock,
            self._run_moved,
        )
        self._tasks: Streams[TaskState, TaskCommand, TaskCommand, TaskFact] = Streams(
            "flusso/tasks", TaskAggregate(), _as_it_is, self._clock, self._task_moved
        )
        values = PlainSecrets(self.secrets)
        self._worker = Worker(
            MemoryJobs(self._runs.state),
            performers(self.http, self.mail, self),
            self,
            SecretValues(values, values),
        )
        self._resolutions = Resolutions(self._runs)
        self._events = Events(self._library, self._runs)
        self._given = MemoryOrders(self._runs.events)
        self._run_orders = RunOrders(self._given, self._runs, OrderBell(), self._clock)
        queue = MemoryQueue(self._library, self._runs.ids, self._runs.state)
        self._admission = Admission(queue, self._runs, self._clock)

    def _clock(self) -> datetime:
        return self.now

    # -- what a test does ----------------------------------------------------------------------------------------------

    def load(self, path: str | Path) -> str:
        """Add a workflow from a YAML or JSON file, as it is written for `flusso apply`; return its name."""
        read = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        if "definition" in read:
            return self.add(read["definition"], name=read.get("name", "Workflow"))
        return self.add(read, name=Path(path).stem)

    def add(self, definition: Json, *, name: str = "Workflow") -> str:
        """Add a workflow, or its next version; return its name. Raises InvalidDefinition with every fault."""
        self._library.store(name, definition)
        return name

    def start(self, workflow: str, given: JsonObject | None = None, *, by: str = "Ann") -> LabRun:
        """Start a run by hand and move it as far as it goes by itself. Raises Refused."""
        self._starts += 1
        run_id = derived_id("lab", str(self._starts))
        command = StartRun(
            run_id=run_id,
            workflow_id=self._library.id_of(workflow),
            input=given,
            actor=_person(by),
        )
        self._do(self._runs.execute(order_for(run_id, command, actor=by)))
        return LabRun(self, run_id)

    def sample_input(self, workflow: str) -> JsonObject | None:
        """Return the sample that a workflow's manual trigger comes with."""
        config = self._library.newest(self._library.id_of(workflow)).definition.trigger.config
        return config.sample_input if isinstance(config, ManualTriggerConfig) else None

    def cancel(self, run: LabRun, reason: str | None = None, *, by: str = "Ann") -> None:
        """End a run as an operator. Raises Refused."""
        command = CancelRun(run_id=run.id, reason=reason, actor=_person(by))
        self._do(self._runs.execute(order_for(run.id, command, actor=by)))

    def person(self, name: str) -> Person:
        """Return somebody who can be told what to do with tasks by themselves."""
        return Person(self, name)

    def advance(self, duration: str | timedelta) -> None:
        """Let time pass; everything that is due on the way happens at its instant, in order."""
        length = parse_duration(duration) if isinstance(duration, str) else duration
        until = self.now + length
        while (due_at := self._alarms.next_at()) is not None and due_at <= until:
            self._ring(due_at)
        self.now = until

    def play(self) -> None:
        """Let time pass until nothing is due any more: every timer has fired, everybody who answers has."""
        while self.advance_to_next():
            pass

    def advance_to_next(self) -> bool:
        """Let time pass to what is due next, and tell whether there was anything."""
        due_at = self._alarms.next_at()
        if due_at is not None:
            self._ring(due_at)
        return due_at is not None

    # -- what a test looks at ------------------------------------------------------------------------------------------

    @property
    def runs(self) -> Sequence[LabRun]:
        """Every run, in the order in which they began."""
        return [LabRun(self, run_id) for run_id in self._runs.ids()]

    @property
    def tasks(self) -> Sequence[LabTask]:
        """The inbox: what is asked of people now, oldest first."""
        return [
            LabTask(self, task_id)
            for task_id in self._tasks.ids()
            if isinstance(self._tasks.state(task_id), Pending)
        ]

    def run_state(self, run_id: UUID) -> RunState:
        return self._runs.state(run_id)

    def task_state(self, task_id: UUID) -> TaskState:
        return self._tasks.state(task_id)

    def run_events(self, run_id: UUID) -> Sequence[CloudEvent]:
        return self._runs.events(run_id)

    def parent_of(self, run_id: UUID) -> UUID | None:
        """Return the run that called this one."""
        state = self._runs.state(run_id)
        if isinstance(state, NotStarted) or state.facts.parent is None:
            return None
        return state.facts.parent.run_id

    def trace(self, run_id: UUID) -> tuple[list[TraceStep], Json]:
        """Return the trace and the output of a run."""
        state = self._runs.state(run_id)
        assert not isinstance(state, NotStarted), "runs of the lab have started"
        compiled = self._library.get(state.facts.workflow_id, state.facts.version)
        return fold_trace(self._runs.events(run_id), compiled.definition)

    def decide(
        self,
        task_id: UUID,
        action: TaskAction,
        by: str,
        comment: str | None,
        values: Mapping[str, Json] | None,
    ) -> None:
        """Decide a task as a person does. Raises Refused."""
        decision = DecideTask(
            task_id=task_id,
            action=action,
            values=None if values is None else dict(values),
            comment=comment,
            actor=_person(by),
        )
        self._do(self._tasks.execute(Order(task_id, Decide(decision), by, f"decide:{action}")))

    # -- how it moves --------------------------------------------------------------------------------------------------

    async def ask(self, subject: str, command: BaseModel) -> bytes:
        """Take what the worker found, and the events that it emits (implements `Asks`)."""
        if isinstance(command, EmitEvent):
            return (await self._events.emit(command)).model_dump_json().encode()
        if subject != subjects.RECORD_RESULT or not isinstance(command, RecordResult):
            raise Refused("unknown-order", f"The lab does not take {subject}.")
        await self._runs.execute(order_for(command.run_id, command, actor="worker"))
        return b"{}"

    def _do(self, act: Awaitable[T]) -> T:
        async def carried_out() -> T:
            result = await act
            await self._settle()
            return result

        return asyncio.run(carried_out())

    async def _settle(self) -> None:
        """Carry facts to whoever follows them until nobody has anything to add."""
        for _ in range(moves_max):
            if self._told:
                await self._follow(self._told.popleft())
            elif not await self._run_orders.round() and not await self._admission.look():
                return
        raise Broken(f"more than {moves_max:,} facts followed from one act")

    async def _follow(self, event: CloudEvent) -> None:
        verdicts: Sequence[Refused | Transient | Broken | None] = ()
        if event.type in HEARD:
            verdicts = await follow_runs(self._tasks, [event])
        elif event.type == NODE_SCHEDULED:
            await self._perform(event)
        elif event.type == TASK_RESOLVED:
            verdicts = await self._resolutions.take([event])
        elif event.type == TASK_OPENED:
            self._expect_answer(event)
        for verdict in verdicts:
            if verdict is not None:
                raise verdict

    async def _perform(self, event: CloudEvent) -> None:
        job = NodeScheduled.model_validate(event.data)
        if job.node not in self.outputs:
            await self._worker.perform(event)
            return
        run_id = UUID(event.subject)
        result = RecordResult(
            run_id=run_id,
            node=job.node,
            visit=job.visit,
            attempt=job.attempt,
            output=self.outputs[job.node],
        )
        await self._runs.execute(order_for(run_id, result, actor="worker"))

    def _run_moved(self, change: Change[RunState, RunFact], told: Sequence[CloudEvent]) -> None:
        self._told.extend(told)
        self._alarms.follow_run(change)
        self._given.follow_run(change)

    def _task_moved(self, change: Change[TaskState, TaskFact], told: Sequence[CloudEvent]) -> None:
        self._told.extend(told)
        self._alarms.follow_task(change)

    def _expect_answer(self, event: CloudEvent) -> None:
        node = event.data["node"]
        for habit in self.habits:
            if habit.node in ("*", node):
                self._alarms.expect(UUID(event.subject), self.now + habit.after, habit)
                return

    def _ring(self, due_at: datetime) -> None:
        """Move the clock and do what is due first."""
        self.now = max(self.now, due_at)
        match self._alarms.pop():
            case (UUID() as run_id, FireRetry() | FireTimer() as firing):
                self._do(self._runs.execute(order_for(run_id, firing, actor="timer")))
            case (UUID() as task_id, TimeOut() as time_out):
                self._do(self._tasks.execute(Order(task_id, time_out, "timer", "timeout")))
            case (UUID() as task_id, Habit() as habit):
                if isinstance(self._tasks.state(task_id), Pending):
                    self.decide(task_id, habit.action, habit.person, habit.comment, habit.values)


async def _as_it_is(
    pairs: Sequence[tuple[Order[TaskCommand], TaskState]],
    _: bool,  # noqa: FBT001 - as Prepare is called
) -> Sequence[TaskCommand | Refused]:
    return [order.command for order, _ in pairs]


def _person(name: str) -> Actor:
    return Actor(kind="user", id=name, name=name, means="session")
