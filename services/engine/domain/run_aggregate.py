"""The run as the pipeline takes it."""

from datetime import datetime

from contracts.run import RunFact
from services.chassis.aggregate import Decision, EncodedEvent
from services.engine.domain import run, run_codec
from services.engine.domain.run_commands import RunCommand
from services.engine.domain.run_state import Ended, NotStarted, RunState


class RunAggregate:
    """Implements `services.chassis.aggregate.Aggregate[RunState, RunCommand, RunFact]`."""

    def initial(self) -> RunState:
        return NotStarted()

    def execute(
        self, state: RunState, command: RunCommand, now: datetime
    ) -> Decision[RunState, RunFact]:
        moves = run.carry_out(state, command, now)
        return Decision(tuple(moves.events), moves.state)

    def has_ended(self, state: RunState) -> bool:
        return isinstance(state, Ended)

    def encode_event(self, event: RunFact) -> EncodedEvent:
        return run_codec.encode_event(event)

    def decode_event(self, name: str, data: str | bytes) -> RunFact:
        return run_codec.decode_event(name, data)

    def encode_state(self, state: RunState) -> str:
        return run_codec.encode_state(state)

    def decode_state(self, stored: str) -> RunState:
        return run_codec.decode_state(stored)
