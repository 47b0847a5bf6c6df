"""Builders for tests about tasks."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.actor import Actor
from contracts.base import JsonObject, rfc3339
from contracts.envelope import CloudEvent
from contracts.run import FormField, RunPaused, TaskKind
from contracts.task import DecideTask, TaskAction
from services.tasks.domain.task_commands import Open

CREATED_AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
RUN_ID = UUID("018f0000-0000-7000-8000-00000000000a")
TASK_ID = UUID("5f0c1d0e-7d53-5a3f-9c1e-000000000001")
WORKFLOW_ID = UUID("018f0000-0000-7000-8000-00000000000b")
ADA = Actor(kind="user", id="u-ada", name="Ada", means="session")
BOB = Actor(kind="user", id="u-bob", name="Bob", means="session")
ROOT = Actor(kind="token", id="t-root", name="Root", means="token", is_admin=True)
AMOUNT = FormField(name="amount", label="Amount", type="number", required=True)


def paused(
    *,
    task_id: UUID = TASK_ID,
    kind: TaskKind = "approval",
    title: str = "Review the letter",
    prompt: str = "Send it to ada@example.com?",
    fields: list[FormField] | None = None,
    assignees: list[str] | None = None,
    workflow_id: UUID = WORKFLOW_ID,
    workflow_name: str = "Newsletter",
) -> RunPaused:
    return RunPaused(
        task_id=task_id,
        node="review",
        visit=1,
        kind=kind,
        workflow_id=workflow_id,
        workflow_name=workflow_name,
        workflow_version=1,
        step_name="Review",
        title=title,
        prompt=prompt,
        fields=fields or [],
        assignees=assignees or [],
    )


def timed(
    pause: RunPaused, *, due_at: datetime | None = None, timeout_at: datetime | None = None
) -> RunPaused:
    return pause.model_copy(update={"due_at": due_at, "timeout_at": timeout_at})


def opening(pause: RunPaused | None = None, *, created_at: datetime = CREATED_AT) -> Open:
    return Open(RUN_ID, pause or paused(), created_at)


def decision(
    action: TaskAction = "approve",
    *,
    task_id: UUID = TASK_ID,
    actor: Actor = ADA,
    values: JsonObject | None = None,
    comment: str | None = None,
    if_match: str | None = None,
    key: str | None = None,
    request_digest: str | None = None,
) -> DecideTask:
    return DecideTask(
        task_id=task_id,
        action=action,
        actor=actor,
        values=values,
        comment=comment,
        if_match=if_match,
        idempotency_key=key,
        request_digest=request_digest,
    )


def run_event(
    name: str,
    data: JsonObject,
    *,
    run_id: UUID = RUN_ID,
    sequence: int = 1,
    time: datetime = CREATED_AT,
    position: int = 1,
) -> CloudEvent:
    return CloudEvent(
        id=f"{run_id}-{sequence}",
        source="flusso/engine",
        type=name,
        subject=str(run_id),
        time=time,
        dataschema=f"{name}/1",
        sequence=sequence,
        logposition=position,
        data=data,
    )


def pause_event(
    pause: RunPaused, *, run_id: UUID = RUN_ID, at: datetime = CREATED_AT
) -> CloudEvent:
    return run_event(
        "flusso.run.paused", pause.model_dump(mode="json"), run_id=run_id, sequence=2, time=at
    )


def cancel_event(*task_ids: UUID, run_id: UUID = RUN_ID) -> CloudEvent:
    data = {
        "reason": None,
        "by": ADA.model_dump(mode="json"),
        "open_tasks": [str(task_id) for task_id in task_ids],
    }
    return run_event("flusso.run.cancelled", data, run_id=run_id, sequence=3)


def as_shown(moment: datetime) -> str:
    return rfc3339(moment)
