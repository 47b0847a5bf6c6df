"""One stream against its own log: versions without gaps, nothing after the end, and a snapshot that is the fold.

Pure: it is given events one by one and says what does not hold.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from contracts.operations import Finding
from services.chassis.errors import Broken
from services.chassis.findings import Said, finding, said

S = TypeVar("S")
E = TypeVar("E")
FROM_BACKUP = said(
    "from-backup",
    "Nothing in Flusso writes this: keep a copy of the database, look for who wrote to it, and "
    "restore the rows from a backup.",
)
FROM_LOG = said(
    "from-log", "The log is whole: report this, and restore the snapshot from a backup or by hand."
)


@dataclass(frozen=True, slots=True)
class Rules(Generic[S, E]):
    """How a service folds its streams. `kept` is what a check of rows must remember of an event, if anything.

    Nothing may follow an event of `endings`, but those of `after_end`.
    """

    service: str
    noun: str
    initial: Callable[[], S]
    evolve: Callable[[S, E], S]
    decode_event: Callable[[str, str], E]
    encode_state: Callable[[S], str]
    decode_state: Callable[[str], S]
    endings: frozenset[str]
    after_end: frozenset[str] = frozenset()
    kept: Callable[[E], object | None] = lambda _: None

    def finding(self, check: str, stream_id: UUID, message: Said, *remedies: Said) -> Finding:
        """Return a finding about a stream."""
        subject = said(self.noun, self.noun + " {id}", id=stream_id)
        return finding(self.service, check, subject, message, *remedies)


@dataclass(slots=True)
class Fold(Generic[S, E]):
    """A stream as its events so far tell of it; `is_whole` while all of them could be followed."""

    stream_id: UUID
    state: S
    version: int = 0
    first: E | None = None
    last_at: datetime | None = None
    ended_at: datetime | None = None
    kept: list[object] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.findings


class Folding(Generic[S, E]):
    """Folds one stream."""

    def __init__(self, rules: Rules[S, E], stream_id: UUID) -> None:
        self._rules = rules
        self.fold: Fold[S, E] = Fold(stream_id, rules.initial())

    def take(self, version: int, name: str, data: str, occurred_at: datetime) -> None:
        """Follow one event, in the order of versions."""
        fold = self.fold
        if version != fold.version + 1:
            missing = {"missing": fold.version + 1, "version": version}
            gap = said("version-gap", "version {missing} is missing before {version}", **missing)
            self._found("version-gap", gap, FROM_BACKUP)
        fold.version = version
        if fold.ended_at is not None and name not in self._rules.after_end:
            message = said(
                "event-after-end",
                "{name} (version {version}) follows the end",
                name=name,
                version=version,
            )
            self._found("event-after-end", message, FROM_BACKUP)
        try:
            event = self._rules.decode_event(name, data)
        except (Broken, ValueError, KeyError) as error:
            message = said(
                "event-unreadable",
                "{name} (version {version}) cannot be read: {why}",
                name=name,
                version=version,
                why=str(error)[:200],
            )
            self._found("event-unreadable", message, FROM_BACKUP)
            return
        if fold.first is None:
            fold.first = event
        fold.state = self._rules.evolve(fold.state, event)
        fold.last_at = occurred_at
        if name in self._rules.endings:
            fold.ended_at = fold.ended_at or occurred_at
        kept = self._rules.kept(event)
        if kept is not None:
            fold.kept.append(kept)

    def compare(self, version: int | None, stored: str | None) -> None:
        """Compare with the snapshot; None if there is none."""
        fold = self.fold
        if version is None or stored is None:
            if fold.version > 0:
                message = said("snapshot-missing", "there are events and no snapshot")
                self._found("snapshot-missing", message, FROM_LOG)
            return
        if fold.version == 0:
            message = said("snapshot-without-log", "there is a snapshot and no event in the log")
            self._found("snapshot-without-log", message, FROM_BACKUP)
        elif version != fold.version:
            message = said(
                "snapshot-version",
                "the snapshot is at version {version}, the log at {last}",
                version=version,
                last=fold.version,
            )
            self._found("snapshot-version", message, FROM_LOG)
        elif fold.is_whole and not self._is_fold(stored):
            message = said("snapshot-differs", "the snapshot is not what its events give")
            self._found("snapshot-differs", message, FROM_LOG)

    def _is_fold(self, stored: str) -> bool:
        """Tell whether the snapshot is the fold, whatever release wrote it: both are read by today's rules."""
        encode = self._rules.encode_state
        try:
            found = orjson.loads(encode(self._rules.decode_state(stored)))
        except (Broken, ValueError, KeyError, TypeError):
            return False
        return bool(found == orjson.loads(encode(self.fold.state)))

    def _found(self, check: str, message: Said, remedy: Said) -> None:
        self.fold.findings.append(self._rules.finding(check, self.fold.stream_id, message, remedy))
