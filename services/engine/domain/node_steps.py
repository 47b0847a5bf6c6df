"""What a node does when its turn has come: pure ones give their output at once, others say what they wait for."""

from typing import assert_never
from uuid import UUID

import orjson

from contracts.base import Json, JsonObject
from contracts.run import NodeCompleted, NodeScheduled, RunPaused
from services.chassis.ids import derived_beside
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.form import fill_field
from services.engine.domain.graph import GraphNode
from services.engine.domain.limits import STATE_BYTES_MAX, TITLE_MAX, VALUE_BYTES_MAX
from services.engine.domain.markdown import escape_markdown
from services.engine.domain.run_state import Live
from services.engine.domain.scope import Scope, Work
from services.engine.domain.step_compiler import DEFAULT_PORT
from services.engine.domain.steps import (
    OUT,
    AskStep,
    ConditionStep,
    HttpStep,
    StopStep,
    SwitchStep,
    TransformStep,
)
from services.engine.domain.template import Template, as_text

_NUL_ESCAPED = b"\\u0000"


def perform(
    node: GraphNode, visit: int, attempt: int, state: Live, run_id: UUID, work: Work
) -> NodeCompleted | RunPaused | NodeScheduled:
    """Return the event of a node whose turn has come; raises EvaluationFailed."""
    step, scope = node.step, Scope(state.data, work)
    port, output = OUT, None
    match step:
        case TransformStep():
            output = step.tree.evaluate(scope)
        case ConditionStep():
            port, output = _judge(step, scope)
        case SwitchStep():
            port, output = _switch(step, scope)
        case StopStep():
            output = _stop(step, scope)
        case AskStep():
            return _ask(node, step, visit, state, run_id, scope)
        case HttpStep():
            return _schedule(node, step, visit, attempt, state, run_id, scope)
        case _:
            assert_never(step)
    check_size(output, state)
    return NodeCompleted(node=node.key, visit=visit, attempt=attempt, port=port, output=output)


def _judge(step: ConditionStep, scope: Scope) -> tuple[str, Json]:
    result = step.expression.evaluate(scope)
    if not isinstance(result, bool):
        raise EvaluationFailed(
            "expression-failed",
            "A condition is true or false; this expression is neither.",
            expression=step.expression.source,
        )
    return ("true" if result else "false"), {"result": result}


def _switch(step: SwitchStep, scope: Scope) -> tuple[str, Json]:
    value = step.expression.evaluate(scope)
    for case, port in step.cases:
        if value == case and isinstance(value, bool) == isinstance(case, bool):
            return port, {"matched_case": case, "value": value}
    return DEFAULT_PORT, {"matched_case": None, "value": value}


def _stop(step: StopStep, scope: Scope) -> Json:
    if step.output is not None:
        return step.output.evaluate(scope)
    return None if step.message is None else {"message": step.message.text(scope)}


def _ask(
    node: GraphNode, step: AskStep, visit: int, state: Live, run_id: UUID, scope: Scope
) -> RunPaused:
    """Freeze all that people will see."""
    paused = RunPaused(
        task_id=derived_beside(run_id, "task", node.key, str(visit)),
        node=node.key,
        visit=visit,
        kind=step.kind,
        workflow_id=state.facts.workflow_id,
        workflow_name=state.facts.workflow_name,
        workflow_version=state.facts.version,
        step_name=node.name,
        title=_title(step.title, node.name, scope),
        prompt=step.prompt.text(scope, escape_markdown),
        fields=[fill_field(field, scope) for field in step.fields],
        assignees=_assignees(step.assignees, scope),
    )
    _check_event(paused)
    return paused


def _title(template: Template | None, name: str, scope: Scope) -> str:
    """Return one line; a title that data made long is shortened, since the prompt has all of it."""
    title = " ".join(template.text(scope).split()) if template is not None else name
    return title if len(title) <= TITLE_MAX else title[: TITLE_MAX - 1] + "…"


def _assignees(templates: tuple[Template, ...], scope: Scope) -> list[str]:
    """Return who is asked; one variable may bring in a whole list of them."""
    found: dict[str, None] = {}
    for template in templates:
        value = template.evaluate(scope)
        for person in value if isinstance(value, list) else [value]:
            name = as_text(person).strip()
            if name:
                found[name] = None
    return list(found)


def _schedule(
    node: GraphNode,
    step: HttpStep,
    visit: int,
    attempt: int,
    state: Live,
    run_id: UUID,
    scope: Scope,
) -> NodeScheduled:
    request: JsonObject = {
        "method": step.method,
        "url": step.url.text(scope).strip(),
        "headers": {name: template.text(scope) for name, template in step.headers},
        "query": {name: template.text(scope) for name, template in step.query},
        "body": None if step.body is None else step.body.evaluate(scope),
        "timeout_seconds": step.timeout_seconds,
        "error_statuses": [list(statuses) for statuses in step.error_statuses],
    }
    check_size(request, state)
    return NodeScheduled(
        node=node.key,
        visit=visit,
        attempt=attempt,
        type=node.type,
        request=request,
        idempotency_key=f"{run_id}/{node.key}/{visit}/{attempt}",
    )


def check_size(value: Json, state: Live) -> None:
    """Hold a value, and all outputs with it, to what can be stored and sent; raises EvaluationFailed."""
    try:
        encoded = orjson.dumps(value)
    except TypeError as error:
        raise EvaluationFailed(
            "invalid-output", f"This output has no JSON form: {error}."
        ) from error
    size = len(encoded)
    if size > VALUE_BYTES_MAX:
        _refuse_size("The output", size, VALUE_BYTES_MAX)
    if state.size_bytes + size > STATE_BYTES_MAX:
        _refuse_size("All outputs of the run", state.size_bytes + size, STATE_BYTES_MAX)
    if _NUL_ESCAPED in encoded and _has_nul(value):
        raise EvaluationFailed("invalid-output", "This output holds a NUL character.")


def _check_event(paused: RunPaused) -> None:
    size = len(paused.prompt) + sum(len(str(field)) for field in paused.fields)
    if size > VALUE_BYTES_MAX // 4:
        size = len(paused.model_dump_json())
        if size > VALUE_BYTES_MAX:
            _refuse_size("The task", size, VALUE_BYTES_MAX)


def _refuse_size(what: str, size: int, limit: int) -> None:
    raise EvaluationFailed(
        "output-too-large",
        f"{what} would be {size:,} bytes as JSON; the limit is {limit:,}.",
        size=size,
        limit=limit,
    )


def _has_nul(value: Json) -> bool:
    match value:
        case str():
            return "\x00" in value
        case list():
            return any(_has_nul(item) for item in value)
        case dict():
            return any("\x00" in key or _has_nul(item) for key, item in value.items())
        case _:
            return False
