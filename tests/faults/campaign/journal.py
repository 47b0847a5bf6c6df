"""What clients sent and were told, one JSON object a line, written before the next step is taken.

Every line has `at` (seconds since 1970), `what` and whatever belongs to it; docs/faults.md lists the kinds.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from contracts.base import Json, JsonObject


class Journal:
    """A file that only grows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def note(self, what: str, **about: Json) -> None:
        self._file.write(orjson.dumps({"at": time.time(), "what": what, **about}) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def read_journal(path: Path) -> Sequence[JsonObject]:
    """Return the lines; a last one that was cut short is left out."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [dict(orjson.loads(line)) for line in lines]
