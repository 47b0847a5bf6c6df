"""Fixtures of the browser tests: a browser, a person who is signed in, and an inbox without what earlier tests left."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, StorageState, expect

from deploy.local.stack import Stack
from tests.support.api import Api, api_of
from tests.support.browser import Person, person_at, running_chromium, signed_in_once

LOOP: Final = "session"

expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here shares one browser, so one worker and one event loop; two browsers would only slow each other."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.asyncio(loop_scope=LOOP), append=False)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest_asyncio.fixture(scope="session", loop_scope=LOOP)
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope=LOOP)
async def state(browser: Browser, stack: Stack) -> StorageState:
    """The cookies of somebody who is signed in."""
    return await signed_in_once(browser, stack)


@pytest_asyncio.fixture(loop_scope=LOOP)
async def api(stack: Stack) -> AsyncIterator[Api]:
    """Scripts with every right, on an inbox that is empty at the start."""
    async with api_of(stack) as client:
        for task in await client.pending():
            await client.post(f"/runs/{task['run_id']}/cancel", {"reason": "left by another test"})
        while await client.pending():
            pass
        yield client


@pytest_asyncio.fixture(loop_scope=LOOP)
async def unchosen(api: Api) -> AsyncIterator[None]:
    """All people here are one user: what a test lets them choose in Settings must not outlive it."""
    yield
    wishes = {"time_zone": None, "language": None, "theme": None, "shortcuts": None}
    answer = await api.http.patch("/api/v1/me", json={**wishes, "name": "admin"})
    assert answer.status_code == 200


@pytest_asyncio.fixture(loop_scope=LOOP)
async def person(browser: Browser, stack: Stack, state: StorageState) -> AsyncIterator[Person]:
    async with person_at(browser, stack, state) as somebody:
        yield somebody


@pytest_asyncio.fixture(loop_scope=LOOP)
async def colleague(browser: Browser, stack: Stack, state: StorageState) -> AsyncIterator[Person]:
    """A second person at another browser."""
    async with person_at(browser, stack, state) as somebody:
        yield somebody
