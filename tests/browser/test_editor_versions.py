"""Versions of a workflow compared in its own terms and restored; and what is not saved yet, wherever it was typed."""

import re

from playwright.async_api import Browser, Locator, Page, StorageState, expect

from deploy.local.stack import Stack
from tests.support.api import Api, chain, node
from tests.support.asking import approval
from tests.support.browser import Person, person_at, sideways_scroll, violations


async def saved_again(api: Api, workflow: str, **form: object) -> None:
    answer = await api.http.put(f"/api/v1/workflows/{workflow}", json=form)
    assert answer.status_code == 200, answer.text


def saved_state(page: Page) -> Locator:
    return page.locator("[data-saved-state]").first


async def test_two_versions_are_compared_and_the_old_one_restored(api: Api, person: Person) -> None:
    old = approval("Please decide.")
    workflow = await api.workflow(old, "Compared")
    new = approval("Please decide today.")
    new["nodes"] = [*new["nodes"], node("farewell", "transform", text="Bye")]
    new["edges"] = [*new["edges"], {"from": "afterwards", "to": "farewell"}]
    await saved_again(api, workflow, name="Compared", description="Now", definition=new)

    await person.open(f"/workflows/{workflow}")
    page = person.page
    await page.get_by_role("button", name="Compare version 2 with the one before").click()
    await expect(page.get_by_text("2 steps and 1 edge differ.")).to_be_visible()
    asked = page.locator("[data-change='changed manager_ok']")
    prompt = asked.locator("[data-path='config.prompt']")
    await expect(prompt.locator("del")).to_have_text("Please decide.")
    await expect(prompt.locator("ins")).to_have_text("Please decide today.")
    await expect(page.locator("[data-change='added farewell']")).to_contain_text("Bye")
    await expect(page.locator("[data-change='added edge']")).to_contain_text("leads to Farewell")
    await expect(page.locator("[data-path='description'] ins")).to_have_text("Now")
    assert await violations(page) == []
    await page.get_by_role("tab", name="YAML").click()
    await expect(page.locator(".line.added", has_text="key: farewell")).to_be_visible()
    await page.set_viewport_size({"width": 320, "height": 740})
    assert await sideways_scroll(page) <= 0

    await page.get_by_role("button", name="Restore version 1").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("becomes version 3")).to_be_visible()
    await dialog.get_by_role("button", name="Restore version 1").click()
    await expect(person.receipt("Version 1 is back, as version 3.")).to_be_visible()
    await expect(saved_state(page)).to_have_text("Version 3")
    restored = await api.get(f"/workflows/{workflow}")
    assert (restored["version"], restored["definition"]) == (3, old)


async def test_what_was_typed_is_on_every_device_until_it_is_saved(
    api: Api, person: Person, colleague: Person
) -> None:
    """The second browser is another device of the same person."""
    workflow = await api.workflow(approval(), "On every device")
    page = person.page
    await person.open(f"/workflows/{workflow}?mode=text")
    text = page.get_by_label("Definition")
    await text.fill("nodes: [ # not finished")
    await expect(saved_state(page)).to_have_text(re.compile("^Unsaved, kept"))

    other = colleague.page
    await colleague.open(f"/workflows/{workflow}?mode=text")
    await expect(other.get_by_text("Your unsaved changes of")).to_be_visible()
    await expect(other.get_by_label("Definition")).to_have_value("nodes: [ # not finished")
    assert await violations(other) == []
    await other.get_by_label("Definition").fill("nodes: [] # from the other one")
    await expect(saved_state(other)).to_have_text(re.compile("^Unsaved, kept"))

    await text.fill("nodes: [] # mine")
    await expect(page.get_by_text("changed in another tab or on another device")).to_be_visible()
    await page.get_by_role("button", name="Load those").click()
    await expect(text).to_have_value("nodes: [] # from the other one")
    await page.get_by_role("button", name="Discard").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(saved_state(page)).to_have_text("Version 1")
    assert (await api.get(f"/workflows/{workflow}"))["version"] == 1


async def test_a_draft_of_an_older_version_says_so_and_is_compared(
    api: Api, person: Person
) -> None:
    definition = chain(node("note", "transform", text="one"))
    workflow = await api.workflow(definition, "Older")
    page = person.page
    await person.open(f"/workflows/{workflow}")
    await page.get_by_label("Description").fill("Mine")
    await expect(saved_state(page)).to_have_text(re.compile("^Unsaved, kept"))
    theirs = chain(node("note", "transform", text="two"))
    await saved_again(api, workflow, name="Older", description="Theirs", definition=theirs)

    await person.open(f"/workflows/{workflow}")
    await expect(page.get_by_text("by now there is version 2")).to_be_visible()
    await page.get_by_role("button", name="See the changes").click()
    await expect(page.locator("[data-path='description'] del")).to_have_text("Theirs")
    await expect(page.locator("[data-path='description'] ins")).to_have_text("Mine")
    await page.get_by_role("button", name="Back to the editor").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("button", name="Save mine anyway").click()
    await expect(saved_state(page)).to_have_text("Version 3")
    await person.open(f"/workflows/{workflow}")
    await expect(saved_state(page)).to_have_text("Version 3")
    assert (await api.get(f"/workflows/{workflow}"))["description"] == "Mine"


async def test_comments_of_the_text_are_kept_with_the_version(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Commented")
    page = person.page
    await person.open(f"/workflows/{workflow}?mode=text")
    text = page.get_by_label("Definition")
    await text.fill("# Why it asks.\n" + await text.input_value())
    await page.keyboard.press("Control+s")
    await expect(saved_state(page)).to_have_text("Version 2")
    await person.open(f"/workflows/{workflow}?mode=outline")
    await (
        page.locator("[data-row]")
        .filter(has=page.get_by_text("Manager ok", exact=True))
        .first.click()
    )
    await page.get_by_role("textbox", name="Prompt", exact=True).fill("Please decide now.")
    await page.get_by_role("button", name="Text", exact=True).click()
    await expect(text).to_have_value(re.compile("^# Why it asks[.]\n"))
    await expect(text).to_have_value(re.compile("prompt: Please decide now[.]\n"))
    await page.keyboard.press("Control+s")
    await expect(saved_state(page)).to_have_text("Version 3")
    stored = await api.get(f"/workflows/{workflow}")
    assert stored["source"] == await text.input_value()


async def test_an_expression_is_checked_as_it_is_typed_and_said_in_ones_language(
    api: Api, browser: Browser, stack: Stack, state: StorageState
) -> None:
    workflow = await api.workflow(chain(node("large", "condition", expression="true")), "Checked")
    async with person_at(browser, stack, state, language="it") as person:
        page = person.page
        await person.open(f"/workflows/{workflow}?mode=outline")
        await page.locator("[data-row]").filter(has=page.get_by_text("Large", exact=True)).click()
        expression = page.locator("[data-path='/nodes/0/config/expression']")
        await expression.fill("trigger.output.amount >")
        await expect(page.get_by_text("Non è CEL valido").first).to_be_visible()
        await expect(expression).to_have_attribute("aria-invalid", "true")
        await expression.fill("nobody.output.amount > 1")
        await expect(page.get_by_text("non è il nome di un passo").first).to_be_visible()
        await expression.fill("trigger.output.amount > 1")
        await expect(page.get_by_text("Nessun problema").first).to_be_visible()
