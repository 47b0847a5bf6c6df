"""Every parser of bytes from outside: whatever comes, a value or the refusal that is promised, and nothing else."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json
from contracts.envelope import CloudEvent, split_batch
from contracts.workflow import Fault
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json
from services.chassis.pages import number_cursor, text_cursor, time_cursor
from services.chassis.pattern import matches
from services.chassis.telemetry import incoming
from services.engine.domain.addresses import may_reach
from services.engine.domain.cel import parse_expression
from services.engine.domain.cel_reads import CelFault
from services.engine.domain.cron import parse_schedule
from services.engine.domain.cron_faults import CronFault
from services.engine.domain.definition import parse_definition
from services.engine.domain.definition_model import InvalidDefinition
from services.engine.domain.definition_text import read_definition
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.scope import Scope
from services.engine.domain.template_parser import TemplateFault, parse_template
from services.engine.domain.triggers.webhook import WebhookTriggerConfig
from services.engine.domain.webhook import delivery_id
from services.engine.domain.webhook_proof import verify
from services.gateway.domain.position import parse_position
from tests.support.fuzzing import ODD_TEXTS, fuzzing, odd_json, odd_texts

EXAMPLES = 40
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DATA = {"a": {"output": {"x": 1, "s": "text", "l": [1, 2], "o": {"k": None}}}}
PRESETS = ("github", "stripe", "slack", "standard_webhooks")
BYTES = st.one_of(
    st.binary(max_size=200),
    odd_texts('{}[]":,0123456789.eE+-\\u nultrefas').map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    odd_json().map(lambda value: json.dumps(value).encode()),
)


@fuzzing(EXAMPLES)
@given(raw=BYTES)
def test_json(raw: bytes) -> None:
    try:
        value = normalise_json(raw)
    except Refused:
        return
    # What was let in can be stored, and is the same when it is read again.
    text = json.dumps(value, allow_nan=False)
    assert "\\u0000" not in text
    assert normalise_json(text.encode()) == value


@fuzzing(EXAMPLES)
@given(text=odd_texts("abc:-[]{}&*!|>'\"# \n\t?,%@`~0123456789"), json_form=st.booleans())
def test_definitions_as_text(text: str, json_form: bool) -> None:  # noqa: FBT001
    read = read_definition(text, "json" if json_form else "yaml")
    if isinstance(read, Fault):
        assert read.message
        return
    with suppress(InvalidDefinition):
        parse_definition(read)


@fuzzing(EXAMPLES)
@given(
    trigger=odd_json(),
    kind=st.sampled_from(["approval", "transform", "condition", "http_request", "for_each", "x"]),
    config=odd_json(),
    edges=odd_json(),
)
def test_definitions(trigger: Json, kind: str, config: Json, edges: Json) -> None:
    node = {"key": "a", "type": kind, "name": "A", "config": config}
    manual = {"type": "manual_trigger", "config": {}}
    for raw in (
        {"trigger": trigger, "nodes": [node], "edges": edges},
        {"trigger": manual, "nodes": [node], "edges": [{"from": "trigger", "to": "a"}]},
        {"trigger": manual, "nodes": config, "edges": edges},
        config,
    ):
        with suppress(InvalidDefinition):
            parse_definition(raw)


@fuzzing(EXAMPLES)
@given(inner=odd_texts("ax.so[]0'\"|: ,default-{}%()"))
def test_templates(inner: str) -> None:
    for source in (inner, "{{ " + inner + " }}", "{{ a.output.s | " + inner + " }}"):
        with suppress(TemplateFault, EvaluationFailed):
            parse_template(source).text(Scope(DATA))


@fuzzing(EXAMPLES)
@given(source=odd_texts("ax.output()[]{}'\"0123456789+-*/%<>=!&|?:, in"))
def test_conditions(source: str) -> None:
    with suppress(CelFault, EvaluationFailed):
        parse_expression(source).evaluate(Scope(DATA))


@fuzzing(EXAMPLES)
@given(cron=odd_texts("0123456789*/,- LWMONJANQ#?@"), zone=st.sampled_from(["UTC", *ODD_TEXTS]))
def test_schedules(cron: str, zone: str) -> None:
    with suppress(CronFault):
        schedule = parse_schedule(cron, zone)
        following = schedule.next_after(NOW)
        assert following is None or following > NOW
        assert schedule.words()


@fuzzing(EXAMPLES)
@given(
    preset=st.sampled_from(PRESETS),
    value=odd_texts("t=v1,0123456789abcdefsha256= +/"),
    stamp=odd_texts("0123456789"),
    body=BYTES,
)
def test_signatures(preset: str, value: str, stamp: str, body: bytes) -> None:
    config = WebhookTriggerConfig.model_validate(
        {"auth": "hmac", "preset": preset, "secret": "generate"}
    )
    headers = [
        (name, given)
        for name, given in (
            ("x-hub-signature-256", value),
            ("stripe-signature", value),
            ("x-slack-signature", value),
            ("x-slack-request-timestamp", stamp),
            ("webhook-id", value),
            ("webhook-timestamp", stamp),
            ("webhook-signature", value),
        )
    ]
    with pytest.raises(Refused, check=lambda refused: refused.code == "invalid-signature"):
        verify(config, [b"the secret of the trigger"], headers, body, NOW)
    with suppress(Refused):
        delivery_id(config, headers, body)


@fuzzing(EXAMPLES)
@given(payload=BYTES, member=odd_json())
def test_cloud_events(payload: bytes, member: Json) -> None:
    for raw in (payload, json.dumps([member]).encode(), json.dumps([{"data": member}]).encode()):
        try:
            members = split_batch(raw)
        except ValueError:
            continue
        for each in members:
            with suppress(ValueError):
                CloudEvent.model_validate(each)


@fuzzing(EXAMPLES)
@given(text=odd_texts("0123456789abcdefghijklmnopqrstuvwxyzABCDEF-_=.|"))
def test_small_texts_of_requests(text: str) -> None:
    """Cursors, Last-Event-ID, traceparent, addresses, patterns."""
    for read in (time_cursor, text_cursor, number_cursor):
        with suppress(Refused):
            read(text)
    parse_position(text)
    incoming(text)
    with suppress(ValueError):
        may_reach(text, ())
    matches(text, "a text")
