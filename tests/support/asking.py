"""Workflows that ask a person, in the few shapes that the pages are tested with."""

from contracts.base import Json, JsonObject
from tests.support.api import Api, chain, node

FIELDS: list[Json] = [
    {"name": "final_text", "label": "Final text", "type": "text", "required": True},
    {"name": "notes", "label": "Notes", "type": "textarea", "help": "Anything to remember."},
    {"name": "amount", "label": "Amount", "type": "number", "required": True, "min": 1},
    {"name": "publish_on", "label": "Publish on", "type": "date", "required": True},
]
ANSWERS: JsonObject = {
    "final_text": "Ready to go",
    "notes": None,
    "amount": 12.5,
    "publish_on": "2026-12-24",
}


def approval(prompt: str = "Please decide.", title: str = "") -> JsonObject:
    """A workflow that asks for an approval and then has one more step."""
    asks = node("manager_ok", "approval", prompt=prompt, **({"title": title} if title else {}))
    return chain(asks, node("afterwards", "transform", approved="{{ manager_ok.output.approved }}"))


def form(title: str, fields: list[Json] | None = None) -> JsonObject:
    """A workflow that asks for values and passes them on."""
    asks = node(
        "details", "manual_input", title=title, prompt="Fill this in.", fields=fields or FIELDS
    )
    passes = node("afterwards", "transform", text="{{ details.output.final_text }}")
    return chain(asks, passes)


async def ask_for_approval(
    api: Api, title: str, prompt: str = "Please decide.", name: str = "Approvals"
) -> JsonObject:
    """Start a run that asks, and return its task."""
    return await _ask(api, approval(prompt, title), name)


async def ask_for_values(
    api: Api, title: str, name: str = "Forms", fields: list[Json] | None = None
) -> JsonObject:
    """Start a run that asks for values, and return its task."""
    return await _ask(api, form(title, fields), name)


async def _ask(api: Api, definition: JsonObject, name: str) -> JsonObject:
    workflow = await api.workflow(definition, name)
    (task,) = await api.tasks_of(await api.start(workflow))
    return task
