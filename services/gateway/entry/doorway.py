"""Who may come in: bearer token or session cookie, cross-site requests kept out, guessing slowed down.

A token that was good before is never slowed down by the failures of its neighbours behind the same address.
It runs before routing and looks at the same decoded path as the router does, so there is no spelling of a path that
is routed but not guarded: everything below `/api` needs an identity unless it is named here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from math import ceil
from urllib.parse import urlsplit

from starlette.types import Scope

from services.chassis.errors import Refused
from services.gateway.app.authenticate import Doorman
from services.gateway.domain.attempts import FailureLimit
from services.gateway.domain.credential import same
from services.gateway.domain.identity import BySession, Identity

SESSION_COOKIE = "flusso_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SIGN_IN = ("POST", "/api/v1/session")
OPENAPI = "/api/openapi.json"
WORKFLOW_SCHEMA = "/api/workflow.schema.json"
_OPEN = frozenset({SIGN_IN, ("GET", OPENAPI), ("GET", WORKFLOW_SCHEMA)})
_WEBHOOKS = "/api/webhooks/"
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
failures_max = 20
failure_window_seconds = 300.0


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a request brings along to say who sends it."""

    bearers: list[str]
    cookies: list[str]
    csrf_token: str | None
    origin: str | None
    host: str | None
    fetch_site: str | None


class Doorway:
    """Admits requests."""

    def __init__(self, doorman: Doorman, monotonic: Callable[[], float]) -> None:
        self._doorman = doorman
        self._monotonic = monotonic
        self._failures = FailureLimit(
            failures_max=failures_max, window_seconds=failure_window_seconds
        )

    async def admit(self, scope: Scope) -> Identity | None:
        """Return who calls, None where nobody need say. Raises Refused or Transient."""
        method, path = scope["method"], scope["path"]
        if path.startswith(_WEBHOOKS):
            return None
        proofs = _proofs_of(scope)
        if (method, path) in _OPEN:
            if method not in SAFE_METHODS:
                refuse_cross_site(proofs)
            return None
        if proofs.bearers:
            return await self._by_bearer(proofs.bearers, scope)
        return await self._by_cookie(proofs, method)

    async def _by_bearer(self, bearers: list[str], scope: Scope) -> Identity:
        token = bearers[0] if len(bearers) == 1 else ""
        known = self._doorman.recall(token)
        if known is not None:
            return known
        if not self._doorman.has_met(token):
            self.slow_down(address_of(scope))
        try:
            return await self._doorman.by_bearer(token)
        except Refused:
            self.failed(address_of(scope))
            raise

    async def _by_cookie(self, proofs: Proofs, method: str) -> Identity:
        if len(proofs.cookies) != 1:
            raise Refused("not-signed-in", "Sign in, or send a bearer token.")
        session = await self._doorman.by_session(proofs.cookies[0])
        if method not in SAFE_METHODS:
            refuse_cross_site(proofs)
            _require_csrf_token(proofs, session)
        return session

    def slow_down(self, address: str) -> None:
        """Refuse an address that has failed too often lately."""
        wait = ceil(self._failures.wait_seconds(address, self._monotonic()))
        if wait > 0:
            raise Refused(
                "too-many-attempts",
                "Too many attempts failed from this address. Wait.",
                retry_after_seconds=wait,
            )

    def failed(self, address: str) -> None:
        """Count a failed attempt."""
        self._failures.failed(address, self._monotonic())


def _require_csrf_token(proofs: Proofs, session: BySession) -> None:
    if proofs.csrf_token is None or not same(proofs.csrf_token, session.csrf_token):
        raise Refused("csrf", "X-CSRF-Token is missing or not of this session.")


def refuse_cross_site(proofs: Proofs) -> None:
    """Refuse what a page of another site makes a browser send."""
    if proofs.fetch_site not in {None, "same-origin", "none"}:
        raise Refused("csrf", "This must come from a page of this site.")
    if proofs.origin is not None and urlsplit(proofs.origin).netloc != proofs.host:
        raise Refused("csrf", "Origin is not this site.")


def _proofs_of(scope: Scope) -> Proofs:
    bearers: list[str] = []
    cookies: list[str] = []
    single: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name == b"authorization":
            bearers.append(_bearer_of(value.decode("latin-1")))
        elif name == b"cookie":
            cookies.extend(session_cookies_of(value.decode("latin-1")))
        elif name in {b"x-csrf-token", b"origin", b"host", b"sec-fetch-site"}:
            single[name] = value.decode("latin-1")
    return Proofs(
        bearers,
        cookies,
        single.get(b"x-csrf-token"),
        single.get(b"origin"),
        single.get(b"host"),
        single.get(b"sec-fetch-site"),
    )


def _bearer_of(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_cookies_of(header: str) -> list[str]:
    """Return every session cookie in the header; more than one proves nothing."""
    if SESSION_COOKIE not in header:
        return []
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return [value.strip('"') for name, _, value in pairs if name == SESSION_COOKIE]


def cookie_value(scope: Scope, cookie: str) -> str | None:
    """Return a cookie that is no secret, such as the language."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                jar = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                return None
            if cookie in jar:
                return jar[cookie].value
    return None


def address_of(scope: Scope) -> str:
    """Return the sender's address; a proxy on this machine is believed about whom it speaks for."""
    client = scope.get("client")
    address = client[0] if client else "unknown"
    forwarded = _last_header(scope, b"x-forwarded-for") if address in _LOOPBACK else None
    return forwarded.rpartition(",")[2].strip() if forwarded else address


def is_https(scope: Scope) -> bool:
    """Tell whether the browser speaks HTTPS, directly or to a proxy on this machine."""
    client = scope.get("client")
    if scope.get("scheme") == "https":
        return True
    behind_proxy = client is not None and client[0] in _LOOPBACK
    return behind_proxy and _last_header(scope, b"x-forwarded-proto") == "https"


def _last_header(scope: Scope, wanted: bytes) -> str | None:
    found: str | None = None
    for name, value in scope["headers"]:
        if name == wanted:
            found = value.decode("latin-1")
    return found
