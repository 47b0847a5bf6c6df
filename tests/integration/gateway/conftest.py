"""A gateway with nobody behind it: what it answers alone, and what it keeps for later."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.gateway import Gateway, running_gateway
from tests.support.servers import Broker, Databases, fresh_database


@pytest.fixture
async def gateway(database_url: str, nats_url: str) -> AsyncIterator[Gateway]:
    """This test's own."""
    async with running_gateway(database_url, nats_url) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(
    postgres: Databases, migrated: str, nats_server: Broker
) -> AsyncIterator[Gateway]:
    """One for all tests of a module; for those that mind nothing of what the others leave behind."""
    with fresh_database(postgres, migrated) as database_url:
        async with running_gateway(database_url, nats_server.url) as running:
            yield running
    nats_server.reset()
