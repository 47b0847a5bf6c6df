"""Performs side effects and has the engine record what came of them."""

import asyncio
from uuid import UUID

from contracts import subjects
from contracts.base import Json
from contracts.envelope import CloudEvent
from contracts.run import NodeScheduled, RecordResult, RunError
from services.chassis import telemetry
from services.chassis.errors import Refused, Transient
from services.engine.app.perform_event import perform_event
from services.engine.app.perform_http import perform_http, result_of
from services.engine.app.ports import Asks, HttpClient, JobStore
from services.engine.app.secret_values import SecretValues
from services.engine.domain.nodes.emit_event import EMIT_EVENT_NAME

HTTP_REQUEST = "http_request"
record_seconds_max = 30.0
"""What was done is not done again only because the engine is being restarted; with the longest request it stays below
the reconciler's limit for a job."""
pause_seconds_max = 2.0


class Worker:
    """One per process."""

    def __init__(
        self, jobs: JobStore, client: HttpClient, caller: Asks, secrets: SecretValues
    ) -> None:
        self._jobs = jobs
        self._secrets = secrets
        self._client = client
        self._caller = caller

    async def perform(self, event: CloudEvent) -> None:
        """Perform one job, if it is still wanted.

        Raises Transient when its result could not be recorded (it is then offered again), Refused if it is no job.
        """
        job, run_id = NodeScheduled.model_validate(event.data), _run_of(event)
        if not await self._jobs.is_wanted(run_id, job):
            return  # told again, after its result was recorded or its run has ended
        with telemetry.span(
            "perform node", traceparent=event.traceparent, kind="consumer", node=job.node
        ):
            result = result_of(run_id, job, await self._performed(run_id, job))
            await self._record(result)

    async def _performed(self, run_id: UUID, job: NodeScheduled) -> dict[str, Json]:
        """Return the fields of the result, without values of secrets. Raises Transient."""
        try:
            opened = await self._secrets.opened(job)
        except Refused as refused:
            error = RunError(code=refused.code, message=refused.message, details=refused.details)
            return {"error": error}
        with opened.guarded():
            if job.type == HTTP_REQUEST:
                return opened.masked(await perform_http(self._client, opened.job))
        if job.type == EMIT_EVENT_NAME:
            return await perform_event(self._caller, run_id, job)
        text = f"This worker does not know {job.type}."
        return {"error": RunError(code="unknown-node-type", message=text)}

    async def _record(self, result: RecordResult) -> None:
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + record_seconds_max
        pause = 0.1
        while True:
            try:
                await self._caller.ask(subjects.RECORD_RESULT, result)
            except Transient:
                if clock() > give_up_at:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, pause_seconds_max)
            else:
                return


def _run_of(event: CloudEvent) -> UUID:
    try:
        return UUID(event.subject)
    except ValueError as error:
        code = "invalid-job"
        raise Refused(code, "The subject is no run.") from error
