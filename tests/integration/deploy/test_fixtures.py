import asyncpg
import nats
import pytest

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
