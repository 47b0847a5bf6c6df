"""A look at everything is a row: any replica drives it, and goes on where another one died."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from pydantic import BaseModel

from contracts.operations import (
    VerifiedChain,
    VerifiedStreams,
    VerifiedTables,
    VerifiedWaits,
    VerifyChain,
    VerifyStreams,
    VerifyTables,
    VerifyWaits,
)
from services.chassis.database import migrate, open_pool
from services.chassis.errors import Transient
from services.gateway.adapters.database import MIGRATIONS
from services.gateway.adapters.verifications import StoredVerifications
from services.gateway.app.verify import Verify
from services.gateway.domain.verification import Scope
from services.gateway.main import SCHEMA
from tests.support.chassis import running, until
from tests.support.gateway import Gateway, settings_for

PAGES = 4


class AnyId(dict[str, str]):
    """Some id for every parameter of a path."""

    def __missing__(self, key: str) -> str:
        return str(UUID(int=1))


class Services:
    """Engine and tasks as they answer this: four pages each, and nothing to be found."""

    def __init__(self, *, dies_after: int | None = None) -> None:
        self.asked: list[VerifyStreams] = []
        self._dies_after = dies_after

    async def ask(
        self,
        subject: str,  # noqa: ARG002 - the port's
        command: BaseModel,
        *,
        timeout_seconds: float | None = None,  # noqa: ARG002
        patient: bool = True,  # noqa: ARG002
    ) -> bytes:
        match command:
            case VerifyStreams():
                if self._dies_after is not None and len(self.asked) >= self._dies_after:
                    await asyncio.Event().wait()
                self.asked.append(command)
                return self._page(command).model_dump_json().encode()
            case VerifyTables():
                return VerifiedTables().model_dump_json().encode()
            case VerifyChain():
                return VerifiedChain(checkpoints=0, entries=0).model_dump_json().encode()
            case VerifyWaits():
                return VerifiedWaits(waits=3).model_dump_json().encode()
            case _:
                raise Transient("nobody asks for that here")

    def _page(self, command: VerifyStreams) -> VerifiedStreams:
        place = int(command.cursor or "0") + 1
        following = None if place == PAGES else str(place)
        return VerifiedStreams(streams=1, events=2, total=PAGES, next_cursor=following)


def now() -> datetime:
    return datetime.now(UTC)


def in_a_while() -> datetime:
    """The clock of a replica that comes when a claim has lapsed."""
    return now() + timedelta(hours=1)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[StoredVerifications]:
    """Verifications that nobody drives but the test."""
    settings = settings_for(database_url, "nats://127.0.0.1:1")
    await migrate(settings, SCHEMA, [MIGRATIONS])
    pool = await open_pool(settings, SCHEMA)
    try:
        yield StoredVerifications(pool)
    finally:
        await pool.close()


async def test_another_replica_goes_on_where_one_died(store: StoredVerifications) -> None:
    dying, other = Services(dies_after=2), Services()
    first = Verify(store, dying, now)
    async with running(first.run()):
        begun = await first.begin(Scope(), "Ada")

        async def has_done_two() -> bool:
            return (await first.get(begun.id)).progress.streams == {"engine": 2}

        await until(has_done_two)
    second = Verify(store, other, in_a_while)
    async with running(second.run()):

        async def is_done() -> bool:
            return (await second.get(begun.id)).state == "done"

        await until(is_done)
    done = await second.get(begun.id)
    assert [asked.cursor for asked in other.asked[:2]] == ["2", "3"]
    assert done.progress.streams == {"engine": PAGES, "tasks": PAGES}
    assert (done.progress.found, done.progress.waits, done.started_by) == (0, 3, "Ada")


async def test_one_runs_at_a_time_and_can_be_stopped_and_gone_on_with(gateway: Gateway) -> None:
    root = "/api/v1/system/verifications"
    begun = await gateway.admin.post(root, json={})
    assert begun.status_code == 201, begun.text
    again = await gateway.admin.post(root, json={})
    assert (again.status_code, again.json()["code"]) == (409, "verification-running")
    one = f"{root}/{begun.json()['id']}"

    assert (await gateway.admin.post(f"{one}/stop")).json()["state"] == "stopped"
    assert (await gateway.admin.get(one)).json()["state"] == "stopped"
    assert (await gateway.admin.post(f"{one}/resume")).json()["state"] == "running"
    assert (await gateway.admin.post(f"{one}/stop")).json()["state"] == "stopped"
    listed = (await gateway.admin.get(root)).json()["items"]
    assert [(item["id"], item["state"]) for item in listed] == [(begun.json()["id"], "stopped")]


async def test_only_admins_look_after_the_system(gateway: Gateway) -> None:
    """Every route below `/system` that the gateway describes."""
    made = await gateway.admin.post("/api/v1/tokens", json={"name": "a member's"})
    described = (await gateway.admin.get("/api/openapi.json")).json()["paths"]
    await gateway.runtime.pool.execute("UPDATE users SET role = 'member'")
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    told = {}
    async with httpx.AsyncClient(base_url=gateway.url, headers=bearer) as member:
        for path, methods in described.items():
            if not path.startswith("/api/v1/system/"):
                continue
            for method in methods:
                takes_letters = path.endswith(("/replay", "/discard"))
                body = {"service": "tasks", "reason": "any"} if takes_letters else {}
                place = path.replace("{service}", "tasks").format_map(AnyId())
                sent = None if method == "get" else body
                answer = await member.request(method, place, json=sent)
                told[f"{method} {path}"] = answer.status_code
    assert len(told) >= 13
    assert told == dict.fromkeys(told, 403)


async def test_health_says_who_does_not_answer(gateway: Gateway) -> None:
    health = (await gateway.admin.get("/api/v1/system/health")).json()
    assert sorted(health["missing"]) == ["engine", "tasks"]
    assert [replica["service"] for replica in health["services"]] == ["gateway"]
