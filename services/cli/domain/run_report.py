"""What a terminal says of a run: a line for each change of a step, and how it ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.run_view import RunView, TraceStep
from services.cli.domain.errors import ExitCode
from services.cli.domain.safe_text import safe_line, shortened
from services.cli.domain.spans import span

ENDED = frozenset({"Completed", "Failed", "Cancelled"})
COMMENT_SHOWN = 200
StepKey = tuple[str, datetime]
Seen = Mapping[StepKey, tuple[str, int, int]]
"""Of each step: its status, its attempt, and how many of its child runs have ended."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as it is now."""

    at: datetime
    status: str
    name: str
    took: str
    note: str


def changes(steps: Sequence[TraceStep], seen: Seen) -> Iterator[TraceStep]:
    """Yield the steps that have moved since they were seen."""
    for step in steps:
        if seen.get((step.node, step.started_at)) != _state_of(step):
            yield step


def seen_of(steps: Sequence[TraceStep]) -> Seen:
    """Return what to give to the next call of `changes`."""
    return {(step.node, step.started_at): _state_of(step) for step in steps}


def _state_of(step: TraceStep) -> tuple[str, int, int]:
    return step.status, step.attempt, 0 if step.children is None else step.children.ended


def step_line(step: TraceStep, now: datetime) -> StepLine:
    """Return what to say of a step; one that goes on has been going since its start."""
    end = step.finished_at or now
    went = step.status != "Skipped"
    return StepLine(
        at=step.finished_at or step.started_at,
        status=step.status,
        name=safe_line(step.name),
        took=span(end - step.started_at) if went else "",
        note=safe_line(_note(step)),
    )


def _note(step: TraceStep) -> str:
    if step.decision is not None:
        comment = f": {step.decision.comment}" if step.decision.comment else ""
        said = f"{step.decision.outcome.replace('_', ' ')} by {step.decision.by}{comment}"
        return shortened(said, COMMENT_SHOWN)
    if step.error is not None:
        return f"{step.error.code}: {step.error.message}"
    if step.children is not None:
        return f"{step.children.ended} of {step.children.total} child runs have ended"
    return f"attempt {step.attempt}" if step.attempt > 1 else ""


def waiting_steps(run: RunView) -> list[TraceStep]:
    """Return the steps that wait for people."""
    return [step for step in run.trace if step.status == "Waiting" and step.task_id is not None]


def title_of(run: RunView) -> str:
    """Return what the run is."""
    name = safe_line(run.workflow_name) or str(run.workflow_id)
    version = f" (version {run.version})" if run.version else ""
    return f"Run {run.id} of {name}{version}"


def ending_of(run: RunView) -> str:
    """Return how it ended, and why if it failed."""
    if run.finished_at is not None:
        took = f" after {span(run.finished_at - run.started_at)}"
    else:
        took = "" if run.duration_ms is None else f" after {span(_milliseconds(run.duration_ms))}"
    why = f": {safe_line(run.error.message)}" if run.error is not None else ""
    where = f" (in {safe_line(run.error.node)})" if run.error and run.error.node else ""
    return f"{run.status}{took}{why}{where}"


def exit_code_of(run: RunView) -> ExitCode:
    """Return 0 for a run that completed."""
    return ExitCode.OK if run.status == "Completed" else ExitCode.FAILED


def _milliseconds(count: int) -> timedelta:
    return timedelta(milliseconds=count)
