"""The system page: how everything is, whether it holds, and what to do about dead letters."""

from uuid import uuid4

from playwright.async_api import expect

from deploy.local.stack import Stack
from tests.support.api import Api
from tests.support.browser import Person
from tests.support.dead_letters import ended, keep_letter, run_event
from tests.support.verifications import forget_verifications


async def test_an_admin_looks_after_the_system(stack: Stack, api: Api, person: Person) -> None:  # noqa: ARG001 - `api` empties the inbox
    await forget_verifications(stack.database_url)
    page = person.page
    good, bad = uuid4(), uuid4()
    await keep_letter(stack.database_url, ended(good), "not understood by another release")
    poison = run_event(bad, "flusso.run.paused", {"nobody": "understands"})
    await keep_letter(stack.database_url, poison, "not understood")
    await person.open("/settings")
    await page.get_by_role("link", name="System health, verification and dead letters").click()

    health = page.get_by_role("region", name="System health")
    await expect(health.get_by_text("Ready", exact=True)).to_have_count(3, timeout=60_000)

    verification = page.get_by_role("region", name="Verification")
    await verification.get_by_role("button", name="Verify now").click()
    await expect(verification.get_by_text("Everything holds.")).to_be_visible(timeout=60_000)

    letters = page.get_by_role("region", name="Dead letters")
    await letters.get_by_role("button", name=f"Message {bad}-1").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text('"nobody": "understands"')).to_be_visible()
    await page.keyboard.press("Escape")
    await letters.get_by_role("button", name=f"Replay {good}-1").click()
    await expect(person.receipt("1 handled.")).to_be_visible()
    await expect(letters.get_by_role("button", name=f"Replay {good}-1")).to_have_count(0)
    await letters.get_by_role("button", name=f"Replay {bad}-1").click()
    await expect(person.receipt("1 still cannot be handled.")).to_be_visible()
    await letters.get_by_role("button", name=f"Discard {bad}-1").click()
    await dialog.get_by_role("button", name="Discard").click()
    await expect(person.receipt("Discarded.")).to_be_visible()
    await expect(letters.get_by_role("button", name=f"Discard {bad}-1")).to_have_count(0)
