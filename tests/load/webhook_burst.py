"""`python -m tests.load.webhook_burst`: so many signed deliveries at once, and what becomes of them.

The load generator shares the machine with everything that it measures.
"""

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import uvloop

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.load.figures import percentile
from tests.load.http_client import HttpPool
from tests.load.processes import cpu_seconds, difference, resident_mib

settle_seconds_max = 120.0
DEFINITION: JsonObject = {
    "trigger": {
        "type": "webhook_trigger",
        "config": {"auth": "hmac", "preset": "github", "secret": ""},
    },
    "nodes": [
        {
            "key": "keep",
            "type": "transform",
            "name": "Keep",
            "config": {"number": "{{ trigger.output.payload.number }}"},
        }
    ],
    "edges": [{"from": "trigger", "to": "keep"}],
}


@dataclass(slots=True)
class Burst:
    """What was answered: run ids by the number of their delivery, statuses, and how long it took."""

    accepted: dict[int, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Sender:
    """A webhook of its own in a running stack, and who knows its secret."""

    def __init__(self, stack: Stack, connections: int, padding: int = 0) -> None:
        self._padding = "x" * padding
        self._secret = secrets.token_urlsafe(24)
        self._pool = HttpPool(stack.host, stack.port, stack.admin_token)
        self._places = asyncio.Semaphore(connections)
        self._answers = 0
        self._answered = asyncio.Condition()
        self.workflow_id = _active_workflow(stack, self._secret)

    async def burst(self, deliveries: int) -> Burst:
        """Send all of them as fast as the connections allow; every answer is kept."""
        found = Burst()
        requests = [self._request(number) for number in range(deliveries)]
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, request in enumerate(requests):
                group.create_task(self._send(found, number, request))
        found.seconds = time.perf_counter() - began
        return found

    async def _send(self, found: Burst, number: int, request: bytes) -> None:
        async with self._places:
            began = time.perf_counter()
            status, body = await self._pool.send(request)
            found.delays.append(time.perf_counter() - began)
        found.statuses[status] += 1
        if status == 202:
            found.accepted[number] = orjson.loads(body)["run_id"]
        async with self._answered:
            self._answers += 1
            self._answered.notify_all()

    async def answered(self, enough: int) -> None:
        """Wait for so many answers."""
        async with self._answered:
            await self._answered.wait_for(lambda: self._answers >= enough)

    def _request(self, number: int) -> bytes:
        body = orjson.dumps({"number": number, "text": self._padding})
        signature = hmac.digest(self._secret.encode(), body, hashlib.sha256).hex()
        head = (
            f"POST /api/webhooks/{self.workflow_id} HTTP/1.1\r\nhost: flusso\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-github-delivery: burst-{number}\r\nx-hub-signature-256: sha256={signature}\r\n\r\n"
        )
        return head.encode() + body

    def close(self) -> None:
        self._pool.close()


def _active_workflow(stack: Stack, secret: str) -> str:
    trigger = DEFINITION["trigger"]
    signed = {**trigger, "config": {**trigger["config"], "secret": secret}}
    bearer = {"authorization": f"Bearer {stack.admin_token}"}
    with httpx.Client(base_url=stack.url, headers=bearer, trust_env=False) as http:
        made = http.post(
            "/api/v1/workflows",
            json={"name": "Burst", "definition": {**DEFINITION, "trigger": signed}},
        )
        assert made.is_success, f"{made.status_code} {made.text}"
        workflow_id = str(made.json()["id"])
        active = http.post(f"/api/v1/workflows/{workflow_id}/activate")
        assert active.is_success, f"{active.status_code} {active.text}"
    return workflow_id


async def completed(stack: Stack, workflow_id: str, expected: int) -> dict[int, str]:
    """Return the completed runs by the number of their delivery, once there are as many; fails after two minutes."""
    import asyncpg  # noqa: PLC0415 - the benchmark looks into the database, the tests need not

    connection = await asyncpg.connect(stack.database_url)
    try:
        async with asyncio.timeout(settle_seconds_max):
            while True:
                rows = await connection.fetch(_COMPLETED, workflow_id)
                if len(rows) >= expected:
                    runs = {int(row["number"]): str(row["id"]) for row in rows}
                    assert len(runs) == len(rows), "a delivery has become two runs"
                    return runs
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


_COMPLETED = """
SELECT runs.id, log.data #>> '{trigger_output,payload,number}' AS number
FROM engine.runs JOIN engine.log ON log.stream_id = runs.id AND log.version = 1
WHERE runs.workflow_id = $1::text::uuid AND runs.status = 'Completed'
"""


@contextlib.contextmanager
def running_stack() -> Iterator[Stack]:
    """Start everything in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="flusso-burst-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


async def measure(stack: Stack, deliveries: int, connections: int, padding: int) -> bool:
    """Send one burst, print what came of it, and tell whether nothing was refused or lost."""
    sender = Sender(stack, connections, padding)
    before = cpu_seconds(stack.pids())
    found = await sender.burst(deliveries)
    answered = time.perf_counter()
    runs = await completed(stack, sender.workflow_id, deliveries)
    behind = time.perf_counter() - answered
    spent = difference(before, cpu_seconds(stack.pids()))
    sender.close()
    print(f"{deliveries:,} deliveries of {padding:,} bytes on {connections} connections")
    print(f"  answered in      {found.seconds:6.2f} s ({deliveries / found.seconds:,.0f}/s)")
    print(f"  statuses         {dict(found.statuses)}")
    print(f"  p50, p99         {percentile(found.delays, 0.5) * 1000:,.0f} ms,", end=" ")
    print(f"{percentile(found.delays, 0.99) * 1000:,.0f} ms")
    print(f"  all runs done    {behind:6.2f} s after the last answer")
    each = {name: f"{seconds / deliveries * 1e6:.0f} µs" for name, seconds in spent.items()}
    print(f"  CPU a delivery   {each}")
    print(f"  resident memory  {_rounded(resident_mib(stack.pids()))}")
    return runs == found.accepted and len(runs) == deliveries


def _rounded(usage: dict[str, float]) -> dict[str, str]:
    return {name: f"{mib:.0f} MiB" for name, mib in usage.items()}


def main() -> int:
    """Measure; the exit code tells whether anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5_000)
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--bytes", type=int, default=0, help="of text in each body")
    given = parser.parse_args()
    with running_stack() as stack:
        whole = uvloop.run(measure(stack, given.deliveries, given.connections, given.bytes))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
