"""`make bench-inbox`: brings runs to wait and measures in Chromium what a person feels of the Tasks page."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import httpx
import uvloop
from playwright.async_api import Page, expect

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.load.cycle import CYCLE
from tests.load.figures import Figure, machine, table
from tests.load.message_load import fill_with_waiting
from tests.support.asking import form
from tests.support.browser import Person, person_at, running_chromium, signed_in_once

waiting_default = 100_000
forms = 50
"""The oldest tasks are forms, so that there is something to type into at the top of the list."""
window = 200
cards_loaded = 10_000
rounds = 3
scroll_seconds = 4.0
pixels_a_frame = 60
patience_ms = 120_000

SCROLL = """async ([pixels, seconds]) => {
    const began = performance.now();
    let frames = 0;
    while (performance.now() - began < seconds * 1000) {
        window.scrollBy(0, pixels);
        await new Promise(requestAnimationFrame);
        frames += 1;
    }
    return frames * 1000 / (performance.now() - began);
}"""


async def fill(stack: Stack, runs: int) -> dict[str, str]:
    """Bring so many runs to wait, the first of them for forms; returns the ids of both workflows by kind."""
    made = {
        "manual_input": _create(stack, "Details of an order", form("Details")),
        "approval": _create(stack, "Refunds", CYCLE),
    }
    for kind, count in (("manual_input", min(forms, runs)), ("approval", max(0, runs - forms))):
        await fill_with_waiting(stack.nats_url, UUID(made[kind]), count, min(window, count))
    return made


def _create(stack: Stack, name: str, definition: JsonObject) -> str:
    answer = httpx.post(
        f"{stack.url}/api/v1/workflows",
        json={"name": name, "description": "", "definition": definition},
        headers={"authorization": f"Bearer {stack.admin_token}"},
        timeout=60,
        trust_env=False,
    )
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return str(answer.json()["id"])


async def elements(page: Page) -> int:
    """How many elements the page has."""
    return int(await page.evaluate("document.querySelectorAll('*').length"))


async def load_cards(page: Page, count: int) -> int:
    """Scroll on until so many cards have been loaded; returns the most elements that the page had on the way."""
    most = 0
    while await last_position(page) < count:
        await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        await expect(page.locator(".feed[aria-busy=true]")).to_have_count(0, timeout=patience_ms)
        most = max(most, await elements(page))
    return most


async def last_position(page: Page) -> int:
    """The place in the list of the last card that exists."""
    places = "cards => Math.max(0, ...cards.map(card => Number(card.ariaPosInSet)))"
    return int(await page.locator("article.in-feed").evaluate_all(places))


async def heap_mb(page: Page) -> float:
    """The memory of the page's own objects, after what is unused has been swept out."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return float(used["usedSize"]) / 1e6


async def measure(stack: Stack, person: Person, waiting: int) -> list[Figure]:
    """Everything, on the inbox as it is. Fails if a draft is lost on the way through it."""
    page = person.page
    figures = [await _opening(person)]
    draft = page.locator("article[aria-posinset='1'] input").first
    await draft.fill("A draft")
    before = time.perf_counter()
    cards = min(cards_loaded, waiting)
    most = await load_cards(page, cards)
    assert await draft.input_value() == "A draft", "the draft was lost"
    figures += [
        Figure(f"{cards:,} cards scrolled through", time.perf_counter() - before, "s"),
        Figure("elements on the page at most", most, "", 1_500, higher_is_better=False),
        Figure("heap after that", await heap_mb(page), "MB", 100, higher_is_better=False),
        await _smoothness(page),
        await _filtering(page),
        await _deep_link(stack, person),
    ]
    return figures


async def _opening(person: Person) -> Figure:
    times = []
    for _ in range(rounds):
        before = time.perf_counter()
        await person.open("/tasks")
        await expect(person.page.locator("article.in-feed").first).to_be_visible()
        times.append((time.perf_counter() - before) * 1000)
    return Figure("address to first card", statistics.median(times), "ms")


async def _smoothness(page: Page) -> Figure:
    rates = []
    for _ in range(rounds):
        await page.evaluate("window.scrollTo(0, 0)")
        await expect(page.locator("article[aria-posinset='1']")).to_be_visible()
        rates.append(float(await page.evaluate(SCROLL, [pixels_a_frame, scroll_seconds])))
    return Figure("frames a second while scrolling", statistics.median(rates), "1/s", 45)


async def _filtering(page: Page) -> Figure:
    times = []
    for _ in range(rounds):
        await page.evaluate("window.scrollTo(0, 0)")
        await page.get_by_label("Type").select_option("approval")
        await expect(page.locator("article.in-feed form")).to_have_count(0)
        before = time.perf_counter()
        await page.get_by_label("Type").select_option("manual_input")
        await expect(page.locator("article.in-feed form").first).to_be_visible()
        times.append((time.perf_counter() - before) * 1000)
    return Figure("another filter to its first card", statistics.median(times), "ms")


async def _deep_link(stack: Stack, person: Person) -> Figure:
    headers = {"authorization": f"Bearer {stack.admin_token}"}
    url = f"{stack.url}/api/v1/tasks?sort=newest&limit=1"
    async with httpx.AsyncClient(trust_env=False, headers=headers) as http:
        newest = (await http.get(url)).json()["items"][0]["id"]
    before = time.perf_counter()
    await person.open(f"/tasks/{newest}")
    await expect(person.page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    return Figure("link to the newest task", (time.perf_counter() - before) * 1000, "ms")


@asynccontextmanager
async def somebody(stack: Stack) -> AsyncIterator[Person]:
    """A signed-in person at a browser of their own."""
    async with running_chromium() as browser:
        state = await signed_in_once(browser, stack)
        async with person_at(browser, stack, state) as person:
            yield person


async def run(stack: Stack, waiting: int) -> list[Figure]:
    """Fill the inbox and measure it."""
    before = time.perf_counter()
    await fill(stack, waiting)
    seconds = time.perf_counter() - before
    print(f"{waiting:,} runs wait, after {seconds:.0f} s.", file=sys.stderr)
    async with somebody(stack) as person:
        return [Figure("tasks that wait", waiting, ""), *await measure(stack, person, waiting)]


def main() -> None:
    """Print the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=waiting_default)
    options = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory(prefix="flusso-inbox-") as folder:
        stack = Stack(Path(folder), durable=False)
        try:
            stack.start()
            figures = uvloop.run(run(stack, options.waiting))
        finally:
            stack.stop()
    print(table(figures))
    print(f"machine: {about}")
    rows = [asdict(figure) | {"reached": figure.reached} for figure in figures]
    print(json.dumps({"machine": about, "figures": rows}))


if __name__ == "__main__":
    main()
