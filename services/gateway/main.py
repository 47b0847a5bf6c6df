"""The composition root of the gateway: the only place that knows every part."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import uvloop

from contracts import subjects
from services.chassis import logs, telemetry
from services.chassis.http_server import cancelled_by_signals
from services.chassis.memory import settle_memory
from services.chassis.rpc import Caller
from services.chassis.runtime import Runtime, open_runtime
from services.chassis.settings import Settings, SettingsError, load_settings
from services.gateway.adapters.credentials import StoredCredentials
from services.gateway.adapters.database import MIGRATIONS
from services.gateway.adapters.ear import Ear
from services.gateway.adapters.intake import StoredIntake
from services.gateway.adapters.profiles import StoredProfiles
from services.gateway.adapters.verifications import StoredVerifications
from services.gateway.app.api_tokens import ApiTokens
from services.gateway.app.authenticate import Doorman
from services.gateway.app.begin_run import BeginRun
from services.gateway.app.event_hub import Hub
from services.gateway.app.forward_intake import Forwarder
from services.gateway.app.profile import OwnProfile
from services.gateway.app.sign_in import SignIn
from services.gateway.app.system_health import AskHealth
from services.gateway.app.tell_counts import CountTeller
from services.gateway.app.verify import Verify
from services.gateway.entry import metrics
from services.gateway.entry.application import Routes, make_application
from services.gateway.entry.deliveries import DeliveryRoutes
from services.gateway.entry.doorway import Doorway
from services.gateway.entry.drafts import DraftRoutes
from services.gateway.entry.edge import Edge
from services.gateway.entry.events import EventRoutes
from services.gateway.entry.gate import Gate
from services.gateway.entry.health import HealthRoutes
from services.gateway.entry.operations import OperationRoutes
from services.gateway.entry.profile import ProfileRoutes
from services.gateway.entry.runs import RunRoutes
from services.gateway.entry.secrets import SecretRoutes
from services.gateway.entry.server import Server
from services.gateway.entry.session import SessionRoutes, TokenRoutes
from services.gateway.entry.stats import StatsRoutes
from services.gateway.entry.tasks import TaskRoutes
from services.gateway.entry.web import DIST, WebApp
from services.gateway.entry.webhooks import WebhookRoutes
from services.gateway.entry.workflows import WorkflowRoutes

SCHEMA = "gateway"
ask_seconds_max = 3.2
"""With the look-up of the caller before it, an answer within 5 s whatever is away."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes and the loops work with; nothing of it does anything by itself."""

    runtime: Runtime
    hub: Hub
    credentials: StoredCredentials
    doorman: Doorman
    doorway: Doorway
    forwarder: Forwarder
    begin: BeginRun
    counts: CountTeller
    verify: Verify
    web: WebApp


def make_parts(runtime: Runtime, hub: Hub) -> Parts:
    """Return the parts, put together."""
    asking = runtime.caller
    credentials = StoredCredentials(runtime.pool)
    intake = StoredIntake(runtime.pool)
    doorman = Doorman(credentials, runtime.settings.admin_token, utc_now, time.monotonic)
    forwarder = Forwarder(asking, intake, utc_now)
    return Parts(
        runtime,
        hub,
        credentials,
        doorman,
        Doorway(doorman, time.monotonic),
        forwarder,
        BeginRun(asking, intake, forwarder, utc_now),
        CountTeller(hub, asking),
        Verify(StoredVerifications(runtime.pool), asking, utc_now),
        WebApp(DIST),
    )


def make_routes(parts: Parts) -> Sequence[Routes]:
    """Return all routes of the API."""
    asking, credentials, doorman = parts.runtime.caller, parts.credentials, parts.doorman
    health = AskHealth(
        asking,
        lambda: _checks(parts.runtime, parts.hub),
        lambda: {"listeners": parts.hub.listeners, "intake": parts.forwarder.waiting},
        parts.verify,
        utc_now(),
    )
    profiles = StoredProfiles(parts.runtime.pool)
    return (
        TaskRoutes(asking),
        RunRoutes(asking, parts.begin, parts.forwarder),
        WebhookRoutes(parts.begin, utc_now),
        DeliveryRoutes(asking),
        WorkflowRoutes(asking),
        DraftRoutes(asking),
        SecretRoutes(asking),
        StatsRoutes(asking, utc_now),
        SessionRoutes(SignIn(credentials, doorman, utc_now, secrets.token_bytes), parts.doorway),
        ProfileRoutes(OwnProfile(profiles, credentials, doorman, utc_now)),
        TokenRoutes(ApiTokens(credentials, doorman, utc_now, secrets.token_bytes)),
        EventRoutes(parts.hub, parts.counts, doorman, utc_now, parts.web.build),
        HealthRoutes(lambda: _checks(parts.runtime, parts.hub)),
        OperationRoutes(asking, health, parts.verify),
    )


def build(runtime: Runtime, hub: Hub) -> Edge:
    """Wire the parts and start the loops."""
    parts = make_parts(runtime, hub)
    gate = Gate(time.monotonic)
    runtime.spawn("forwarder", parts.forwarder.run())
    runtime.spawn("counts", parts.counts.run())
    runtime.spawn("verifications", parts.verify.run())
    runtime.spawn("ears", _hear(runtime, hub))
    metrics.LISTENERS.set_function(lambda: hub.listeners)
    metrics.INTAKE.set_function(lambda: parts.forwarder.waiting)
    return make_application(make_routes(parts), parts.web, parts.doorway, gate, time.monotonic)


async def _hear(runtime: Runtime, hub: Hub) -> None:
    """Connect to NATS, waiting for as long as it is away, and hear both streams."""
    connection = await runtime.connect()
    async with asyncio.TaskGroup() as group:
        runs = Ear(connection, "runs", subjects.RUN_EVENTS, hub, time.monotonic)
        tasks = Ear(connection, "tasks", subjects.TASK_EVENTS, hub, time.monotonic)
        group.create_task(runs.run())
        group.create_task(tasks.run())


async def _checks(runtime: Runtime, hub: Hub) -> dict[str, bool]:
    """Tell what works. Once the streams were heard, only the database is needed to accept what comes in."""
    checks = await runtime.is_ready()
    return {"database": checks["database"], "streams": hub.is_ready}


def make_server(runtime: Runtime) -> Server:
    """Return the server with everything behind it; its loops run already."""
    runtime.caller = Caller(timeout_seconds=ask_seconds_max)
    hub = Hub(time.monotonic)
    settings = runtime.settings
    return Server(build(runtime, hub), settings.host, settings.port, hub.close)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM."""
    async with AsyncExitStack() as stack:
        with cancelled_by_signals():
            runtime = await stack.enter_async_context(open_runtime(settings, SCHEMA, [MIGRATIONS]))
            server = make_server(runtime)
            settle_memory()
        await server.serve()


def main() -> None:
    """Run the gateway; exits with 2 and one sentence when a setting is wrong."""
    try:
        settings = load_settings("gateway", os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a person started it and reads this
        raise SystemExit(2) from error
    logs.configure_logging("gateway", settings.log_format)
    telemetry.configure_telemetry("gateway", os.environ)
    try:
        with suppress(asyncio.CancelledError):  # asked to end before it was ready
            uvloop.run(serve(settings))
    finally:
        telemetry.shut_down_telemetry()


if __name__ == "__main__":
    main()
