"""The folds of the streams that moved last, within a bound of count and size.

A cached fold may be stale, since other replicas write too. It may therefore win (the append checks its version) but
never refuse: the pipeline reads the stream again before it says no.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

S = TypeVar("S")
entries_max = 1_024
bytes_max = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fold(Generic[S]):
    """A state, the version that it is the fold of, and the size of its JSON in bytes."""

    version: int
    state: S
    size: int


class SnapshotCache(Generic[S]):
    """Least recently used folds go first."""

    def __init__(self) -> None:
        self._folds: OrderedDict[UUID, Fold[S]] = OrderedDict()
        self._bytes = 0

    def get(self, stream_id: UUID) -> Fold[S] | None:
        """Return the fold and mark it as used."""
        fold = self._folds.get(stream_id)
        if fold is not None:
            self._folds.move_to_end(stream_id)
        return fold

    def put(self, stream_id: UUID, fold: Fold[S]) -> None:
        """Keep the fold, forgetting the oldest ones where the bounds ask for it."""
        self.forget(stream_id)
        self._folds[stream_id] = fold
        self._bytes += fold.size
        while len(self._folds) > entries_max or self._bytes > bytes_max:
            _, oldest = self._folds.popitem(last=False)
            self._bytes -= oldest.size

    def forget(self, stream_id: UUID) -> None:
        """Drop the fold, if there is one."""
        fold = self._folds.pop(stream_id, None)
        if fold is not None:
            self._bytes -= fold.size
