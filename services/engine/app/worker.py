"""Performs side effects and has the engine record what came of them."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from contracts import subjects
from contracts.base import Json
from contracts.envelope import CloudEvent
from contracts.run import NodeScheduled, RecordResult, RunError
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Refused, Transient
from services.engine.app.last_look import Gate, LastLook
from services.engine.app.performers import Performer
from services.engine.app.ports import Asks, JobStore
from services.engine.app.secret_values import SecretValues

record_seconds_max = 30.0
"""What was done is not done again only because the engine is being restarted; with the longest request it stays below
the reconciler's limit for a job."""
pause_seconds_max = 2.0
WORKER_BROKE = "worker-broke"


class Worker:
    """One per process."""

    def __init__(
        self,
        jobs: JobStore,
        performers: Mapping[str, Performer],
        caller: Asks,
        secrets: SecretValues,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`performers`: by type of node. `clock`: of `LastLook`."""
        self._jobs = jobs
        self._performers = performers
        self._secrets = secrets
        self._caller = caller
        self._clock = clock
        self._in_hand: set[tuple[UUID, str, int, int]] = set()

    async def perform(self, event: CloudEvent) -> None:
        """Perform one job, if it is still wanted.

        Raises Transient when its result could not be recorded, or when its turn came too late to know whether it is
        still wanted (it is then offered again), Refused if it is no job.
        """
        job, run_id = NodeScheduled.model_validate(event.data), _run_of(event)
        key = (run_id, job.node, job.visit, job.attempt)
        if key in self._in_hand:
            return  # told again while it is being performed: the first message answers for it
        self._in_hand.add(key)
        try:
            look = LastLook(partial(self._jobs.is_wanted, run_id, job), self._clock)
            if await look.is_wanted():
                await self._perform(event, run_id, job, look)
            # else told again, after its result was recorded or its run has ended
        finally:
            self._in_hand.discard(key)

    async def give_up(self, event: CloudEvent, error: Exception) -> None:
        """Let the node fail whose job breaks the worker each time. Raises Transient, Refused.

        Of the error only its kind is told: its text may hold what is secret.
        """
        job, run_id = NodeScheduled.model_validate(event.data), _run_of(event)
        message = f"Flusso itself broke while it performed this step: {type(error).__name__}."
        result = RecordResult(
            run_id=run_id,
            node=job.node,
            visit=job.visit,
            attempt=job.attempt,
            error=RunError(code=WORKER_BROKE, message=message),
        )
        await self._record(result)

    async def _perform(
        self, event: CloudEvent, run_id: UUID, job: NodeScheduled, gate: Gate
    ) -> None:
        with telemetry.span(
            "perform node", traceparent=event.traceparent, kind="consumer", node=job.node
        ):
            found = await self._performed(run_id, job, gate)
            pass_crash_point("effect-performed")
            result = RecordResult(
                run_id=run_id, node=job.node, visit=job.visit, attempt=job.attempt, **found
            )
            await self._record(result)
            pass_crash_point("effect-recorded")

    async def _performed(self, run_id: UUID, job: NodeScheduled, gate: Gate) -> dict[str, Json]:
        """Return the fields of the result, without values of secrets. Raises Transient."""
        try:
            opened = await self._secrets.opened(job)
        except Refused as refused:
            error = RunError(code=refused.code, message=refused.message, details=refused.details)
            return {"error": error}
        performer = self._performers.get(job.type)
        if performer is None:
            text = f"This worker does not know {job.type}."
            return {"error": RunError(code="unknown-node-type", message=text)}
        with opened.guarded():
            return opened.masked(await performer(run_id, opened.job, gate))

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
