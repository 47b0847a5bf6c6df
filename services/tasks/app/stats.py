"""How long people take to decide, answered from figures that are kept by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Protocol
from uuid import UUID

from contracts.stats import AskDecisionStats, DecisionFigures, DecisionStats, StepDecisions
from services.chassis.hours import whole_hours
from services.chassis.magnitudes import TOTAL, Durations

STEPS_MAX = 200
"""Steps that are told apart: those with the most decisions."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Of magnitude TOTAL, how many were answered so and how long these took together; else how many took how long.

    Without a workflow it is all steps together.
    """

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
        if counted.magnitude == TOTAL:
            self.outcomes[counted.outcome] = self.outcomes.get(counted.outcome, 0) + counted.number
        if counted.outcome != "timed_out":
            self.durations.add(counted.magnitude, counted.number, counted.milliseconds)

    def figures(self) -> DecisionFigures:
        return DecisionFigures(
            **self.outcomes,
            decisions=self.durations.number,
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
    together = [part for part in found if part.workflow_id is None]
    of_steps = groupby(
        (part for part in found if part.workflow_id is not None),
        lambda part: (part.workflow_id, part.node),
    )
    steps = [_step(list(parts)) for _, parts in of_steps]
    longest = sorted(steps, key=lambda step: -(step.duration_ms_median or 0))
    return DecisionStats(
        items=longest[: question.limit],
        total=_figures(part for part in together if not part.is_before),
        previous=_figures(part for part in together if part.is_before),
    )


def _step(parts: Sequence[Counted]) -> StepDecisions:
    first = parts[0]
    return StepDecisions.model_validate(
        {
            "workflow_id": first.workflow_id,
            "workflow_name": first.workflow_name,
            "node": first.node,
            "step_name": first.step_name,
            **dict(_figures(parts)),
        }
    )
