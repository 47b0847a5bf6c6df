"""`approval` and `manual_input`: ask people, and wait."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from contracts.run import RunPaused, TaskKind
from services.chassis.ids import derived_beside
from services.engine.domain.configs import Assignees, Blank, Config, Fields, OptionalText, Text
from services.engine.domain.findings import Place
from services.engine.domain.form import compile_fields, fill_field
from services.engine.domain.form_step import FieldStep
from services.engine.domain.limits import TITLE_MAX, VALUE_BYTES_MAX
from services.engine.domain.markdown import escape_markdown
from services.engine.domain.moments import Moment, compile_moment
from services.engine.domain.scope import Scope
from services.engine.domain.steps import OUT, TIMEOUT, Compiled, Shape, Turn, node_type
from services.engine.domain.template import Template, as_text
from services.engine.domain.values import refuse_size

_DECIDED = frozenset({"approved", "decision", "decided_by", "decided_at", "comment"})


class ApprovalConfig(Config):
    """`policy` is not available yet; a blank timeout waits for ever."""

    prompt: Text
    title: OptionalText = None
    assignees: Assignees = Field(default=[])
    policy: Blank = None
    due: OptionalText = None
    timeout: OptionalText = None


class ManualInputConfig(Config):
    prompt: Text = ""
    title: OptionalText = None
    fields: Annotated[Fields, Field(min_length=1)]
    assignees: Assignees = Field(default=[])
    due: OptionalText = None
    timeout: OptionalText = None


@dataclass(frozen=True, slots=True)
class AskStep:
    kind: TaskKind
    prompt: Template
    title: Template | None
    assignees: tuple[Template, ...] = ()
    fields: tuple[FieldStep, ...] = ()
    due: Moment | None = None
    timeout: Moment | None = None

    def take(self, turn: Turn) -> RunPaused:
        """Freeze all that people will see."""
        facts, scope = turn.live.facts, turn.scope
        paused = RunPaused(
            task_id=derived_beside(turn.run_id, "task", turn.key, str(turn.visit)),
            node=turn.key,
            visit=turn.visit,
            kind=self.kind,
            workflow_id=facts.workflow_id,
            workflow_name=facts.workflow_name,
            workflow_version=facts.version,
            step_name=turn.name,
            title=_title(self.title, turn.name, scope),
            prompt=self.prompt.text(scope, escape_markdown),
            fields=[fill_field(field, scope) for field in self.fields],
            assignees=_assignees(self.assignees, scope),
            due_at=None if self.due is None else self.due.after(turn.now, scope),
            timeout_at=None if self.timeout is None else self.timeout.after(turn.now, scope),
        )
        _check_event(paused)
        return paused


def _title(template: Template | None, name: str, scope: Scope) -> str:
    """Return one line; a title that data made long is shortened, since the prompt has all of it."""
    title = " ".join(template.text(scope).split()) if template is not None else name
    return title if len(title) <= TITLE_MAX else title[: TITLE_MAX - 1] + "…"


def _assignees(templates: tuple[Template, ...], scope: Scope) -> list[str]:
    """Return who is asked; one variable may bring in a whole list of them."""
    found: dict[str, None] = {}
    for template in templates:
        value = template.evaluate(scope)
        for person in value if isinstance(value, list) else [value]:
            name = as_text(person).strip()
            if name:
                found[name] = None
    return list(found)


def _check_event(paused: RunPaused) -> None:
    size = len(paused.prompt) + sum(len(str(field)) for field in paused.fields)
    if size > VALUE_BYTES_MAX // 4:
        size = len(paused.model_dump_json())
        if size > VALUE_BYTES_MAX:
            refuse_size("The task", size, VALUE_BYTES_MAX)


def _compile_approval(config: ApprovalConfig, place: Place) -> Compiled:
    return _compile(config, place, "approval"), Shape(_ports(config), _DECIDED)


def _compile_manual_input(config: ManualInputConfig, place: Place) -> Compiled:
    fields = compile_fields(config.fields, place.at("fields"))
    members = frozenset(field.name for field in config.fields)
    return _compile(config, place, "manual_input", fields), Shape(_ports(config), members)


def _ports(config: ApprovalConfig | ManualInputConfig) -> tuple[str, ...]:
    """Return the ports: what can time out may go on there."""
    return (OUT,) if config.timeout is None else (OUT, TIMEOUT)


def _compile(
    config: ApprovalConfig | ManualInputConfig,
    place: Place,
    kind: TaskKind,
    fields: tuple[FieldStep, ...] = (),
) -> AskStep:
    return AskStep(
        kind=kind,
        prompt=place.at("prompt").template(config.prompt),
        title=place.at("title").optional_template(config.title),
        assignees=tuple(
            place.at("assignees", index).template(source)
            for index, source in enumerate(config.assignees)
        ),
        fields=fields,
        due=compile_moment(config.due, place.at("due")),
        timeout=compile_moment(config.timeout, place.at("timeout")),
    )


APPROVAL = node_type("approval", ApprovalConfig, _compile_approval)
MANUAL_INPUT = node_type("manual_input", ManualInputConfig, _compile_manual_input)
