"""`make bench-http`: runs of one `http_request` against a server on this machine, as fast as they go."""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast
from uuid import UUID

import httpx
import uvloop

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.load.figures import Figure, machine, table
from tests.load.message_load import measure_messages
from tests.load.processes import cpu_seconds, difference

window = 600
"""Runs under way together."""
target_per_second = 1_000
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 22\r\n\r\n"
    b'{"ok":true,"id":12345}'
)


class _Answering(asyncio.Protocol):
    """Says the same to every request, as cheaply as can be: bodies of requests are short and come with their head."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        *whole, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        if whole:
            self._transport.write(ANSWER * len(whole))


async def _answer_for_ever(told: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serve(told: Connection) -> None:
    uvloop.run(_answer_for_ever(told))


@contextmanager
def answering() -> Iterator[tuple[str, int]]:
    """A server in a process of its own: its URL and its process id."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    process.start()
    assert process.pid is not None
    try:
        yield f"http://127.0.0.1:{here.recv()}", process.pid
    finally:
        process.kill()
        process.join()


def _workflow(stack: Stack, url: str) -> UUID:
    call = {"key": "call", "type": "http_request", "config": {"url": f"{url}/item"}}
    definition: JsonObject = {
        "trigger": {"type": "manual_trigger"},
        "nodes": [call],
        "edges": [{"from": "trigger", "to": "call"}],
    }
    answer = httpx.post(
        f"{stack.url}/api/v1/workflows",
        json={"name": "Requests", "definition": definition},
        headers={"authorization": f"Bearer {stack.admin_token}"},
        trust_env=False,
    )
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return UUID(answer.json()["id"])


def measure(seconds: float) -> tuple[list[Figure], tuple[str, ...]]:
    """Return requests a second, and what each process spends on one."""
    with tempfile.TemporaryDirectory(prefix="flusso-bench-") as folder, answering() as (url, pid):
        stack = Stack(Path(folder), environment={"FLUSSO_HTTP_ALLOWED_NETWORKS": "127.0.0.0/8"})
        try:
            stack.start()
            workflow = _workflow(stack, url)
            pids = {**stack.pids(), "target": pid}
            print(f"measuring; processes: {pids}", file=sys.stderr)
            before = cpu_seconds(pids)
            found = uvloop.run(measure_messages(stack.nats_url, workflow, seconds, window))
            used = difference(before, cpu_seconds(pids))
        finally:
            stack.stop()
    # The warm-up takes a fifth of the whole time at the same rate.
    cost = {name: spent * 0.8 * 1000 / found.cycles for name, spent in used.items()}
    return [
        Figure("runs of one HTTP request", found.per_second, "1/s", target_per_second),
        *(Figure(f"CPU of a run: {name}", cost[name], "ms") for name in sorted(cost)),
    ], found.refused


def main() -> None:
    """Print the table and the machine; exits with 1 if a start was refused, not when the figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    about = machine()
    figures, refused = measure(options.seconds)
    print(table(figures))
    print(f"machine: {json.dumps(about)}")
    if refused:
        sys.exit(f"starts were refused: {refused[:3]}")


if __name__ == "__main__":
    main()
