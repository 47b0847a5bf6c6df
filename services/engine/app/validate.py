"""Says what is wrong with a definition while it is being written, and gives it back in both notations."""

from collections.abc import Collection
from datetime import UTC, datetime

from contracts.base import Json
from contracts.workflow import Fault, ValidateDefinition, Validation
from services.chassis.errors import Transient
from services.engine.app.fitting import fitting_validation
from services.engine.app.schedule_view import schedule_view
from services.engine.app.secret_ports import SecretNames
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.definition_text import locate, read_definition, write_definition


class Validating:
    """Judges with the names of the secrets that exist, unless they cannot be asked for now."""

    def __init__(self, names: SecretNames) -> None:
        self._names = names

    async def validate(self, question: ValidateDefinition) -> Validation:
        """Return every fault of a definition."""
        try:
            secrets = await self._names.names()
        except Transient:
            secrets = None
        return validate_definition(question, secrets)


def validate_definition(
    question: ValidateDefinition, secrets: Collection[str] | None = None
) -> Validation:
    """Return every fault, in a text with its line and column; a text that cannot be read has one."""
    definition = question.definition
    if question.text is not None:
        definition = read_definition(question.text, question.format)
        if isinstance(definition, Fault):
            return Validation(valid=False, faults=[definition])
    faults = _faults(definition, secrets)
    if question.text is not None:
        faults = locate(faults, question.text)
    found = Validation.model_validate(
        {
            "valid": not faults,
            "faults": faults,
            "definition": definition,
            "yaml": write_definition(definition, "yaml"),
            "json": write_definition(definition, "json"),
            "schedule": schedule_view(definition, datetime.now(UTC)),
        }
    )
    return fitting_validation(found)


def _faults(definition: Json, secrets: Collection[str] | None) -> list[Fault]:
    try:
        parse_definition(definition, secrets)
    except InvalidDefinition as error:
        return list(error.faults)
    return []
