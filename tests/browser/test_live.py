"""Live means live: no page needs a reload. Streams, tabs and replicas: `test_live_replicas.py`."""

import asyncio

from playwright.async_api import Route, expect

from tests.support.api import Api
from tests.support.asking import approval, ask_for_approval
from tests.support.browser import Person

LISTEN = """() => {
    window.spoken = [];
    const place = document.querySelector('[role=status]');
    new MutationObserver(() => window.spoken.push(place.textContent))
        .observe(place, {childList: true, characterData: true, subtree: true});
}"""
"""Writes down what a screen reader is given to say."""


async def test_a_new_task_appears_in_the_list_and_the_badge(api: Api, person: Person) -> None:
    await person.open("/tasks")
    await person.live()
    await expect(person.page.get_by_text("No tasks are waiting.")).to_be_visible()
    await person.page.evaluate(LISTEN)
    await ask_for_approval(api, "Just arrived")
    await expect(person.card("Just arrived")).to_be_visible()
    await expect(person.page.locator(".sidebar .count")).to_contain_text("1")
    await expect(person.page).to_have_title("(1) Tasks - Flusso")
    await person.page.wait_for_function("spoken.includes('1 new task')", timeout=60_000)


async def test_with_the_newest_first_new_tasks_wait_behind_a_button(
    api: Api, person: Person
) -> None:
    await ask_for_approval(api, "There before")
    await person.open("/tasks?sort=newest")
    await person.live()
    await expect(person.card("There before")).to_be_visible()
    await ask_for_approval(api, "Came later")
    pill = person.page.get_by_role("button", name="1 new task")
    await expect(pill).to_be_visible()
    await expect(person.card("Came later")).to_have_count(0)
    await pill.click()
    await expect(person.card("Came later")).to_be_visible()


async def test_the_dashboard_follows(api: Api, person: Person) -> None:
    await person.open("/")
    await person.live()
    task = await ask_for_approval(api, "On the dashboard")
    await expect(person.page.locator("[data-pending-count]")).to_have_text("1")
    await expect(person.page.get_by_role("link", name="On the dashboard")).to_be_visible()
    await api.decide(str(task["id"]))
    await expect(person.page.get_by_text("No tasks are waiting.")).to_be_visible()


async def test_a_runs_page_follows_its_trace(api: Api, person: Person) -> None:
    task = await ask_for_approval(api, "Followed")
    await person.open(f"/runs/{task['run_id']}")
    await person.live()
    await expect(person.page.get_by_text("This run is waiting for a person")).to_be_visible()
    await api.decide(str(task["id"]), comment="Go ahead")
    await expect(person.page.locator(".page-head").get_by_text("Completed")).to_be_visible()
    await expect(person.page.locator("[data-node=afterwards]")).to_be_visible()
    await expect(person.page.locator(".trace").get_by_text("Approved by")).to_be_visible()
    await expect(person.page.get_by_text("This run is waiting for a person")).to_have_count(0)


async def test_monitor_shows_runs_as_they_come_and_end(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Seen in the monitor")
    await person.open(f"/monitor?workflow_id={workflow}")
    await person.live()
    await expect(person.page.get_by_text("No runs match these filters.")).to_be_visible()
    run = await api.start(workflow)
    row = person.page.locator(f"[data-run-id='{run}']")
    await expect(row.get_by_text("Waiting").last).to_be_visible()
    (task,) = await api.tasks_of(run)
    await api.decide(str(task["id"]), "reject")
    await expect(row.get_by_text("Failed").last).to_be_visible()


async def test_rows_are_held_back_while_a_person_is_in_the_list(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Held back")
    first = await api.start(workflow)
    await person.open(f"/workflows/{workflow}/runs")
    await person.live()
    row = person.page.locator(f"[data-run-id='{first}']")
    await row.hover()
    second = await api.start(workflow)
    await expect(person.page.get_by_role("button", name="1 new run")).to_be_visible()
    assert await person.page.locator(f"[data-run-id='{second}']").count() == 0
    await person.page.get_by_role("button", name="1 new run").click()
    await expect(person.page.locator(f"[data-run-id='{second}']")).to_be_visible()


async def test_what_came_before_the_stream_stood_is_shown(api: Api, person: Person) -> None:
    let_through = asyncio.Event()

    async def hold(route: Route) -> None:
        await let_through.wait()
        await route.continue_()

    await person.page.route("**/api/v1/events?*", hold)
    await person.open("/tasks")
    await expect(person.page.get_by_text("No tasks are waiting.")).to_be_visible()
    await ask_for_approval(api, "Between list and stream")
    let_through.set()
    await person.live()
    await expect(person.card("Between list and stream")).to_be_visible()
