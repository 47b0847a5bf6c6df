"""What the nodes that start runs of other workflows have in common: which workflow, how deep, and each single call."""

from collections.abc import Mapping
from uuid import UUID

from contracts.base import Json
from contracts.run import ChildCall
from services.chassis.ids import derived_beside
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.limits import RUN_DEPTH_MAX, VALUE_BYTES_MAX
from services.engine.domain.run_state import RunFacts
from services.engine.domain.values import check_value

INPUT_BYTES_KEPT_FREE = 256
"""A trigger may wrap the input, as one of a webhook does."""

Callees = Mapping[str, tuple[UUID, ...]]
"""The workflows that exist, by the id or the exact name under which a definition calls them."""


def note_callee(workflow: str, place: Place) -> None:
    """Note that a workflow is called by its id or name, which is written out."""
    if "{{" in workflow:
        place.fault(
            "invalid-value",
            "This is the id or the name of a workflow, without variables.",
            reason="workflow_name",
        )
    else:
        place.calls(workflow.strip())


def callee(callees: Callees, workflow: str) -> UUID:
    """Return the workflow that is called; raises EvaluationFailed if there is none, or more than one."""
    found = callees.get(workflow, ())
    if not found:
        raise EvaluationFailed(
            "workflow-not-found", f"There is no workflow `{workflow}`.", workflow=workflow
        )
    if len(found) > 1:
        raise EvaluationFailed(
            "workflow-ambiguous",
            f"Several workflows are called `{workflow}`; name the one that is meant by its id.",
            workflow=workflow,
        )
    return found[0]


def depth_of(facts: RunFacts) -> int:
    """Return how many runs stand above this one."""
    return 0 if facts.parent is None else facts.parent.depth


def check_depth(facts: RunFacts) -> None:
    """Raise EvaluationFailed if the run stands so deep that it may start no other: without an end there must be one."""
    depth = depth_of(facts)
    if depth >= RUN_DEPTH_MAX:
        raise EvaluationFailed(
            "too-deep",
            f"This run was started by a run that was started by a run, {depth} times over; the limit is"
            f" {RUN_DEPTH_MAX}.",
            depth=depth,
            limit=RUN_DEPTH_MAX,
        )


def child_call(run_id: UUID, node: str, visit: int, index: int, value: Json) -> ChildCall:
    """Return one call, whose run has an id that repeats; raises EvaluationFailed for an input that no run takes."""
    if not isinstance(value, dict):
        raise EvaluationFailed("invalid-input", "The input of a run is an object.")
    check_value("The input", value, VALUE_BYTES_MAX - INPUT_BYTES_KEPT_FREE)
    return ChildCall(index=index, run_id=child_id(run_id, node, visit, index), input=value)


def child_id(run_id: UUID, node: str, visit: int, index: int) -> UUID:
    """Return the id of the run that a call starts, however often it is repeated."""
    return derived_beside(run_id, "child", node, str(visit), str(index))
