"""The closed list of Liquid filters, each within a budget of work, so that no text takes long or grows without end."""

from collections.abc import Callable, Mapping, Sequence

import orjson
from liquid import Environment
from liquid.exceptions import LiquidError

from contracts.base import Json
from services.engine.domain.dates import format_date
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.limits import VALUE_BYTES_MAX
from services.engine.domain.scope import ITEM_WEIGHT, Work, weight

Filter = Callable[[Work, Json, Sequence[Json], Mapping[str, Json]], Json]

_ENVIRONMENT = Environment()
_INTEGER_MAX = 2**63


def _library_filter(name: str) -> Filter:
    """Return a filter of python-liquid, bounded."""
    function = _ENVIRONMENT.filters[name]
    takes_environment = getattr(function, "with_environment", False)

    def apply(
        work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]
    ) -> Json:
        work.spend(weight(value) + sum(weight(argument) for argument in arguments))
        extra = {"environment": _ENVIRONMENT} if takes_environment else {}
        try:
            result = function(value, *arguments, **options, **extra)
        except (LiquidError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise _failed(name, error) from error
        if isinstance(result, list | tuple):
            work.spend(ITEM_WEIGHT * len(result))
        return _plain(name, result)

    return apply


def _failed(name: str, error: Exception) -> EvaluationFailed:
    reason = str(error).strip().splitlines()
    return EvaluationFailed(
        "expression-failed", f"The filter `{name}` failed: {reason[0] if reason else 'bad value'}."
    )


def _plain(name: str, value: object) -> Json:
    """Return the result as JSON has it; numbers stay within 64 bits, texts within the limit of a value."""
    match value:
        case bool() | None:
            return value
        case int():
            if not -_INTEGER_MAX <= value < _INTEGER_MAX:
                raise EvaluationFailed(
                    "expression-failed", f"The filter `{name}` gave a number beyond 64 bits."
                )
            return value
        case float():
            if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
                raise EvaluationFailed(
                    "expression-failed", f"The filter `{name}` gave no finite number."
                )
            return value
        case str():
            return _short(name, str(value))
        case list() | tuple():
            return [_plain(name, item) for item in value]
        case dict():
            return value
        case _:
            return None


def _short(name: str, value: str) -> str:
    if "\x00" in value:
        raise EvaluationFailed("expression-failed", f"The filter `{name}` gave a NUL character.")
    if len(value) > VALUE_BYTES_MAX:
        raise EvaluationFailed(
            "output-too-large",
            f"The filter `{name}` gave {len(value)} characters; the limit is {VALUE_BYTES_MAX}.",
            size=len(value),
            limit=VALUE_BYTES_MAX,
        )
    return value


def _text(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _replace(
    work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]
) -> Json:
    """Replace, after counting how large the result gets."""
    if options or not 1 <= len(arguments) <= 2:  # noqa: PLR2004 - old, new
        raise EvaluationFailed("expression-failed", "The filter `replace` takes two texts.")
    text, old = _text(value), _text(arguments[0])
    new = _text(arguments[1]) if len(arguments) > 1 else ""
    count = text.count(old)
    work.spend(len(text) + count * len(new))
    if len(text) + count * (len(new) - len(old)) > VALUE_BYTES_MAX:
        raise EvaluationFailed(
            "output-too-large",
            f"The filter `replace` gave more than {VALUE_BYTES_MAX} characters.",
            limit=VALUE_BYTES_MAX,
        )
    return text.replace(old, new)


def _join(work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]) -> Json:
    """Join, after counting how large the result gets; what is no text joins as JSON."""
    if options or len(arguments) > 1:
        raise EvaluationFailed("expression-failed", "The filter `join` takes one separator.")
    separator = _text(arguments[0]) if arguments else " "
    items = value if isinstance(value, list) else [value]
    size = weight(items) + len(items) * len(separator)
    work.spend(size)
    if size > 2 * VALUE_BYTES_MAX:
        raise EvaluationFailed(
            "output-too-large",
            f"The filter `join` gave more than {VALUE_BYTES_MAX} characters.",
            limit=VALUE_BYTES_MAX,
        )
    return separator.join(
        item if isinstance(item, str) else orjson.dumps(item).decode() for item in items
    )


def _uniq(work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]) -> Json:
    """Drop repeated items, by their JSON, in linear time (the library compares each with each)."""
    if options or len(arguments) > 1:
        raise EvaluationFailed("expression-failed", "The filter `uniq` takes one key.")
    items = value if isinstance(value, list) else [value]
    work.spend(weight(items))
    first: dict[bytes, Json] = {}
    for item in items:
        part = item.get(arguments[0]) if arguments and isinstance(item, dict) else item
        first.setdefault(orjson.dumps(part, option=orjson.OPT_SORT_KEYS), item)
    return list(first.values())


def _json(work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]) -> Json:
    if options or arguments:
        raise EvaluationFailed("expression-failed", "The filter `json` takes no argument.")
    work.spend(weight(value))
    return _short("json", orjson.dumps(value).decode())


def _date(work: Work, value: Json, arguments: Sequence[Json], options: Mapping[str, Json]) -> Json:
    if options or len(arguments) != 1 or not isinstance(arguments[0], str):
        raise EvaluationFailed(
            "expression-failed", "The filter `date` takes one format, such as `%Y-%m-%d`."
        )
    work.spend(len(arguments[0]))
    return _short("date", format_date(value, arguments[0]))


_FROM_LIBRARY = (
    "default",
    *("abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus"),
    *("round", "times"),
    *("compact", "concat", "find", "find_index", "first", "has", "last", "map", "reject"),
    *("reverse", "size", "slice", "sort", "sort_natural", "sum", "where"),
    *("append", "base64_decode", "base64_encode", "base64_url_safe_decode"),
    *("base64_url_safe_encode", "capitalize", "downcase", "escape", "escape_once", "lstrip"),
    *("newline_to_br", "prepend", "remove", "remove_first", "remove_last", "replace_first"),
    *("replace_last", "rstrip", "split", "squish", "strip", "strip_html", "strip_newlines"),
    *("truncate", "truncatewords", "upcase", "url_decode", "url_encode"),
)

FILTERS: Mapping[str, Filter] = {
    **{name: _library_filter(name) for name in _FROM_LIBRARY},
    "replace": _replace,
    "join": _join,
    "uniq": _uniq,
    "json": _json,
    "date": _date,
}
