"""Says what is wrong with a definition while it is being written, and gives it back in both notations."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from contracts.base import Json
from contracts.workflow import Fault, ValidateDefinition, Validation
from services.chassis.errors import Transient
from services.engine.app.callees import faults_of_callees
from services.engine.app.fitting import fitting_validation
from services.engine.app.ports import NamedWorkflows
from services.engine.app.schedule_view import schedule_view
from services.engine.app.secret_ports import SecretNames
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.definition_text import locate, read_definition, write_definition

CALLING = ("run_workflow", "for_each")


class Validating:
    """Judges with the names of the secrets that exist, unless they cannot be asked for now."""

    def __init__(self, names: SecretNames, called: NamedWorkflows | None = None) -> None:
        self._names = names
        self._called = called

    async def validate(self, question: ValidateDefinition) -> Validation:
        """Return every fault of a definition."""
        try:
            secrets = await self._names.names()
        except Transient:
            secrets = None
        return validate_definition(question, secrets, await self._missing(question))

    async def _missing(self, question: ValidateDefinition) -> Sequence[Fault]:
        """Return the faults of calls to workflows that are not there, unless they cannot be looked up now."""
        raw = _definition_of(question)
        if self._called is None or not _calls(raw):
            return ()
        try:
            definition = parse_definition(raw)
            return await faults_of_callees(definition.callees, self._called)
        except (InvalidDefinition, Transient):
            return ()


def validate_definition(
    question: ValidateDefinition,
    secrets: Collection[str] | None = None,
    missing: Sequence[Fault] = (),
) -> Validation:
    """Return every fault, in a text with its line and column; a text that cannot be read has one.

    `missing` are further ones of a definition that is valid in itself.
    """
    definition = _definition_of(question)
    if isinstance(definition, Fault):
        return Validation(valid=False, faults=[definition])
    faults = [*_faults(definition, secrets), *missing]
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


def _definition_of(question: ValidateDefinition) -> Json:
    """Return the definition as it was given or is written in the text, or the fault of a text that is none."""
    if question.text is None:
        return question.definition
    return read_definition(question.text, question.format)


def _calls(raw: Json) -> bool:
    """Tell whether a definition may call others; most do not, and need not be read twice."""
    nodes = raw.get("nodes") if isinstance(raw, dict) else None
    if not isinstance(nodes, list):
        return False
    return any(isinstance(node, dict) and node.get("type") in CALLING for node in nodes)


def _faults(definition: Json, secrets: Collection[str] | None) -> list[Fault]:
    try:
        parse_definition(definition, secrets)
    except InvalidDefinition as error:
        return list(error.faults)
    return []
