"""Every page, light and dark, wide and narrow, in both languages: nothing that axe-core finds, no sideways scroll."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, StorageState, expect

from deploy.local.stack import Stack
from tests.support.api import Api
from tests.support.asking import approval, ask_for_approval, ask_for_values
from tests.support.browser import Language, Person, faults_in_every_look, person_at, sideways_scroll

PROMPT = "# Heading\n\n- one\n- **two** [link](https://example.com)\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```\ncode\n```"


@dataclass(frozen=True, slots=True)
class Scene:
    """Something on every page: waiting, decided, failed, several workflows."""

    task: str
    form: str
    waiting_run: str
    failed_run: str
    workflow: str

    def paths(self) -> dict[str, str]:
        return {
            "dashboard": "/",
            "tasks": "/tasks",
            "no tasks match": "/tasks?q=nothing-like-this-anywhere",
            "history": "/tasks?status=decided",
            "task": f"/tasks/{self.task}",
            "form": f"/tasks/{self.form}",
            "no task": "/tasks/00000000-0000-7000-8000-000000000000",
            "workflows": "/workflows",
            "workflows as a grid": "/workflows?view=grid",
            "new workflow": "/workflows/new",
            "editor": f"/workflows/{self.workflow}",
            "run history": f"/workflows/{self.workflow}/runs",
            "waiting run": f"/runs/{self.waiting_run}",
            "failed run": f"/runs/{self.failed_run}",
            "monitor": "/monitor",
            "charts": "/monitor?view=charts",
            "timelines": "/timelines",
            "settings": "/settings",
            "system": "/settings/system",
            "not found": "/nowhere",
        }


async def set_the_scene(api: Api) -> Scene:
    """Make something for every page to show."""
    task = await ask_for_approval(api, "Approve the invoice", PROMPT, name="Invoice approval")
    form = await ask_for_values(api, "Fill in the form")
    failed = await ask_for_approval(api, "Will be rejected")
    await api.decide(str(failed["id"]), "reject", comment="Not like this")
    await api.run_when(str(failed["run_id"]), "Failed")
    await api.workflow(approval(), "Only a draft", active=False)
    return Scene(
        str(task["id"]),
        str(form["id"]),
        str(task["run_id"]),
        str(failed["run_id"]),
        str(task["workflow_id"]),
    )


async def faults_at_twice_the_size(page: Page, name: str) -> list[str]:
    """With text of 200 % every page reflows: nothing needs a sideways scroll."""
    await page.set_viewport_size({"width": 640, "height": 800})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    excess = await sideways_scroll(page)
    return [f"{name}, 200 %: {excess} pixels wider than the window"] if excess > 0 else []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_page_in_every_look(
    api: Api, browser: Browser, stack: Stack, state: StorageState, language: Language
) -> None:
    scene = await set_the_scene(api)
    found: list[str] = []
    async with person_at(browser, stack, state, language=language) as person:
        for name, path in scene.paths().items():
            await person.page.set_viewport_size({"width": 1280, "height": 800})
            await person.open(path)
            await expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
            await expect(person.page.locator("html")).to_have_attribute("lang", language)
            found += await faults_in_every_look(person.page, name, language)
            if language == "en":
                found += await faults_at_twice_the_size(person.page, name)
    assert found == []


async def test_the_sign_in_page_in_every_look(browser: Browser, stack: Stack) -> None:
    page = await browser.new_page()
    await page.goto(f"{stack.url}/sign-in")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Paste the whole sign-in link.")).to_be_visible()
    assert await faults_in_every_look(page, "sign-in") == []
    await page.close()


async def test_errors_dialogs_and_receipts_in_every_look(api: Api, person: Person) -> None:
    await ask_for_values(api, "With errors")
    await ask_for_approval(api, "To be approved")
    await person.open("/tasks")
    page = person.page
    await person.card("With errors").get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Amount is required.")).to_be_visible()
    await person.card("To be approved").get_by_role("button", name="Approve").click()
    await expect(person.receipt("Approved.")).to_be_visible()
    await page.locator(".toast").hover()
    found = await faults_in_every_look(page, "errors and receipt")
    await person.card("With errors").get_by_role("button", name="Reject Run").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    found += await faults_in_every_look(page, "dialog")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Page or workflow")).to_be_focused()
    found += await faults_in_every_look(page, "palette")
    assert found == []


async def test_small_screens_have_the_bar_at_the_bottom(person: Person) -> None:
    await person.page.set_viewport_size({"width": 360, "height": 740})
    await person.open("/")
    bar = person.page.locator(".bottom-bar")
    await expect(person.page.locator(".sidebar")).to_be_hidden()
    await bar.get_by_role("button", name="More").click()
    await bar.get_by_role("link", name="Settings").click()
    await expect(person.page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    await bar.get_by_role("link", name="Tasks").click()
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()
    await expect(person.page.get_by_label("Type")).to_be_hidden()
    await person.page.get_by_role("button", name="Filters").click()
    await expect(person.page.get_by_label("Type")).to_be_visible()
