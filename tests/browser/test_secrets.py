"""Secrets under Settings: a value is typed once, what uses it is shown, and deleting says what will fail."""

import secrets
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, StorageState, expect

from deploy.local.stack import Stack
from tests.support.api import Api, chain, node
from tests.support.browser import Person, Theme, person_at, sideways_scroll, violations

CALL = node(
    "call", "http_request", url="https://example.org", auth={"bearer": "{{ secrets.BANK }}"}
)


@pytest_asyncio.fixture(loop_scope="session")
async def clean(api: Api) -> AsyncIterator[Api]:
    """No secret before and after."""
    yield api
    for item in (await api.get("/secrets", limit="200"))["items"]:
        await api.http.delete(f"/api/v1/secrets/{item['name']}", params={"force": "true"})


async def test_a_secret_is_added_replaced_and_deleted_and_never_shown(
    clean: Api, person: Person
) -> None:
    value, page = secrets.token_hex(12), person.page
    await person.open("/settings")
    section = page.get_by_role("region", name="Secrets")
    await expect(section.get_by_text("No secrets yet.")).to_be_visible()

    await section.get_by_label("Name").fill("bank")
    await expect(section.get_by_label("Name")).to_have_value("BANK")
    await section.get_by_label("Value").fill("abc")
    await section.get_by_role("button", name="Add secret").click()
    await expect(section.get_by_text("4 to 16,384 characters")).to_be_visible()
    await section.get_by_label("Value").fill(value)
    await section.get_by_role("button", name="Add secret").click()
    await expect(person.receipt("BANK was kept.")).to_be_visible()
    await expect(section.get_by_label("Value")).to_have_value("")
    await page.reload()
    await expect(section.locator("code")).to_have_text("BANK")
    assert value not in await page.content()

    await section.get_by_role("button", name="Replace BANK").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Value")).to_have_value("")
    await dialog.get_by_label("Value").fill(secrets.token_hex(12))
    await dialog.get_by_role("button", name="Replace").click()
    await expect(dialog).to_have_count(0)

    await section.get_by_role("button", name="Delete BANK").click()
    await expect(dialog.get_by_text("No workflow uses it now.")).to_be_visible()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(section.get_by_text("No secrets yet.")).to_be_visible()
    assert (await clean.get("/secrets"))["items"] == []


async def test_whoever_deletes_a_secret_sees_what_will_fail(clean: Api, person: Person) -> None:
    await clean.http.put("/api/v1/secrets/BANK", json={"value": secrets.token_hex(12)})
    await clean.workflow(chain(CALL), "Ask the bank")
    await person.open("/settings")
    section = person.page.get_by_role("region", name="Secrets")
    await expect(section.get_by_role("link", name="Ask the bank")).to_be_visible()

    await section.get_by_role("button", name="Delete BANK").click()
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_text("Requests of these workflows will fail:")).to_be_visible()
    await expect(dialog.get_by_role("link", name="Ask the bank")).to_be_visible()
    await dialog.get_by_role("button", name="Delete anyway").click()
    await expect(section.get_by_text("No secrets yet.")).to_be_visible()


async def test_the_page_can_be_used_by_everybody(
    clean: Api, browser: Browser, stack: Stack, state: StorageState
) -> None:
    await clean.http.put(
        "/api/v1/secrets/BANK", json={"value": secrets.token_hex(12), "description": "For salaries"}
    )
    await clean.workflow(chain(CALL), "Ask the bank for a balance")
    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        async with person_at(browser, stack, state, theme=theme, width=320) as somebody:
            await somebody.open("/settings")
            await expect(somebody.page.get_by_text("For salaries")).to_be_visible()
            assert await violations(somebody.page) == []
            assert await sideways_scroll(somebody.page) <= 0
