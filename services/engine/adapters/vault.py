"""Secrets at rest: AES-256-GCM under the keys of `FLUSSO_SECRET_KEYS`. The first key encrypts, all of them decrypt."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.errors import Refused
from services.chassis.settings import SettingsError

VARIABLE = "FLUSSO_SECRET_KEYS"
FORM = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
"""Random ones: safe for some 2**32 values under one key (NIST SP 800-38D, 8.3)."""
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_HOW = f"it is a list such as `id:key,older-id:older-key`; `make secret-key` makes a key for {VARIABLE}"


@dataclass(frozen=True, slots=True)
class Vault:
    """Keys by id, the one that encrypts first. Without keys nothing can be encrypted, and that is said."""

    keys: Mapping[str, AESGCM] = field(default_factory=dict, repr=False)

    @property
    def key_id(self) -> str | None:
        """The id of the key that encrypts."""
        return next(iter(self.keys), None)

    def has_key(self, key_id: str) -> bool:
        """Tell whether what was encrypted with that key can be decrypted."""
        return key_id in self.keys

    def encrypt(self, plain: bytes, context: bytes) -> str:
        """Return `v1.<key id>.<nonce and ciphertext>`; only the same context decrypts it.

        Raises Refused("secrets-not-available").
        """
        key_id = self.key_id
        if key_id is None:
            raise _not_available()
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self.keys[key_id].encrypt(nonce, plain, context)
        return f"{FORM}.{key_id}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def decrypt(self, text: str, context: bytes) -> bytes:
        """Return what was encrypted in this context.

        Raises Refused: `secret-key-missing` names the key that it takes, `secret-damaged` says that it is another text
        or another context.
        """
        key_id = key_id_of(text)
        key = self.keys.get(key_id)
        if key is None:
            message = f"This was encrypted with the key `{key_id}`, which {VARIABLE} does not hold."
            raise Refused("secret-key-missing", message, key_id=key_id)
        sealed = _decoded(text.rpartition(".")[2])
        try:
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            message = (
                f"The key `{key_id}` does not open this: it was changed, or is of another key."
            )
            raise Refused("secret-damaged", message, key_id=key_id) from error


def key_id_of(text: str) -> str:
    """Return the id of the key that a text was encrypted with; raises Refused("secret-damaged")."""
    form, _, rest = text.partition(".")
    key_id, _, sealed = rest.partition(".")
    if form != FORM or not _KEY_ID.fullmatch(key_id) or not sealed:
        raise Refused("secret-damaged", "This is no encrypted text.")
    return key_id


def read_vault(environ: Mapping[str, str]) -> Vault:
    """Return the vault of the environment, an empty one if no key is set. Raises SettingsError, which shows no key."""
    keys: dict[str, AESGCM] = {}
    for part in filter(None, (part.strip() for part in environ.get(VARIABLE, "").split(","))):
        key_id, _, encoded = part.partition(":")
        if not _KEY_ID.fullmatch(key_id):
            msg = f"{VARIABLE} has a key without an id (a-z, 0-9 and `-`); {_HOW}."
            raise SettingsError(msg)
        if key_id in keys:
            msg = f"{VARIABLE} has two keys with the id {key_id!r}."
            raise SettingsError(msg)
        keys[key_id] = AESGCM(_key(key_id, encoded))
    return Vault(keys)


def new_key() -> str:
    """Return a random key as `FLUSSO_SECRET_KEYS` takes it, with an id of its own."""
    encoded = base64.urlsafe_b64encode(AESGCM.generate_key(KEY_BYTES * 8)).decode().rstrip("=")
    return f"k{os.urandom(4).hex()}:{encoded}"


def _key(key_id: str, encoded: str) -> bytes:
    try:
        key = _decoded(encoded.strip())
    except Refused:
        key = b""
    if len(key) != KEY_BYTES:
        msg = f"The key {key_id!r} of {VARIABLE} is not {KEY_BYTES} bytes in base64url; {_HOW}."
        raise SettingsError(msg)
    return key


def _decoded(text: str) -> bytes:
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("secret-damaged", "This is no encrypted text.") from error


def _not_available() -> Refused:
    message = (
        f"Secrets cannot be kept: {VARIABLE} is not set. `make secret-key` makes a key for it."
    )
    return Refused("secrets-not-available", message, variable=VARIABLE)
