"""The roles of a PostgreSQL server: one for each service, for its own schema.

The schemas belong to whoever brings them up to date: an administrator, before the services of a release start. A
service finds nothing to migrate then, and could not.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.grants import SERVICES, Service
from services.chassis.database import Connection, connect, migrate, translated
from services.chassis.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SQL = Path(__file__).parent / "sql"
LOCK = 0x6772616E7473
"""Two administrators do not meddle with the same roles at once: PostgreSQL would refuse one."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the roles, and the passwords that they get; one without keeps what it has."""

    prefix: str = "flusso_"
    passwords: Mapping[Service, str] = field(default_factory=dict)

    def of(self, service: Service) -> str:
        """Return a service's role."""
        return f"{self.prefix}{service}"


async def bring_up(database_url: str, roles: Roles) -> None:
    """Migrate every schema, make the roles and give them what they need. Raises Transient or Broken."""
    settings = _settings(database_url)
    for service in SERVICES:
        await migrate(settings, service, [ROOT / "services" / service / "adapters" / "migrations"])
    connection = await connect(settings, "public", lock_timeout="60s", statement_timeout="60s")
    try:
        with translated():
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
                for service in SERVICES:
                    await _grant(connection, service, roles)
    finally:
        await connection.close(timeout=1.0)


async def _grant(connection: Connection, service: Service, roles: Roles) -> None:
    given = {
        "flusso.role": roles.of(service),
        "flusso.password": roles.passwords.get(service, ""),
        "flusso.schema": service,
    }
    for name, value in given.items():
        await connection.execute("SELECT set_config($1, $2, true)", name, value)
    for file in ("roles.sql", "grants.sql"):
        await connection.execute((SQL / file).read_text(encoding="utf-8"))


def url_for(database_url: str, role: str, password: str = "") -> str:
    """Return the same address for another role."""
    parts = urlsplit(database_url)
    where = parts.netloc.rpartition("@")[2]
    who = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{who}@{where}"))


def run(database_url: str, roles: Roles) -> None:
    """Do the same from where no event loop runs."""
    asyncio.run(bring_up(database_url, roles))


def _settings(database_url: str) -> Settings:
    return Settings(
        service="grants",
        database_url=database_url,
        nats_url="",
        host="",
        port=0,
        health_port=0,
        data_dir=Path(),
        admin_token=None,
        log_format="json",
    )
