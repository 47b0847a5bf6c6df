"""What a terminal says of a task: all that a person must know to decide it."""

from datetime import datetime

from contracts.base import Json
from contracts.run import FormField
from contracts.task import TaskView
from services.cli.domain.safe_text import safe_line
from services.cli.domain.spans import age, local, moment, span

TASK_COLUMNS = ("waits", "workflow", "step", "kind", "title", "id")
FIELD_COLUMNS = ("name", "label", "type", "needed", "limits", "default")


def task_row(task: dict[str, Json], now: datetime) -> list[str]:
    """Return a task of a list as a row of TASK_COLUMNS."""
    return [
        age(moment(task["created_at"]), now),
        task["workflow_name"],
        task["step_name"],
        task["kind"].replace("_", " "),
        task["title"],
        task["id"],
    ]


def head_lines(task: TaskView, now: datetime) -> list[str]:
    """Return what the task is and whom it is for."""
    who = ", ".join(task.assignees) or "anybody"
    opened = f"{age(task.created_at, now)} ago ({local(task.created_at.isoformat())})"
    lines = [
        task.title,
        f"{task.workflow_name} (version {task.workflow_version}), step {task.step_name}",
        f"for {who}; opened {opened}",
        *_times(task, now),
        f"task {task.id}, run {task.run_id}",
    ]
    return list(map(safe_line, lines))


def _times(task: TaskView, now: datetime) -> list[str]:
    """Return when a pending task should be decided, and when the clock will decide it."""
    if task.status != "pending":
        return []
    lines = []
    if task.due_at is not None:
        late = f"overdue for {age(task.due_at, now)}"
        due = f"due in {span(task.due_at - now)}" if task.due_at > now else late
        lines.append(f"{due} ({local(task.due_at.isoformat())})")
    if task.timeout_at is not None:
        lines.append(f"times out at {local(task.timeout_at.isoformat())}")
    return lines


def outcome_line(task: TaskView) -> str:
    """Return what became of a task, and if nothing has yet, how to decide it."""
    decision = task.decision
    if decision is not None:
        comment = f": {decision.comment}" if decision.comment else ""
        outcome = decision.outcome.replace("_", " ")
        overtaken = f"; its run was {task.closed_reason} first" if task.closed_reason else ""
        when = local(decision.at.isoformat())
        return safe_line(f"{outcome} by {decision.by} at {when}{overtaken}{comment}")
    if task.status == "closed":
        return safe_line(f"closed undecided: its run ended as {task.closed_reason}{_end_of(task)}")
    if task.kind == "approval":
        return f"Decide it: flusso approve {task.id}, or flusso reject {task.id}"
    needed = " ".join(f"{field.name}=..." for field in task.fields if field.required)
    return safe_line(f"Decide it: flusso submit {task.id} {needed}".rstrip())


def _end_of(task: TaskView) -> str:
    """Return who ended the run and when, as far as that is known."""
    by = f", by {task.closed_by}" if task.closed_by else ""
    return f"{by} at {local(task.closed_at.isoformat())}" if task.closed_at else by


def field_row(field: FormField) -> list[str]:
    """Return a field of a form as a row of FIELD_COLUMNS."""
    default = "" if field.default is None else str(field.default)
    label = f"{field.label} ({field.help})" if field.help else field.label
    needed = "yes" if field.required else ""
    return [field.name, label, field.type, needed, ", ".join(_limits(field)), default]


def _limits(field: FormField) -> list[str]:
    named = {
        "from": field.min,
        "to": field.max,
        "in steps of": field.step,
        "characters from": field.min_length,
        "characters to": field.max_length,
        "pattern": field.pattern_message or field.pattern,
    }
    return [f"{name} {_plain(limit)}" for name, limit in named.items() if limit is not None]


def _plain(limit: Json) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)
