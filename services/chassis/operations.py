"""Answers what operators ask of a service: see `contracts.operations`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from faststream.nats import NatsBroker

from contracts.operations import (
    OPERATIONS,
    DiscardDeadLetters,
    GetDeadLetter,
    GetServiceHealth,
    ListDeadLetters,
    ListLostFacts,
    ReplayDeadLetters,
    ServiceName,
    VerifiedStreams,
    VerifiedTables,
    VerifyStreams,
    VerifyTables,
)
from services.chassis.dead_letters import DeadLetters
from services.chassis.health import Health
from services.chassis.lost_facts import LostFacts
from services.chassis.rpc import serve

EVERY_REPLICA = ""
"""No queue group: who asks how a service is hears of all its replicas."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What a service has for its operators."""

    health: Health
    letters: DeadLetters
    lost: LostFacts
    verify_streams: Callable[[VerifyStreams], Awaitable[VerifiedStreams]]
    verify_tables: Callable[[VerifyTables], Awaitable[VerifiedTables]]


def serve_operations(
    broker: NatsBroker, service: ServiceName, queue: str, operations: Operations
) -> None:
    """Answer from now on, once the broker is started."""
    asked = OPERATIONS[service]
    letters = operations.letters

    serve(
        broker,
        asked[GetServiceHealth],
        EVERY_REPLICA,
        GetServiceHealth,
        operations.health.tell,
    )
    serve(broker, asked[ListDeadLetters], queue, ListDeadLetters, letters.page)
    serve(broker, asked[GetDeadLetter], queue, GetDeadLetter, letters.get)
    serve(broker, asked[ReplayDeadLetters], queue, ReplayDeadLetters, letters.replay)
    serve(broker, asked[DiscardDeadLetters], queue, DiscardDeadLetters, letters.discard)
    serve(broker, asked[VerifyStreams], queue, VerifyStreams, operations.verify_streams)
    serve(broker, asked[VerifyTables], queue, VerifyTables, operations.verify_tables)
    serve(broker, asked[ListLostFacts], queue, ListLostFacts, operations.lost.page)
