"""What operators ask of each service: its health, its dead letters, whether its tables tell the truth, what was lost.

Engine and tasks answer the same questions, each about its own schema and under a subject of its own.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import subjects
from contracts.actor import Actor
from contracts.base import Command, Fact, Instant, JsonObject

ServiceName = Literal["engine", "tasks"]

# -- health ------------------------------------------------------------------------------------------------------------


class GetServiceHealth(Command):
    """Ask every replica of a service how it is."""


class RelayHealth(Fact):
    """How far the log was told: `lag_events` are committed and not told yet, the oldest for `oldest_seconds`."""

    leads: bool
    lag_events: int
    oldest_seconds: float


class ConsumerHealth(Fact):
    """How far a durable consumer is: messages that wait, and those that are being worked on."""

    name: str
    waiting: int
    in_hand: int
    redelivered: int


class ServiceHealth(Fact):
    """One replica. `ready` says what works; `repairs` counts by kind what the reconciler put right since its start.

    `counts` are numbers of the service's own, such as the tasks that are pending.
    """

    service: str
    replica: str
    version: str
    started_at: Instant
    ready: dict[str, bool]
    relay: RelayHealth | None = None
    consumers: list[ConsumerHealth] = Field(default_factory=list)
    dead_letters: int = 0
    repairs: dict[str, int] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)


# -- dead letters ------------------------------------------------------------------------------------------------------


class ListDeadLetters(Command):
    """Ask for a page of the dead letters that nobody has settled, the newest first."""

    reason: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class DeadLetter(Fact):
    """An event that a consumer could not handle: why, how often it tried, and when it came first and was tried last."""

    id: UUID
    service: str
    consumer: str
    event_id: str
    event_type: str
    reason: str
    attempts: int
    received_at: Instant
    tried_at: Instant


class DeadLetterReason(Fact):
    """How many letters there are for a reason."""

    reason: str
    letters: int


class DeadLetterPage(Fact):
    """A page of dead letters, how many there are in all, and the most frequent reasons."""

    items: list[DeadLetter]
    next_cursor: str | None = None
    total: int
    reasons: list[DeadLetterReason] = Field(default_factory=list)


class GetDeadLetter(Command):
    """Ask for one dead letter with its message. Refused with `dead-letter-not-found`."""

    id: UUID


class DeadLetterView(DeadLetter):
    """A dead letter; `message` is what came, `is_whole` false if it was too long to be kept whole."""

    message: str
    is_whole: bool


class ReplayDeadLetters(Command):
    """Hand letters to their consumer once more: these, or all of a reason, at most `limit`; repeating is harmless."""

    ids: list[UUID] = Field(default_factory=list, max_length=200)
    reason: str | None = None
    limit: int = Field(default=200, ge=1, le=200)
    actor: Actor


class DeadLetterFailure(Fact):
    """A letter that could not be handled once more, and why."""

    id: UUID
    reason: str


class ReplayedDeadLetters(Fact):
    """The answer to ReplayDeadLetters: how many were handled, which were not, how many of the reason are left."""

    replayed: int
    failed: list[DeadLetterFailure] = Field(default_factory=list)
    left: int = 0


class DiscardDeadLetters(Command):
    """Give letters up: these, or all of a reason. Who did it, and when, is kept; what came is not."""

    ids: list[UUID] = Field(default_factory=list, max_length=200)
    reason: str | None = None
    actor: Actor


class DiscardedDeadLetters(Fact):
    """The answer to DiscardDeadLetters."""

    discarded: int


# -- verifying ---------------------------------------------------------------------------------------------------------


class FindingCodes(Fact):
    """What a finding's texts say, for saying it in another language."""

    subject: str
    message: str
    remedies: list[str]
    params: dict[str, str | int] = Field(default_factory=dict)


class Finding(Fact):
    """Something that does not hold: which check, where, what is wrong, and what to do about it.

    Those that an earlier release has found lack `codes`.
    """

    service: str
    check: str
    subject: str
    message: str
    remedy: str
    codes: FindingCodes | None = None


class VerifyStreams(Command):
    """Refold a page of streams and compare them with their snapshots and rows.

    `cursor` is that of the page before. With `since` only streams with events from then on are looked at.
    """

    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=500)
    since: Instant | None = None


class VerifiedStreams(Fact):
    """The answer to VerifyStreams; `total` comes with the first page."""

    streams: int
    events: int
    total: int | None = None
    next_cursor: str | None = None
    findings: list[Finding] = Field(default_factory=list)


class VerifyTables(Command):
    """Compare what is only true of a whole schema: counters with rows, the relay with the log; then statistics.

    `cursor` is that of the page before; without it the first page comes, and statistics day by day after it.
    """

    cursor: str | None = None


class VerifiedTables(Fact):
    """The answer to VerifyTables."""

    next_cursor: str | None = None
    findings: list[Finding] = Field(default_factory=list)


class VerifyChain(Command):
    """Compare a page of the sealed log of tasks with its hashes, and these with the signed checkpoints.

    `cursor` is that of the page before. With `since` only what was sealed from then on is looked at.
    """

    cursor: str | None = None
    limit: int = Field(default=20, ge=1, le=100)
    since: Instant | None = None


class VerifiedChain(Fact):
    """The answer to VerifyChain."""

    checkpoints: int
    entries: int
    next_cursor: str | None = None
    findings: list[Finding] = Field(default_factory=list)


class VerifyWaits(Command):
    """Compare what runs wait for with the tasks that are open, as of some seconds ago.

    A first look names suspects, since messages may be on their way; the second one, with them, says which are broken.
    """

    settle_seconds: float = Field(default=5.0, ge=0, le=60)
    suspects: list[UUID] | None = Field(default=None, max_length=1_000)


class VerifiedWaits(Fact):
    """The answer to VerifyWaits."""

    waits: int = 0
    suspects: list[UUID] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)


# -- after a restore ---------------------------------------------------------------------------------------------------


class ListLostFacts(Command):
    """Ask for facts that the broker has kept and the log does not know: what a restored backup has undone."""

    cursor: str | None = None
    limit: int = Field(default=500, ge=1, le=1_000)
    since: Instant | None = None


class LostFact(Fact):
    """A fact that was told and is not in the log any more: of which run or task, when, by whom, and what came of it.

    One that is not `certain` may also have gone with its workflow, when that was deleted.
    """

    service: str
    type: str
    subject: UUID
    sequence: int
    at: Instant
    by: str | None = None
    outcome: str | None = None
    details: JsonObject = Field(default_factory=dict)
    certain: bool = True


class LostFactPage(Fact):
    """A page of lost facts, oldest first; `messages` were looked at, of `messages_total` that the broker holds."""

    items: list[LostFact]
    next_cursor: str | None = None
    messages: int = 0
    messages_total: int = 0


# -- rebuilding the inbox ----------------------------------------------------------------------------------------------


class RebuildInbox(Command):
    """Build the tables of tasks anew from the log, beside those in use; one that is under way goes on."""

    actor: Actor


class GetRebuild(Command):
    """Ask how far the last rebuild is."""


class Rebuild(Fact):
    """The last rebuild of the inbox; `none` if there was none yet."""

    state: Literal["none", "running", "done", "failed"]
    tasks: int = 0
    total: int = 0
    started_by: str | None = None
    started_at: Instant | None = None
    finished_at: Instant | None = None
    message: str | None = None


# -- where it is asked -------------------------------------------------------------------------------------------------

ANSWERS: Mapping[type[Command], type[Fact]] = {
    GetServiceHealth: ServiceHealth,
    ListDeadLetters: DeadLetterPage,
    GetDeadLetter: DeadLetterView,
    ReplayDeadLetters: ReplayedDeadLetters,
    DiscardDeadLetters: DiscardedDeadLetters,
    VerifyStreams: VerifiedStreams,
    VerifyTables: VerifiedTables,
    VerifyChain: VerifiedChain,
    VerifyWaits: VerifiedWaits,
    ListLostFacts: LostFactPage,
    RebuildInbox: Rebuild,
    GetRebuild: Rebuild,
}

OPERATIONS: Mapping[ServiceName, Mapping[type[Command], str]] = {
    "engine": {
        GetServiceHealth: subjects.ENGINE_HEALTH,
        ListDeadLetters: subjects.ENGINE_LIST_DEAD_LETTERS,
        GetDeadLetter: subjects.ENGINE_GET_DEAD_LETTER,
        ReplayDeadLetters: subjects.ENGINE_REPLAY_DEAD_LETTERS,
        DiscardDeadLetters: subjects.ENGINE_DISCARD_DEAD_LETTERS,
        VerifyStreams: subjects.ENGINE_VERIFY_STREAMS,
        VerifyTables: subjects.ENGINE_VERIFY_TABLES,
        VerifyWaits: subjects.ENGINE_VERIFY_WAITS,
        ListLostFacts: subjects.ENGINE_LIST_LOST_FACTS,
    },
    "tasks": {
        GetServiceHealth: subjects.TASKS_HEALTH,
        ListDeadLetters: subjects.TASKS_LIST_DEAD_LETTERS,
        GetDeadLetter: subjects.TASKS_GET_DEAD_LETTER,
        ReplayDeadLetters: subjects.TASKS_REPLAY_DEAD_LETTERS,
        DiscardDeadLetters: subjects.TASKS_DISCARD_DEAD_LETTERS,
        VerifyStreams: subjects.TASKS_VERIFY_STREAMS,
        VerifyTables: subjects.TASKS_VERIFY_TABLES,
        VerifyChain: subjects.TASKS_VERIFY_CHAIN,
        ListLostFacts: subjects.TASKS_LIST_LOST_FACTS,
        RebuildInbox: subjects.TASKS_REBUILD_INBOX,
        GetRebuild: subjects.TASKS_GET_REBUILD,
    },
}
"""The subject of each question, by the service that answers it."""
