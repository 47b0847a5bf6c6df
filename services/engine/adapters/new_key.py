"""Prints a new key for `FLUSSO_SECRET_KEYS`: `python -m services.engine.adapters.new_key`."""

import sys

from services.engine.adapters.vault import new_key

if __name__ == "__main__":
    sys.stdout.write(new_key() + "\n")
