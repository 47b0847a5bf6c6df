"""`delay`: the run sleeps, for a length of time or until an instant."""

from dataclasses import dataclass

from contracts.run import TimerSet
from services.engine.domain.configs import Config, OptionalText
from services.engine.domain.findings import Place
from services.engine.domain.moments import Moment, compile_moment
from services.engine.domain.steps import ERROR, OUT, Compiled, Shape, Turn, node_type

_SHAPE = Shape(ports=(OUT, ERROR), members=frozenset({"resumed_at"}))


class DelayConfig(Config):
    """Exactly one of both; either may hold variables."""

    duration: OptionalText = None
    until: OptionalText = None


@dataclass(frozen=True, slots=True)
class DelayStep:
    moment: Moment

    def take(self, turn: Turn) -> TimerSet:
        """Sleep; an instant that has passed wakes the node at once."""
        due_at = max(self.moment.after(turn.now, turn.scope), turn.now)
        return TimerSet(kind="delay", node=turn.key, visit=turn.visit, due_at=due_at)


def _compile(config: DelayConfig, place: Place) -> Compiled:
    if (config.duration is None) == (config.until is None):
        place.fault(
            "missing-key", "A delay has either `duration` or `until`.", reason="duration_or_until"
        )
    duration = compile_moment(config.duration, place.at("duration"))
    moment = duration or compile_moment(config.until, place.at("until"))
    return (None if moment is None else DelayStep(moment)), _SHAPE


DELAY = node_type("delay", DelayConfig, _compile)
