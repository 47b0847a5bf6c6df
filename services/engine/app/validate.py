"""Says what is wrong with a definition while it is being written, and gives it back in both notations."""

from contracts.base import Json
from contracts.workflow import Fault, ValidateDefinition, Validation
from services.engine.app.fitting import fitting_validation
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.definition_text import locate, read_definition, write_definition


async def validate_definition(question: ValidateDefinition) -> Validation:
    """Return every fault, in a text with its line and column; a text that cannot be read has one."""
    definition = question.definition
    if question.text is not None:
        definition = read_definition(question.text, question.format)
        if isinstance(definition, Fault):
            return Validation(valid=False, faults=[definition])
    faults = _faults(definition)
    if question.text is not None:
        faults = locate(faults, question.text)
    found = Validation.model_validate(
        {
            "valid": not faults,
            "faults": faults,
            "definition": definition,
            "yaml": write_definition(definition, "yaml"),
            "json": write_definition(definition, "json"),
        }
    )
    return fitting_validation(found)


def _faults(definition: Json) -> list[Fault]:
    try:
        parse_definition(definition)
    except InvalidDefinition as error:
        return list(error.faults)
    return []
