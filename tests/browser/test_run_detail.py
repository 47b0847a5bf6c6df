"""A run's page in depth: as it was at any moment, its log, its data, attempts, clocks and child runs."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, StorageState, expect

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, chain, node
from tests.support.browser import Language, Person, faults_in_every_look, person_at

ORDER = {
    "order": {"lines": [{"sku": "A-1", "count": 2}, {"sku": "B-2", "count": 1}], "ship to": "Rome"}
}


def slider(person: Person) -> Locator:
    return person.page.get_by_role("slider", name="Moment of the run")


def step(person: Person, key: str) -> Locator:
    return person.page.locator(f".trace-step[data-node='{key}']")


async def decided_run(api: Api) -> JsonObject:
    """A run that waited for a person, was approved, and has completed."""
    run_id = await api.start(await api.workflow(APPROVAL, "To look back at"), {"text": "this"})
    (task,) = await api.tasks_of(run_id)
    await api.decide(str(task["id"]), "approve", comment="Fine.")
    return await api.run_when(run_id, "Completed")


async def asked_at(api: Api, run_id: str) -> int:
    """The event of the log that opened the task."""
    events = (await api.get(f"/runs/{run_id}/events"))["items"]
    return next(int(event["sequence"]) for event in events if event["type"] == "flusso.run.paused")


async def test_the_slider_shows_the_run_as_it_was_after_each_event(
    api: Api, person: Person
) -> None:
    run = await decided_run(api)
    asked = await asked_at(api, str(run["id"]))
    await person.open(f"/runs/{run['id']}")
    page, last = person.page, int(run["sequence"])
    await expect(step(person, "done")).to_be_visible()
    await expect(slider(person)).to_have_value(str(last))

    await slider(person).focus()
    for _ in range(last - asked):
        await page.keyboard.press("ArrowLeft")
    await expect(step(person, "manager_ok").get_by_text("Waiting")).to_be_visible()
    await expect(step(person, "done")).to_have_count(0)
    await expect(page.get_by_text("Manager ok: waits for an answer")).to_be_visible()
    await expect(page).to_have_url(f"{person.url}/runs/{run['id']}?at={asked}")
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    await page.reload()
    await expect(step(person, "manager_ok").get_by_text("Waiting")).to_be_visible()
    await page.get_by_role("button", name="One event earlier").click()
    await expect(step(person, "manager_ok")).to_have_count(0)
    await page.get_by_role("button", name="Back to now").click()
    await expect(step(person, "done").get_by_text("Completed")).to_be_visible()
    await expect(page).to_have_url(f"{person.url}/runs/{run['id']}")


async def test_what_happens_meanwhile_does_not_move_who_looks_at_the_past(
    api: Api, person: Person
) -> None:
    run_id = await api.start(await api.workflow(APPROVAL, "Goes on"), {"text": "this"})
    (task,) = await api.tasks_of(run_id)
    asked = await asked_at(api, run_id)
    await person.open(f"/runs/{run_id}?at={asked}")
    await person.live()
    page = person.page
    await expect(page.get_by_text("At this moment the run waited for an answer.")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)

    await api.decide(str(task["id"]))
    run = await api.run_when(run_id, "Completed")
    await expect(slider(person)).to_have_attribute("max", str(run["sequence"]))
    await expect(slider(person)).to_have_value(str(asked))
    await expect(step(person, "manager_ok").get_by_text("Waiting")).to_be_visible()
    await page.get_by_role("button", name="Back to now").click()
    await expect(step(person, "done").get_by_text("Completed")).to_be_visible()


async def test_there_is_nothing_to_see_beyond_the_log(api: Api, person: Person) -> None:
    run = await decided_run(api)
    await person.open(f"/runs/{run['id']}?at=999")
    told = person.page.get_by_text(f"The log of this run has {run['sequence']} events.")
    await expect(told).to_be_visible()
    await person.page.get_by_role("button", name="Back to now").click()
    await expect(step(person, "done")).to_be_visible()


async def test_the_log_tells_what_when_and_who_and_moves_the_slider(
    api: Api, person: Person
) -> None:
    run = await decided_run(api)
    asked = await asked_at(api, str(run["id"]))
    await person.open(f"/runs/{run['id']}")
    page = person.page
    await page.get_by_role("button", name="Log", exact=True).click()
    log = page.get_by_role("list", name="Events of the run")
    await expect(log.get_by_role("listitem")).to_have_count(int(run["sequence"]))
    await expect(log.get_by_text("The run completed")).to_be_visible()
    await log.get_by_role("button", name="Manager ok: waits for an answer").click()
    await expect(slider(person)).to_have_value(str(asked))
    await expect(page.locator(".step-detail").get_by_text("Not answered yet.")).to_be_visible()
    line = log.locator("li.chosen")
    await line.get_by_text("flusso.run.paused").click()
    await expect(line.get_by_text(f'"{run["id"]}-{asked}"')).to_be_visible()


async def test_data_can_be_searched_and_copied_as_a_variable(
    api: Api, browser: Browser, stack: Stack, state: StorageState
) -> None:
    shape = node("shape", "transform", all="{{ trigger.output }}")
    run_id = await api.start(await api.workflow(chain(shape), "Data"), ORDER)
    await api.run_when(run_id, "Completed")
    async with person_at(browser, stack, state) as person:
        await person.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await person.open(f"/runs/{run_id}?step=shape&tab=output")
        page, detail = person.page, person.page.locator(".step-detail")
        await expect(detail.get_by_text('"B-2"')).to_have_count(0)
        await detail.get_by_role("searchbox").fill("b-2")
        await expect(detail.get_by_text("1 match")).to_be_visible()
        await expect(detail.get_by_text('"Rome"')).to_have_count(0)
        await detail.get_by_role("button", name="sku").click()
        await detail.get_by_role("button", name="Copy path").click()
        path = "{{ shape.output.all.order.lines[1].sku }}"
        assert await page.evaluate("navigator.clipboard.readText()") == path
        await detail.get_by_role("button", name="Copy value").click()
        await expect(detail.get_by_role("button", name="Copied")).to_have_count(2)
        assert await page.evaluate("navigator.clipboard.readText()") == "B-2"
        await detail.get_by_role("searchbox").fill("")
        await detail.get_by_role("button", name="Expand all").click()
        await expect(detail.get_by_text('"A-1"')).to_be_visible()
        await detail.get_by_role("button", name="Collapse all").click()
        await expect(detail.get_by_text('"A-1"')).to_have_count(0)


async def test_a_decision_shows_what_was_shown_and_what_was_answered(
    api: Api, person: Person
) -> None:
    run = await decided_run(api)
    task_id = str(run["trace"][2]["task_id"])
    digest = str((await api.get(f"/tasks/{task_id}"))["digest"])
    await person.open(f"/runs/{run['id']}?step=manager_ok")
    detail = person.page.locator(".step-detail")
    await expect(detail.get_by_role("tab", name="Decision")).to_have_attribute(
        "aria-selected", "true"
    )
    await expect(detail.get_by_text("Go on with this?").first).to_be_visible()
    await expect(detail.get_by_text("Fine.")).to_be_visible()
    await expect(detail.get_by_text(digest)).to_be_visible()
    await detail.get_by_role("tab", name="Decision").press("ArrowRight")
    await expect(detail.get_by_role("tab", name="Output")).to_be_focused()
    await expect(detail.get_by_text('"approved"')).to_be_visible()


def trying(attempts: int, delay: str) -> JsonObject:
    """A request to nobody, tried so often."""
    call = node("call", "http_request", url="https://nobody.invalid/")
    policy = {"attempts": attempts, "delay": delay, "backoff": 1, "jitter": 0}
    return {**call, "retry": policy}


async def test_each_attempt_is_listed_and_the_next_one_counts_down(
    api: Api, person: Person
) -> None:
    gave_up = await api.start(await api.workflow(chain(trying(3, "1s")), "Tries"))
    trying_on = await api.start(await api.workflow(chain(trying(3, "4m")), "Tries on"))
    await api.run_when(gave_up, "Failed")
    await person.open(f"/runs/{gave_up}?step=call&tab=attempts")
    detail = person.page.locator(".step-detail")
    await expect(detail.locator(".attempts > li")).to_have_count(3)
    await expect(detail.get_by_text("Next attempt:")).to_have_count(2)
    await detail.get_by_role("tab", name="Error").click()
    await expect(detail.locator(".error-text").first).to_be_visible()
    await person.open(f"/runs/{trying_on}")
    await expect(step(person, "call").get_by_text("Next attempt:")).to_be_visible()
    await expect(step(person, "call").get_by_text("min")).to_be_visible()
    await api.post(f"/runs/{trying_on}/cancel")


async def test_sleeping_queued_and_limited_say_how_long(api: Api, person: Person) -> None:
    slow = chain(node("nap", "delay", duration="1h"))
    slow["settings"] = {"concurrency": 1, "time_limit": "2h"}
    workflow = await api.workflow(slow, "Slow")
    sleeping, _, queued = [await api.start(workflow) for _ in range(3)]
    await person.open(f"/runs/{sleeping}")
    page = person.page
    await expect(step(person, "nap").get_by_text("Sleeps until")).to_be_visible()
    await expect(step(person, "nap").get_by_text("min")).to_be_visible()
    await expect(page.get_by_text("1 h 59 min left")).to_be_visible()
    await person.open(f"/runs/{queued}")
    await expect(page.get_by_text("1 run is before it")).to_be_visible()
    await api.http.delete(f"/api/v1/workflows/{workflow}", params={"cancel_runs": "true"})


async def test_a_step_lists_the_runs_that_it_started_live(api: Api, person: Person) -> None:
    child = await api.workflow(APPROVAL, "Child")
    each = node(
        "each", "for_each", items="{{ trigger.output.items }}", workflow="Child", concurrency=2
    )
    parent = await api.start(await api.workflow(chain(each), "Parent"), {"items": [1, 2]})
    first, second = await api_tasks(api, child)
    await person.open(f"/runs/{parent}?step=each")
    await person.live()
    page, lines = person.page, person.page.locator(".step-detail .lines > li")
    await expect(lines).to_have_count(2)
    await expect(lines.get_by_text("Waiting")).to_have_count(2)
    await api.decide(str(first["id"]))
    await expect(lines.get_by_text("Completed")).to_have_count(1)
    await expect(page.get_by_text("1 of 2 runs have ended")).to_be_visible()
    await page.locator(f".step-detail a[href='/runs/{second['run_id']}']").click()
    await page.locator(f".facts a[href^='/runs/{parent}']").click()
    await expect(lines).to_have_count(2)
    await api.post(f"/runs/{parent}/cancel")


async def api_tasks(api: Api, workflow_id: str) -> list[JsonObject]:
    """The two tasks of the child runs, once both are open."""
    while True:
        page = await api.get("/tasks", workflow_id=workflow_id)
        if len(page["items"]) == 2:
            return list(page["items"])


async def test_run_again_starts_with_the_same_input_and_can_be_edited(
    api: Api, person: Person
) -> None:
    shape = node("shape", "transform", all="{{ trigger.output }}")
    run_id = await api.start(await api.workflow(chain(shape), "Again"), {"amount": 3})
    await api.run_when(run_id, "Completed")
    await person.open(f"/runs/{run_id}")
    page = person.page
    await page.get_by_role("button", name="Run again").click()
    field = page.get_by_role("dialog").get_by_label("Input")
    await expect(field).to_have_value('{\n  "amount": 3\n}')
    await field.fill('{"amount": 4}')
    await page.get_by_role("dialog").get_by_role("button", name="Start").click()
    await expect(page).not_to_have_url(f"{person.url}/runs/{run_id}")
    await step(person, "shape").click()
    await expect(page.locator(".step-detail .json-literal")).to_have_text("4")


@dataclass(frozen=True, slots=True)
class Look:
    """One state of the page."""

    name: str
    path: str


async def looks(api: Api) -> list[Look]:
    done = await decided_run(api)
    asked = await asked_at(api, str(done["id"]))
    gave_up = await api.start(await api.workflow(chain(trying(2, "1s")), "Gives up"))
    asleep = await api.start(
        await api.workflow(chain(node("nap", "delay", duration="1h")), "Sleeps")
    )
    await api.run_when(gave_up, "Failed")
    page = f"/runs/{done['id']}"
    return [
        Look("now", page),
        Look("the past", f"{page}?at={asked}"),
        Look("beyond", f"{page}?at=999"),
        Look("log", f"{page}?view=log&at={asked}"),
        Look("decision", f"{page}?step=manager_ok"),
        Look("attempts", f"/runs/{gave_up}?step=call&tab=attempts"),
        Look("asleep", f"/runs/{asleep}"),
    ]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_state_in_every_look(
    api: Api, browser: Browser, stack: Stack, state: StorageState, language: Language
) -> None:
    found: list[str] = []
    async with person_at(browser, stack, state, language=language) as person:
        for look in await looks(api):
            await person.open(look.path)
            await expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
            found += await faults_in_every_look(person.page, look.name, language)
            await person.page.set_viewport_size({"width": 1280, "height": 900})
    assert found == []
