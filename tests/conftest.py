"""Fixtures for every kind of test: real servers, started once a session and worker."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from deploy.local.stack import Stack
from services.engine.adapters.vault import VARIABLE, new_key
from tests.support.memory import MEMORY, memory_is_free
from tests.support.migrated import make_migrated
from tests.support.servers import (
    Broker,
    Databases,
    fresh_database,
    running_nats,
    running_postgres,
)

# A busy machine is no failure: limits on time are written down where they matter.
settings.register_profile("flusso", deadline=None, print_blob=True)
settings.load_profile("flusso")

# What tests write is thrown away, and making a file costs a tenth in memory. Only where there is room.
if memory_is_free():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A key of the test run's own, for every engine that a test starts, in this process or beside it.
os.environ.setdefault(VARIABLE, new_key())


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """One PostgreSQL for the session."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as databases:
        yield databases


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One NATS with JetStream for the session."""
    with running_nats(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


@pytest.fixture(scope="session")
def migrated(postgres: Databases) -> str:
    """The name of a database that has every service's tables, to be copied."""
    return make_migrated(postgres)


@pytest.fixture
def database_url(postgres: Databases, migrated: str) -> Iterator[str]:
    """A database with the tables of every service and nothing in them, this test's own."""
    with fresh_database(postgres, migrated) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: Databases) -> Iterator[str]:
    """A database without any table, this test's own."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture
def nats_url(nats_server: Broker) -> Iterator[str]:
    """A broker without any stream; what the test makes there goes with it."""
    yield nats_server.url
    nats_server.reset()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole of Flusso as real processes, one for the session and worker: `url`, `admin_token`, `sign_in_link()`."""
    running = Stack(tmp_path_factory.mktemp("stack"), durable=False)
    try:
        running.start()
        yield running
    finally:
        running.stop()
