"""The engine without its worker, and the worker alone: the same program, told what it is for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contracts.subjects import RUN_EVENTS, WORKER_ON_NODE_SCHEDULED
from services.chassis.runtime import open_runtime
from services.chassis.settings import SettingsError
from services.engine.adapters.statements import MIGRATIONS
from services.engine.main import SCHEMA, build, read_roles
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_service, settings_for
from tests.support.http_target import answer, http_target
from tests.support.runs import node, workflow

ROLES = "FLUSSO_ENGINE_ROLES"


@asynccontextmanager
async def worker_alone(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    monkeypatch.setenv(ROLES, "worker")
    async with open_runtime(settings_for(database_url, nats_url), SCHEMA, [MIGRATIONS]) as runtime:
        await runtime.connect()
        await build(runtime)
        await runtime.broker.start()
        yield


async def test_a_worker_of_its_own_does_what_the_engine_leaves_to_it(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv(ROLES, "engine")
    async with http_target() as target:
        target.will_answer(answer(b"fine"))
        async with engine_service(database_url, nats_url) as engine:
            definition = workflow([node("call", "http_request", url=target.url)])
            run = await engine.start(await engine.workflow(definition))
            await until(lambda: is_offered(engine))
            assert target.asked == []

            async with worker_alone(database_url, nats_url, monkeypatch):
                found = await engine.ended(run.id, "Completed")

    assert found.output["body"] == "fine"
    assert len(target.asked) == 1


async def is_offered(engine: Engine) -> bool:
    info = await engine.client.jetstream().consumer_info(RUN_EVENTS, WORKER_ON_NODE_SCHEDULED)
    return info.num_pending == 1 and not info.num_ack_pending


def test_both_roles_are_the_default() -> None:
    assert read_roles({}) == read_roles({ROLES: ""}) == {"engine", "worker"}
    assert read_roles({ROLES: " worker "}) == {"worker"}
    assert read_roles({ROLES: "engine, worker"}) == {"engine", "worker"}


def test_a_role_that_does_not_exist_is_one_sentence() -> None:
    with pytest.raises(SettingsError, match=r"^FLUSSO_ENGINE_ROLES is 'wroker'; it must be"):
        read_roles({ROLES: "wroker"})
