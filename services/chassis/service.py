"""Runs a service without a public face (engine, tasks) as one FastStream application with its health port."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import nats.errors
import orjson
import uvicorn
import uvloop
from faststream.asgi import AsgiFastStream, AsgiResponse, get

from services.chassis import logs, telemetry
from services.chassis.http_server import Server, cancelled_by_signals
from services.chassis.memory import settle_memory
from services.chassis.runtime import Runtime, open_runtime
from services.chassis.settings import Settings, SettingsError, load_settings

stop_seconds_max = 4
Build = Callable[[Runtime], Awaitable[None]]


def run_service(
    service: str, schema: str, migrations: Sequence[Path], build: Build, *, health_port: int
) -> None:
    """Run until SIGTERM; exits with 2 and one sentence when a setting is wrong."""
    try:
        settings = load_settings(service, os.environ, health_port=health_port)
    except SettingsError as error:
        raise _unusable(error) from error
    logs.configure_logging(service, settings.log_format)
    telemetry.configure_telemetry(service, os.environ)
    try:
        with suppress(asyncio.CancelledError):  # asked to end before it was ready
            uvloop.run(_serve(settings, schema, migrations, build))
    except SettingsError as error:
        raise _unusable(error) from None
    finally:
        telemetry.shut_down_telemetry()


def _unusable(error: SettingsError) -> SystemExit:
    print(error, file=sys.stderr)  # noqa: T201 - a person started it and reads this
    return SystemExit(2)


class HealthServer(Server):
    """Ends the loops before the broker that they answer through."""

    def __init__(self, runtime: Runtime) -> None:
        app = AsgiFastStream(
            runtime.broker,
            logger=None,
            asgi_routes=_routes(runtime),
            after_startup=[self._heard],
        )
        super().__init__(
            uvicorn.Config(
                app,
                host=runtime.settings.host,
                port=runtime.settings.health_port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=stop_seconds_max,
            )
        )
        self._runtime = runtime

    async def _heard(self) -> None:
        """Wait until NATS has taken every subscription, so that who sees the health port can be sure of an answer."""
        with suppress(nats.errors.Error, TimeoutError):  # NATS is away: it is told when it is back
            await self._runtime.connection.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._runtime.stop()
        await super().shutdown(sockets)


async def _serve(settings: Settings, schema: str, migrations: Sequence[Path], build: Build) -> None:
    async with AsyncExitStack() as stack:
        with cancelled_by_signals():
            runtime = await stack.enter_async_context(open_runtime(settings, schema, migrations))
            await runtime.connect()
            server = HealthServer(runtime)
            await build(runtime)
            settle_memory()
        await server.serve()


def _routes(runtime: Runtime) -> list[tuple[str, Any]]:
    @get
    async def healthz(_: object) -> AsgiResponse:
        return AsgiResponse(b'{"status":"ok"}', status_code=200)

    @get
    async def readyz(_: object) -> AsgiResponse:
        checks = await runtime.is_ready()
        return AsgiResponse(orjson.dumps(checks), status_code=200 if all(checks.values()) else 503)

    @get
    async def metrics(_: object) -> AsgiResponse:
        headers = {"content-type": telemetry.METRICS_CONTENT_TYPE}
        return AsgiResponse(telemetry.render_metrics(), status_code=200, headers=headers)

    return [("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)]
