"""What the Dashboard shows, from three questions asked at once."""

import asyncio

import orjson

from contracts import subjects
from contracts.actor import Actor
from contracts.base import Command, JsonObject
from contracts.task import CountTasks, ListTasks
from services.gateway.app.ports import Asking

oldest_max = 3


class RunOverviewQuestion(Command):
    """Ask for the overview of runs; there is nothing to say."""


async def compose_dashboard(asking: Asking, actor: Actor, queued: int) -> JsonObject:
    """Return the Dashboard; `queued` arrivals are known to the gateway only. Raises Refused, Transient."""
    overview, oldest, count = await asyncio.gather(
        asking.ask(subjects.RUN_OVERVIEW, RunOverviewQuestion()),
        asking.ask(subjects.LIST_TASKS, ListTasks(limit=oldest_max, actor=actor)),
        asking.ask(subjects.COUNT_TASKS, CountTasks(actor=actor)),
    )
    dashboard: JsonObject = orjson.loads(overview)
    today = dashboard.get("today", {})
    return {
        **dashboard,
        "pending": orjson.loads(count)["pending"],
        "oldest": orjson.loads(oldest)["items"],
        "today": {**today, "Queued": today.get("Queued", 0) + queued},
    }
