"""An inbox of thousands stays one page: few elements, drafts and focus kept, filters and links at hand.

`make bench-inbox` measures the same with 100,000 tasks.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from deploy.local.stack import Stack
from tests.browser.conftest import LOOP
from tests.load.inbox_scale import elements, fill, forms, load_cards
from tests.support.api import Api
from tests.support.browser import Person

WAITING = 2_000
SCROLLED = 600
ELEMENTS_MAX = 1_500


@pytest_asyncio.fixture(loop_scope=LOOP)
async def many(api: Api, stack: Stack) -> AsyncIterator[None]:
    """So many tasks wait; afterwards none of them does."""
    workflows = await fill(stack, WAITING)
    while (await api.get("/tasks/count"))["pending"] < WAITING:
        pass
    yield
    for workflow in workflows.values():
        gone = await api.http.delete(
            f"/api/v1/workflows/{workflow}", params={"cancel_runs": "true"}, timeout=120.0
        )
        assert gone.is_success, gone.text
    while (await api.get("/tasks/count"))["pending"] > 0:
        pass


@pytest.mark.usefixtures("many")
@pytest.mark.timeout(300)
async def test_a_long_inbox_is_light_keeps_drafts_and_focus_and_is_filtered(
    api: Api, person: Person
) -> None:
    await person.open("/tasks")
    page = person.page
    await expect(page.get_by_text(f"{WAITING:,} in total")).to_be_visible()
    first = page.locator("article[aria-posinset='1']")
    await first.get_by_label("Final text").fill("Not sent yet")
    await page.keyboard.press("Escape")
    await expect(first).to_be_focused()
    assert await load_cards(page, SCROLLED) < ELEMENTS_MAX
    await expect(first).to_be_focused()
    await expect(first).to_have_attribute("aria-setsize", str(WAITING))
    await expect(first.get_by_label("Final text")).to_have_value("Not sent yet")
    await page.keyboard.press("PageDown")
    await expect(page.locator("article[aria-posinset='2']")).to_be_focused()
    await expect(page.locator("article[aria-posinset='2']")).to_be_in_viewport()
    await page.get_by_label("Type").select_option("manual_input")
    await expect(page.get_by_text(f"{forms} in total")).to_be_visible()
    await expect(first.get_by_label("Final text")).to_have_value("Not sent yet")
    (newest,) = (await api.get("/tasks", sort="newest", limit="1"))["items"]
    await person.open(f"/tasks/{newest['id']}")
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    assert await elements(page) < ELEMENTS_MAX
