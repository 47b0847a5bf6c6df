"""Due dates and timeouts, as a person sees them: on the card, in the order of the inbox, and when the time is up."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from contracts.base import JsonObject, rfc3339
from tests.support.api import Api, chain, node
from tests.support.browser import Person, violations


def asking(title: str, **times: str) -> JsonObject:
    """A workflow that asks for an approval with these times, and goes on whoever decides."""
    asks = node("manager_ok", "approval", prompt="Please decide.", title=title, **times)
    return chain(asks, node("afterwards", "transform", done="yes"))


async def ask(api: Api, title: str, **times: str) -> JsonObject:
    workflow = await api.workflow(asking(title, **times), "Deadlines")
    (task,) = await api.tasks_of(await api.start(workflow))
    return task


async def test_a_card_says_when_it_is_due_and_when_it_ends_by_itself(
    api: Api, person: Person
) -> None:
    task = await ask(api, "In time", due="2h", timeout="3d")
    an_hour_ago = rfc3339(datetime.now(UTC) - timedelta(hours=1))
    await ask(api, "Too late", due=an_hour_ago)
    await ask(api, "Whenever")
    await person.open("/tasks")
    in_time, too_late = person.card("In time"), person.card("Too late")
    due = in_time.get_by_text("Due in 2 hours")
    await expect(due).to_have_attribute("datetime", str(task["due_at"]))
    await expect(due).to_have_attribute("title", re.compile(r"\d:\d\d"))
    await expect(in_time.get_by_text("Ends by itself in 3 days")).to_be_visible()
    await expect(too_late.get_by_text("Overdue since")).to_be_visible()
    await expect(person.card("Whenever").locator(".card-deadlines")).to_have_count(0)
    assert await violations(person.page) == []
    await person.open("/tasks?sort=due")
    await expect(person.page.locator("article h2")).to_have_text(
        ["Too late", "In time", "Whenever"]
    )
    await person.open("/tasks?overdue=true")
    await expect(person.page.locator("article h2")).to_have_text(["Too late"])


async def test_a_task_whose_time_is_up_goes_by_itself_and_says_that_it_timed_out(
    api: Api, person: Person
) -> None:
    await person.open("/tasks")
    await person.live()
    task = await ask(api, "Quickly", timeout="3s")
    await expect(person.card("Quickly")).to_be_visible()
    await expect(person.card("Quickly").get_by_role("button", name="Approve")).to_have_count(0)
    await person.open(f"/tasks/{task['id']}")
    await expect(person.page.get_by_text("Timed out")).to_be_visible()
    await person.open("/tasks?status=decided")
    line = person.page.locator(".history li").filter(has_text="Quickly")
    await expect(line.get_by_text("Timed out")).to_be_visible()
