"""The instants of the near future as JetStream message schedules: at each the server itself tells the engine to look.

One message an instant, whatever number of schedules are due then, on a subject that ends with the instant: so there are
never more subjects than minutes in the near future. The server removes the message when it fires.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil

import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client

from contracts import subjects
from contracts.base import rfc3339
from contracts.envelope import BATCH_CONTENT_TYPE, encode_batch, encode_event
from services.chassis.errors import Transient
from services.engine.app.schedules import SCHEDULE_DUE

request_seconds_max = 3.0


class NatsAlarms:
    """Every method raises Transient when JetStream is away."""

    def __init__(self, connection: Client) -> None:
        self._jetstream = connection.jetstream(timeout=request_seconds_max)

    async def held(self) -> frozenset[datetime]:
        """Return the instants, in whole seconds, that the server will tell."""
        try:
            info = await self._jetstream.stream_info(
                subjects.SCHEDULES, subjects_filter=subjects.SCHEDULE_AT + ".*"
            )
        except (nats.errors.Error, TimeoutError) as error:
            raise _away(error) from error
        names = info.state.subjects or {}
        return frozenset(_instant(int(name.rpartition(".")[2])) for name in names)

    async def set(self, instants: Iterable[datetime]) -> None:
        """Have the server tell these instants, once each, however often they are set."""
        try:
            for instant in instants:
                await self._set(ceil(instant.timestamp()))
        except (nats.errors.Error, TimeoutError) as error:
            raise _away(error) from error

    async def _set(self, second: int) -> None:
        at = _instant(second)
        await self._jetstream.publish(
            f"{subjects.SCHEDULE_AT}.{second}",
            _told_at(at),
            stream=subjects.SCHEDULES,
            headers={
                "Nats-Schedule": f"@at {at.strftime('%Y-%m-%dT%H:%M:%SZ')}",
                "Nats-Schedule-Target": subjects.SCHEDULE_DUE,
                "content-type": BATCH_CONTENT_TYPE,
            },
        )


def rounded_up(instant: datetime) -> datetime:
    """Return the whole second at which the server tells an instant: never before it."""
    return _instant(ceil(instant.timestamp()))


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _told_at(instant: datetime) -> bytes:
    event = encode_event(
        source="flusso/engine",
        name=SCHEDULE_DUE,
        schema_version=1,
        subject=str(int(instant.timestamp())),
        sequence=1,
        position=0,
        time=instant,
        traceparent=None,
        data=orjson.dumps({"scheduled_at": rfc3339(instant)}).decode(),
    )
    return encode_batch([event])


def _away(error: Exception) -> Transient:
    return Transient(f"JetStream does not answer: {type(error).__name__}: {error}")
