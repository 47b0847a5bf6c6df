"""The settings of the local stack, read from the environment that the README lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotStart

PORT_MAX = 65_535
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - recognised only


@dataclass(frozen=True, slots=True)
class LocalSettings:
    host: str
    port: int
    data_dir: Path
    admin_token: str | None
    database_url: str | None
    nats_url: str | None

    @property
    def url(self) -> str:
        return base_url(self.host, self.port)


def read_settings(environment: Mapping[str, str]) -> LocalSettings:
    """Raises CannotStart, naming the variable at fault. Empty counts as not set."""
    return LocalSettings(
        host=environment.get("FLUSSO_HOST") or "127.0.0.1",
        port=read_port(environment.get("FLUSSO_PORT") or "8080"),
        data_dir=Path(environment.get("FLUSSO_DATA_DIR") or ".flusso"),
        admin_token=environment.get("FLUSSO_ADMIN_TOKEN") or None,
        database_url=environment.get("DATABASE_URL") or None,
        nats_url=environment.get("NATS_URL") or None,
    )


def read_port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= PORT_MAX:
        return int(text)
    raise CannotStart(f"FLUSSO_PORT must be a port from 1 to {PORT_MAX}, and is {text!r}.")


def base_url(host: str, port: int) -> str:
    """Where a browser on this machine finds a gateway that listens on that host."""
    reachable = ANY_ADDRESS.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
