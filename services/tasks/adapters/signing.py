"""The deployment's Ed25519 key, from `FLUSSO_SIGNING_KEY`, and the check of what it signs."""

import base64
import binascii
from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.chassis.settings import SettingsError

VARIABLE = "FLUSSO_SIGNING_KEY"
TRUSTED = "FLUSSO_TRUSTED_KEYS"
SEED_BYTES = 32
_KEY_ID_CHARACTERS = 16
_URL_ALPHABET = str.maketrans("+/", "-_")


class Ed25519Signer:
    """Signs; the id of the key is the beginning of its public half's SHA-256."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def key_id_of(public_key: bytes) -> str:
    """Return the id of a key."""
    return sha256(public_key).hexdigest()[:_KEY_ID_CHARACTERS]


def signs(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the signature is that key's, over that message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signer_from(environ: Mapping[str, str]) -> Ed25519Signer | None:
    """Return the deployment's key, None if it has none. Raises SettingsError if it cannot be used."""
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return None
    seed = _key_bytes(text)
    if seed is None:
        wanted = f"{SEED_BYTES} bytes as base64url"
        raise SettingsError(f"{VARIABLE} is no key; `make signing-key` prints one: {wanted}.")
    return Ed25519Signer(seed)


def trusted_from(environ: Mapping[str, str]) -> list[bytes]:
    """Return the public halves of former keys, separated by commas. Raises SettingsError."""
    texts = [text.strip() for text in environ.get(TRUSTED, "").split(",") if text.strip()]
    keys = [_key_bytes(text) for text in texts]
    if None in keys:
        raise SettingsError(f"{TRUSTED} has no public key somewhere; `make public-key` prints one.")
    return [key for key in keys if key is not None]


def _key_bytes(text: str) -> bytes | None:
    """Return the bytes of a key in either alphabet of base64, padded or not."""
    padded = text.rstrip("=").translate(_URL_ALPHABET)
    try:
        key = base64.b64decode(padded + "=" * (-len(padded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == SEED_BYTES else None
