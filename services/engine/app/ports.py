"""What the use cases need from outside; `adapters` gives it to them. Every method raises Transient when it is away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel

from contracts.actor import Actor
from contracts.base import JsonObject
from contracts.envelope import CloudEvent
from contracts.run import NodeScheduled
from contracts.run_view import ListRuns, RunItem, RunOverview
from contracts.task import BucketDigest
from contracts.workflow import (
    WorkflowStatus,
)
from services.chassis.errors import Refused
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.webhook_ports import KEEP, SecretChange
from services.engine.domain.definition_model import Definition
from services.engine.domain.findings import Callee
from services.engine.domain.graph import Graph

VERSION_MAX = 2**31 - 1
"""Versions are 32-bit integers where they are stored."""
NUL = "\0"
"""No stored text holds it, and none that holds it can be asked for."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A version, ready to run."""

    definition: Definition
    graph: Graph


@dataclass(frozen=True, slots=True)
class Head:
    """A workflow as it is now."""

    name: str
    status: WorkflowStatus
    version: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version stores."""

    name: str
    description: str
    definition: JsonObject
    steps: int
    trigger_type: str
    concurrency: int | None = None
    event: str | None = None
    """The event that starts it."""
    secrets: frozenset[str] = frozenset()
    """The names of those that it uses."""
    callees: tuple[Callee, ...] = ()
    """The workflows that it calls."""
    secret: SecretChange = KEEP
    """What becomes of the secret that the workflow's webhook keeps."""
    source: str | None = None
    """The YAML that the definition was written as, with its comments."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A task that a run waits for."""

    task_id: UUID
    run_id: UUID


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that is due: a retry, or one of those that `TimerSet` sets; `node` is empty for the run's own."""

    run_id: UUID
    node: str
    kind: Literal["retry", "delay", "node_limit", "run_limit"]
    visit: int
    attempt: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP server answered; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class RequestFailed(Exception):  # noqa: N818 - an outcome of the node
    """A request had no answer that can be used: `code` is stable, `retryable` says whether another try may help."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


class Versions(Protocol):
    """Definitions by workflow and version."""

    async def heads(self, workflow_ids: Iterable[UUID]) -> Mapping[UUID, Head]:
        """Return those workflows that exist, as they are now."""
        ...

    async def compiled(self, workflow_id: UUID, version: int) -> Compiled:
        """Return a version. Raises Refused("workflow-not-found")."""
        ...


class NamedWorkflows(Protocol):
    """Workflows as other workflows call them."""

    async def called(self, workflows: Iterable[str]) -> Mapping[str, tuple[UUID, ...]]:
        """Return those that exist, by the id or the exact name that was asked for."""
        ...

    async def names(self, limit: int) -> Sequence[str]:
        """Return names, those that changed last first."""
        ...


class EventListeners(Protocol):
    """Workflows that wait for events."""

    async def listening(self, event: str, limit: int) -> Sequence[UUID]:
        """Return the Active workflows that the event starts."""
        ...


class RunStore(Protocol):
    """Runs as they are read."""

    async def item(self, run_id: UUID) -> tuple[RunItem, JsonObject] | None:
        """Return a run and its definition."""
        ...

    async def page(self, question: ListRuns) -> list[RunItem]:
        """Return up to one item more than the page holds."""
        ...

    async def length(self, run_id: UUID) -> int:
        """Return how many events the run's log has."""
        ...

    async def ahead(self, queued: RunItem, limit: int) -> int:
        """Return how many runs are before this one in its workflow's queue; counts at most that many."""
        ...

    async def trace_events(self, run_id: UUID, until: int, limit: int) -> Sequence[CloudEvent]:
        """Return what the trace at a version is made of, in order, however many child runs there are."""
        ...

    async def events(self, run_id: UUID, after: int, limit: int) -> Sequence[CloudEvent]:
        """Return the run's log after a version, in order."""
        ...

    async def overview(self, now: datetime) -> RunOverview:
        """Return what the Dashboard says of runs."""
        ...


class WaitStore(Protocol):
    """Waits, jobs and timers."""

    async def digests(self, before: datetime) -> list[BucketDigest]:
        """Return the digests of waits opened before then."""
        ...

    async def waits(
        self, bucket: int, before: datetime, after: UUID | None, limit: int
    ) -> list[Wait]:
        """Return the waits of one bucket, by task id."""
        ...

    async def still_waiting(self, task_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that are waited for now."""
        ...

    async def ended(self, run_ids: Sequence[UUID], before: datetime) -> dict[UUID, str]:
        """Return the statuses of those runs that ended before then."""
        ...

    async def claim_timers(self, now: datetime, until: datetime, limit: int) -> list[Timer]:
        """Return timers that are due, the earliest first; nobody else gets them before `until`."""
        ...

    async def next_timer(self, after: datetime) -> datetime | None:
        """Return when the first timer after then is due."""
        ...

    async def release_timers(self, timers: Sequence[Timer], until: datetime) -> None:
        """Give claimed timers back; nobody gets them before then."""
        ...

    async def delete_timers(self, timers: Sequence[Timer], due_before: datetime) -> None:
        """Drop timers that mean nothing any more and were due before then."""
        ...


class QueueStore(Protocol):
    """Runs that wait for a slot of their workflow."""

    async def queues(self, limit: int) -> dict[UUID, bool]:
        """Return the workflows in whose queues runs wait, and whether each has a free slot."""
        ...

    async def admit(
        self, workflow_ids: Sequence[UUID], now: datetime, limit: int
    ) -> Sequence[UUID]:
        """Give the free slots to the oldest runs in the queues, and return these."""
        ...

    async def unstarted(self, before: datetime, limit: int) -> Sequence[UUID]:
        """Return runs that were admitted before then and have not started."""
        ...


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """An order of a run to another run, claimed; see the table `run_orders`."""

    id: int
    run_id: UUID
    kind: Literal["start", "cancel", "report"]
    giver_id: UUID
    data: JsonObject
    given_at: datetime
    attempts: int


class GivenOrders(Protocol):
    """The orders that runs give to other runs."""

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[GivenOrder]:
        """Take orders that are due, oldest first; nobody else gets them before `until`."""
        ...

    async def done(self, order_ids: Sequence[int]) -> None:
        """Forget orders that were carried out, or never will be."""
        ...

    async def put_off(self, order_ids: Sequence[int], until: datetime) -> None:
        """Let orders be claimed again then."""
        ...

    async def starters(self, run_ids: Sequence[UUID]) -> Mapping[UUID, Actor]:
        """Return who started those runs, where that is known."""
        ...


class JobStore(Protocol):
    """Jobs as a worker sees them."""

    async def is_wanted(self, run_id: UUID, job: NodeScheduled) -> bool:
        """Tell whether the job's result is still awaited."""
        ...


class Sealer(Protocol):
    """Encrypts what is kept; only the same context decrypts it. Both raise Refused where keys are missing."""

    @property
    def key_id(self) -> str | None:
        """The id of the key that encrypts now; None if there is none."""
        ...

    def has_key(self, key_id: str) -> bool:
        """Tell whether what was encrypted with that key can be decrypted."""
        ...

    def encrypt(self, plain: bytes, context: bytes) -> str:
        """Return a text that can be kept."""
        ...

    def decrypt(self, text: str, context: bytes) -> bytes:
        """Return what was encrypted."""
        ...


class Announcer(Protocol):
    """Tells facts of the log once more."""

    @property
    def leads(self) -> bool:
        """Tell whether this replica is the one that tells the log."""
        ...

    async def announce_waits(self, waits: Sequence[Wait]) -> None:
        """Tell again that these runs have paused."""
        ...

    async def offer_stale_jobs(self, before: datetime, now: datetime, limit: int) -> list[UUID]:
        """Offer jobs that have had no result since `before` again and return their runs."""
        ...


class Asks(Protocol):
    """Gives orders to a service, this one included."""

    async def ask(self, subject: str, command: BaseModel) -> bytes:
        """Return the answer as JSON. Raises Refused, or Transient if none came: it may have been done."""
        ...


class HttpClient(Protocol):
    """Sends requests to the outside."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        seconds: float,
        gate: Gate = open_gate,
    ) -> Answer:
        """Pass the gate, send, and return the whole answer; raises RequestFailed, and what the gate raises."""
        ...


def workflow_not_found() -> Refused:
    """Return what is said of a workflow that does not exist."""
    return Refused("workflow-not-found", "This workflow does not exist.")


def run_not_found() -> Refused:
    """Return what is said of a run that does not exist."""
    return Refused("run-not-found", "This run does not exist.")
