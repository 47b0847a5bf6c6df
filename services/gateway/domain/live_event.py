"""One published event on its way to browsers: who wants it, and its bytes, made once for all of them."""

from collections import OrderedDict
from dataclasses import dataclass

import orjson

from contracts.base import JsonObject
from services.gateway.domain.position import Place, Stream

subjects_max = 20_000


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event as it goes out. `data` is the whole `data:` field, with the blank line that ends the message."""

    stream: Stream
    place: Place
    subject: str
    sequence: int
    log_position: int
    run_id: str
    data: bytes


def read_message(stream: Stream, sequence: int, payload: bytes) -> list[LiveEvent]:
    """Return the events of one JetStream message; what is not a CloudEvent of ours is left out.

    The place after the last event is the beginning of the next message, so that whoever has taken a whole message
    need not know how many events it held.
    """
    try:
        members = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(members, list):
        members = [members]
    places = [(sequence, index) for index in range(1, len(members))] + [(sequence + 1, 0)]
    found = (
        _read_event(stream, place, member) for place, member in zip(places, members, strict=False)
    )
    return [event for event in found if event is not None]


def _read_event(stream: Stream, place: Place, member: object) -> LiveEvent | None:
    match member:
        case {
            "subject": str(subject),
            "sequence": int(sequence),
            "logposition": int(position),
            "data": dict(data),
        }:
            run_id = subject if stream == "runs" else _run_of(data)
            line = b"data: " + orjson.dumps(member) + b"\n\n"
            return LiveEvent(stream, place, subject, sequence, position, run_id, line)
        case _:
            return None


def _run_of(data: JsonObject) -> str:
    run_id = data.get("run_id")
    return run_id if isinstance(run_id, str) else ""


class Repeats:
    """Knows the newest version told of each run and task, in bounded memory: delivery is at least once.

    Who hears a stream from its middle knows that it is told in the order of the log: what the log holds before the
    first event that was judged has been told before, and is told again if it comes now.
    """

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[Stream, str], int] = OrderedDict()
        self._begun_at: dict[Stream, int | None] = {}
        """Positions of the log; None: the first event to come says it."""

    def begin(self, stream: Stream, *, in_the_middle: bool) -> None:
        """The stream is another one, or heard for the first time.

        A whole one says nothing of what was told before it: it may begin anywhere in the log, and go back.
        """
        self._begun_at[stream] = None if in_the_middle else 0

    def is_repeat(self, event: LiveEvent) -> bool:
        """Tell whether this version or a later one has been told; else remember it."""
        known_as = (event.stream, event.subject)
        begun_at = self._begun_at.get(event.stream, 0)
        if begun_at is None:
            begun_at = self._begun_at[event.stream] = event.log_position
        if event.log_position < begun_at or self._newest.get(known_as, 0) >= event.sequence:
            return True
        self._newest[known_as] = event.sequence
        self._newest.move_to_end(known_as)
        if len(self._newest) > subjects_max:
            self._newest.popitem(last=False)
        return False
