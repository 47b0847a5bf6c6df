"""Another worker does a job meanwhile: the one that waited looks again right before its request's first byte."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts.run import NodeScheduled
from services.chassis.errors import Transient
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.host_turns import HostTurns
from services.engine.app.last_look import Gate
from services.engine.app.perform_http import perform_http
from services.engine.domain.addresses import parse_networks
from tests.support.http_target import Target, answer, http_target, job


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with http_target() as found:
        yield found


async def test_a_request_that_waits_for_its_turn_too_long_to_be_wanted_is_not_sent(
    target: Target,
) -> None:
    client = CheckedClient(parse_networks("127.0.0.0/8"), HostTurns(per_host=1))
    target.will_answer(None, answer(b"fine"))
    passed: list[str] = []

    async def recorded_meanwhile() -> None:
        passed.append("looked")
        raise Transient("its result was recorded")

    async with asyncio.TaskGroup() as group:
        stuck = group.create_task(perform_http(client, job(target.url)))
        await target.arrived.wait()
        late = group.create_task(_put_off(client, job(target.url), recorded_meanwhile))
        await asyncio.sleep(0)
        assert not passed, "it is not its turn yet"
        stuck.cancel()
        assert await late

    assert passed == ["looked"]
    assert len(target.asked) == 1
    assert "output" in await perform_http(client, job(target.url)), "the connection is free again"
    await client.close()


async def _put_off(client: CheckedClient, one: NodeScheduled, gate: Gate) -> bool:
    try:
        await perform_http(client, one, gate)
    except Transient:
        return True
    return False
