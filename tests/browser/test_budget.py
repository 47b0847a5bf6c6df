"""What a person waits for: how much the first page loads, from where, and how many elements a long inbox has."""

import asyncio
import gzip

from playwright.async_api import expect

from tests.support.api import Api
from tests.support.asking import approval
from tests.support.browser import WEB, Person, manifest

SCRIPT_KB_MAX = 130
STYLE_KB_MAX = 15
LONG_INBOX = 260
ELEMENTS_MAX = 1_500


def first_load() -> set[str]:
    """The files that the browser must have before a task can be decided: the entry and what it imports."""
    files = manifest()
    wanted, found = ["index.html", "src/i18n/en.ts"], set()
    while wanted:
        chunk = files[wanted.pop()]
        styles = chunk.get("css", [])
        imports = chunk.get("imports", [])
        assert isinstance(styles, list)
        assert isinstance(imports, list)
        found |= {str(chunk["file"]), *map(str, styles)}
        wanted += [str(name) for name in imports if str(files[str(name)]["file"]) not in found]
    return found


def kilobytes(names: set[str]) -> float:
    return sum(len(gzip.compress((WEB / "dist" / name).read_bytes(), 9)) for name in names) / 1_000


async def test_the_first_page_is_small() -> None:
    files = first_load()
    scripts = {name for name in files if name.endswith(".js")}
    assert kilobytes(scripts) <= SCRIPT_KB_MAX
    assert kilobytes(files - scripts) <= STYLE_KB_MAX


async def test_nothing_is_fetched_from_elsewhere(person: Person) -> None:
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/tasks", "/workflows", "/workflows/new", "/monitor", "/settings"):
        await person.open(path)
    assert [url for url in asked if not url.startswith(person.url)] == []


async def test_files_are_served_compressed_and_never_change(person: Person) -> None:
    for name in first_load():
        answer = await person.context.request.get(f"{person.url}/{name}")
        assert answer.headers["content-encoding"] == "br"
        assert "immutable" in answer.headers["cache-control"]


async def test_a_long_inbox_has_few_elements_and_keeps_drafts_and_focus(
    api: Api, person: Person
) -> None:
    workflow = await api.workflow(approval("Number {{ trigger.output.number }}"), "Many")
    runs = [api.start(workflow, {"number": number}) for number in range(LONG_INBOX)]
    await asyncio.gather(*runs)
    while len(await api.pending()) < LONG_INBOX:
        pass
    await person.open("/tasks")
    page = person.page
    await expect(page.get_by_text(f"{LONG_INBOX} in total")).to_be_visible()
    last = page.locator(f"article[aria-posinset='{LONG_INBOX}']")
    await page.keyboard.press("j")
    first = page.locator("article[aria-posinset='1']")
    await expect(first).to_be_focused()
    async with asyncio.timeout(30):
        while not await last.count():
            await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            await expect(page.locator(".feed[aria-busy=true]")).to_have_count(0)
    assert await page.evaluate("document.querySelectorAll('*').length") < ELEMENTS_MAX
    await expect(first).to_be_focused()
    await expect(last).to_have_attribute("aria-setsize", str(LONG_INBOX))
    await page.keyboard.press("PageDown")
    await expect(page.locator("article[aria-posinset='2']")).to_be_focused()
    await expect(page.locator("article[aria-posinset='2']")).to_be_in_viewport()
