"""From plain values to configuration models, with every fault noted at its place."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.base import Json
from services.engine.domain.findings import Place, nearest

M = TypeVar("M", bound=BaseModel)

_MESSAGES = {
    "string_type": "This must be a text.",
    "bool_type": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "float_type": "This must be a number.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "list_type": "This must be a list.",
    "none_required": "This is not available yet; leave it blank.",
}


def read_model(model: type[M], value: Json, place: Place) -> M | None:
    """Return the model, or None after noting all that is wrong with the value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(model, detail, place)
        return None


def _note(model: type[BaseModel], detail: ErrorDetails, place: Place) -> None:
    location = detail["loc"]
    name = str(location[-1]) if location else ""
    at = place.at(*location)
    match detail["type"]:
        case "missing":
            at.fault("missing-key", f"`{name}` is missing.", name=name)
        case "extra_forbidden":
            known = _keys(model, location[:-1])
            at.fault("unknown-key", f"There is no `{name}` here.", nearest(name, known), name=name)
        case "literal_error":
            expected = [
                word.strip("'")
                for word in str(detail["ctx"]["expected"]).replace(" or ", ", ").split(", ")
            ]
            at.fault(
                "invalid-value",
                f"This must be one of {', '.join(expected)}.",
                nearest(str(detail["input"]), expected),
                reason="literal_error",
                options=", ".join(expected),
            )
        case "none_required":
            at.fault("option-not-available", _MESSAGES["none_required"], reason="not_yet")
        case kind:
            message = _MESSAGES.get(kind) or f"{detail['msg']}."
            at.fault("invalid-value", message, reason=kind, **_limits_of(detail))


def _limits_of(detail: ErrorDetails) -> dict[str, str | float]:
    """Return what the model allows, by the names that pydantic has for it."""
    context = detail.get("ctx", {})
    return {name: value for name, value in context.items() if isinstance(value, str | int | float)}


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known where an unknown one was found."""
    for part in location:
        if isinstance(part, str) and (field := model.model_fields.get(part)):
            model = _inner(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type of any kind
    for argument in getattr(annotation, "__args__", ()):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument
    return None
