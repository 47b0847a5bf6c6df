"""The workflows that run in a simulation: one for each way in which a run comes to wait, and for how it goes on."""

from collections.abc import Sequence
from itertools import pairwise

from contracts.base import Json, JsonObject
from services.testkit.library import Library

LIBRARY = Library()
"""Compiled once: definitions never change, and compiling costs more than a run."""


def _node(key: str, kind: str, config: JsonObject | None = None, **more: Json) -> JsonObject:
    return {"key": key, "type": kind, "name": key.capitalize(), "config": config or {}, **more}


def _edge(source: str, to: str, port: str = "out") -> JsonObject:
    return {"from": source, "to": to, "port": port}


def _flow(
    nodes: Sequence[JsonObject],
    edges: Sequence[JsonObject] | None = None,
    **settings: Json,
) -> JsonObject:
    if edges is None:
        edges = [_edge(a, b) for a, b in pairwise(["trigger", *(node["key"] for node in nodes)])]
    flow: JsonObject = {"trigger": {"type": "manual_trigger", "config": {}}, "nodes": list(nodes)}
    flow["edges"] = list(edges)
    return {**flow, "settings": settings} if settings else flow


def _approval(key: str, **config: Json) -> JsonObject:
    return _node(key, "approval", {"prompt": "Send it?", **config})


def _form(key: str) -> JsonObject:
    field = {"name": "reason", "label": "Reason", "type": "text", "required": True}
    return _node(key, "manual_input", {"prompt": "Why?", "fields": [field]})


def _request(key: str, retries: int = 0, **more: Json) -> JsonObject:
    config: JsonObject = {"method": "POST", "url": "https://hook.example.com/x"}
    if retries:
        config |= {"retries": retries, "retry_delay": 1}
    return _node(key, "http_request", config, **more)


_FLOWS: dict[str, JsonObject] = {
    "ask": _flow(
        [_approval("ask"), _node("note", "transform", {"by": "{{ ask.output.decided_by }}"})]
    ),
    "ask twice": _flow([_approval("first"), _form("second")]),
    "side by side": _flow(
        [_approval("left"), _approval("right"), _node("join", "transform", {"both": "yes"})],
        [
            _edge("trigger", "left"),
            _edge("trigger", "right"),
            _edge("left", "join"),
            _edge("right", "join"),
        ],
    ),
    "in time": _flow(
        [_approval("ask", timeout="1s"), _node("nobody", "transform", {"said": "nothing"})],
        [_edge("trigger", "ask"), _edge("ask", "nobody", "timeout")],
    ),
    "act": _flow([_request("act", retries=2), _approval("ask")]),
    "ask and act": _flow([_approval("ask"), _request("act")]),
    "sleep": _flow([_node("sleep", "delay", {"duration": "1s"}), _approval("ask")]),
    "hurry": _flow(
        [_approval("ask"), _request("act", retries=3, time_limit="2s")], time_limit="20s"
    ),
    "one by one": _flow([_request("act"), _approval("ask")], concurrency=1),
    "call": _flow([_node("call", "run_workflow", {"workflow": "ask"}), _approval("after")]),
}
IDS = {name: LIBRARY.store(name, flow) for name, flow in _FLOWS.items()}
LIMITS = {IDS[name]: flow.get("settings", {}).get("concurrency") for name, flow in _FLOWS.items()}
