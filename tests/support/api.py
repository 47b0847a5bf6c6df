"""The public API as a person's script uses it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from contracts.base import Json, JsonObject
from deploy.local.stack import Stack
from tests.support.event_stream import Listener, Told
from tests.support.plain_http import NO_TLS

end_seconds_max = 60.0
OPENED = "flusso.task.opened"
ENDS = frozenset({"flusso.run.completed", "flusso.run.failed", "flusso.run.cancelled"})


def node(key: str, kind: str, **config: Json) -> JsonObject:
    return {"key": key, "type": kind, "name": key.replace("_", " ").capitalize(), "config": config}


def chain(*nodes: JsonObject, trigger: JsonObject | None = None) -> JsonObject:
    """A definition whose nodes follow each other."""
    keys = ["trigger", *(node["key"] for node in nodes)]
    pairs = itertools.pairwise(keys)
    return {
        "trigger": trigger or {"type": "manual_trigger", "config": {}},
        "nodes": list(nodes),
        "edges": [{"from": source, "to": target} for source, target in pairs],
    }


APPROVAL = chain(
    node("note", "transform", text="{{ trigger.output.text | default: 'nothing' }}"),
    node("manager_ok", "approval", prompt="Go on with {{ note.output.text }}?"),
    node("done", "transform", by="{{ manager_ok.output.decided_by }}"),
)


class Api:
    """One client of one gateway, with every right."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def workflow(
        self, definition: JsonObject, name: str = "Test", *, active: bool = True
    ) -> str:
        answer = await self.http.post(
            "/api/v1/workflows", json={"name": name, "description": "", "definition": definition}
        )
        assert answer.status_code == 201, answer.text
        workflow_id = str(answer.json()["id"])
        if active:
            done = await self.http.post(f"/api/v1/workflows/{workflow_id}/activate", json={})
            assert done.status_code == 200, done.text
        return workflow_id

    async def start(self, workflow_id: str, given: JsonObject | None = None) -> str:
        answer = await self.http.post(
            f"/api/v1/workflows/{workflow_id}/runs", json={"input": given or {}}
        )
        assert answer.status_code in {201, 202}, answer.text
        return str(answer.json()["id"])

    async def get(self, path: str, **query: str) -> JsonObject:
        answer = await self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def post(self, path: str, body: Json = None, **headers: str) -> httpx.Response:
        return await self.http.post(
            f"/api/v1{path}", json={} if body is None else body, headers=headers
        )

    async def run_when(self, run_id: str, *statuses: str) -> JsonObject:
        """Return the run once it has one of the statuses; fails after a minute."""
        async with asyncio.timeout(end_seconds_max):
            while True:
                answer = await self.http.get(f"/api/v1/runs/{run_id}")
                if answer.status_code == 200 and answer.json()["status"] in statuses:
                    return dict(answer.json())
                await asyncio.sleep(0.02)

    async def tasks_of(self, run_id: str, expected: int = 1) -> list[JsonObject]:
        """Return the run's pending tasks once there are as many as expected; fails after a minute."""
        async with asyncio.timeout(end_seconds_max):
            while True:
                items = await self.pending()
                mine = [item for item in items if item["run_id"] == run_id]
                if len(mine) == expected:
                    return mine
                await asyncio.sleep(0.02)

    async def pending(self) -> list[JsonObject]:
        """Return every pending task."""
        return await self.all_of("/tasks")

    async def runs_of(self, workflow_id: str) -> list[JsonObject]:
        """Return every run of a workflow."""
        return await self.all_of(f"/workflows/{workflow_id}/runs")

    async def all_of(self, path: str) -> list[JsonObject]:
        """Return every item of a list, page by page."""
        items: list[JsonObject] = []
        cursor: str | None = None
        while True:
            query = {"limit": "200", **({"cursor": cursor} if cursor else {})}
            page = await self.get(path, **query)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def decide(self, task_id: str, action: str = "approve", **body: Json) -> httpx.Response:
        return await self.post(f"/tasks/{task_id}/{action}", body)


@asynccontextmanager
async def api_of(stack: Stack, url: str | None = None) -> AsyncIterator[Api]:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(
        base_url=url or stack.url,
        headers={"authorization": f"Bearer {stack.admin_token}"},
        timeout=30.0,
        limits=limits,
        trust_env=False,
        verify=NO_TLS,
    ) as http:
        yield Api(http)


async def told_until(listener: Listener, wanted: set[str], types: frozenset[str]) -> Sequence[Told]:
    """Listen until an event of these types was told of every wanted subject."""
    told = []
    missing = set(wanted)
    while missing:
        event = await listener.next("message")
        told.append(event)
        if event.data["type"] in types:
            missing.discard(event.data["subject"])
    return told
