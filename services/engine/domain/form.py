"""The fields of a form: checked when a workflow is stored, filled with data when a run asks."""

from datetime import date
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter
from pydantic_core import SchemaError

from contracts.base import Json
from contracts.run import FormField
from services.engine.domain.configs import FieldConfig
from services.engine.domain.evidence import shown
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.form_step import FieldStep
from services.engine.domain.scope import Scope
from services.engine.domain.template import as_text
from services.engine.domain.value_compiler import compile_value
from services.engine.domain.value_tree import Tree

_RENDERED = ("label", "help", "placeholder", "pattern_message")
_FITS = {
    "min": {"number", "date"},
    "max": {"number", "date"},
    "step": {"number"},
    "min_length": {"text", "textarea"},
    "max_length": {"text", "textarea"},
    "pattern": {"text", "textarea"},
    "pattern_message": {"text", "textarea"},
}


def compile_fields(configs: list[FieldConfig], place: Place) -> tuple[FieldStep, ...]:
    """Return the compiled fields, after noting what is wrong with them."""
    names: set[str] = set()
    for index, config in enumerate(configs):
        if config.name in names:
            place.at(index, "name").fault(
                "duplicate-name", f"`{config.name}` is there already.", name=config.name
            )
        names.add(config.name)
    return tuple(_compile(config, place.at(index)) for index, config in enumerate(configs))


def _compile(config: FieldConfig, place: Place) -> FieldStep:
    for option, types in _FITS.items():
        if getattr(config, option) is not None and config.type not in types:
            place.at(option).fault(
                "option-does-not-fit",
                f"A {config.type} field has no `{option}`.",
                type=config.type,
                name=option,
            )
    _check_limits(config, place)
    _check_pattern(config, place)
    texts = {name: text for name in _RENDERED if (text := getattr(config, name)) is not None}
    texts.setdefault("label", config.name)
    return FieldStep(
        fixed=config.model_dump(exclude={*_RENDERED, "default"}),
        texts=tuple((name, place.at(name).template(text)) for name, text in texts.items()),
        default=_compile_default(config, place.at("default")),
    )


def _check_limits(config: FieldConfig, place: Place) -> None:
    for low, high in (("min", "max"), ("min_length", "max_length")):
        least, most = getattr(config, low), getattr(config, high)
        fits = [_check_limit(config, low, least, place), _check_limit(config, high, most, place)]
        if all(fits) and least is not None and most is not None and least > most:
            place.at(low).fault(
                "invalid-value",
                f"`{low}` is more than `{high}`.",
                reason="more_than",
                low=low,
                high=high,
            )


def _check_limit(config: FieldConfig, name: str, limit: Json, place: Place) -> bool:
    if limit is None or name.endswith("_length"):
        return True
    if config.type == "date" and not _is_day(limit):
        place.at(name).fault("invalid-value", "This must be a day, `YYYY-MM-DD`.", reason="day")
        return False
    if config.type == "number" and not _is_number(limit):
        place.at(name).fault("invalid-value", "This must be a number.", reason="float_type")
        return False
    return config.type in _FITS[name]


def _check_pattern(config: FieldConfig, place: Place) -> None:
    """Hold the pattern to the dialect that is matched in linear time (the one of the tasks service)."""
    if config.pattern is None:
        return
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=config.pattern)])
        TypeAdapter(Annotated[str, StringConstraints(pattern=rf"\A(?:{config.pattern})\z")])
    except SchemaError:
        place.at("pattern").fault(
            "invalid-pattern",
            "This pattern cannot be used; look-around and back-references are not available.",
        )


def _compile_default(config: FieldConfig, place: Place) -> Tree | None:
    if config.default is None:
        return None
    tree = compile_value(config.default, place)
    if isinstance(config.default, str) and "{{" in config.default:
        return tree
    try:
        fitting(config.type, config.default)
    except EvaluationFailed as failure:
        place.fault("invalid-value", failure.message, reason=f"default_{config.type}")
    return tree


def fill_field(step: FieldStep, scope: Scope) -> FormField:
    """Return the field as people will see it; raises EvaluationFailed."""
    texts = {name: template.text(scope) for name, template in step.texts}
    default = None
    if step.default is not None:
        value = step.default.evaluate(scope)
        try:
            default = fitting(step.fixed["type"], value)
        except EvaluationFailed as failure:
            failure.details |= {"field": step.fixed["name"], "value": shown(value)}
            raise
    return FormField.model_validate({**step.fixed, **texts, "default": default})


def fitting(field_type: str, value: Json) -> Json:
    """Return a default as its field takes it: a number for `number`, a day for `date`, else a text."""
    if value is None or value == "":
        return None
    match field_type:
        case "number":
            return _as_number(value)
        case "date":
            day = value[:10] if isinstance(value, str) else value
            if not _is_day(day):
                raise EvaluationFailed("invalid-default", "The default is no day, `YYYY-MM-DD`.")
            return day
        case _:
            return as_text(value)


def _as_number(value: Json) -> Json:
    if _is_number(value):
        return value
    if isinstance(value, str) and len(value) <= 64:  # noqa: PLR2004 - no number is longer
        try:
            number = float(value)
        except ValueError:
            pass
        else:
            if number - number == 0:
                return int(number) if number.is_integer() and abs(number) < 2**53 else number
    raise EvaluationFailed("invalid-default", "The default is no number.")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: Json) -> bool:
    if not isinstance(value, str) or len(value) != 10:  # noqa: PLR2004 - YYYY-MM-DD
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
