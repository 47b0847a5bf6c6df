"""From the configuration of a node to its step; what is wrong is noted, and the step is then not used."""

import re

from contracts.base import Json, JsonObject
from services.engine.domain.configs import (
    ApprovalConfig,
    ConditionConfig,
    HttpRequestConfig,
    ManualInputConfig,
    StopConfig,
    SwitchConfig,
    WebhookTriggerConfig,
)
from services.engine.domain.findings import Place
from services.engine.domain.form import compile_fields
from services.engine.domain.steps import (
    ERROR,
    OUT,
    AskStep,
    ConditionStep,
    HttpStep,
    Shape,
    Step,
    StopStep,
    SwitchStep,
    TransformStep,
)
from services.engine.domain.template import Template, as_text
from services.engine.domain.value_compiler import compile_value

DEFAULT_PORT = "default"
_DECIDED = frozenset({"approved", "decision", "decided_by", "decided_at", "comment"})
_STATUS = re.compile(r"([1-5])xx|([1-5]\d\d)", re.IGNORECASE)
_PORT_CHARACTERS_MAX = 200


def compile_approval(config: ApprovalConfig, place: Place) -> tuple[Step | None, Shape]:
    step = AskStep(
        kind="approval",
        prompt=place.at("prompt").template(config.prompt),
        title=_optional(config.title, place.at("title")),
        assignees=_assignees(config.assignees, place),
    )
    return step, Shape(members=_DECIDED)


def compile_manual_input(config: ManualInputConfig, place: Place) -> tuple[Step | None, Shape]:
    step = AskStep(
        kind="manual_input",
        prompt=place.at("prompt").template(config.prompt),
        title=_optional(config.title, place.at("title")),
        assignees=_assignees(config.assignees, place),
        fields=compile_fields(config.fields, place.at("fields")),
    )
    return step, Shape(members=frozenset(field.name for field in config.fields))


def _optional(source: str | None, place: Place) -> Template | None:
    return None if source is None else place.template(source)


def _assignees(sources: list[str], place: Place) -> tuple[Template, ...]:
    return tuple(
        place.at("assignees", index).template(source) for index, source in enumerate(sources)
    )


def compile_condition(config: ConditionConfig, place: Place) -> tuple[Step | None, Shape]:
    shape = Shape(ports=("true", "false"), members=frozenset({"result"}))
    expression = place.at("expression").expression(config.expression)
    return (ConditionStep(expression) if expression else None), shape


def compile_switch(config: SwitchConfig, place: Place) -> tuple[Step | None, Shape]:
    cases: dict[str, Json] = {}
    for index, case in enumerate(config.cases):
        _add_case(cases, case, place.at("cases", index))
    shape = Shape(ports=(*cases, DEFAULT_PORT), members=frozenset({"matched_case", "value"}))
    expression = place.at("expression").expression(config.expression)
    if expression is None:
        return None, shape
    return SwitchStep(expression, tuple((value, port) for port, value in cases.items())), shape


def _add_case(cases: dict[str, Json], case: Json, place: Place) -> None:
    if not isinstance(case, str | int | float | bool):
        place.fault("invalid-value", "A case is a text, a number or a boolean.")
        return
    port = as_text(case)
    if not port.strip() or len(port) > _PORT_CHARACTERS_MAX:
        place.fault("invalid-value", f"A case has 1 to {_PORT_CHARACTERS_MAX} characters.")
    elif port == DEFAULT_PORT:
        place.fault("invalid-value", "`default` is the port for what matches no case.")
    elif port in cases:
        place.fault("duplicate-case", f"`{port}` is there already.")
    else:
        cases[port] = case


def compile_transform(config: JsonObject, place: Place) -> tuple[Step | None, Shape]:
    if not config:
        place.fault("missing-key", "A transform has at least one value.")
    return TransformStep(compile_value(config, place)), Shape(members=_members(config))


def _members(config: JsonObject) -> frozenset[str] | None:
    """Return the members of an object value; None if it is an expression, whose members are not known."""
    return None if set(config) == {"cel"} else frozenset(config)


def compile_http_request(config: HttpRequestConfig, place: Place) -> tuple[Step | None, Shape]:
    shape = Shape(ports=(OUT, ERROR), members=frozenset({"status", "headers", "body", "ok"}))
    step = HttpStep(
        method=config.method,
        url=place.at("url").template(config.url),
        headers=_pairs(config.headers, place.at("headers")),
        query=_pairs(config.query, place.at("query")),
        body=None if config.body is None else compile_value(config.body, place.at("body")),
        timeout_seconds=config.timeout,
        error_statuses=tuple(_statuses(config.error_statuses, place.at("error_statuses"))),
        retries=config.retries,
        retry_delay_seconds=config.retry_delay,
        retry_delay_seconds_max=config.retry_delay_max,
    )
    return step, shape


def _pairs(sources: dict[str, str], place: Place) -> tuple[tuple[str, Template], ...]:
    return tuple((name, place.at(name).template(source)) for name, source in sources.items())


def _statuses(statuses: list[Json], place: Place) -> list[tuple[int, int]]:
    """Return ranges of statuses, both ends included."""
    ranges = []
    for index, status in enumerate(statuses):
        found = _STATUS.fullmatch(str(status))
        if found is None:
            place.at(index).fault("invalid-value", "A status is a number or a class such as `5xx`.")
        elif found.group(1):
            first = int(found.group(1)) * 100
            ranges.append((first, first + 99))
        else:
            ranges.append((int(found.group()), int(found.group())))
    return ranges


def compile_stop(config: StopConfig, place: Place) -> tuple[Step | None, Shape]:
    output = None if config.output is None else compile_value(config.output, place.at("output"))
    step = StopStep(config.status, _optional(config.message, place.at("message")), output)
    return step, Shape(ports=())


def check_webhook(config: WebhookTriggerConfig, place: Place) -> None:
    """Note what the chosen way to prove oneself lacks."""
    if config.auth != "none" and config.secret is None:
        place.at("secret").fault("missing-key", "`secret` is missing.")
    needs_header = config.auth == "header" or (config.auth == "hmac" and config.preset == "custom")
    if needs_header and config.header is None:
        place.at("header").fault("missing-key", "`header` is missing.")
    if config.auth == "hmac" and config.preset is None:
        place.at("preset").fault("missing-key", "`preset` is missing.")
