"""The intake's table of the gateway. One method a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.simulation.rows import Row, rows


@dataclass(slots=True)
class Arrival:
    """A row of the intake."""

    position: int
    run_id: UUID
    workflow_id: UUID
    kind: str
    command: str
    request_digest: str | None
    traceparent: str | None
    received_at: datetime
    due_at: datetime
    attempts: int = 0
    refused_at: datetime | None = None
    refused_code: str | None = None
    refused_message: str | None = None
    became_run_id: UUID | None = None


class GatewayTables:
    """What the intake reads and writes."""

    def __init__(self) -> None:
        self.intake: dict[UUID, Arrival] = {}
        self._next_position = 1

    def _waiting(self) -> list[Arrival]:
        return [one for one in self.intake.values() if one.refused_at is None]

    def _those(self, run_ids: Sequence[UUID]) -> list[Arrival]:
        return [one for one in self._waiting() if one.run_id in run_ids]

    def keep_arrivals(self, *columns: Sequence[Any]) -> list[Row]:
        kept = []
        for run_id, workflow_id, kind, command, digest, trace, received_at in zip(
            *columns, strict=True
        ):
            if run_id in self.intake:
                continue
            self.intake[run_id] = Arrival(
                self._next_position,
                run_id,
                workflow_id,
                kind,
                command,
                digest,
                trace,
                received_at,
                received_at,
            )
            self._next_position += 1
            kept.append((run_id, digest))
        return rows("run_id request_digest", kept)

    def digests_of_arrivals(self, run_ids: Sequence[UUID]) -> list[Row]:
        known = [self.intake[run] for run in run_ids if run in self.intake]
        return rows("run_id request_digest", [(one.run_id, one.request_digest) for one in known])

    def count_arrivals(self, limit: int) -> list[Row]:
        return rows("count", [(min(len(self._waiting()), limit),)])

    def claim_arrivals(self, limit: int, now: datetime, until: datetime) -> list[Row]:
        due = sorted(
            (one for one in self._waiting() if one.due_at <= now), key=lambda one: one.position
        )[:limit]
        for one in due:
            one.due_at = until
            one.attempts += 1
        return rows(
            "position run_id kind command traceparent attempts",
            [
                (one.position, one.run_id, one.kind, one.command, one.traceparent, one.attempts)
                for one in due
            ],
        )

    def forget_arrivals(self, run_ids: Sequence[UUID]) -> list[Row]:
        for one in self._those(run_ids):
            del self.intake[one.run_id]
        return []

    def give_arrivals_back(self, run_ids: Sequence[UUID], due_at: datetime) -> list[Row]:
        for one in self._those(run_ids):
            one.due_at = due_at
        return []

    def refuse_arrival(self, run_id: UUID, code: str, message: str, now: datetime) -> list[Row]:
        for one in self._those([run_id]):
            one.refused_at, one.refused_code, one.refused_message = now, code, message
        return []

    def prune_arrivals(self, before: datetime) -> list[Row]:
        for one in [*self.intake.values()]:
            if one.refused_at is not None and one.refused_at < before:
                del self.intake[one.run_id]
        return []
