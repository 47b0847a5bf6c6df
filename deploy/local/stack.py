"""The whole stack as one thing: two servers, three services, started, healed and stopped."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from deploy.grants import SERVICES, Service
from deploy.grants.database import Roles, run, url_for
from deploy.local.data_folder import read_or_make_secret, read_or_make_secret_key
from deploy.local.errors import CannotStart
from deploy.local.keeper import Keeper, Member
from deploy.local.nats import NatsServer
from deploy.local.ports import free_port, require_port
from deploy.local.postgres import PostgresServer
from deploy.local.process import ChildProcess, LineSink
from deploy.local.services import Surroundings, plan_services, service_program
from deploy.local.settings import base_url
from deploy.local.waiting import wait_until, wait_until_async
from services.chassis.errors import Broken, Transient

READY_SECONDS_MAX = 60.0
CRASHES_AT_START_MAX = 3
# Together under 5 s: services are asked once, PostgreSQL politely and then firmly.
SERVICE_STOP_SECONDS_MAX = 2.0
SERVER_STOP_SECONDS_MAX = 1.0
WORDS_MAX = 300

OutputOf = Callable[[str], LineSink | Path]


class Stack:
    """A running Flusso in one data folder. The caller sees to it that the folder is its own."""

    def __init__(  # noqa: PLR0913 - every argument has a default that suits most callers
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        admin_token: str | None = None,
        database_url: str | None = None,
        nats_url: str | None = None,
        replicas: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        restart: bool = False,
        durable: bool = True,
        output: OutputOf | None = None,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Without a port the gateway gets a free one; without a token a random one is made.

        `restart` starts again whatever ends unasked. Given URLs mean servers of someone else's.
        `output` says per name where lines go; by default to files in `data_dir`/logs.
        """
        self.data_dir = data_dir
        self.host = host
        self.port = port or free_port(host)
        self.admin_token = admin_token or read_or_make_secret(data_dir / "admin-token")
        self.secret_keys = read_or_make_secret_key(data_dir / "secret-keys")
        self.signing_key = read_or_make_secret(data_dir / "signing-key")
        self._output = output or self._log_file
        self._given = (database_url, nats_url)
        self._replicas = replicas or {}
        self._environment = environment or {}
        self._restart = restart
        self._announce = announce
        self.postgres = None if database_url else self._make_postgres(durable=durable)
        self.nats = None if nats_url else NatsServer(data_dir, output=self._output("nats"))
        self.services: list[ChildProcess] = []
        self.health_ports: dict[str, int] = {}
        self._keeper: Keeper | None = None

    # ------------------------------------------------------------------------------- reaching it

    @property
    def url(self) -> str:
        """Of the (first) gateway."""
        return base_url(self.host, self.port)

    @property
    def database_url(self) -> str:
        return self._given[0] or (self.postgres.url if self.postgres else "")

    @property
    def nats_url(self) -> str:
        return self._given[1] or (self.nats.url if self.nats else "")

    def metrics_url(self, name: str) -> str:
        """Where that service, or replica of one, tells its metrics."""
        return f"{self._service_url(name)}/metrics"

    def pids(self) -> dict[str, int]:
        """The members that are alive."""
        return {member.name: member.pid for member in self._members() if member.pid is not None}

    def sign_in_link(self) -> str:
        """A new link that signs its first visitor in as the admin, once."""
        answer = httpx.post(
            f"{self.url}/api/v1/sign-in-links",
            headers={"Authorization": f"Bearer {self.admin_token}"},
            trust_env=False,
        )
        if not answer.is_success:
            raise CannotStart(f"The gateway gave no sign-in link: {answer.text[:WORDS_MAX]}")
        return self.url + str(answer.json()["url_path"])

    # ---------------------------------------------------------------------------- start and stop

    def start(self, timeout_seconds: float = READY_SECONDS_MAX) -> None:
        """Returns when every service says that it is ready. Raises CannotStart."""
        self.launch()
        if not wait_until(self._ready_or_hopeless, timeout_seconds):
            raise self._not_ready(timeout_seconds)

    async def start_async(self, timeout_seconds: float = READY_SECONDS_MAX) -> None:
        """The same, waiting without blocking the event loop."""
        self.launch()
        if not await wait_until_async(self._ready_or_hopeless, timeout_seconds):
            raise self._not_ready(timeout_seconds)

    def launch(self) -> None:
        """Start every member without waiting for the services."""
        require_port(self.host, self.port)
        for server in self._servers():
            server.start()
        self._bring_up_database()
        self._plan_services()
        for service in self.services:
            service.start()
        if self._restart:
            self._keeper = Keeper(self._members(), self._announce)
            self._keeper.start()

    def stop(self) -> None:
        """Services first, then the servers that they use; everything is gone on return."""
        if self._keeper is not None:
            self._keeper.close()
        stop_together(self.services, SERVICE_STOP_SECONDS_MAX)
        stop_together(self._servers(), SERVER_STOP_SECONDS_MAX)

    def kill(self, name: str) -> None:
        """`kill -9` one member. It stays dead unless the stack restarts by itself."""
        self._member(name).kill9()

    def restart(self, name: str) -> None:
        """Start a member again, stopping it first if it lives."""
        member = self._member(name)
        member.stop()
        member.start()

    def pause(self, name: str) -> None:
        """Freeze one member, as a machine that hangs would."""
        self._member(name).pause()

    def resume(self, name: str) -> None:
        self._member(name).resume()

    def is_ready(self) -> bool:
        """Whether every service says so."""
        return not self.unready()

    def unready(self) -> dict[str, str]:
        """The services that do not say that they are ready, and what they say instead."""
        answers = {name: ask_readyz(self._service_url(name)) for name in self.health_ports}
        return {name: said for name, said in answers.items() if said is not None}

    # ---------------------------------------------------------------------------------- internal

    def _not_ready(self, seconds: float) -> CannotStart:
        said = "; ".join(f"{name}: {words}" for name, words in self.unready().items())
        return CannotStart(f"Flusso was not ready within {seconds:.0f} s. {said}")

    def _service_url(self, name: str) -> str:
        return base_url(self.host, self.health_ports[name])

    def _make_postgres(self, *, durable: bool) -> PostgresServer:
        return PostgresServer(self.data_dir, durable=durable, output=self._output("postgres"))

    def _servers(self) -> list[Member]:
        return [server for server in (self.postgres, self.nats) if server is not None]

    def _members(self) -> list[Member]:
        return [*self._servers(), *self.services]

    def _member(self, name: str) -> Member:
        return next(member for member in self._members() if member.name == name)

    def _log_file(self, name: str) -> Path:
        folder = self.data_dir / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def _plan_services(self) -> None:
        surroundings = Surroundings(
            database_url=self.database_url,
            nats_url=self.nats_url,
            host=self.host,
            port=self.port,
            data_dir=self.data_dir,
            admin_token=self.admin_token,
            secret_keys=self.secret_keys,
            signing_key=self.signing_key,
            own_urls={service: self._own_urls(service) for service in SERVICES},
            extra=self._environment,
        )
        plans = list(plan_services(self.port, self._replicas))
        self.health_ports = {plan.name: plan.port for plan in plans}
        self.services = [
            ChildProcess(service_program(plan, surroundings), self._output(plan.name))
            for plan in plans
        ]

    def _own_urls(self, service: Service) -> Mapping[str, str]:
        """Each service comes with credentials of its own to the servers that are ours."""
        urls = {}
        if self.postgres is not None:
            urls["DATABASE_URL"] = url_for(self.postgres.url, Roles().of(service))
        if self.nats is not None:
            urls["NATS_URL"] = self.nats.url_of(service)
        return urls

    def _bring_up_database(self) -> None:
        """Migrate as the owner, and give each service what it needs; in a thread, since a loop may run here."""
        if self.postgres is None:
            return
        with ThreadPoolExecutor(max_workers=1) as thread:
            try:
                thread.submit(run, self.postgres.url, Roles()).result()
            except (Transient, Broken) as error:
                raise CannotStart(f"The database could not be brought up: {error}") from error

    def _ready_or_hopeless(self) -> bool:
        for service in self.services:
            if not service.alive and self._is_hopeless(service.name):
                raise CannotStart(f"The {service.name} could not start: {last_words(service)}")
        return self.is_ready()

    def _is_hopeless(self, name: str) -> bool:
        return self._keeper is None or self._keeper.crashes_of(name) >= CRASHES_AT_START_MAX


def stop_together(members: Sequence[Member], grace_seconds: float) -> None:
    """Ask all of them at once, so that the slowest one sets the time and not their sum."""
    if members:
        with ThreadPoolExecutor(max_workers=len(members)) as pool:
            list(pool.map(lambda member: member.stop(grace_seconds), members))


def last_words(service: ChildProcess) -> str:
    lines = [line.strip() for line in service.last_lines() if line.strip()]
    return lines[-1] if lines else f"it ended with code {service.exit_code}"


def ask_readyz(url: str) -> str | None:
    """None from a service that is ready, else what it says."""
    where = urlsplit(f"{url}/readyz")
    # Asked a hundred times at a start, beside those who start: a client of httpx costs 25 ms of a core.
    asking = HTTPConnection(where.hostname or "", where.port, timeout=2)
    try:
        asking.request("GET", where.path)
        answer = asking.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, HTTPException):
        return "it does not answer"
    finally:
        asking.close()
    return None if answer.status == HTTPStatus.OK else said[:WORDS_MAX]
