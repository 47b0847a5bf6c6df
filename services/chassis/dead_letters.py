"""What consumers could not handle, for the person who looks after it: listed, shown, handled once more, given up.

A letter is handled once more by the handler of its consumer, which is idempotent: whoever repeats that does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from pydantic import ValidationError

from contracts.actor import Actor
from contracts.base import JsonObject
from contracts.envelope import CloudEvent
from contracts.operations import (
    DeadLetter,
    DeadLetterFailure,
    DeadLetterPage,
    DeadLetterReason,
    DeadLetterView,
    DiscardDeadLetters,
    DiscardedDeadLetters,
    GetDeadLetter,
    ListDeadLetters,
    ReplayDeadLetters,
    ReplayedDeadLetters,
)
from services.chassis.consumer import Handle, reason_chars_max, statements
from services.chassis.database import Pool, Row, acquire_seconds_max, translated
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.pages import encode_cursor, time_cursor

message_bytes_shown_max = 64 * 1024
"""Of the message, in an answer: escaped as JSON it must fit NATS."""
reasons_shown_max = 20
discarded_at_once_max = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that is to be handled once more."""

    id: UUID
    consumer: str
    payload: bytes


class DeadLetters:
    """The dead letters of one schema, and the handlers of this process that they were meant for."""

    def __init__(self, service: str, pool: Pool) -> None:
        self._service = service
        self._pool = pool
        self._handlers: dict[str, Handle] = {}

    def handled_by(self, durable: str, handle: Handle) -> None:
        """Have letters of this consumer handled once more by its handler."""
        self._handlers[durable] = handle

    async def page(self, question: ListDeadLetters) -> DeadLetterPage:
        """Return a page, the newest letters first. Raises Refused, Transient."""
        at, letter_id = time_cursor(question.cursor)
        limit = question.limit + 1
        rows = await self._fetch("list_dead_letters", question.reason, at, letter_id, limit)
        reasons = await self._fetch("count_dead_letters", reasons_shown_max)
        items = [DeadLetter(service=self._service, **dict(row)) for row in rows[: question.limit]]
        more = len(rows) > len(items)
        return DeadLetterPage(
            items=items,
            next_cursor=encode_cursor(items[-1].received_at, items[-1].id) if more else None,
            total=reasons[0]["total"] if reasons else 0,
            reasons=[
                DeadLetterReason(reason=row["reason"], letters=row["letters"]) for row in reasons
            ],
        )

    async def count(self) -> int:
        """Return how many there are. Raises Transient."""
        rows = await self._fetch("count_dead_letters", 1)
        return int(rows[0]["total"]) if rows else 0

    async def get(self, question: GetDeadLetter) -> DeadLetterView:
        """Return a letter with its message. Raises Refused, Transient."""
        rows = await self._fetch("get_dead_letter", question.id)
        if not rows:
            raise Refused("dead-letter-not-found", "There is no such dead letter.")
        found = dict(rows[0])
        payload: bytes = found.pop("payload")
        return DeadLetterView(
            service=self._service,
            **found,
            message=payload[:message_bytes_shown_max].decode(errors="replace"),
            is_whole=len(payload) <= message_bytes_shown_max,
        )

    async def replay(self, order: ReplayDeadLetters) -> ReplayedDeadLetters:
        """Hand letters to their consumers once more, the oldest first. Raises Refused, Transient."""
        _check_chosen(order.ids, order.reason)
        rows = await self._fetch("choose_dead_letters", order.ids, order.reason, order.limit)
        handled: list[UUID] = []
        failed: list[DeadLetterFailure] = []
        for row in rows:
            reason = await self._handle(Kept(row["id"], row["consumer"], row["payload"]))
            if reason is None:
                handled.append(row["id"])
                await self._settle([row["id"]], None, "replayed", order.actor)
            else:
                failed.append(DeadLetterFailure(id=row["id"], reason=reason))
        left = await self._left(order.reason) if not order.ids else 0
        return ReplayedDeadLetters(replayed=len(handled), failed=failed, left=left)

    async def discard(self, order: DiscardDeadLetters) -> DiscardedDeadLetters:
        """Give letters up. Raises Refused, Transient."""
        _check_chosen(order.ids, order.reason)
        gone = await self._settle(order.ids, order.reason, "discarded", order.actor)
        return DiscardedDeadLetters(discarded=gone)

    async def _left(self, reason: str | None) -> int:
        rows = await self._fetch("count_dead_letters", discarded_at_once_max)
        return sum(row["letters"] for row in rows if row["reason"] == reason)

    async def _handle(self, letter: Kept) -> str | None:
        """Return why it cannot be handled, None once it was. Raises Transient."""
        handle = self._handlers.get(letter.consumer)
        if handle is None:
            return "Nothing in this release listens under this name."
        try:
            events = _events_of(letter.payload)
        except (ValueError, ValidationError) as error:
            return await self._failed(letter, f"still not readable: {_first_line(error)}")
        for verdict in await handle(events):
            if isinstance(verdict, Transient):
                raise verdict
            if isinstance(verdict, Broken):
                return await self._failed(letter, str(verdict))
        return None

    async def _failed(self, letter: Kept, reason: str) -> str:
        kept = reason[:reason_chars_max].replace("\0", "")
        await self._fetch("retried_dead_letter", letter.id, kept)
        return kept

    async def _settle(self, ids: Sequence[UUID], reason: str | None, how: str, actor: Actor) -> int:
        by = f"{actor.kind}:{actor.name}"
        return len(await self._fetch("settle_dead_letters", ids, reason, how, by))

    async def _fetch(self, name: str, *arguments: object) -> Sequence[Row]:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return await connection.fetch(statements[name], *arguments)


def _check_chosen(ids: Sequence[UUID], reason: str | None) -> None:
    if bool(ids) == (reason is not None):
        raise Refused("invalid-request", "Name letters by their ids, or a reason: one of the two.")


def _events_of(payload: bytes) -> list[CloudEvent]:
    """Return what a letter holds: one event, or a whole message that could not be taken apart."""
    found: JsonObject | list[JsonObject] = orjson.loads(payload)
    members = found if isinstance(found, list) else [found]
    return [CloudEvent.model_validate(member) for member in members]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
