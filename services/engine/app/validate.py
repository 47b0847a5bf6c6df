"""Says what is wrong with a definition while it is being written, and gives it back in both notations."""

import orjson
import yaml

from contracts.base import Json
from contracts.workflow import Fault, ValidateDefinition, Validation
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.definition_text import read_definition


async def validate_definition(question: ValidateDefinition) -> Validation:
    """Return every fault; a text that cannot be read has one, with its line and column."""
    definition = question.definition
    if question.text is not None:
        definition = read_definition(question.text, question.format)
        if isinstance(definition, Fault):
            return Validation(valid=False, faults=[definition])
    faults = _faults(definition)
    return Validation.model_validate(
        {
            "valid": not faults,
            "faults": faults,
            "definition": definition,
            "yaml": yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=100),
            "json": orjson.dumps(definition, option=orjson.OPT_INDENT_2).decode(),
        }
    )


def _faults(definition: Json) -> list[Fault]:
    try:
        parse_definition(definition)
    except InvalidDefinition as error:
        return list(error.faults)
    return []
