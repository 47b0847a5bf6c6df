"""What a definition would do with an input: which tasks it would create, for whom, and how it would end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, assert_never

from contracts.base import Json, JsonObject
from contracts.run import FormField, RunError, RunStatus
from contracts.run_view import TraceStep
from contracts.task import TaskOpened
from services.chassis.errors import Refused
from services.testkit.lab import Lab
from services.testkit.runs import LabRun
from services.testkit.tasks import LabTask

Choice = Literal["approve", "reject", "timeout"]
Answer = Choice | JsonObject
"""What somebody does with a task: a choice, or the values of its form."""
answers_max = 1_000
"""Tasks that one simulation answers; a workflow that asks more often is shown up to there."""


@dataclass(frozen=True, slots=True)
class AskedTask:
    """A task that the run would create, after how long, and how it was answered here."""

    after: timedelta
    opened: TaskOpened
    answer: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """`assumed` are the nodes whose output nobody gave: they answered `200` with an empty object."""

    status: RunStatus
    took: timedelta
    tasks: tuple[AskedTask, ...]
    trace: tuple[TraceStep, ...]
    output: Json
    error: RunError | None
    assumed: tuple[str, ...]
    unused: tuple[str, ...]
    """Answers and outputs that were given for what the run never came to."""


@dataclass(slots=True)
class _Script:
    lab: Lab
    answers: Mapping[str, Answer]
    begun_at: datetime
    asked: list[AskedTask] = field(default_factory=list)


def simulate(
    definition: Json,
    given: JsonObject | None = None,
    *,
    answers: Mapping[str, Answer] | None = None,
    outputs: Mapping[str, Json] | None = None,
    now: datetime | None = None,
) -> Simulation:
    """Run a definition with nobody and nothing outside.

    Without an input it is the sample of the trigger. `answers` are by node; without one an approval is approved, and a
    form is submitted with its defaults and with sample values where one is required. `outputs` are those of nodes that
    a worker performs. Raises InvalidDefinition, and Refused for an input or an answer that the product would refuse.
    """
    lab = Lab() if now is None else Lab(now)
    lab.http.reply("*", "*", 200, {})
    lab.outputs.update(outputs or {})
    workflow = lab.add(definition)
    run = lab.start(workflow, lab.sample_input(workflow) if given is None else given, by="you")
    script = _Script(lab, answers or {}, lab.now)
    while len(script.asked) < answers_max and _move(script, run):
        pass
    reached = {step.node for step in run.trace}
    wanted = {*(answers or {}), *(outputs or {})}
    return Simulation(
        status=run.status,
        took=lab.now - script.begun_at,
        tasks=tuple(script.asked),
        trace=tuple(run.trace),
        output=run.output,
        error=run.error,
        assumed=tuple(dict.fromkeys(_assumed(lab, run))),
        unused=tuple(sorted(wanted - reached)),
    )


def _move(script: _Script, run: LabRun) -> bool:
    """Answer the oldest task, or let time pass to what is due next; tell whether anything moved."""
    asks = script.lab.tasks
    for task in asks:
        if script.answers.get(task.node) != "timeout":
            _answer(script, task)
            return True
    timing_out = [task for task in asks if task.timeout_at is not None]
    if timing_out:
        _await_timeout(script, min(timing_out, key=lambda task: (task.timeout_at, task.id)))
        return True
    if asks:
        task = asks[0]
        message = f"`{task.node}` has no timeout: it would wait for ever."
        raise Refused("no-timeout", message, node=task.node)
    return run.status in ("Queued", "Running", "Waiting") and script.lab.advance_to_next()


def _answer(script: _Script, task: LabTask) -> None:
    answer = script.answers.get(task.node)
    opened, after = task.opened, script.lab.now - script.begun_at
    if answer is None:
        answer = "approve" if opened.kind == "approval" else sample_values(task)
    match answer:
        case "approve":
            task.approve(by="somebody")
            said = "approved"
        case "reject":
            task.reject(by="somebody")
            said = "rejected"
        case dict() as values:
            task.submit(by="somebody", **values)
            said = "submitted " + ", ".join(f"{name}={value!r}" for name, value in values.items())
        case "timeout":
            raise AssertionError("who calls has looked")
        case _:
            assert_never(answer)
    script.asked.append(AskedTask(after, opened, said))


def _await_timeout(script: _Script, task: LabTask) -> None:
    opened, after = task.opened, script.lab.now - script.begun_at
    assert opened.timeout_at is not None, "who calls has looked"
    script.lab.advance(opened.timeout_at - script.lab.now)
    script.asked.append(AskedTask(after, opened, "timed out"))


def sample_values(task: LabTask) -> JsonObject:
    """Return values that the form takes: its defaults, and a sample where a value is required."""
    return {one.name: _sample(one, task.opened.created_at.date()) for one in task.fields}


def _sample(one: FormField, today: date) -> Json:
    if one.default is not None or not one.required:
        return one.default
    match one.type:
        case "number":
            return one.min if one.min is not None else one.max if one.max is not None else 1
        case "date":
            return str(one.min or one.max or today)
        case "text" | "textarea":
            return "x" * max(one.min_length or 0, 1)
        case unknown:
            assert_never(unknown)


def _assumed(lab: Lab, run: LabRun) -> Iterator[str]:
    for one in (run, *run.children):
        for event in one.events:
            if event.type == "flusso.run.node_scheduled" and event.data["node"] not in lab.outputs:
                yield event.data["node"]
