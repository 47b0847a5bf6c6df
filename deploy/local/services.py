"""The three services as programs: what each is started with."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.ports import free_port
from deploy.local.process import Program

SERVICES = ("engine", "tasks", "gateway")
SECRET_KEYS = "FLUSSO_SECRET_KEYS"  # noqa: S105 - the name of the variable
SIGNING_KEY = "FLUSSO_SIGNING_KEY"
SMTP_URL = "FLUSSO_SMTP_URL"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all services of one stack share."""

    database_url: str
    nats_url: str
    host: str
    port: int
    data_dir: Path
    admin_token: str
    secret_keys: str
    extra: Mapping[str, str]
    signing_key: str = ""
    own_urls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By service: addresses with credentials of its own, instead of those for all."""


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One replica: `engine`, `engine-2`, ... and the port where it tells its health."""

    name: str
    service: str
    port: int


def plan_services(gateway_port: int, replicas: Mapping[str, int]) -> Iterator[ServicePlan]:
    """The first gateway gets the public port; everything else is told a free one."""
    for service in SERVICES:
        for number in range(1, replicas.get(service, 1) + 1):
            is_public = service == "gateway" and number == 1
            name = service if number == 1 else f"{service}-{number}"
            yield ServicePlan(name, service, gateway_port if is_public else free_port())


def service_program(plan: ServicePlan, surroundings: Surroundings) -> Program:
    return Program(
        name=plan.name,
        argv=[sys.executable, "-m", f"services.{plan.service}.main"],
        environment=service_environment(plan, surroundings, os.environ),
        folder=ROOT,
    )


def service_environment(
    plan: ServicePlan, surroundings: Surroundings, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Ours on top of what we inherited, so that OTEL_* and the like reach the services."""
    port_name = "FLUSSO_PORT" if plan.service == "gateway" else "FLUSSO_HEALTH_PORT"
    keys = inherited.get(SECRET_KEYS) or surroundings.secret_keys
    signing_key = inherited.get(SIGNING_KEY) or surroundings.signing_key
    ours = {
        "DATABASE_URL": surroundings.database_url,
        "NATS_URL": surroundings.nats_url,
        "FLUSSO_HOST": surroundings.host,
        "FLUSSO_DATA_DIR": str(surroundings.data_dir),
        "FLUSSO_ADMIN_TOKEN": surroundings.admin_token,
        # The engine alone opens secrets.
        SECRET_KEYS: keys if plan.service == "engine" else "",
        # Tasks alone signs receipts.
        SIGNING_KEY: signing_key if plan.service == "tasks" else "",
        # The engine alone sends mail.
        SMTP_URL: inherited.get(SMTP_URL, "") if plan.service == "engine" else "",
        **surroundings.own_urls.get(plan.service, {}),
        "FLUSSO_LOG_FORMAT": inherited.get("FLUSSO_LOG_FORMAT") or "pretty",
        "PYTHONUNBUFFERED": "1",
        port_name: str(plan.port),
    }
    return {**inherited, **ours, **surroundings.extra}
