"""Chromium, and people who use it: a context each, signed in by a link, watched for what must not happen."""

import json
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    StorageState,
    async_playwright,
    expect,
)

from deploy.local.stack import Stack

WEB = Path(__file__).parents[2] / "services" / "gateway" / "web"
NAMES = (
    "chromium-headless-shell",  # the same engine without its windows: a page costs a third
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
HOW_TO_GET_IT = (
    "Chromium is not here. Install it (Debian: apt install chromium-headless-shell, or chromium),"
    " or name it by FLUSSO_CHROMIUM."
)
HOW_TO_BUILD = "The web app is not built. Run make setup."
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Nothing is told of what passed, and style sheets and media are not fetched anew: no rule of ours asks for them.
AXE_RUN = "rules => axe.run({runOnly: rules, resultTypes: ['violations'], preload: false})"
COLOUR_RULES = ["color-contrast", "link-in-text-block"]

# What other words can break: names, headings that say nothing, targets that words push together.
WORD_RULES = [
    "aria-command-name",
    "aria-dialog-name",
    "aria-input-field-name",
    "aria-progressbar-name",
    "aria-toggle-field-name",
    "aria-tooltip-name",
    "button-name",
    "document-title",
    "empty-heading",
    "empty-table-header",
    "frame-title",
    "html-has-lang",
    "html-lang-valid",
    "image-alt",
    "image-redundant-alt",
    "input-button-name",
    "label",
    "link-name",
    "scrollable-region-focusable",
    "select-name",
    "summary-name",
    "svg-img-alt",
    "target-size",
    "valid-lang",
]

WIDTHS = (1280, 320)
Language = Literal["en", "it"]
Theme = Literal["light", "dark"]


def chromium() -> str:
    """Return the browser's program. In CI a missing browser is a failure, elsewhere a skip that says what to do."""
    named = os.environ.get("FLUSSO_CHROMIUM")
    found = named or next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        _miss(HOW_TO_GET_IT)
    if not (WEB / "dist" / "index.html").is_file():
        _miss(HOW_TO_BUILD)
    return str(found)


def _miss(what_to_do: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what_to_do)
    pytest.skip(what_to_do)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """One browser; contexts inside it share nothing."""
    program = chromium()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Watch:
    """What a page said that it must never say: errors of its own, and the browser's complaints about security."""

    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(message))  # noqa: PLW0108 - Playwright marks bound methods' owners
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a browser of their own."""

    context: BrowserContext
    page: Page
    url: str
    watch: Watch

    async def open(self, path: str) -> None:
        """Go to a page, and wait until it has its heading and its live stream."""
        await self.page.goto(self.url + path)
        await expect(self.page.locator("main h1").first).to_be_visible()

    async def live(self) -> None:
        """Wait until the page hears what happens."""
        await expect(self.page.locator("[data-connection=live]").first).to_be_attached()

    async def new_page(self) -> Page:
        """Open another tab of the same browser."""
        page = await self.context.new_page()
        self.watch.follow(page)
        return page

    def card(self, title: str) -> Locator:
        """A card of the inbox by its title."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator("article.in-feed").filter(has=heading)

    def receipt(self, text: str) -> Locator:
        return self.page.locator(".toasts").get_by_text(text)

    async def focus_is_in(self, locator: Locator) -> bool:
        return bool(await locator.evaluate("element => element.contains(document.activeElement)"))


async def without_a_new_workflow(person: Person) -> None:
    """Forget what an earlier test typed as a new workflow: the same person's next page would begin with it."""
    request = person.context.request
    session = await (await request.get(f"{person.url}/api/v1/session")).json()
    await request.delete(
        f"{person.url}/api/v1/workflows/new/draft",
        headers={"x-csrf-token": session["csrf_token"]},
    )


async def signed_in_once(browser: Browser, stack: Stack) -> StorageState:
    """Sign in, and return the cookies that say so: every person of a test session then starts with them."""
    context = await browser.new_context()
    await sign_in(await context.new_page(), stack)
    state = await context.storage_state()
    await context.close()
    return state


@asynccontextmanager
async def person_at(
    browser: Browser,
    stack: Stack,
    state: StorageState,
    *,
    language: Language = "en",
    theme: Theme = "light",
    width: int = 1280,
    url: str | None = None,
) -> AsyncIterator[Person]:
    """A person who is signed in, at the stack's own address or another one. Fails if a page said what it must not."""
    url = url or stack.url
    context = await browser.new_context(
        storage_state=state,
        viewport={"width": width, "height": 900},
        locale=language,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    names = {"flusso_lang": language, "flusso_theme": theme}
    await context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in names.items()]
    )
    watch = Watch()
    page = await context.new_page()
    watch.follow(page)
    try:
        yield Person(context, page, url, watch)
        assert watch.complaints == []
    finally:
        await context.close()


async def sign_in(page: Page, stack: Stack) -> None:
    """Follow a fresh link and press the button; only the button signs in."""
    await page.goto(stack.sign_in_link())
    await page.locator("main.sign-in button[type=submit]").click()
    await expect(page.locator(".shell")).to_be_attached()


async def violations(page: Page, rules: Sequence[str] = AXE_TAGS) -> Sequence[str]:
    """What axe-core finds wrong with the page as it is; or only by some rules, by their ids or their tags."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate(AXE_RUN, list(rules))
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


async def sideways_scroll(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


async def faults_in_every_look(page: Page, name: str, language: Language = "en") -> list[str]:
    """Look at the page wide and narrow, light and dark, without loading it again.

    A theme changes colours and nothing else, so the dark one is only asked about those, and wide: narrow pages have the
    same colours. Another language changes the words and what room they take: it is asked about what words can break.
    """
    found = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        rules = AXE_TAGS if language == "en" else WORD_RULES
        found += [f"{name}, {width}: {fault}" for fault in await violations(page, rules)]
        excess = await sideways_scroll(page)
        if excess > 0:
            found.append(f"{name}, {width}: {excess} pixels wider than the window")
    if language == "en":
        found += await faults_in_the_dark(page, name)
    return found


async def faults_in_the_dark(page: Page, name: str) -> list[str]:
    """Look at the colours of the dark theme."""
    await page.set_viewport_size({"width": max(WIDTHS), "height": 800})
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")
    found = [f"{name}, dark: {fault}" for fault in await violations(page, COLOUR_RULES)]
    await page.evaluate("document.documentElement.dataset.theme = 'light'")
    return found


def manifest() -> dict[str, dict[str, object]]:
    """The build's list of files."""
    text = (WEB / "dist" / ".vite" / "manifest.json").read_text()
    return dict(json.loads(text))
