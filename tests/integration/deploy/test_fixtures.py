from pathlib import Path

import asyncpg
import nats
import pytest

from tests.support.servers import Broker, Databases, fresh_database, running_nats, running_postgres

twice = pytest.mark.parametrize("visit", ["first", "second"])


@twice
async def test_every_test_gets_an_empty_database(database_url: str, visit: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"CREATE TABLE things (only_in_{visit} int)")
    finally:
        await connection.close()


@twice
async def test_every_test_gets_a_broker_without_streams(nats_url: str, visit: str) -> None:
    client = await nats.connect(nats_url)
    try:
        assert await client.jetstream().streams_info() == []
        await client.jetstream().add_stream(name="THINGS", subjects=[f"things.{visit}"])
    finally:
        await client.close()


async def test_the_servers_can_be_used_while_a_loop_runs(
    postgres: Databases, nats_server: Broker
) -> None:
    with fresh_database(postgres) as url:
        connection = await asyncpg.connect(url)
        await connection.close()
    nats_server.reset()


def test_containers_without_an_engine_fail_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_TEST_BACKEND", "containers")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    for running in (running_postgres, running_nats):
        with pytest.raises(pytest.fail.Exception, match="none answers"), running(tmp_path):
            pass
