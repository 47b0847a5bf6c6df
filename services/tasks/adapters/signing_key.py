"""Prints a new key for `FLUSSO_SIGNING_KEY`; with `--public`, the public half of the one that is set, for auditors."""

import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Mapping

from services.chassis.settings import SettingsError
from services.tasks.adapters.signing import SEED_BYTES, VARIABLE, signer_from


def public_half(environ: Mapping[str, str]) -> str:
    """Return the public key, in base64. Raises SettingsError."""
    signer = signer_from(environ)
    if signer is None:
        raise SettingsError(f"{VARIABLE} is not set.")
    return b64encode(signer.public_key).decode()


def main(arguments: list[str]) -> int:
    """Print what is asked for."""
    if arguments != ["--public"]:
        sys.stdout.write(secrets.token_urlsafe(SEED_BYTES) + "\n")
        return 0
    try:
        sys.stdout.write(public_half(os.environ) + "\n")
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
