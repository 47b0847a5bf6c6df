"""A gateway with nobody behind it: what it answers alone, and what it keeps for later."""

from collections.abc import AsyncIterator

import pytest

from tests.support.gateway import Gateway, running_gateway


@pytest.fixture
async def gateway(database_url: str, nats_url: str) -> AsyncIterator[Gateway]:
    async with running_gateway(database_url, nats_url) as running:
        yield running
