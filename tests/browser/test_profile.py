"""Settings > Profile: what a person chose on one device holds on every other, and times are told by it."""

import pytest
from playwright.async_api import Locator, Page, Response, expect

from tests.support.api import Api
from tests.support.asking import ask_for_approval
from tests.support.browser import Person, faults_in_every_look


def _is_kept(answer: Response) -> bool:
    return answer.url.endswith("/api/v1/me") and answer.request.method == "PATCH"


async def kept(page: Page, act: Locator, value: str | None = None) -> None:
    """Choose, and wait until the server has it."""
    async with page.expect_response(_is_kept) as told:
        await (act.check() if value is None else act.select_option(value))
    assert (await told.value).status == 200


@pytest.mark.usefixtures("unchosen")
async def test_choices_hold_on_every_device_and_times_follow_the_zone(
    api: Api, person: Person, colleague: Person
) -> None:
    task = await ask_for_approval(api, "At what time?")
    page = person.page
    await person.open("/settings")
    await kept(page, page.get_by_label("Time zone"), "Asia/Tokyo")
    await kept(page, page.get_by_label("Dark"))
    await kept(page, page.get_by_label("Italiano"))
    await expect(page.get_by_role("heading", name="Impostazioni", level=1)).to_be_visible()
    other = colleague.page
    await colleague.open(f"/runs/{task['run_id']}")
    await expect(other.locator("html")).to_have_attribute("lang", "it")
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    exact = other.locator(".facts time").first
    moment = await exact.get_attribute("datetime")
    there = await other.evaluate(
        "time => new Intl.DateTimeFormat('it', {hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Tokyo'})"
        ".format(new Date(time))",
        moment,
    )
    await expect(exact).to_contain_text(there)
    answer = await colleague.context.request.get(colleague.url + "/settings")
    first_line = (await answer.text()).split(">")[1]
    assert 'lang="it"' in first_line
    assert 'data-theme="dark"' in first_line


@pytest.mark.usefixtures("unchosen")
async def test_a_name_is_changed_and_decisions_show_it(api: Api, person: Person) -> None:
    page = person.page
    await person.open("/settings")
    profile = page.get_by_role("region", name="Profile")
    await profile.get_by_label("Your name").fill("  ")
    await profile.get_by_role("button", name="Save name").click()
    await expect(profile.get_by_text("Enter a name.")).to_be_visible()
    assert await faults_in_every_look(page, "profile") == []
    await profile.get_by_label("Your name").fill("Ada Lovelace")
    await profile.get_by_role("button", name="Save name").click()
    await expect(page.get_by_text("Signed in as Ada Lovelace")).to_be_visible()
    task = await ask_for_approval(api, "By whom?")
    await person.open(f"/tasks/{task['id']}")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.locator(".facts").get_by_text("Approved by Ada Lovelace")).to_be_visible()
