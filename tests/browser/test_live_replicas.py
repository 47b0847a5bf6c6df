"""Two gateways behind a round-robin proxy: people see one Flusso, and lose nothing with one of them."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, StorageState, expect

from deploy.local.ports import free_port
from deploy.local.process import ChildProcess
from deploy.local.services import ServicePlan, Surroundings, service_program
from deploy.local.stack import Stack, ask_readyz
from deploy.local.waiting import wait_until_async
from tests.support.api import OPENED, Api, api_of
from tests.support.asking import approval, ask_for_approval
from tests.support.browser import Person, person_at
from tests.support.proxy import HOST, RoundRobin, round_robin

LOOP: Final = "session"
TABS = 8
BURST = 12
PATIENCE_SECONDS = 60.0
COLLECT = """() => {
    window.heard = [];
    window.channel = new BroadcastChannel('flusso-live');
    window.channel.onmessage = ({data}) => data.kind === 'event' && window.heard.push(data.event);
}"""
"""Writes down what the tab with the stream tells the others; the channel lives as long as the page."""


class Pair:
    """The stack's own gateway, another one beside it that may be killed, and the proxy before both."""

    def __init__(self, stack: Stack, other: ChildProcess, port: int, proxy: RoundRobin) -> None:
        self.stack = stack
        self.other = other
        self.other_port = port
        self.proxy = proxy

    def streams(self) -> int:
        """How many event streams both gateways hold together, by their own metrics."""
        return _streams(self.stack.metrics_url("gateway")) + self.streams_of_other()

    def streams_of_other(self) -> int:
        return _streams(f"http://{HOST}:{self.other_port}/metrics")


def _streams(url: str) -> int:
    text = httpx.get(url, trust_env=False, timeout=30).text
    (line,) = [line for line in text.splitlines() if line.startswith("flusso_event_listeners ")]
    return int(float(line.split()[1]))


@pytest.fixture(scope="module")
def other(stack: Stack) -> Iterator[ChildProcess]:
    """A second gateway that uses what the stack's own uses."""
    plan = ServicePlan("gateway-2", "gateway", free_port())
    process = ChildProcess(
        service_program(plan, _surroundings(stack)), stack.data_dir / "logs" / "gateway-2.log"
    )
    yield process
    process.stop()


@pytest_asyncio.fixture(loop_scope=LOOP)
async def pair(stack: Stack, other: ChildProcess) -> AsyncIterator[Pair]:
    """Both, whatever a test before did to the second one."""
    if not other.alive:
        other.start()
    port = int(other.program.environment["FLUSSO_PORT"])
    url = f"http://{HOST}:{port}"
    assert await wait_until_async(lambda: ask_readyz(url) is None, PATIENCE_SECONDS)
    async with round_robin(stack.port, port) as proxy:
        yield Pair(stack, other, port, proxy)


def _surroundings(stack: Stack) -> Surroundings:
    return Surroundings(
        database_url=stack.database_url,
        nats_url=stack.nats_url,
        host=stack.host,
        port=stack.port,
        data_dir=stack.data_dir,
        admin_token=stack.admin_token,
        secret_keys=stack.secret_keys,
        extra={},
    )


@pytest_asyncio.fixture(loop_scope=LOOP)
async def visitor(browser: Browser, pair: Pair, state: StorageState) -> AsyncIterator[Person]:
    """Somebody who only knows the proxy; their session began at one of the gateways."""
    async with person_at(browser, pair.stack, state, url=pair.proxy.url) as somebody:
        yield somebody


async def _is_live(page: Page) -> None:
    await expect(page.locator("[data-connection=live]").first).to_be_attached(timeout=60_000)


async def test_a_task_reaches_every_tab_and_a_browser_holds_one_stream_of_both_gateways(
    api: Api, visitor: Person, pair: Pair
) -> None:
    """On the page, the badge and the Dashboard; also when the tab with the stream closes just before it comes."""
    before = pair.streams()
    await visitor.open("/tasks")
    await _is_live(visitor.page)
    tabs = [await visitor.new_page() for _ in range(TABS - 1)]
    for number, tab in enumerate(tabs):
        await tab.goto(visitor.url + ("/" if number % 2 else "/tasks"))
        await _is_live(tab)
    assert pair.streams() == before + 1
    assert min(pair.proxy.connections.values()) > 0
    for count, title in enumerate(("For every tab", "While another takes over"), start=1):
        await ask_for_approval(api, title)
        for tab in tabs:
            await expect(tab.get_by_role("link", name=title, exact=True)).to_be_visible()
            await expect(tab.locator(".sidebar .count")).to_contain_text(str(count))
        if count == 1:
            await visitor.page.close()
    assert await wait_until_async(lambda: pair.streams() == before + 1, PATIENCE_SECONDS)


async def test_a_stream_goes_on_at_the_other_gateway_without_losing_or_doubling_an_event(
    api: Api, visitor: Person, pair: Pair
) -> None:
    """The stream is held by the gateway that is killed in the middle of a burst."""
    resumed: list[str] = []

    def note(request: Request) -> None:
        if "/api/v1/events" in request.url and "last-event-id" in request.headers:
            resumed.append(request.headers["last-event-id"])

    pair.proxy.backends = [pair.other_port]
    visitor.page.on("request", note)
    await visitor.open("/tasks")
    await _is_live(visitor.page)
    assert pair.streams_of_other() == 1
    pair.proxy.backends = [pair.stack.port, pair.other_port]
    witness = await visitor.new_page()
    await witness.goto(visitor.url + "/tasks")
    await _is_live(witness)
    await witness.evaluate(COLLECT)
    workflow = await api.workflow(approval(title="In the burst"), "Burst")
    runs = set()
    for number in range(BURST):
        runs.add(await api.start(workflow))
        if number == BURST // 2:
            pair.other.kill9()
    await witness.wait_for_function(
        "count => heard.filter(({data}) => data.includes('flusso.task.opened')).length >= count",
        arg=BURST,
        timeout=60_000,
    )
    await expect(visitor.page.locator("article.in-feed").first).to_be_visible()
    await expect(visitor.page.get_by_text(f"{BURST} in total")).to_be_visible()
    heard = await witness.evaluate("heard.map(({event, data}) => [event, JSON.parse(data)])")
    opened = [data["data"]["run_id"] for name, data in heard if data.get("type") == OPENED]
    assert sorted(opened) == sorted(runs)
    assert "reset" not in {name for name, _ in heard}
    assert resumed


async def test_an_approval_whose_answer_is_lost_with_a_gateway_lands_once(
    api: Api, visitor: Person, pair: Pair
) -> None:
    """The gateway has committed it and is gone before it could say so; the other one gives the same answer."""
    task = await ask_for_approval(api, "Said once")
    await visitor.open("/tasks")
    await _is_live(visitor.page)
    with pair.proxy.losing_the_answer_to(b"/approve HTTP"):
        await visitor.card("Said once").get_by_role("button", name="Approve").click()
        assert await wait_until_async(lambda: pair.proxy.lost_answers == 1, PATIENCE_SECONDS)
        await expect(visitor.receipt("Approved. The run has resumed.")).to_be_visible()
    await expect(visitor.page.get_by_text("Your answer was not sent.")).to_have_count(0)
    await expect(visitor.card("Said once")).to_have_count(0)
    run = await api.run_when(str(task["run_id"]), "Completed")
    assert [step["node"] for step in run["trace"]].count("afterwards") == 1


async def test_an_approval_while_no_gateway_answers_lands_once_one_is_back(
    api: Api, visitor: Person, pair: Pair
) -> None:
    task = await ask_for_approval(api, "While nobody answers")
    await visitor.open("/tasks")
    await _is_live(visitor.page)
    approve = visitor.card("While nobody answers").get_by_role("button", name="Approve")
    await expect(approve).to_be_visible()
    pair.proxy.backends = []
    await pair.proxy.hang_up()
    await approve.click()
    await expect(visitor.page.get_by_text("Trying again...")).to_be_visible()
    banner = visitor.page.locator(".banner", has_text="Live updates are paused.")
    await expect(banner).to_be_visible()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"
    pair.proxy.backends = [pair.other_port]
    receipt = visitor.receipt("Approved. The run has resumed.")
    given_up = visitor.card("While nobody answers").get_by_role("alert")
    await expect(receipt.or_(given_up)).to_be_visible(timeout=60_000)
    if await given_up.is_visible():  # on a machine so slow that nobody answered for long
        await approve.click()
    await expect(receipt).to_be_visible(timeout=60_000)
    assert (await api.get(f"/tasks/{task['id']}"))["decision"]["outcome"] == "approved"
    await ask_for_approval(api, "After they came back")
    await expect(visitor.card("After they came back")).to_be_visible(timeout=60_000)
    await expect(banner).to_have_count(0)


async def test_a_session_holds_at_both_gateways_from_its_link_to_its_end(
    stack: Stack, pair: Pair
) -> None:
    """A link made at one is spent at the other, once; signing out at one ends the session at both."""
    first, second = stack.url, f"http://{HOST}:{pair.other_port}"
    async with api_of(stack) as admin:
        link = (await admin.post("/sign-in-links")).json()["url_path"]
    token = {"token": link.partition("#token=")[2]}
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as http:
        session = await http.post(f"{second}/api/v1/session", json=token)
        assert session.status_code == 200
        assert (await http.get(f"{first}/api/v1/session")).json() == session.json()
        cookies = dict(http.cookies)
        headers = {"x-csrf-token": session.json()["csrf_token"]}
        gone = await http.delete(f"{first}/api/v1/session", headers=headers)
        assert gone.status_code == 204
        http.cookies.update(cookies)
        assert (await http.get(f"{second}/api/v1/session")).status_code == 401
        assert (await http.post(f"{first}/api/v1/session", json=token)).status_code == 401
