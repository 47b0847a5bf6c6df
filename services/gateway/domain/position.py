"""Where a listener is in the two streams: the `id:` of every server-sent event.

`12.3-7.0-5f3a9c01` reads: taken are the first 3 events of message 12 of RUN_EVENTS and everything before it, and
everything before message 7 of TASK_EVENTS, in the incarnation of the streams named `5f3a9c01`. Any replica
understands it, however it mixed the two streams.
"""

import re
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

Stream = Literal["runs", "tasks"]
Place = tuple[int, int]
"""The message being taken, by its sequence in its stream, and how many of its events have been."""

_FORM = re.compile(r"(\d{1,19})\.(\d{1,6})-(\d{1,19})\.(\d{1,6})-([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in each stream."""

    runs: Place
    tasks: Place
    incarnation: str

    def moved(self, stream: Stream, place: Place) -> "Position":
        """Return the position after `place`; never goes back."""
        if stream == "runs":
            return Position(max(self.runs, place), self.tasks, self.incarnation)
        return Position(self.runs, max(self.tasks, place), self.incarnation)

    def place(self, stream: Stream) -> Place:
        return self.runs if stream == "runs" else self.tasks

    def reaches(self, other: "Position") -> bool:
        """Tell whether nothing of what `other` has taken is still to come."""
        return self.runs >= other.runs and self.tasks >= other.tasks


def format_position(position: Position) -> str:
    """Return the position as text."""
    (run, run_index), (task, task_index) = position.runs, position.tasks
    return f"{run}.{run_index}-{task}.{task_index}-{position.incarnation}"


def parse_position(text: str) -> Position | None:
    """Return the position, None if the text is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    run, run_index, task, task_index = (int(number) for number in match.groups()[:4])
    return Position((run, run_index), (task, task_index), match[5])


def incarnation_of(runs_created: str, tasks_created: str) -> str:
    """Return the name of a pair of streams: made anew, they have another one."""
    return f"{crc32(f'{runs_created}|{tasks_created}'.encode()):08x}"
