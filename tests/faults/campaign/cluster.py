"""Two replicas of each service, PostgreSQL and NATS, as real processes with a proxy on each edge between them.

What ends unasked is started again, as any supervisor would; what a fault holds down stays down until it is let go.
"""

import asyncio
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx

from deploy.local.data_folder import read_or_make_secret, read_or_make_secret_key
from deploy.local.errors import CannotStart
from deploy.local.keeper import Member
from deploy.local.nats import NatsServer
from deploy.local.ports import free_port
from deploy.local.postgres import SOCKET_PORT, PostgresServer
from deploy.local.process import ChildProcess, LineSink
from deploy.local.services import ServicePlan, Surroundings, plan_services, service_program
from deploy.local.stack import ask_readyz, stop_together
from services.chassis.crash_points import VARIABLE as CRASH_POINTS
from services.tasks.adapters.signing import VARIABLE as SIGNING_KEY
from services.tasks.adapters.signing import signer_from
from tests.faults.campaign.own_disk import OwnDisk
from tests.support.tcp_proxy import TcpProxy

look_seconds = 0.2
ready_seconds_max = 300.0
ALLOWED_NETWORKS = "FLUSSO_HTTP_ALLOWED_NETWORKS"


@dataclass(frozen=True, slots=True)
class UnaskedEnd:
    """A process that nobody had asked to end."""

    name: str
    exit_code: int | None
    at: float


@dataclass(slots=True)
class Cluster:
    """What runs, by name, and the proxies by (replica, server)."""

    folder: Path
    admin_token: str
    public_key: str
    """Of what tasks sign, in base64."""
    postgres: PostgresServer
    nats: NatsServer
    services: dict[str, ChildProcess]
    plans: dict[str, ServicePlan]
    proxies: dict[tuple[str, str], TcpProxy]
    disk: OwnDisk | None = None
    """Where PostgreSQL's data lies, if it has a file system of its own."""
    held: set[str] = field(default_factory=set)
    """Members that are to stay down for now."""
    unasked: list[UnaskedEnd] = field(default_factory=list)
    dying: set[str] = field(default_factory=set)
    """Members whose end is asked for: a kill, or a crash point that was armed."""

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def nats_url(self) -> str:
        return self.nats.url

    @property
    def gateways(self) -> list[str]:
        """Where both gateways answer."""
        return [self.url_of(name) for name in self.services if name.startswith("gateway")]

    def url_of(self, name: str) -> str:
        return f"http://127.0.0.1:{self.plans[name].port}"

    def member(self, name: str) -> Member:
        servers: dict[str, Member] = {"postgres": self.postgres, "nats": self.nats}
        return servers.get(name) or self.services[name]

    def replicas(self, service: str) -> list[str]:
        return [name for name, plan in self.plans.items() if plan.service == service]

    def log_of(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    async def kill(self, name: str) -> None:
        self.dying.add(name)
        await asyncio.to_thread(self.member(name).kill9)

    async def start(self, name: str) -> None:
        """Start one that is down, whatever held it."""
        try:
            await asyncio.to_thread(self.member(name).start)
        except (CannotStart, OSError):  # its disk may be full
            self.dying.add(name)  # the keeper tries again
        else:
            self.dying.discard(name)
        self.held.discard(name)

    def arm(self, name: str, points: str) -> None:
        """From its next start on the replica dies at that crash point; an empty text disarms it."""
        child = self.services[name]
        environment = {**child.program.environment, CRASH_POINTS: points}
        child.program = replace(child.program, environment=environment)

    def unready(self) -> dict[str, str]:
        answers = {name: ask_readyz(self.url_of(name)) for name in self.services}
        return {name: said for name, said in answers.items() if said is not None}

    async def ready(self, seconds: float = ready_seconds_max) -> None:
        """Wait until every replica says that it is ready. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self.unready):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(look_seconds)

    async def keep(self) -> None:
        """Start again what has ended, until cancelled."""
        while True:
            await asyncio.sleep(look_seconds)
            for name in ("postgres", "nats", *self.services):
                if name in self.held or self.member(name).pid is not None:
                    continue
                if name not in self.dying:
                    self.unasked.append(UnaskedEnd(name, self._exit_code(name), time.time()))
                await self.start(name)

    def _exit_code(self, name: str) -> int | None:
        child = self.services.get(name)
        return None if child is None else child.exit_code

    async def metrics(self, name: str) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as http:
            return (await http.get(f"{self.url_of(name)}/metrics")).text


@asynccontextmanager
async def running_cluster(
    folder: Path, *, durable: bool, replicas: int = 2, disk: OwnDisk | None = None
) -> AsyncIterator[Cluster]:
    """Start everything in this folder, PostgreSQL on its disk; on exit everything is gone, but for the folder."""
    sockets = Path(tempfile.mkdtemp(prefix="flusso-"))
    home = folder if disk is None else disk.path
    postgres = PostgresServer(home, durable=durable, output=sink(folder, "postgres"))
    nats = NatsServer(folder, output=sink(folder, "nats"))
    cluster: Cluster | None = None
    try:
        await asyncio.to_thread(postgres.start)
        await _note_commits(postgres)
        await asyncio.to_thread(nats.start)
        cluster = await _wire(folder, postgres, nats, sockets, replicas)
        cluster.disk = disk
        for child in cluster.services.values():
            await asyncio.to_thread(child.start)
        await cluster.ready()
        keeping = asyncio.create_task(cluster.keep())
        try:
            yield cluster
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        if cluster is not None:
            for proxy in cluster.proxies.values():
                proxy.heal()
            await asyncio.to_thread(stop_together, list(cluster.services.values()), 3.0)
            for proxy in cluster.proxies.values():
                await proxy.close()
        await asyncio.to_thread(stop_together, [nats, postgres], 2.0)
        shutil.rmtree(sockets, ignore_errors=True)


async def _note_commits(postgres: PostgresServer) -> None:
    """Have PostgreSQL keep when each transaction was committed: the checker compares it with what came in outside."""
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    finally:
        await connection.close()
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)


def sink(folder: Path, name: str) -> LineSink:
    """Write lines to a log file from our own process: a server whose disk is full still speaks."""
    path = folder / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(line: str) -> None:
        with path.open("a") as file:
            file.write(f"{time.time():.3f} {line}\n")

    return write


async def _wire(
    folder: Path, postgres: PostgresServer, nats: NatsServer, sockets: Path, replicas: int
) -> Cluster:
    token = read_or_make_secret(folder / "admin-token")
    keys = read_or_make_secret_key(folder / "secret-keys")
    signing_key = read_or_make_secret(folder / "signing-key")
    wanted = dict.fromkeys(("engine", "tasks", "gateway"), replicas)
    plans = {plan.name: plan for plan in plan_services(free_port(), wanted)}
    proxies: dict[tuple[str, str], TcpProxy] = {}
    services: dict[str, ChildProcess] = {}
    for name, plan in plans.items():
        database_url, proxies[name, "postgres"] = _postgres_edge(postgres, sockets / name)
        nats_url, proxies[name, "nats"] = _nats_edge(nats)
        for server in ("postgres", "nats"):
            await proxies[name, server].start()
        surroundings = Surroundings(
            database_url=database_url,
            nats_url=nats_url,
            host="127.0.0.1",
            port=plan.port,
            data_dir=folder,
            admin_token=token,
            secret_keys=keys,
            signing_key=signing_key,
            extra={
                "FLUSSO_LOG_FORMAT": "json",
                ALLOWED_NETWORKS: "127.0.0.0/8",
                CRASH_POINTS: "",
            },
        )
        services[name] = ChildProcess(service_program(plan, surroundings), sink(folder, name))
    return Cluster(
        folder, token, _public_key(signing_key), postgres, nats, services, plans, proxies
    )


def _public_key(signing_key: str) -> str:
    """Return the public half, in base64: what an operator gives to auditors."""
    signer = signer_from({SIGNING_KEY: signing_key})
    assert signer is not None, "a key was made"
    return b64encode(signer.public_key).decode()


def _postgres_edge(postgres: PostgresServer, folder: Path) -> tuple[str, TcpProxy]:
    folder.mkdir(mode=0o700)
    name = f".s.PGSQL.{SOCKET_PORT}"
    real = Path(httpx.URL(postgres.url).params["host"])
    url = urlsplit(postgres.url)._replace(query=f"host={quote(str(folder), safe='/')}")
    return urlunsplit(url), TcpProxy(folder / name, real / name)


def _nats_edge(nats: NatsServer) -> tuple[str, TcpProxy]:
    url = urlsplit(nats.url)
    assert url.hostname is not None, "the server has an address"
    assert url.port is not None, "and a port"
    port = free_port()
    credentials = url.netloc.rpartition("@")[0]
    changed = url._replace(netloc=f"{credentials}@127.0.0.1:{port}")
    return urlunsplit(changed), TcpProxy(("127.0.0.1", port), (url.hostname, url.port))
