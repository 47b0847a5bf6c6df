"""The worker's side of `emit_event`: the engine is asked to start what waits for the event."""

from uuid import UUID

from contracts import subjects
from contracts.base import Json
from contracts.event import EmitEvent, EmittedEvent
from contracts.run import NodeScheduled, RunError
from services.chassis.errors import Refused
from services.engine.app.ports import Asks
from services.engine.domain.nodes.emit_event import NOT_DELIVERED


async def perform_event(caller: Asks, run_id: UUID, job: NodeScheduled) -> dict[str, Json]:
    """Tell the event and return the fields of RecordResult. Raises Transient: it is then told again."""
    command = EmitEvent(
        run_id=run_id,
        node=job.node,
        visit=job.visit,
        event=job.request["event"],
        data=job.request["data"],
        depth=job.request["depth"],
    )
    try:
        answer = await caller.ask(subjects.EMIT_EVENT, command)
    except Refused as refused:
        details: dict[str, Json] = {"reason": refused.code, **refused.details}
        return {"error": RunError(code=NOT_DELIVERED, message=refused.message, details=details)}
    return {"output": EmittedEvent.model_validate_json(answer).model_dump()}
