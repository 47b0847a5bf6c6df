"""Settings come from the environment only, and a wrong one is one clear sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

LogFormat = Literal["json", "pretty"]
port_max = 65_535


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a service process is told from outside."""

    service: str
    database_url: str
    nats_url: str
    host: str
    port: int
    health_port: int
    data_dir: Path
    admin_token: str | None
    log_format: LogFormat


def load_settings(service: str, environ: Mapping[str, str], *, health_port: int = 0) -> Settings:
    """Read the settings of one service. Raises SettingsError."""
    return Settings(
        service=service,
        database_url=_required(environ, "DATABASE_URL", "postgresql://user@host/database"),
        nats_url=_required(environ, "NATS_URL", "nats://host:4222"),
        host=environ.get("FLUSSO_HOST", "127.0.0.1"),
        port=_port(environ, "FLUSSO_PORT", 8080),
        health_port=_port(environ, "FLUSSO_HEALTH_PORT", health_port),
        data_dir=Path(environ.get("FLUSSO_DATA_DIR", ".flusso")),
        admin_token=environ.get("FLUSSO_ADMIN_TOKEN") or None,
        log_format=_log_format(environ),
    )


def _required(environ: Mapping[str, str], name: str, example: str) -> str:
    value = environ.get(name)
    if not value:
        msg = f"{name} is not set; set it to the address of the server, for example {example}."
        raise SettingsError(msg)
    return value


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "")
    if not value:
        return default
    if not value.isdecimal() or int(value) > port_max:
        msg = f"{name} is {value!r}; it must be a port number from 0 to {port_max}."
        raise SettingsError(msg)
    return int(value)


def _log_format(environ: Mapping[str, str]) -> LogFormat:
    value = environ.get("FLUSSO_LOG_FORMAT", "json")
    if value not in get_args(LogFormat):
        msg = f"FLUSSO_LOG_FORMAT is {value!r}; it must be json or pretty."
        raise SettingsError(msg)
    return cast("LogFormat", value)
