"""The secrets of a lab, plain: `lab.secrets["API_KEY"] = "..."`."""

from collections.abc import Mapping, Sequence
from datetime import datetime


class PlainSecrets:
    """Implements the engine's `SealedValues` and `Sealer` over a dictionary."""

    key_id = "lab"

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    async def ciphertexts(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        """Return those that exist."""
        del now
        return {name: self._values[name] for name in names if name in self._values}

    def has_key(self, key_id: str) -> bool:
        """Tell whether that key is here."""
        return key_id == self.key_id

    def encrypt(self, plain: bytes, context: bytes) -> str:
        """Return the text as it is."""
        del context
        return plain.decode()

    def decrypt(self, text: str, context: bytes) -> bytes:
        """Return the text as it is."""
        del context
        return text.encode()
