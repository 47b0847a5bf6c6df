"""Answers about how runs fared: every bucket is there, on the clocks of the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from contracts.stats import AskHourStats, AskRunStats, AskStepStats, AskWorkflowStats
from services.chassis.errors import Refused
from services.chassis.magnitudes import TOTAL
from services.engine.app.stats import Counted, CountedStep, CountedWorkflow, Hours, Stats
from tests.support.runs import WORKFLOW_ID

# Clocks in Rome go back from 3:00 to 2:00 on the 25th.
START = datetime(2026, 10, 24, 6, tzinfo=UTC)
END = START + timedelta(days=3)
ROME = "Europe/Rome"


@dataclass
class KeptStats:
    """Figures in memory."""

    counted: Sequence[tuple[datetime, Counted]] = ()
    started: Sequence[tuple[datetime, int]] = ()
    of_workflows: Sequence[CountedWorkflow] = ()
    of_steps: Sequence[CountedStep] = ()

    async def runs(self, hours: Hours, edges: Sequence[datetime]) -> Sequence[tuple[int, Counted]]:
        assert edges[0] == hours.start
        return [(sum(edge <= at for edge in edges), one) for at, one in self.counted]

    async def workflows(self, hours: Hours, sort: str, limit: int) -> Sequence[CountedWorkflow]:
        del hours, sort, limit
        return self.of_workflows

    async def steps(
        self, hours: Hours, outcomes: Sequence[str], limit: int
    ) -> Sequence[CountedStep]:
        del hours, limit
        return [step for step in self.of_steps if step.counted.outcome in outcomes]

    async def hours(self, hours: Hours) -> Sequence[tuple[datetime, int]]:
        del hours
        return self.started


async def test_days_begin_at_midnight_of_the_viewer_even_where_clocks_change() -> None:
    kept = KeptStats([(START + timedelta(hours=20), Counted("Completed", TOTAL, 2, 50))])
    question = AskRunStats(start=START, end=END, zone=ROME, bucket="day")
    answer = await Stats(kept).runs(question)
    begins = [item.at.isoformat() for item in answer.items]
    assert begins == [
        "2026-10-23T22:00:00+00:00",
        "2026-10-24T22:00:00+00:00",
        "2026-10-25T23:00:00+00:00",
        "2026-10-26T23:00:00+00:00",
    ]
    assert [item.completed for item in answer.items] == [0, 2, 0, 0]
    assert answer.items[0].success_rate is None


async def test_hours_are_all_there_and_what_came_before_stands_apart() -> None:
    kept = KeptStats(
        [
            (START - timedelta(hours=5), Counted("Failed", TOTAL, 3, 0)),
            (START, Counted("Started", TOTAL, 4, 0)),
            (START, Counted("Rejected", TOTAL, 1, 3)),
            (END - timedelta(hours=1), Counted("Completed", TOTAL, 3, 9)),
        ]
    )
    answer = await Stats(kept).runs(AskRunStats(start=START, end=END, bucket="hour"))
    assert len(answer.items) == 72
    assert (answer.items[0].started, answer.items[0].failed, answer.items[0].rejected) == (4, 1, 1)
    assert answer.total.success_rate == 0.75
    assert answer.total.duration_ms_mean == 3
    assert (answer.previous.failed, answer.previous.success_rate) == (3, 0.0)


async def test_hours_of_more_than_a_month_are_refused() -> None:
    question = AskRunStats(start=START, end=START + timedelta(days=32), bucket="hour")
    with pytest.raises(Refused, match="ask for days"):
        await Stats(KeptStats()).runs(question)


async def test_the_hours_of_the_week_are_those_of_the_viewer() -> None:
    saturday_night = datetime(2026, 10, 24, 22, tzinfo=UTC)
    answer = await Stats(KeptStats(started=[(saturday_night, 5)])).hours(
        AskHourStats(start=START, end=END, zone=ROME)
    )
    assert len(answer.items) == 168
    assert [(one.weekday, one.hour) for one in answer.items if one.started] == [(7, 0)]


async def test_parts_of_a_workflow_and_of_a_step_are_put_together() -> None:
    parts = [
        Counted("Completed", TOTAL, 9, 27),
        Counted("Failed", TOTAL, 1, 6),
        Counted("Completed", 3, 10, 0),
    ]
    kept = KeptStats(
        of_workflows=[CountedWorkflow(WORKFLOW_ID, "Letters", part) for part in parts],
        of_steps=[CountedStep(WORKFLOW_ID, "Letters", "gone", None, None, part) for part in parts],
    )
    (workflow,) = (await Stats(kept).workflows(AskWorkflowStats(start=START, end=END))).items
    assert (workflow.completed, workflow.failed, workflow.success_rate) == (9, 1, 0.9)
    (step,) = (await Stats(kept).steps(AskStepStats(start=START, end=END))).items
    assert (step.step_name, step.type, step.steps, step.failed) == ("gone", "unknown", 10, 1)
    assert step.duration_ms_mean == 3
    assert (await Stats(kept).steps(AskStepStats(start=START, end=END, kind="time"))).items == []
