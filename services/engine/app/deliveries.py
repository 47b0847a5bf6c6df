"""Webhook deliveries: judged by the trigger of the workflow's current version, then runs with ids of their own.

What has arrived together is judged together: one question for all workflows and secrets, one commit for all runs.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contracts.actor import Actor
from contracts.base import JsonObject
from contracts.run import ReceiveDelivery, StartedRun
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.orders import Done, Order
from services.engine.app.delivery_journal import DeliveryJournal
from services.engine.app.orders import RunOrder, RunPipeline, StartTriggered, order_for
from services.engine.app.ports import Head, Versions, workflow_not_found
from services.engine.app.starts import started_run
from services.engine.app.webhook_ports import DeliveryStore
from services.engine.app.webhook_secrets import SecretKeeper
from services.engine.domain import webhook
from services.engine.domain.triggers.webhook import WebhookTriggerConfig, secret_source
from services.engine.domain.webhook_proof import verify, verify_nothing

bytes_at_once_max = 1_048_576
"""Judging so much takes some 20 ms; then others get a turn."""
Answer = StartedRun | Refused | Transient | Broken


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery and the trace that it belongs to."""

    delivery: ReceiveDelivery
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class _Door:
    """A workflow's webhook as it is now."""

    head: Head
    config: WebhookTriggerConfig
    secrets: Sequence[bytes] = ()


@dataclass(slots=True)
class _Case:
    """A delivery on its way through."""

    arrived: Arrived
    body: bytes
    door: _Door | None = None
    authentic: bool = False
    sent_as: str | None = None
    output: JsonObject | None = None
    run_id: UUID | None = None
    answer: Answer | None = None

    @property
    def delivery(self) -> ReceiveDelivery:
        return self.arrived.delivery


def _now() -> datetime:
    return datetime.now(UTC)


class Deliveries:
    """Lets deliveries in or refuses them."""

    def __init__(
        self,
        definitions: Versions,
        pipeline: RunPipeline,
        secrets: SecretKeeper,
        store: DeliveryStore,
        journal: DeliveryJournal,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._definitions = definitions
        self._pipeline = pipeline
        self._secrets = secrets
        self._store = store
        self._journal = journal
        self._clock = clock

    async def receive_all(self, arrived: Sequence[Arrived]) -> Sequence[Answer]:
        """Start a run for each, or answer with the one that it has started before; in the same order.

        Refused: `workflow-not-found` (also for workflows without a webhook), `invalid-signature`, and only for those
        who proved the secret `workflow-not-active` and what is wrong with the body.
        """
        cases = [_Case(one, b"") for one in arrived]
        try:
            doors = await self._doors({one.delivery.workflow_id for one in arrived})
            await self._judge_all(cases, doors)
            await self._find_runs([case for case in cases if case.answer is None])
            await self._start([case for case in cases if case.answer is None])
        except (Transient, Broken) as error:
            for case in cases:
                case.answer = case.answer or error
        return [self._told(case) for case in cases]

    async def _doors(self, workflow_ids: set[UUID]) -> Mapping[UUID, _Door | Refused | Broken]:
        heads = await self._definitions.heads(workflow_ids)
        doors: dict[UUID, _Door | Refused | Broken] = {}
        for workflow_id in workflow_ids:
            doors[workflow_id] = await self._door(workflow_id, heads.get(workflow_id))
        secured = {
            key: secret_source(door.config.secret)
            for key, door in doors.items()
            if isinstance(door, _Door) and door.config.auth != "none"
        }
        secrets = await self._secrets.taken(secured) if secured else {}
        for key, taken in secrets.items():
            door = doors[key]
            assert isinstance(door, _Door), "only such were asked for"
            doors[key] = (
                taken if isinstance(taken, Broken) else _Door(door.head, door.config, taken)
            )
        return doors

    async def _door(self, workflow_id: UUID, head: Head | None) -> _Door | Refused | Broken:
        if head is None:
            return workflow_not_found()
        try:
            compiled = await self._definitions.compiled(workflow_id, head.version)
        except (Refused, Broken) as error:
            return error
        config = compiled.definition.trigger.config
        if not isinstance(config, WebhookTriggerConfig):
            return workflow_not_found()
        return _Door(head, config)

    async def _judge_all(
        self, cases: Sequence[_Case], doors: Mapping[UUID, _Door | Refused | Broken]
    ) -> None:
        judged_bytes = 0
        for case in cases:
            judged_bytes += len(case.delivery.body)
            if judged_bytes > bytes_at_once_max:
                judged_bytes = 0
                await asyncio.sleep(0)
            try:
                case.body = _body(case.delivery)
                self._judge(case, doors[case.delivery.workflow_id])
            except (Refused, Broken) as error:
                case.answer = error

    def _judge(self, case: _Case, door: _Door | Refused | Broken) -> None:
        if not isinstance(door, _Door):
            verify_nothing(case.body)
            raise door
        case.door = door
        delivery = case.delivery
        verify(door.config, door.secrets, delivery.headers, case.body, self._clock())
        case.authentic = True
        webhook.refuse_challenge(door.config, delivery.headers, case.body)
        if door.head.status != "Active":
            text = "This workflow does not take deliveries now."
            raise Refused("workflow-not-active", text, status=door.head.status)
        case.sent_as = webhook.delivery_id(door.config, delivery.headers, case.body)
        case.output = webhook.trigger_output(
            door.config, delivery.method, delivery.headers, delivery.query, case.body
        )

    async def _find_runs(self, cases: Sequence[_Case]) -> None:
        """Give each delivery its run: the one that the gateway has told its sender, unless its name has one already."""
        named: list[_Case] = []
        for case in cases:
            case.run_id = case.delivery.run_id
            if case.sent_as is not None and case.sent_as != case.delivery.delivery_id:
                named.append(case)
        if not named:
            return
        claims = [
            (case.delivery.workflow_id, case.sent_as or "", case.delivery.run_id) for case in named
        ]
        runs = await self._store.claim_names(claims)
        for case, (workflow_id, name, _) in zip(named, claims, strict=True):
            case.run_id = runs.get((workflow_id, name), case.run_id)

    async def _start(self, cases: Sequence[_Case]) -> None:
        outcomes = await self._pipeline.execute_all([_order(case) for case in cases])
        for case, outcome in zip(cases, outcomes, strict=True):
            if isinstance(outcome, Done):
                assert case.run_id is not None, "it was given one"
                case.answer = started_run(case.run_id, outcome)
            else:
                case.answer = outcome

    def _told(self, case: _Case) -> Answer:
        answer = case.answer
        assert answer is not None, "every case was judged"
        config = None if case.door is None else case.door.config
        self._journal.note(
            case.delivery, config, case.body, answer, case.sent_as, authentic=case.authentic
        )
        return answer


def _order(case: _Case) -> Order[RunOrder]:
    workflow_id = case.delivery.workflow_id
    assert case.run_id is not None, "it was given one"
    started = StartTriggered(
        workflow_id=workflow_id,
        trigger="webhook",
        trigger_output=case.output,
        actor=Actor(kind="webhook", id=str(workflow_id), name="Webhook"),
    )
    return order_for(case.run_id, started, actor="webhook", traceparent=case.arrived.traceparent)


def _body(delivery: ReceiveDelivery) -> bytes:
    try:
        return base64.b64decode(delivery.body, validate=True)
    except binascii.Error as error:
        raise Refused("invalid-request", "The body is not base64.") from error
