"""How long people take to decide, answered from figures that are kept by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Protocol
from uuid import UUID

from contracts.stats import AskDecisionStats, DecisionFigures, DecisionStats, StepDecisions
from services.chassis.hours import whole_hours
from services.chassis.magnitudes import Durations

STEPS_MAX = 200
"""Steps that are told apart: those with the most decisions."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many were answered so, on one step of the scale; without a workflow those of steps not told apart."""

    is_before: bool
    workflow_id: UUID | None
    workflow_name: str | None
    node: str | None
    step_name: str | None
    outcome: str
    magnitude: int
    number: int
    milliseconds: int


class DecisionStatsStore(Protocol):
    """Where figures are kept. Raises Transient when it is away."""

    async def decisions(
        self, start: datetime, end: datetime, workflow_id: UUID | None, limit: int
    ) -> Sequence[Counted]:
        """Return what was decided, step by step; and the span of the same length before."""
        ...


@dataclass(slots=True)
class _Decisions:
    """Decisions, added up."""

    outcomes: dict[str, int] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)

    def add(self, counted: Counted) -> None:
        self.outcomes[counted.outcome] = self.outcomes.get(counted.outcome, 0) + counted.number
        if counted.outcome != "timed_out":
            self.durations.add(counted.magnitude, counted.number, counted.milliseconds)

    def figures(self) -> DecisionFigures:
        return DecisionFigures(
            **self.outcomes,
            decisions=self.durations.counts.total(),
            duration_ms_mean=self.durations.mean,
            duration_ms_median=self.durations.median,
            duration_ms_p90=self.durations.p90,
        )


def _figures(parts: Iterable[Counted]) -> DecisionFigures:
    decisions = _Decisions()
    for part in parts:
        decisions.add(part)
    return decisions.figures()


async def decision_stats(store: DecisionStatsStore, question: AskDecisionStats) -> DecisionStats:
    """Return the steps that people take longest to decide. Raises Refused("invalid-request")."""
    start, end = whole_hours(question.start, question.end)
    found = await store.decisions(start, end, question.workflow_id, STEPS_MAX)
    now = [part for part in found if not part.is_before]
    steps = [
        _step(list(parts)) for _, parts in groupby(now, lambda part: (part.workflow_id, part.node))
    ]
    longest = sorted(filter(None, steps), key=lambda step: -(step.duration_ms_median or 0))
    return DecisionStats(
        items=longest[: question.limit],
        total=_figures(now),
        previous=_figures(part for part in found if part.is_before),
    )


def _step(parts: Sequence[Counted]) -> StepDecisions | None:
    first = parts[0]
    if first.workflow_id is None or first.node is None:
        return None
    return StepDecisions(
        workflow_id=first.workflow_id,
        workflow_name=first.workflow_name or "",
        node=first.node,
        step_name=first.step_name or first.node,
        **dict(_figures(parts)),
    )
