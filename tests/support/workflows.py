"""Workflows for tests that go through the public API."""

from contracts.base import JsonObject


def asking(trigger: JsonObject | None = None) -> JsonObject:
    """A workflow that asks for an approval and ends."""
    return {
        "trigger": trigger or {"type": "manual_trigger", "config": {}},
        "nodes": [
            {"key": "ask", "type": "approval", "name": "Ask", "config": {"prompt": "Go on?"}},
            {"key": "end", "type": "transform", "name": "End", "config": {"went": "on"}},
        ],
        "edges": [{"from": "trigger", "to": "ask"}, {"from": "ask", "to": "end"}],
    }


def form() -> JsonObject:
    """A workflow that asks for an amount and ends with it."""
    fields = [{"name": "amount", "label": "Amount", "type": "number", "required": True}]
    config = {"prompt": "How much?", "fields": fields}
    return {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [{"key": "ask", "type": "manual_input", "name": "Ask", "config": config}],
        "edges": [{"from": "trigger", "to": "ask"}],
    }
