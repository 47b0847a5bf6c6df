"""PostgreSQL is all there is to back up: its dump, restored, is Flusso as it was."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.base import JsonObject
from deploy.local.postgres import DATABASE, PostgresServer, postgres_bin
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of


@contextmanager
def running(data_dir: Path) -> Iterator[Stack]:
    stack = Stack(data_dir, durable=False)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def dump(stack: Stack, file: Path) -> None:
    subprocess.run(
        [postgres_bin() / "pg_dump", "--file", file, "--dbname", stack.database_url], check=True
    )


def restore(data_dir: Path, file: Path) -> None:
    """Put the dump in the place of the database, while no service runs."""
    server = PostgresServer(data_dir, durable=False)
    server.start()
    try:
        server.execute(f"DROP DATABASE {DATABASE}", database="postgres")
        server.execute(f"CREATE DATABASE {DATABASE}", database="postgres")
        arguments = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--dbname={server.url}"]
        subprocess.run(
            [postgres_bin() / "psql", *arguments, "--file", file],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    finally:
        server.stop()


async def lost(api: Api, service: str) -> list[JsonObject]:
    """Return what the broker knows and the log does not, page by page."""
    found: list[JsonObject] = []
    query = {"service": service}
    while True:
        page = await api.get("/system/lost", **query)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query = {"service": service, "cursor": page["next_cursor"]}


async def all_ready(api: Api) -> None:
    async with asyncio.timeout(60):
        while True:
            health = await api.get("/system/health")
            replicas = health["services"]
            if not health["missing"] and all(all(one["ready"].values()) for one in replicas):
                return


async def verified(api: Api) -> JsonObject:
    """Have everything looked at, and return what was found."""
    look = (await api.post("/system/verifications")).json()
    async with asyncio.timeout(60):
        while look["state"] != "done":
            await asyncio.sleep(0.05)
            look = await api.get(f"/system/verifications/{look['id']}")
    return dict(look)


@pytest.mark.timeout(300)
async def test_a_restored_dump_is_flusso_as_it_was(tmp_path: Path) -> None:
    """First beside a broker that has kept what it heard after the dump, which can be listed; then an empty one."""
    file, data_dir = tmp_path / "dump.sql", tmp_path / "data"
    with running(data_dir) as stack:
        async with api_of(stack) as api:
            workflow = await api.workflow(APPROVAL)
            before = await api.start(workflow)
            (task,) = await api.tasks_of(before)
            dump(stack, file)
            assert (await api.decide(task["id"])).status_code == 200
            await api.run_when(before, "Completed")
            after = await api.start(workflow)
            await api.tasks_of(after)

    restore(data_dir, file)

    with running(data_dir) as stack:
        async with api_of(stack) as api:
            assert (await api.http.get(f"/api/v1/runs/{after}")).status_code == 404
            assert (await api.get(f"/runs/{before}"))["status"] == "Waiting"
            undone = [fact for fact in await lost(api, "tasks") if fact["outcome"] is not None]
            assert [(fact["subject"], fact["outcome"], fact["by"]) for fact in undone] == [
                (task["id"], "approved", "admin")
            ]
            begun = {fact["subject"] for fact in await lost(api, "engine")}
            assert after in begun
            assert stack.nats is not None
            await asyncio.to_thread(stack.nats.wipe)
            await all_ready(api)
            assert [*await lost(api, "tasks"), *await lost(api, "engine")] == []
            (again,) = await api.tasks_of(before)
            assert again["digest"] == task["digest"]
            assert (await api.decide(task["id"])).status_code == 200
            await api.run_when(before, "Completed")
            fresh = await api.start(workflow)
            await api.tasks_of(fresh)
            assert await lost(api, "engine") == [], "what is told since then is not lost"
            assert (await verified(api))["findings"] == []
