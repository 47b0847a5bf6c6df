"""What a terminal says of a receipt: read from the sealed entries alone, and checked as far as it can be here.

Whether the key is the deployment's is for whoever has its public half to say: docs/verify_receipt.py.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from contracts.actor import Actor
from contracts.receipt import Receipt
from contracts.run import FormField
from contracts.task import TaskClosed, TaskOpened, TaskOvertaken, TaskResolved
from services.cli.domain.safe_text import safe_line
from services.cli.domain.spans import local
from services.tasks.domain.chain import PathStep, canonical, root_of_path

_MEANS = {
    "session": "signed in at a browser",
    "token": "with a token",
    "signature": "with a signature",
    "none": "by itself",
}


def shown_lines(opened: TaskOpened) -> list[str]:
    """Return what whoever decided was shown."""
    at = local(opened.created_at.isoformat())
    lines = [
        f"{opened.workflow_name} (version {opened.workflow_version}), step {opened.step_name}",
        f"opened {at}, digest {opened.digest}",
    ]
    return list(map(safe_line, lines))


def field_lines(fields: Sequence[FormField]) -> list[str]:
    """Return the form that was shown."""
    return [safe_line(f"{field.name}: {field.label} ({field.type})") for field in fields]


def outcome_lines(receipt: Receipt) -> Iterator[str]:
    """Yield who decided, when, by what means and what; or what else became of the task."""
    undecided = True
    for each in receipt.entries:
        match each.entry["type"]:
            case "flusso.task.resolved":
                undecided = False
                yield from _decision(TaskResolved.model_validate_json(each.data))
            case "flusso.task.closed":
                undecided = False
                closed = TaskClosed.model_validate_json(each.data)
                yield f"closed undecided: its run ended as {closed.run_status}"
            case "flusso.task.overtaken":
                overtaken = TaskOvertaken.model_validate_json(each.data)
                yield f"its run was {overtaken.run_status} before it took the decision"
            case _:
                continue
    if undecided:
        yield "not decided yet"


def _decision(resolved: TaskResolved) -> Iterator[str]:
    at = local(resolved.decided_at.isoformat())
    outcome = resolved.outcome.replace("_", " ")
    yield safe_line(f"{outcome} by {_who(resolved.by)} at {at}")
    if resolved.comment:
        yield safe_line(f"comment: {resolved.comment}")
    for name, value in (resolved.values or {}).items():
        yield safe_line(f"{name} = {value}")
    yield f"decided on the digest {resolved.digest}"


def _who(actor: Actor) -> str:
    return f"{actor.name} ({actor.kind} {actor.id}, {_MEANS[actor.means]})"


def opened_in(receipt: Receipt) -> TaskOpened | None:
    """Return what was shown, if the receipt has it."""
    for each in receipt.entries:
        if each.entry["type"] == "flusso.task.opened":
            return TaskOpened.model_validate_json(each.data)
    return None


def proof_lines(receipt: Receipt) -> Iterator[str]:
    """Yield how each entry is sealed."""
    signed = {each.checkpoint["number"]: each for each in receipt.checkpoints}
    for each in receipt.entries:
        entry, checkpoint = each.entry, signed[each.checkpoint].checkpoint
        yield safe_line(
            f"{entry['type']}: entry {entry['place']} of its workflow, sealed by checkpoint"
            f" {each.checkpoint} at {local(str(checkpoint['signed_at']))}, key {checkpoint['key_id']}"
        )


def fault_of(receipt: Receipt) -> str | None:
    """Return what does not fit together, if anything does not."""
    roots = {each.checkpoint["number"]: each.checkpoint["root"] for each in receipt.checkpoints}
    for each in receipt.entries:
        kind = each.entry["type"]
        if sha256(each.data.encode()).hexdigest() != each.entry["data_sha256"]:
            return f"the content of {kind} is not what was sealed"
        digest = sha256(canonical(each.entry)).digest()
        if digest.hex() != each.hash:
            return f"the entry {kind} is not what was sealed"
        path = [PathStep(bytes.fromhex(s.hash), is_left=s.side == "left") for s in each.path]
        if root_of_path(digest, path).hex() != roots.get(each.checkpoint):
            return f"the entry {kind} is not in its checkpoint"
    return None
