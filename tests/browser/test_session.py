"""Signing in by a one-time link, signing out, what happens when a session ends; and tokens for scripts."""

import httpx
from playwright.async_api import Browser, expect

from deploy.local.stack import Stack
from tests.support.api import Api
from tests.support.asking import ask_for_approval, ask_for_values
from tests.support.browser import Person, sign_in


async def test_opening_the_link_changes_nothing_and_the_button_signs_in_once(
    browser: Browser, stack: Stack
) -> None:
    link = stack.sign_in_link()
    first, second = await browser.new_context(), await browser.new_context()
    scanner = await second.new_page()
    await scanner.goto(link)
    await expect(scanner.get_by_text("Your sign-in link is ready.")).to_be_visible()
    page = await first.new_page()
    await page.goto(link)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    assert "#token" not in page.url
    await scanner.get_by_role("button", name="Sign in").click()
    await expect(scanner.get_by_text("was used before or is too old")).to_be_visible()
    await scanner.get_by_label("Sign-in link").fill(stack.sign_in_link())
    await scanner.get_by_role("button", name="Sign in").click()
    await expect(scanner.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    await first.close()
    await second.close()


async def test_without_a_session_every_address_asks_to_sign_in_and_is_kept(
    browser: Browser, stack: Stack
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{stack.url}/monitor?status=Failed")
    await page.get_by_label("Sign-in link").fill(stack.sign_in_link())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Monitor", level=1)).to_be_visible()
    await expect(page.get_by_label("Status")).to_have_value("Failed")
    await context.close()


async def test_an_ended_session_asks_over_the_page_and_keeps_what_was_typed(
    api: Api, person: Person, stack: Stack
) -> None:
    await ask_for_values(api, "Session ends")
    await person.open("/tasks")
    field = person.card("Session ends").get_by_label("Final text")
    await field.fill("Do not lose me")
    await person.context.clear_cookies(name="flusso_session")
    await person.page.get_by_label("Search tasks").fill("Session")
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_text("Your session has ended.")).to_be_visible()
    for _ in range(3):
        await person.page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Sign-in link").fill(stack.sign_in_link())
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_have_count(0)
    await expect(field).to_have_value("Do not lose me")
    await person.live()


async def test_signing_in_anew_in_another_tab_leaves_the_first_one_working(
    api: Api, browser: Browser, stack: Stack
) -> None:
    await ask_for_approval(api, "From the first tab")
    context = await browser.new_context()
    first = await context.new_page()
    await sign_in(first, stack)
    await first.goto(f"{stack.url}/tasks")
    await expect(first.get_by_role("button", name="Approve")).to_be_visible()
    second = await context.new_page()
    await sign_in(second, stack)
    await first.get_by_role("button", name="Approve").click()
    await expect(first.locator(".toasts").get_by_text("Approved.")).to_be_visible()
    for tab in (first, second):
        await expect(tab.locator("[data-connection=live]").first).to_be_attached()
        await expect(tab.get_by_role("dialog")).to_have_count(0)
    await context.close()


async def test_signing_out_ends_the_session(browser: Browser, stack: Stack) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await sign_in(page, stack)
    await page.goto(f"{stack.url}/settings")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    answer = await context.request.get(f"{stack.url}/api/v1/session")
    assert answer.status == 401
    await context.close()


async def test_a_token_is_shown_once_works_and_is_refused_after_revoking(
    person: Person, stack: Stack
) -> None:
    await person.open("/settings")
    page = person.page
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text("Name the token after what uses it.")).to_be_visible()
    tokens = page.get_by_role("region", name="API tokens")
    await tokens.get_by_label("Name").fill("Nightly script")
    await page.get_by_label("Expires").select_option("30")
    await page.get_by_role("button", name="Create token").click()
    token = await page.locator("[data-new-token]").inner_text()
    assert await answer_to(stack, token) == 200
    await page.reload()
    await expect(page.get_by_text("Nightly script").first).to_be_visible()
    await expect(page.locator("[data-new-token]")).to_have_count(0)
    await page.get_by_role("button", name="Revoke Nightly script").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("No tokens yet.")).to_be_visible()
    assert await answer_to(stack, token) == 401


async def answer_to(stack: Stack, token: str) -> int:
    """The status with which the API answers to a token."""
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"authorization": f"Bearer {token}"}
        return (await http.get(f"{stack.url}/api/v1/tasks/count", headers=headers)).status_code
