"""Every scenario without a pointer; letters never act where they are typed, nor on what was not seen."""

import pytest
from playwright.async_api import Locator, expect

from tests.support.api import Api
from tests.support.asking import ask_for_approval, ask_for_values
from tests.support.browser import Person


async def press_when_seen(person: Person, card: Locator, key: str) -> None:
    """A letter only acts on a card that has had the focus in full view for a moment."""
    await expect(card).to_be_focused()
    focused_at = await person.page.evaluate("performance.now()")
    await person.page.wait_for_function("since => performance.now() - since > 350", arg=focused_at)
    await person.page.keyboard.press(key)


async def test_the_skip_link_comes_first_and_leads_to_the_content(person: Person) -> None:
    await person.open("/tasks")
    await person.page.keyboard.press("Tab")
    skip = person.page.get_by_role("link", name="Skip to content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("main")).to_be_focused()


async def test_cards_are_walked_and_approved_by_letters(api: Api, person: Person) -> None:
    first = await ask_for_approval(api, "Card one")
    await ask_for_approval(api, "Card two")
    await person.open("/tasks")
    await expect(person.card("Card two")).to_be_visible()
    await person.page.keyboard.press("j")
    await expect(person.card("Card one")).to_be_focused()
    await person.page.keyboard.press("j")
    await expect(person.card("Card two")).to_be_focused()
    await person.page.keyboard.press("k")
    await press_when_seen(person, person.card("Card one"), "a")
    await expect(person.card("Card one")).to_have_count(0)
    await expect(person.card("Card two")).to_be_focused()
    assert (await api.get(f"/tasks/{first['id']}"))["decision"]["outcome"] == "approved"


async def test_a_letter_right_after_the_focus_came_decides_nothing(
    api: Api, person: Person
) -> None:
    task = await ask_for_approval(api, "Unseen")
    await person.open("/tasks")
    await expect(person.card("Unseen")).to_be_visible()
    await person.page.evaluate(
        """() => {
            const press = key => document.activeElement.dispatchEvent(
                new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
            press('j');
            requestAnimationFrame(() => requestAnimationFrame(() => press('a')));
        }"""
    )
    await expect(person.card("Unseen")).to_be_focused()
    await expect(person.card("Unseen").get_by_role("button", name="Approve")).to_be_visible()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"


async def test_a_run_is_rejected_by_keys_alone(api: Api, person: Person) -> None:
    task = await ask_for_approval(api, "Reject by keys")
    await person.open("/tasks")
    await expect(person.card("Reject by keys")).to_be_visible()
    await person.page.keyboard.press("j")
    await person.page.keyboard.press("r")
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await person.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(person.card("Reject by keys")).to_be_focused()
    await person.page.keyboard.press("r")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await person.page.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Reject Run")).to_be_focused()
    await person.page.keyboard.press("Enter")
    await expect(person.card("Reject by keys")).to_have_count(0)
    await api.run_when(str(task["run_id"]), "Failed")
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_focused()


async def test_a_form_is_filled_and_sent_by_keys_alone(api: Api, person: Person) -> None:
    task = await ask_for_values(api, "Form by keys")
    await person.open("/tasks")
    card = person.card("Form by keys")
    await expect(card).to_be_visible()
    keyboard = person.page.keyboard
    await keyboard.press("j")
    await keyboard.press("e")
    await expect(card.get_by_label("Final text")).to_be_focused()
    await keyboard.type("jar of letters")
    await expect(card.get_by_label("Final text")).to_have_value("jar of letters")
    await keyboard.press("Tab")
    await keyboard.type("two")
    await keyboard.press("Tab")
    await keyboard.type("7.5")
    await keyboard.press("Tab")
    await keyboard.type("12242026")
    await keyboard.press("Control+Enter")
    await expect(card).to_have_count(0)
    run = await api.run_when(str(task["run_id"]), "Completed")
    (details,) = [step for step in run["trace"] if step["node"] == "details"]
    assert details["output"] == {
        "final_text": "jar of letters",
        "notes": "two",
        "amount": 7.5,
        "publish_on": "2026-12-24",
    }


async def test_escape_leaves_the_field_for_the_card(api: Api, person: Person) -> None:
    await ask_for_values(api, "Leave the field")
    await person.open("/tasks")
    card = person.card("Leave the field")
    await card.get_by_label("Final text").focus()
    await person.page.keyboard.press("Escape")
    await expect(card).to_be_focused()


@pytest.mark.usefixtures("unchosen")
async def test_letters_lead_to_pages_and_can_be_turned_off(person: Person) -> None:
    await person.open("/")
    await person.page.keyboard.press("g")
    await person.page.keyboard.press("t")
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_focused()
    await person.page.keyboard.press("?")
    await expect(person.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    await person.page.keyboard.press("Escape")
    await person.open("/settings")
    await person.page.get_by_label("Single-letter keyboard shortcuts").uncheck()
    await person.page.keyboard.press("g")
    await person.page.keyboard.press("t")
    await person.page.keyboard.press("Control+k")
    palette = person.page.get_by_role("combobox", name="Page or workflow")
    await expect(palette).to_be_focused()
    await palette.fill("monit")
    await person.page.keyboard.press("Enter")
    await expect(person.page.get_by_role("heading", name="Monitor", level=1)).to_be_focused()


async def test_the_slash_leads_to_the_search(api: Api, person: Person) -> None:
    await ask_for_approval(api, "Search me")
    await person.open("/tasks")
    await expect(person.card("Search me")).to_be_visible()
    await person.page.keyboard.press("/")
    await expect(person.page.get_by_label("Search tasks")).to_be_focused()
    await person.page.keyboard.type("g t")
    await expect(person.page.get_by_label("Search tasks")).to_have_value("g t")


async def test_a_receipt_is_reached_by_f6(api: Api, person: Person) -> None:
    await ask_for_approval(api, "Receipt")
    await person.open("/tasks")
    await person.card("Receipt").get_by_role("button", name="Approve").press("Enter")
    await expect(person.receipt("Approved.")).to_be_visible()
    await person.page.keyboard.press("F6")
    await expect(person.page.locator(".toasts").get_by_role("link")).to_be_focused()
