"""The Tasks page beyond its guide (`test_guide.py`): filters, history, context, links, and what the server judges."""

from playwright.async_api import Route, expect

from tests.support.api import Api
from tests.support.asking import approval, ask_for_approval, ask_for_values
from tests.support.browser import Person


async def test_the_servers_judgement_stands_at_the_field(api: Api, person: Person) -> None:
    """A form is judged by the server before the task is spent; what it finds stands where it belongs."""
    await ask_for_values(api, "Judged")
    await person.open("/tasks")
    card = person.card("Judged")
    await card.get_by_label("Final text").fill("x")
    await card.get_by_label("Amount").fill("2")
    await card.get_by_label("Publish on").fill("2026-12-24")

    async def spoil(route: Route) -> None:
        await route.continue_(post_data='{"values": {"final_text": "x", "amount": 0}}')

    await person.page.route("**/submit", spoil)
    await card.get_by_role("button", name="Submit").click()
    await expect(card.locator(".fault").first).to_be_visible()
    await expect(card.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    await expect(card.get_by_label("Final text")).to_have_value("x")


async def test_going_to_another_page_takes_the_focus_to_its_heading(
    api: Api, person: Person
) -> None:
    """The heading has the focus, so that readers begin there."""
    await ask_for_approval(api, "From the sidebar")
    await person.open("/")
    await person.page.locator(".sidebar").get_by_role("link", name="Tasks").click()
    await expect(person.card("From the sidebar")).to_be_visible()
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_focused()


async def test_cancelling_the_question_rejects_nothing(api: Api, person: Person) -> None:
    """There is no undo: so the question can be answered with no, and the focus returns to where it was."""
    task = await ask_for_approval(api, "Not yet")
    await person.open("/tasks")
    opener = person.card("Not yet").get_by_role("button", name="Reject Run")
    await opener.click()
    await person.page.keyboard.press("Escape")
    await expect(person.page.get_by_role("dialog")).to_have_count(0)
    await expect(opener).to_be_focused()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"


async def test_a_task_has_a_page_of_its_own(api: Api, person: Person) -> None:
    """Opening a link decides nothing; afterwards it tells who decided."""
    task = await ask_for_approval(api, "Shared link")
    await person.open(f"/tasks/{task['id']}")
    await expect(person.page.get_by_role("heading", name="Shared link", level=1)).to_be_visible()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"
    await person.page.get_by_role("button", name="Approve").click()
    await expect(person.page.locator(".facts").get_by_text("Approved by")).to_be_visible()
    # What the run brought afterwards was not known to whoever decided.
    await api.run_when(str(task["run_id"]), "Completed")
    await person.page.get_by_text("Context: what the run brought so far").click()
    await expect(person.page.locator(".context").get_by_text("Trigger")).to_be_visible()
    await expect(person.page.locator(".context").get_by_text("Afterwards")).to_have_count(0)
    await person.open("/tasks/00000000-0000-7000-8000-000000000000")
    await expect(
        person.page.get_by_text("This task does not exist or you cannot see it.")
    ).to_be_visible()


async def test_filters_are_in_the_url_and_history_tells_who_decided(
    api: Api, person: Person
) -> None:
    """Search, filters in the URL, history of decided tasks."""
    kept = await ask_for_approval(api, "Keep this one")
    await ask_for_values(api, "Other kind")
    await person.open("/tasks")
    await person.page.get_by_label("Type").select_option("approval")
    await expect(person.page.locator("article.in-feed")).to_have_count(1)
    assert person.page.url.endswith("/tasks?kind=approval")
    await person.page.reload()
    await expect(person.card("Keep this one")).to_be_visible()
    await expect(person.card("Other kind")).to_have_count(0)
    await person.page.get_by_label("Search tasks").fill("nothing like it")
    await expect(person.page.get_by_text("No tasks match these filters.")).to_be_visible()
    await person.page.get_by_role("button", name="Clear filters").click()
    await expect(person.page.locator("article.in-feed")).to_have_count(2)
    await api.decide(str(kept["id"]), "approve", comment="Looks right")
    await person.page.get_by_role("link", name="History").click()
    line = person.page.locator(".history li", has_text="Keep this one").first
    await expect(line.get_by_text("Approved by")).to_be_visible()
    await expect(line.get_by_text("Looks right")).to_be_visible()


async def test_beside_the_list_stands_what_the_run_has_brought(api: Api, person: Person) -> None:
    """What the prompt does not say is one look away."""
    workflow = await api.workflow(approval(title="In context"), "Contexts")
    await api.tasks_of(await api.start(workflow, {"customer": "Rossi S.r.l."}))
    await person.open("/tasks")
    await person.card("In context").focus()
    panel = person.page.get_by_role("complementary", name="Context")
    await expect(panel.get_by_text("Rossi S.r.l.")).to_be_visible()
    await person.page.set_viewport_size({"width": 1000, "height": 800})
    await expect(panel).to_have_count(0)
    await person.card("In context").get_by_text("Context: what the run brought so far").click()
    await expect(person.card("In context").get_by_text("Rossi S.r.l.")).to_be_visible()
