"""The workflows of a campaign: together they use every way in which a run waits, and every way in which it is woken."""

from contracts.base import Json, JsonObject
from tests.support.api import chain, node

CANARY_NAME = "CAMPAIGN_TOKEN"
delivery_header = "x-campaign-delivery"

NOTE = node("note", "transform", mark="{{ trigger.output.key | default: 'none' }}")
DONE = node("done", "transform", mark="{{ note.output.mark }}")


def _edges(*pairs: tuple[str, str] | tuple[str, str, str]) -> list[Json]:
    return [
        {"from": pair[0], "to": pair[1], **({"port": pair[2]} if len(pair) == 3 else {})}
        for pair in pairs
    ]


def _ask(key: str, **config: Json) -> JsonObject:
    return node(key, "approval", prompt="Go on with {{ note.output.mark }}?", **config)


def _call(url: str, **config: Json) -> JsonObject:
    return node(
        "call",
        "http_request",
        method="POST",
        url=url,
        headers={"x-run-key": "{{ note.output.mark }}"},
        auth={"bearer": "{{ secrets." + CANARY_NAME + " }}"},
        body={"key": "{{ note.output.mark }}"},
        timeout=10,
        retries=8,
        retry_delay=0.5,
        retry_delay_max=4,
        **config,
    )


def approval() -> JsonObject:
    return chain(NOTE, _ask("ok"), node("done", "transform", by="{{ ok.output.decided_by }}"))


def form() -> JsonObject:
    fields: list[Json] = [
        {"name": "token", "type": "text", "required": True},
        {"name": "amount", "type": "number", "min": 0},
    ]
    asks = node("details", "manual_input", prompt="For {{ note.output.mark }}", fields=fields)
    return chain(NOTE, asks, node("done", "transform", token="{{ details.output.token }}"))


def effect(url: str) -> JsonObject:
    return chain(NOTE, _call(url), _ask("ok"), DONE)


def branches(url: str) -> JsonObject:
    """Two people and a request side by side, joined at the end."""
    return {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [NOTE, _ask("left"), _ask("right"), _call(url), DONE],
        "edges": _edges(
            ("trigger", "note"),
            ("note", "left"),
            ("note", "right"),
            ("note", "call"),
            ("left", "done"),
            ("right", "done"),
            ("call", "done"),
        ),
    }


def clock() -> JsonObject:
    """A delay, then a question that the clock answers if nobody does."""
    return {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [
            NOTE,
            node("nap", "delay", duration="2s"),
            _ask("ok", timeout="4s"),
            node("late", "transform", late=True),
            DONE,
        ],
        "edges": _edges(
            ("trigger", "note"),
            ("note", "nap"),
            ("nap", "ok"),
            ("ok", "done"),
            ("ok", "late", "timeout"),
        ),
    }


def delivery() -> JsonObject:
    """Started by webhook; the same delivery may come again and again."""
    trigger: JsonObject = {
        "type": "webhook_trigger",
        "config": {"auth": "none", "delivery_id_header": delivery_header},
    }
    note = node("note", "transform", mark="{{ trigger.output.payload.key }}")
    check = node("big", "condition", expression="trigger.output.payload.amount > 50")
    return {
        "trigger": trigger,
        "nodes": [note, check, _ask("ok"), DONE],
        "edges": _edges(
            ("trigger", "note"), ("note", "big"), ("big", "ok", "true"), ("big", "done", "false")
        ),
    }


def child() -> JsonObject:
    return chain(node("note", "transform", mark="{{ trigger.output.item }}"), _ask("ok"), DONE)


def parent(child_name: str) -> JsonObject:
    each = node(
        "all",
        "for_each",
        items="{{ trigger.output.items }}",
        workflow=child_name,
        concurrency=2,
        on_error="continue",
    )
    return chain(NOTE, each, DONE)
