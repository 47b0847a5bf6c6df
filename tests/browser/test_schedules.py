"""What people see of a schedule: its words, and when it comes next by their own clock."""

from playwright.async_api import expect

from contracts.base import JsonObject
from tests.support.api import Api, chain, node
from tests.support.browser import Person, violations, without_a_new_workflow


def on_weekdays() -> JsonObject:
    trigger = {
        "type": "schedule_trigger",
        "config": {"cron": "30 7 * * MON-FRI", "timezone": "Asia/Tokyo"},
    }
    note = node("note", "transform", at="{{ trigger.output.scheduled_at }}")
    return chain(note, trigger=trigger)


async def test_the_list_and_the_page_say_when_the_clock_starts_it(api: Api, person: Person) -> None:
    workflow = await api.workflow(on_weekdays(), "Clocked on weekdays")
    await person.open("/workflows?q=Clocked+on+weekdays")
    line = person.page.locator(".schedule").first
    await expect(line).to_contain_text("At 07:30, Monday through Friday")
    await expect(line).to_contain_text("by the clock of Asia/Tokyo")
    await expect(line).to_contain_text("next in")
    assert await violations(person.page) == []
    await person.open(f"/workflows/{workflow}")
    card = person.page.get_by_role("region", name="Schedule")
    await expect(card.get_by_role("listitem")).to_have_count(5)
    instants = (await api.get(f"/workflows/{workflow}"))["schedule"]["next"]
    times = card.locator("time")
    assert [await each.get_attribute("datetime") for each in await times.all()] == instants
    assert await times.first.get_attribute("title")
    assert await violations(person.page) == []


async def test_the_card_follows_the_text_and_a_fault_is_explained(person: Person) -> None:
    await without_a_new_workflow(person)
    await person.open("/workflows/new?mode=text")
    text = person.page.get_by_label("Definition")
    definition = (
        "trigger: {type: schedule_trigger, config: {cron: '0 9 * * 1'}}\n"
        "nodes: [{key: note, type: transform, name: Note, config: {}}]\n"
        "edges: [{from: trigger, to: note}]\n"
    )
    await text.fill(definition)
    card = person.page.get_by_role("region", name="Schedule")
    await expect(card).to_contain_text("At 09:00, only on Monday")
    await expect(card).to_contain_text("It starts nothing until the workflow is active.")
    await text.fill(definition.replace("0 9 * * 1", "0 0 9 * * 1"))
    await expect(person.page.get_by_text("Did you mean 0 9 * * 1?")).to_be_visible()
    await expect(card).to_have_count(0)
