"""A gateway on real servers, in this process; and streams to tell it what the relays would."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nats
from nats.js import JetStreamContext

from contracts import subjects
from contracts.base import JsonObject
from contracts.envelope import BATCH_CONTENT_TYPE
from services.chassis.provisioner import Provisioner, StreamSpec
from services.chassis.runtime import Runtime, open_runtime
from services.chassis.settings import Settings
from services.gateway.adapters.database import MIGRATIONS
from services.gateway.main import SCHEMA, make_server
from tests.support.live_messages import message
from tests.support.plain_http import NO_TLS

ADMIN_TOKEN = "the-admin-token-of-a-test"
wait_seconds_max = 60.0
STREAMS = (
    StreamSpec(subjects.RUN_EVENTS, (subjects.RUN_SUBJECTS,)),
    StreamSpec(subjects.TASK_EVENTS, (subjects.TASK_SUBJECTS,)),
)


def settings_for(database_url: str, nats_url: str) -> Settings:
    return Settings(
        service="gateway",
        database_url=database_url,
        nats_url=nats_url,
        host="127.0.0.1",
        port=0,
        health_port=0,
        data_dir=Path(),
        admin_token=ADMIN_TOKEN,
        log_format="json",
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that answers at `url`."""

    url: str
    runtime: Runtime
    admin: httpx.AsyncClient
    anyone: httpx.AsyncClient

    def browser(self) -> httpx.AsyncClient:
        """A client with a cookie jar of its own, to be closed by the caller."""
        return httpx.AsyncClient(base_url=self.url, verify=NO_TLS)


@asynccontextmanager
async def running_gateway(database_url: str, nats_url: str) -> AsyncIterator[Gateway]:
    """Serve on a free port until the block ends."""
    async with open_runtime(settings_for(database_url, nats_url), SCHEMA, [MIGRATIONS]) as runtime:
        server = make_server(runtime)
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        bearer = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        async with (
            httpx.AsyncClient(base_url=url, headers=bearer, verify=NO_TLS) as admin,
            httpx.AsyncClient(base_url=url, verify=NO_TLS) as anyone,
        ):
            yield Gateway(url, runtime, admin, anyone)
        server.should_exit = True
        await serving


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fails after a minute."""
    async with asyncio.timeout(wait_seconds_max):
        while not condition():  # noqa: ASYNC110 - the condition lies in another system
            await asyncio.sleep(0.01)


async def eventually(
    ask: Callable[[], Awaitable[httpx.Response]], holds: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Ask again until the answer is as wished; fails after a minute."""
    async with asyncio.timeout(wait_seconds_max):
        while True:
            answer = await ask()
            if holds(answer):
                return answer
            await asyncio.sleep(0.05)


async def ready(gateway: Gateway) -> None:
    """Wait until the gateway has heard both streams."""
    await eventually(
        lambda: gateway.anyone.get("/readyz"), lambda answer: answer.status_code == 200
    )


async def make_workflow(gateway: Gateway, definition: JsonObject) -> str:
    """Create and activate a workflow, waiting for the engine to be there."""
    await eventually(
        lambda: gateway.admin.get("/api/v1/workflows"), lambda answer: answer.status_code == 200
    )
    made = await gateway.admin.post(
        "/api/v1/workflows", json={"name": "Of a test", "definition": definition}
    )
    assert made.status_code == 201, made.text
    workflow_id: str = made.json()["id"]
    active = await gateway.admin.post(f"/api/v1/workflows/{workflow_id}/activate")
    assert active.status_code == 200, active.text
    return workflow_id


@asynccontextmanager
async def publisher(nats_url: str) -> AsyncIterator["Publisher"]:
    """Connect to NATS, make both streams, and publish like a relay."""
    connection = await nats.connect(nats_url)
    try:
        await Provisioner(connection, STREAMS, ()).provision()
        yield Publisher(connection.jetstream())
    finally:
        await connection.close()


class Publisher:
    """Publishes batches of events."""

    def __init__(self, streams: JetStreamContext) -> None:
        self.streams = streams

    async def runs(self, *events: bytes) -> None:
        await self._publish(subjects.RUN_FACTS, subjects.RUN_EVENTS, *events)

    async def tasks(self, *events: bytes) -> None:
        await self._publish(subjects.TASK_FACTS, subjects.TASK_EVENTS, *events)

    async def _publish(self, subject: str, stream: str, *events: bytes) -> None:
        headers = {"content-type": BATCH_CONTENT_TYPE}
        await self.streams.publish(subject, message(*events), stream=stream, headers=headers)
