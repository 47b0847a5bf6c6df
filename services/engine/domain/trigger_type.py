"""What every type of trigger has in common: a configuration that is read and checked, and an output of some shape."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.base import JsonObject
from services.engine.domain.configs import Config
from services.engine.domain.findings import Place
from services.engine.domain.reading import M, read_model
from services.engine.domain.steps import Shape


@dataclass(frozen=True, slots=True)
class TriggerType:
    """`read` returns the configuration, or None after noting what is wrong; `shape` is that of its output."""

    name: str
    config: type[Config]
    read: Callable[[JsonObject, Place], Config | None]
    shape: Shape


def trigger_type(
    name: str, config: type[M], check: Callable[[M, Place], None], shape: Shape
) -> TriggerType:
    """Return the type of trigger; `check` notes what the model alone cannot see."""

    def read(raw: JsonObject, place: Place) -> Config | None:
        found = read_model(config, raw, place)
        if found is not None:
            check(found, place)
        assert found is None or isinstance(found, Config), "all of ours are"
        return found

    assert issubclass(config, Config), "all of ours are"
    return TriggerType(name, config, read, shape)
