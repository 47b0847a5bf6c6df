"""What a restored backup has undone: facts that JetStream still holds and the log does not know.

An event is the log's if the stream has one at its version of the same time; a restored service writes others there.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from pydantic import ValidationError

from contracts.base import JsonObject
from contracts.envelope import CloudEvent, split_batch
from contracts.operations import ListLostFacts, LostFact, LostFactPage, ServiceName
from services.chassis.consumer import statements
from services.chassis.database import Pool, Row, acquire_seconds_max, translated
from services.chassis.errors import Refused, Transient
from services.chassis.pages import encode_cursor, number_cursor

messages_a_page_max = 50
facts_a_page_max = 500
"""Reached, a page ends with its message, which has at most as many again: that fits into an answer."""
text_chars_max = 200
fetch_seconds_max = 3.0
forget_seconds = 10.0
SEQUENCE_MAX = 2**63
DETAILS = ("run_id", "workflow_name", "title", "node", "step_name", "reason")


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """Where a log was told, and which of its facts people want back."""

    service: ServiceName
    stream: str
    subject: str
    types: frozenset[str]
    has_deletions: bool
    """Whole streams may be deleted from the log."""


class LostFacts:
    """Answers ListLostFacts for one log."""

    def __init__(self, connection: Client, pool: Pool, told: ToldFacts) -> None:
        self._jetstream = connection.jetstream(timeout=fetch_seconds_max)
        self._pool = pool
        self._told = told

    async def page(self, question: ListLostFacts) -> LostFactPage:
        """Read on in the stream and return what the log does not know. Raises Refused, Transient."""
        after = number_cursor(question.cursor) or 0
        if not 0 <= after < SEQUENCE_MAX:
            raise Refused("invalid-cursor", "The cursor is not one that a list answered.")
        try:
            total = (await self._jetstream.stream_info(self._told.stream)).state.messages
            messages = await self._messages(after + 1, question.since)
        except (nats.errors.Error, TimeoutError) as error:
            raise Transient(f"JetStream does not answer: {type(error).__name__}") from error
        items: list[LostFact] = []
        read = 0
        for message in messages:
            items += await self._unknown(self._wanted(message))
            read += 1
            if len(items) >= facts_a_page_max:
                break
        is_last = read == len(messages) < messages_a_page_max
        return LostFactPage(
            items=items,
            next_cursor=None if is_last else _cursor(messages[read - 1]),
            messages=read,
            messages_total=total,
        )

    async def _messages(self, first: int, since: datetime | None) -> Sequence[Msg]:
        by_time = since is not None and first == 1
        config = ConsumerConfig(
            deliver_policy=(
                DeliverPolicy.BY_START_TIME if by_time else DeliverPolicy.BY_START_SEQUENCE
            ),
            opt_start_seq=None if by_time else first,
            opt_start_time=since if by_time else None,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=forget_seconds,
        )
        subscription = await self._jetstream.pull_subscribe(
            self._told.subject, stream=self._told.stream, config=config
        )
        try:
            left = (await subscription.consumer_info()).num_pending or 0
            wanted = min(left, messages_a_page_max)
            messages: list[Msg] = []
            while len(messages) < wanted:
                messages += await subscription.fetch(wanted - len(messages), fetch_seconds_max)
            return messages
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    def _wanted(self, message: Msg) -> Sequence[CloudEvent]:
        try:
            members = split_batch(message.data)
        except ValueError:
            return []
        return [event for member in members for event in self._event(member)]

    def _event(self, member: JsonObject) -> Sequence[CloudEvent]:
        if member.get("type") not in self._told.types:
            return []
        with suppress(ValidationError):
            return [CloudEvent.model_validate(member)]
        return []

    async def _unknown(self, events: Sequence[CloudEvent]) -> list[LostFact]:
        if not events:
            return []
        ids = [UUID(event.subject) for event in events]
        versions = [event.sequence for event in events]
        positions = [event.logposition for event in events]
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                rows = await connection.fetch(
                    statements["known_facts"], ids, versions, positions, len(events)
                )
        lost: dict[tuple[str, int, datetime], LostFact] = {}
        for event, row in zip(events, rows, strict=True):
            if row["occurred_at"] != event.time:  # told again, it comes again
                lost[event.subject, event.sequence, event.time] = self._lost(event, row)
        return list(lost.values())

    def _lost(self, event: CloudEvent, row: Row) -> LostFact:
        may_be_deleted = self._told.has_deletions and not row["has_stream"] and row["is_gap"]
        data = event.data
        return LostFact(
            service=self._told.service,
            type=event.type,
            subject=UUID(event.subject),
            sequence=event.sequence,
            at=event.time,
            by=_name(data.get("by")) or _name(data.get("actor")),
            outcome=_text(data.get("outcome")),
            details={name: text for name in DETAILS if (text := _text(data.get(name))) is not None},
            certain=not may_be_deleted,
        )


def _name(actor: object) -> str | None:
    return _text(actor.get("name")) if isinstance(actor, Mapping) else None


def _text(value: object) -> str | None:
    return value[:text_chars_max] if isinstance(value, str) else None


def _cursor(message: Msg) -> str:
    return encode_cursor(message.metadata.sequence.stream)
