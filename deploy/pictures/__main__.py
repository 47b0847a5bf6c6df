"""`python -m deploy.pictures`: starts a stack of its own, loads the examples, takes every picture in both themes."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from deploy.local.demo import EXAMPLES, Client, play
from deploy.local.errors import CannotStart
from deploy.local.examples import load_examples
from deploy.local.services import ROOT
from deploy.local.stack import Stack
from deploy.pictures.scenes import SCENES, Scene

PICTURES = ROOT / "docs" / "pictures"
BYTES_MAX = 120_000
THEMES = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE_MS = 60_000


def main() -> int:
    """Take all, or those that the arguments name."""
    named = set(sys.argv[1:])
    try:
        with tempfile.TemporaryDirectory(prefix="flusso-pictures-") as folder:
            stack = Stack(Path(folder), durable=False)
            try:
                stack.start()
                load_demo(stack)
                take(stack, [scene for scene in SCENES if not named or scene.name in named])
            finally:
                stack.stop()
    except CannotStart as error:
        print(f"No pictures. {error}", file=sys.stderr)
        return 1
    return 0


def load_demo(stack: Stack) -> None:
    """Play every example's deliveries, as `make demo` does, and answer some of what they ask."""
    with Client(stack.url, stack.admin_token) as client:
        runs = [run for example in load_examples(EXAMPLES) for run in play(client, example)]
        client.wait_until_settled(runs)
    answer_some(stack)


def answer_some(stack: Stack) -> None:
    """Approve and reject the oldest approvals, so that there are runs of every kind."""
    with api(stack) as http:
        asked = {"kind": "approval", "limit": "3"}
        tasks = http.get("/api/v1/tasks", params=asked).raise_for_status().json()["items"]
        for task, action in zip(tasks, ("approve", "reject", "approve"), strict=False):
            http.post(f"/api/v1/tasks/{task['id']}/{action}", json={}).raise_for_status()


def api(stack: Stack) -> httpx.Client:
    headers = {"authorization": f"Bearer {stack.admin_token}"}
    return httpx.Client(base_url=stack.url, headers=headers, timeout=30, trust_env=False)


def take(stack: Stack, scenes: Sequence[Scene]) -> None:
    """Take each scene in both themes. Raises CannotStart if a picture is too large to be kept in the repository."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, api(stack) as http:
        signed_in = sign_in(browser, stack)
        for scene in scenes:
            path = scene.path_of(http)
            for theme in THEMES:
                with page_at(browser, signed_in, theme, scene) as page:
                    page.goto(stack.url + path)
                    scene.settle(page)
                    keep(page, PICTURES / f"{scene.name}-{theme}.png")


def keep(page: Page, file: Path) -> None:
    page.screenshot(path=file, animations="disabled", caret="hide")
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {size / 1000:.0f} KB")
    if size > BYTES_MAX:
        raise CannotStart(f"{file.name} has {size:,} bytes; at most {BYTES_MAX:,} are kept.")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed browser, or the one that FLUSSO_CHROMIUM names."""
    found = (path for path in map(shutil.which, NAMES) if path)
    program = os.environ.get("FLUSSO_CHROMIUM") or next(found, None)
    if program is None:
        raise CannotStart("Chromium is not here. Install it (Debian: apt install chromium).")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


def sign_in(browser: Browser, stack: Stack) -> StorageState:
    """Follow a fresh link; the cookies that say so are for every picture."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(stack.sign_in_link())
    page.locator("main.sign-in button[type=submit]").click()
    page.locator(".shell").wait_for()
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def page_at(browser: Browser, state: StorageState, theme: str, scene: Scene) -> Iterator[Page]:
    """A window of the scene's size, in one theme, with the clock of UTC."""
    context = browser.new_context(
        storage_state=state,
        viewport={"width": scene.width, "height": scene.height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


if __name__ == "__main__":
    sys.exit(main())
