"""Secrets that people and programs show: how they look, what is kept of them, how they are compared.

Only digests are ever stored. Every secret is 256 random bits, so a plain SHA-256 of it is as good as a slow
password hash and costs a microsecond.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

secret_bytes = 32
TOKEN_PREFIX = "flusso_"  # noqa: S105 - the mark by which secret scanners know our tokens
_SECRET_CHARACTERS = 43


def secret_text(random: bytes) -> str:
    """Return 32 random bytes as text that fits into a URL, a header and a cookie."""
    assert len(random) == secret_bytes
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def api_token_text(random: bytes) -> str:
    """Return the text of an API token."""
    return TOKEN_PREFIX + secret_text(random)


def could_be_api_token(token: str) -> bool:
    """Tell whether it is worth looking the token up."""
    return token.startswith(TOKEN_PREFIX) and len(token) == len(TOKEN_PREFIX) + _SECRET_CHARACTERS


def could_be_secret(secret: str) -> bool:
    """Tell whether it is worth looking a session or a sign-in token up."""
    return len(secret) == _SECRET_CHARACTERS and secret.isascii()


def digest_of(secret: str) -> bytes:
    """Return what is stored in place of the secret."""
    return sha256(secret.encode(errors="replace")).digest()


def csrf_token_of(session_secret: str) -> str:
    """Return the CSRF token of a session: only who holds the session's secret can make it."""
    mac = hmac.new(session_secret.encode(errors="replace"), b"flusso csrf", sha256)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def same(given: str, expected: str) -> bool:
    """Compare in a time that says nothing about where the two differ, nor how long `expected` is."""
    return hmac.compare_digest(digest_of(given), digest_of(expected))
