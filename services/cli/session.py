"""What every command has: the terminal, and the way to a Flusso."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import typer

from services.cli.adapters.api import Api, open_http
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError, ExitCode

DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Session:
    """One invocation of `flusso`."""

    terminal: Terminal
    url: str
    given_token: str | None

    @property
    def token(self) -> str:
        """The caller's token. Raises CliError that says where to get one."""
        if not self.given_token:
            message = (
                "No token: set FLUSSO_TOKEN to an API token (Settings, API tokens). For a Flusso of "
                "`make run`: export FLUSSO_TOKEN=$(cat .flusso/admin-token)"
            )
            raise CliError(message, ExitCode.USAGE)
        return self.given_token

    @contextmanager
    def api(self) -> Iterator[Api]:
        """Talk to the API within the block."""
        with open_http(checked_url(self.url), self.token) as http:
            yield Api(http)


def session_of(context: typer.Context) -> Session:
    """Return the session that the global options have made."""
    session = context.find_object(Session)
    assert session is not None, "the callback of the application makes it"
    return session


def checked_url(url: str) -> str:
    """Return a URL that can be asked. Raises CliError."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise CliError(f"`{url}` is no URL of a Flusso, such as {DEFAULT_URL}.", ExitCode.USAGE)
    return url
