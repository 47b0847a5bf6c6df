"""Workflows for tests about runs, by what they have in them."""

from collections.abc import Sequence

from contracts.base import Json, JsonObject
from tests.support.runs import edge, node, workflow


def kinds(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def newsletter() -> JsonObject:
    return workflow(
        [
            node("fetch_user", "transform", email="{{ trigger.output.email }}"),
            node(
                "review",
                "approval",
                prompt="Approve sending this email to {{ fetch_user.output.email }}?",
            ),
            node("sent", "transform", by="{{ review.output.decided_by }}"),
        ]
    )


def two_branches() -> JsonObject:
    return workflow(
        [
            node("left", "approval", prompt="Left?"),
            node("right", "approval", prompt="Right?"),
            node("join", "transform", done="yes"),
        ],
        [
            edge("trigger", "left"),
            edge("trigger", "right"),
            edge("left", "join"),
            edge("right", "join"),
        ],
    )


def decision_tree() -> JsonObject:
    return workflow(
        [
            node("large", "condition", expression="trigger.output.amount > 1000"),
            node("ask", "approval", prompt="Large. Fine?"),
            node("note", "transform", text="large"),
            node("pay", "transform", amount="{{ trigger.output.amount }}"),
        ],
        [
            edge("trigger", "large"),
            edge("large", "ask", "true"),
            edge("ask", "note"),
            edge("note", "pay"),
            edge("large", "pay", "false"),
        ],
    )


def request(**config: Json) -> JsonObject:
    return node("call", "http_request", url="https://example.com/{{ trigger.output.id }}", **config)
