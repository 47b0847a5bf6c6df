"""Gives each order of a batch the graph that its run keeps, or for a new run the workflow's current version."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never, cast
from uuid import UUID

from contracts.base import Json
from contracts.run import CancelRun, RecordResult, StartRun
from services.chassis.errors import Refused
from services.chassis.orders import Order
from services.engine.app.orders import RunOrder, StartTriggered
from services.engine.app.ports import (
    Head,
    NamedWorkflows,
    Versions,
    run_not_found,
    workflow_not_found,
)
from services.engine.domain import webhook
from services.engine.domain.calls import Callees
from services.engine.domain.graph import Graph
from services.engine.domain.run_commands import (
    Admit,
    Cancel,
    Command,
    FireRetry,
    FireTimer,
    RecordNodeResult,
    ReportChildren,
    Resolve,
    RunCommand,
    Start,
)
from services.engine.domain.run_state import NotStarted, RunState

WEBHOOK = "webhook_trigger"
heads_kept_max = 1_024
callee_seconds_max = 1.0
Pair = tuple[Order[RunOrder], RunState]


class Prepare:
    """Called once a batch.

    Versions never change and are kept; heads are kept too, since the commit of a start finds out whether its version is
    still the current one.
    """

    def __init__(self, versions: Versions, workflows: NamedWorkflows | None = None) -> None:
        """Without `workflows` none can be called."""
        self._versions = versions
        self._workflows = workflows
        self._callees: dict[str, tuple[UUID, ...]] = {}
        self._callees_until = 0.0
        self._heads: dict[UUID, Head] = {}

    async def __call__(
        self,
        pairs: Sequence[Pair],
        trusting: bool,  # noqa: FBT001 - see Prepare of the pipeline
    ) -> Sequence[RunCommand | Refused]:
        """Return the commands in the same order. Raises Transient."""
        starting = {
            cast("StartRun | StartTriggered", order.command).workflow_id
            for order, state in pairs
            if order.opens and isinstance(state, NotStarted)
        }
        heads = await self._current(starting, trusting=trusting)
        prepared = [await self._prepared(order, state, heads) for order, state in pairs]
        return await self._with_callees(prepared)

    async def _with_callees(
        self, prepared: Sequence[RunCommand | Refused]
    ) -> Sequence[RunCommand | Refused]:
        """Give those that may call other workflows what these are now."""
        asked = {
            workflow
            for command in prepared
            if isinstance(command, RunCommand)
            for workflow in command.graph.callees
        }
        if not asked:
            return prepared
        known = await self._called(asked)
        return [
            replace(command, callees=known)
            if isinstance(command, RunCommand) and command.graph.callees
            else command
            for command in prepared
        ]

    async def _called(self, asked: set[str]) -> Callees:
        """Return the workflows that are called; what was found a moment ago is taken to be still so."""
        if self._workflows is None:
            return {}
        now = time.monotonic()
        if now > self._callees_until:
            self._callees.clear()
            self._callees_until = now + callee_seconds_max
        missing = asked - self._callees.keys()
        if missing:
            self._callees |= await self._workflows.called(missing)
        return {name: self._callees[name] for name in asked & self._callees.keys()}

    async def _current(self, workflows: set[UUID], *, trusting: bool) -> Mapping[UUID, Head]:
        asked = workflows - self._heads.keys() if trusting else workflows
        if asked:
            if len(self._heads) + len(asked) > heads_kept_max:
                self._heads.clear()
            for workflow_id in asked:
                self._heads.pop(workflow_id, None)
            self._heads.update(await self._versions.heads(list(asked)))
        return {key: self._heads[key] for key in workflows & self._heads.keys()}

    async def _prepared(
        self, order: Order[RunOrder], state: RunState, heads: Mapping[UUID, Head]
    ) -> RunCommand | Refused:
        try:
            if isinstance(state, NotStarted):
                return await self._new(order, heads)
            facts = state.facts
            compiled = await self._versions.compiled(facts.workflow_id, facts.version)
        except Refused as refusal:
            return refusal
        command = _command(order.command, facts.workflow_name, facts.version, compiled.graph)
        return RunCommand(order.stream_id, command, compiled.graph)

    async def _new(self, order: Order[RunOrder], heads: Mapping[UUID, Head]) -> RunCommand:
        if not isinstance(order.command, StartRun | StartTriggered):
            raise run_not_found()
        workflow_id = order.command.workflow_id
        head = heads.get(workflow_id)
        if head is None:
            raise workflow_not_found()
        version, name = head.version, head.name
        compiled = await self._versions.compiled(workflow_id, version)
        return RunCommand(
            order.stream_id, _command(order.command, name, version, compiled.graph), compiled.graph
        )


def _command(order: RunOrder, workflow_name: str, version: int, graph: Graph) -> Command:
    match order:
        case Admit() | Resolve() | FireRetry() | FireTimer() | ReportChildren():
            return order
        case StartRun():
            return Start(
                workflow_id=order.workflow_id,
                workflow_name=workflow_name,
                version=version,
                trigger=order.trigger,
                trigger_output=_by_hand(order.input, graph),
                actor=order.actor,
                request_digest=order.request_digest,
            )
        case StartTriggered():
            return Start(
                workflow_id=order.workflow_id,
                workflow_name=workflow_name,
                version=version,
                trigger=order.trigger,
                trigger_output=_of_trigger(order, graph),
                actor=order.actor,
                parent=order.parent,
            )
        case CancelRun():
            return Cancel(order.reason, order.actor)
        case RecordResult():
            return RecordNodeResult(
                node=order.node,
                visit=order.visit,
                attempt=order.attempt,
                output=order.output,
                port=order.port,
                error=order.error,
                retryable=order.retryable,
            )
        case _:
            assert_never(order)


def _of_trigger(order: StartTriggered, graph: Graph) -> Json:
    """Return what the trigger puts out; a run that another run calls begins like one by hand."""
    called = order.trigger == "workflow"
    return _by_hand(order.trigger_output, graph) if called else order.trigger_output


def _by_hand(given: Json, graph: Graph) -> Json:
    """Return what the trigger would have put out, had it been what started the run."""
    if graph.trigger_type == WEBHOOK:
        return webhook.by_hand(given)
    return {} if given is None else given
