"""The system that workflows call: it writes down every request, and fails now and then as others' systems do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zlib import crc32

from tests.faults.campaign.journal import Journal
from tests.support.http_target import Asked, Target, http_target, json_answer

failing_part = 0.2


@asynccontextmanager
async def recording_endpoint(journal: Journal) -> AsyncIterator[Target]:
    async with http_target() as target:

        def reply(asked: Asked) -> bytes:
            key = asked.headers["idempotency-key"]
            fails = crc32(key.encode()) % 100 < failing_part * 100
            journal.note(
                "effect",
                key=key,
                run_key=asked.headers.get("x-run-key", ""),
                authorization=asked.headers.get("authorization", ""),
                failed=fails,
            )
            target.asked.clear()
            return json_answer(b'{"ok":false}', 503) if fails else json_answer(b'{"ok":true}')

        target.reply = reply
        yield target
