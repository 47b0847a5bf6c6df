"""Events that runs emit, which start runs of other workflows."""

from uuid import UUID

from contracts.base import Command, Fact, JsonObject


class EmitEvent(Command):
    """A run tells an event; `depth` is that of the runs which it starts. Told again it starts only what is missing."""

    run_id: UUID
    node: str
    visit: int
    event: str
    data: JsonObject
    depth: int


class EmittedEvent(Fact):
    """The answer to EmitEvent: how many runs the event has started, now or when it was told before."""

    delivered: int
