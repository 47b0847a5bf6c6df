"""What is pictured: an address, the size of the window, and when the page is as it should be."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page, expect

WIDTH = 1280
HEIGHT = 700


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture, taken in both themes."""

    name: str
    path_of: Callable[[httpx.Client], str]
    settle: Callable[[Page], None]
    width: int = WIDTH
    height: int = HEIGHT


def workflow_id(http: httpx.Client, name: str) -> str:
    answer = http.get("/api/v1/workflows", params={"q": name}).raise_for_status()
    return next(str(item["id"]) for item in answer.json()["items"] if item["name"] == name)


def latest_run(http: httpx.Client, workflow: str, status: str) -> str:
    asked = {"workflow_id": workflow_id(http, workflow), "status": status, "limit": "1"}
    return str(http.get("/api/v1/runs", params=asked).raise_for_status().json()["items"][0]["id"])


def _live(page: Page) -> None:
    page.locator("[data-connection=live]").first.wait_for(state="attached")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def _tasks(page: Page) -> None:
    _live(page)
    page.locator("article.in-feed").first.evaluate("card => card.focus({preventScroll: true})")
    page.locator(".context-panel .context-step").first.wait_for()


def _graph(page: Page) -> None:
    _live(page)
    page.locator("[data-step]").first.wait_for()


def _drawn_run(page: Page) -> None:
    """Below the tasks that it waits for."""
    _graph(page)
    page.locator("#trace-title").evaluate("title => title.scrollIntoView()")
    page.mouse.wheel(0, -24)


def _charts(page: Page) -> None:
    _live(page)
    page.locator("main [role=img]").first.wait_for()


SCENES = (
    Scene("tasks", lambda _: "/tasks", _tasks, height=720),
    Scene(
        "editor", lambda http: f"/workflows/{workflow_id(http, 'Release gate')}?mode=graph", _graph
    ),
    Scene(
        "run",
        lambda http: f"/runs/{latest_run(http, 'Release gate', 'Waiting')}?view=graph",
        _drawn_run,
        height=780,
    ),
    Scene("monitor", lambda _: "/monitor?view=charts", _charts, height=780),
)
