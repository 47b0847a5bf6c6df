"""`make overload`: offers twice the starts that it can take, and shows what happens to both halves and to memory.

First a closed loop finds what a stack of its own can take; then requests are sent by the clock, answered or not, at a
multiple of that; then it is looked how soon a single request is answered as fast as before.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvloop

from deploy.local.stack import Stack
from tests.load.cycle import CYCLE, INPUT
from tests.load.figures import machine, percentile
from tests.load.http_client import HttpPool
from tests.load.processes import resident_mib

window = 128
waves_a_second = 50
calm_seconds_max = 0.25
recovery_seconds_max = 120.0
OUT = sys.stdout


@dataclass(slots=True)
class Answers:
    """By status: how many, and after how many seconds."""

    seconds: dict[int, list[float]] = field(default_factory=dict)

    def note(self, status: int, seconds: float) -> None:
        self.seconds.setdefault(status, []).append(seconds)

    def counts(self) -> dict[int, int]:
        return {status: len(found) for status, found in sorted(self.seconds.items())}

    def told(self) -> str:
        return "; ".join(
            f"{status or 'no answer'}: {len(found):,}, after {percentile(found, 0.5) * 1000:,.0f} ms"
            f" (p50) and {percentile(found, 0.99) * 1000:,.0f} ms (p99)"
            for status, found in sorted(self.seconds.items())
        )


class Flood:
    """Sends one and the same start, as often as it is told."""

    def __init__(self, stack: Stack, workflow: str) -> None:
        self._pool = HttpPool(stack.host, stack.port, stack.admin_token)
        path = f"/api/v1/workflows/{workflow}/runs"
        self._start = self._pool.request("POST", path, {"input": INPUT})

    async def send(self, answers: Answers) -> None:
        began = time.perf_counter()
        try:
            status, _ = await self._pool.send(self._start)
        except (OSError, TimeoutError):
            status = 0
        answers.note(status, time.perf_counter() - began)

    async def capacity(self, seconds: float) -> float:
        """Return how many starts a second it takes from `window` clients who wait for their answers."""
        answers = Answers()
        until = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < until:
                await self.send(answers)

        async with asyncio.TaskGroup() as group:
            for _ in range(window):
                group.create_task(client())
        return len(answers.seconds.get(201, [])) / seconds

    async def offer(self, a_second: float, seconds: float) -> Answers:
        """Send by the clock, whether or not anything is answered."""
        answers = Answers()
        async with asyncio.TaskGroup() as group:
            began, sent = time.perf_counter(), 0
            while (passed := time.perf_counter() - began) < seconds:
                while sent < passed * a_second:
                    group.create_task(self.send(answers))
                    sent += 1
                await asyncio.sleep(1 / waves_a_second)
        return answers

    async def recovery(self) -> float:
        """Return the seconds until three requests in a row are answered fast."""
        began, fast = time.perf_counter(), 0
        while fast < 3 and time.perf_counter() - began < recovery_seconds_max:
            answers = Answers()
            await self.send(answers)
            taken = answers.seconds.get(201, [calm_seconds_max])[0] < calm_seconds_max
            fast = fast + 1 if taken else 0
            await asyncio.sleep(0.05)
        return time.perf_counter() - began

    def close(self) -> None:
        self._pool.close()


async def measure(stack: Stack, times: float, seconds: float) -> Counter[str]:
    """Print what happens; return how many answers were of which kind."""
    async with httpx.AsyncClient(
        base_url=stack.url, headers={"authorization": f"Bearer {stack.admin_token}"}
    ) as http:
        made = await http.post("/api/v1/workflows", json={"name": "Flood", "definition": CYCLE})
        workflow = str(made.json()["id"])
        await http.post(f"/api/v1/workflows/{workflow}/activate")
    flood = Flood(stack, workflow)
    try:
        await flood.capacity(3.0)
        takes = await flood.capacity(seconds / 2)
        before = resident_mib(stack.pids())
        OUT.write(f"it takes {takes:,.0f} starts a second from {window} clients\n")
        answers = await flood.offer(takes * times, seconds)
        after = resident_mib(stack.pids())
        recovered = await flood.recovery()
    finally:
        flood.close()
    OUT.write(f"offered {times:g} times that for {seconds:g} s: {answers.told()}\n")
    grown = {name: round(after[name] - before[name]) for name in before}
    OUT.write(f"memory, MiB more than before: {grown}\n")
    OUT.write(f"as fast as before after {recovered:.1f} s\n")
    return Counter({str(status): count for status, count in answers.counts().items()})


def main() -> None:
    parser = argparse.ArgumentParser(prog="make overload", description=__doc__)
    parser.add_argument("--times", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flusso-overload-") as folder:
        stack = Stack(Path(folder))
        with contextlib.ExitStack() as leaving:
            leaving.callback(stack.stop)
            stack.start()
            OUT.write(f"{machine()}\n")
            uvloop.run(measure(stack, arguments.times, arguments.seconds))


if __name__ == "__main__":
    main()
