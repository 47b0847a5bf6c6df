"""From a JSON value of a configuration to a tree that can be evaluated."""

from contracts.base import Json, JsonObject
from services.engine.domain.findings import Place
from services.engine.domain.value_tree import FixedTree, ListTree, ObjectTree, TextTree, Tree

CEL_KEY = "cel"


def compile_object(value: Json, place: Place) -> Tree:
    """Return the tree of what must be an object: one written out, or one that a variable or an expression gives."""
    if not isinstance(value, dict | str):
        place.fault(
            "invalid-value", "This is an object, or a variable that holds one.", reason="object"
        )
    return compile_value(value, place)


def compile_value(value: Json, place: Place) -> Tree:
    """Return the tree; texts are templates, `{"cel": "..."}` is an expression, all else stands for itself."""
    match value:
        case str():
            return place.template(value)
        case {"cel": str(source)} if len(value) == 1:
            return place.at(CEL_KEY).expression(source) or FixedTree(None)
        case {"cel": _} if len(value) == 1:
            place.at(CEL_KEY).fault(
                "invalid-value", "An expression is a text.", reason="expression"
            )
            return FixedTree(None)
        case dict():
            return ObjectTree(
                tuple((name, compile_value(item, place.at(name))) for name, item in value.items())
            )
        case list():
            return ListTree(
                tuple(compile_value(item, place.at(index)) for index, item in enumerate(value))
            )
        case _:
            return FixedTree(value)


def compile_texts(value: JsonObject, place: Place) -> Tree:
    """Return the tree of an object of texts, and objects of them, which stay texts whatever variables bring in."""
    return ObjectTree(
        tuple(
            (
                name,
                compile_texts(item, place.at(name))
                if isinstance(item, dict)
                else TextTree(place.at(name).template(item)),
            )
            for name, item in value.items()
        )
    )
