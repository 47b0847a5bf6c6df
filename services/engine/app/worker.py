"""Performs side effects and has the engine record what came of them."""

from uuid import UUID

from contracts import subjects
from contracts.envelope import CloudEvent
from contracts.run import NodeScheduled, RunError
from services.chassis import telemetry
from services.chassis.rpc import Caller
from services.engine.app.perform_http import perform_http, result_of
from services.engine.app.ports import HttpClient

HTTP_REQUEST = "http_request"


class Worker:
    """One per process."""

    def __init__(self, client: HttpClient, caller: Caller) -> None:
        self._client = client
        self._caller = caller

    async def perform(self, event: CloudEvent) -> None:
        """Perform one job. Raises Transient when its result could not be recorded: it is then offered again."""
        job = NodeScheduled.model_validate(event.data)
        with telemetry.span(
            "perform node", traceparent=event.traceparent, kind="consumer", node=job.node
        ):
            if job.type == HTTP_REQUEST:
                found = await perform_http(self._client, job)
            else:
                text = f"This worker does not know {job.type}."
                found = {"error": RunError(code="unknown-node-type", message=text)}
            result = result_of(UUID(event.subject), job, found)
            await self._caller.ask(subjects.RECORD_RESULT, result)
