"""The real PostgreSQL and NATS that tests run against: from the wheels, or in containers.

`FLUSSO_TEST_BACKEND=containers` chooses containers; anything else, or nothing, the wheels. A container
is the stock image with its defaults (TCP, a password, the locale en_US), so the same tests show
that nothing depends on how we set up the servers ourselves.
"""

import asyncio
import os
import socket
import uuid
from abc import abstractmethod
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import asyncpg
import nats
import pytest

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

POSTGRES_IMAGE = "postgres:18"
NATS_IMAGE = "nats:2.15"
POSTGRES_PORT = 5432
NATS_PORT = 4222
EMPTY = "template0"
DOCKER_HOST_DEFAULT = "unix:///var/run/docker.sock"


class Databases(Protocol):
    """A PostgreSQL server that hands out empty databases."""

    @abstractmethod
    def url_of(self, database: str) -> str: ...

    @abstractmethod
    def execute(self, statement: str) -> None: ...


class Broker(Protocol):
    """A NATS server with JetStream that can be emptied."""

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def reset(self) -> None:
        """Leave no stream behind."""


def wants_containers() -> bool:
    return os.environ.get("FLUSSO_TEST_BACKEND") == "containers"


@contextmanager
def running_postgres(folder: Path) -> Iterator[Databases]:
    if wants_containers():
        with postgres_container() as databases:
            yield databases
        return
    server = PostgresServer(folder, durable=False, output=folder / "postgres.log")
    server.start()
    try:
        yield EmbeddedDatabases(server)
    finally:
        server.stop()


@contextmanager
def running_nats(folder: Path) -> Iterator[Broker]:
    if wants_containers():
        with nats_container() as broker:
            yield broker
        return
    server = NatsServer(folder, output=folder / "nats.log")
    server.start()
    try:
        yield EmbeddedBroker(server)
    finally:
        server.stop()


@contextmanager
def fresh_database(databases: Databases, template: str = EMPTY) -> Iterator[str]:
    """The URL of a copy of the template that goes when the test ends, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    databases.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY file_copy')
    try:
        yield databases.url_of(name)
    finally:
        databases.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class EmbeddedDatabases:
    def __init__(self, server: PostgresServer) -> None:
        self.server = server

    def url_of(self, database: str) -> str:
        return self.server.url_of(database)

    def execute(self, statement: str) -> None:
        self.server.execute(statement)


class EmbeddedBroker:
    def __init__(self, server: NatsServer) -> None:
        self.server = server

    @property
    def url(self) -> str:
        return self.server.url

    def reset(self) -> None:
        self.server.wipe()


class ContainerDatabases:
    def __init__(self, url: str) -> None:
        self._url = url

    def url_of(self, database: str) -> str:
        return f"{self._url}/{database}"

    def execute(self, statement: str) -> None:
        run_apart(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url_of("flusso"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class ContainerBroker:
    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        # Not by a restart, as the wheels' broker: Docker would publish another port.
        run_apart(self._delete_streams())

    async def _delete_streams(self) -> None:
        client = await nats.connect(self.url)
        try:
            streams = client.jetstream()
            for stream in await streams.streams_info():
                assert stream.config.name is not None
                await streams.delete_stream(stream.config.name)
        finally:
            await client.close()


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Wait for it in a thread with a loop of its own: fixtures also call this inside a loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


@contextmanager
def postgres_container() -> Iterator[Databases]:
    require_container_engine()
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - only here
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    container = (
        PostgresContainer(POSTGRES_IMAGE, username="flusso", password="flusso", dbname="flusso")
        .with_command("-c fsync=off")
        # Its own waiting does not notice when the server ends at once; this one does.
        .waiting_for(LogMessageWaitStrategy("init process complete"))
    )
    with container as running:
        yield ContainerDatabases(f"postgresql://flusso:flusso@{address(running, POSTGRES_PORT)}")


@contextmanager
def nats_container() -> Iterator[Broker]:
    require_container_engine()
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - only here
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    container = (
        DockerContainer(NATS_IMAGE)
        .with_command("-js")
        .with_exposed_ports(NATS_PORT)
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    with container as running:
        yield ContainerBroker(f"nats://{address(running, NATS_PORT)}")


def address(container: "DockerContainer", port: int) -> str:
    """Host and port, as seen from here, of a port inside the container."""
    host = container.get_container_host_ip()
    # Docker may publish one port under two numbers, of which this is the one for IPv4
    # (https://github.com/moby/moby/issues/42442); a name would be tried as IPv6 first.
    ipv4 = "127.0.0.1" if host == "localhost" else host
    return f"{ipv4}:{container.get_exposed_port(port)}"


def require_container_engine() -> None:
    if not container_engine_answers():
        pytest.fail(
            "FLUSSO_TEST_BACKEND=containers needs a running Docker engine, and none answers;"
            " without that variable the same tests use PostgreSQL and NATS from the wheels.",
            pytrace=False,
        )


def container_engine_answers() -> bool:
    """Whether someone listens where testcontainers will look; over ssh it finds out by itself."""
    from testcontainers.core.docker_client import get_docker_host  # noqa: PLC0415 - only here

    where = urlsplit(get_docker_host() or DOCKER_HOST_DEFAULT)
    match where.scheme:
        case "unix":
            return listens(socket.AF_UNIX, where.path)
        case "tcp":
            return listens(socket.AF_INET, (where.hostname, where.port))
        case _:
            return True


def listens(family: socket.AddressFamily, where: str | tuple[str | None, int | None]) -> bool:
    with socket.socket(family) as probe:
        try:
            probe.connect(where)
        except OSError:
            return False
    return True
