"""`make overload`: offers twice the starts that it can take, and shows what becomes of both halves.

First a closed loop finds what a stack of its own can take. Then requests are sent by the clock, answered or not: at
half of that, which says how soon an answer comes on this machine at all, and at twice that, while somebody decides
tasks and somebody else starts a run now and then. Then it is looked how soon requests are answered as before.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvloop

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.load.cycle import CYCLE, INPUT
from tests.load.figures import Figure, machine, percentile, table
from tests.load.http_client import HttpPool
from tests.load.processes import resident_mib

ACCEPTED = (200, 201, 202)
clients = 192
refused_pause_seconds = 0.1
waves_a_second = 50
others_a_second = 10
accepted_p99_ms_max = 1_000.0
"""Twice what half of the starts may take inside, the wait of a burst, half a second, and a busy machine."""
slower_than_at_half_max = 4.0
"""On a machine on which already half the load is answered late: by how much more."""
memory_mib_max = 250.0
recovery_seconds_max = 5.0
recovery_watched_seconds = 120.0
OUT = sys.stdout


@dataclass(slots=True)
class Answers:
    """By status: after how many milliseconds each came; 0 is no answer."""

    milliseconds: dict[int, list[float]] = field(default_factory=dict)

    def note(self, status: int, seconds: float) -> None:
        self.milliseconds.setdefault(status, []).append(seconds * 1000)

    @property
    def accepted(self) -> list[float]:
        return [one for status in ACCEPTED for one in self.milliseconds.get(status, [])]

    def part(self, rank: float) -> float:
        """Return the percentile of the accepted; infinite if there are none."""
        return percentile(self.accepted, rank) if self.accepted else float("inf")

    def counts(self) -> dict[str, int]:
        return {str(status): len(found) for status, found in sorted(self.milliseconds.items())}


class Sender:
    """Sends with one token."""

    def __init__(self, stack: Stack, token: str) -> None:
        self._pool = HttpPool(stack.host, stack.port, token)

    def request(self, path: str, body: JsonObject) -> bytes:
        return self._pool.request("POST", path, body)

    async def send(self, request: bytes, answers: Answers) -> bool:
        """Send, note what came of it, and tell whether it was accepted."""
        began = time.perf_counter()
        try:
            status, _ = await self._pool.send(request)
        except (OSError, TimeoutError):
            status = 0
        answers.note(status, time.perf_counter() - began)
        return status in ACCEPTED

    async def offer(self, requests: list[bytes], a_second: float, seconds: float) -> Answers:
        """Send by the clock, whether or not anything is answered; the requests in turn."""
        answers = Answers()
        async with asyncio.TaskGroup() as group:
            began, sent = time.perf_counter(), 0
            while (passed := time.perf_counter() - began) < seconds:
                while sent < passed * a_second:
                    group.create_task(self.send(requests[sent % len(requests)], answers))
                    sent += 1
                await asyncio.sleep(1 / waves_a_second)
        return answers

    async def capacity(self, request: bytes, seconds: float) -> float:
        """Return how many a second are accepted from clients who wait for their answers."""
        answers = Answers()
        until = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < until:
                if not await self.send(request, answers):
                    await asyncio.sleep(refused_pause_seconds)

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())
        return len(answers.accepted) / seconds

    async def recovery(self, request: bytes, calm_ms: float) -> float:
        """Return the seconds until three requests in a row are accepted within so long."""
        began, fast = time.perf_counter(), 0
        while fast < 3 and time.perf_counter() - began < recovery_watched_seconds:
            answers = Answers()
            await self.send(request, answers)
            fast = fast + 1 if answers.part(1) < calm_ms else 0
            await asyncio.sleep(0.05)
        return time.perf_counter() - began

    def close(self) -> None:
        self._pool.close()


class Lateness:
    """How late this process itself is: what it measures is too long by that."""

    def __init__(self) -> None:
        self._milliseconds = [0.0]

    async def watch(self) -> None:
        while True:
            due = time.perf_counter() + 0.02
            await asyncio.sleep(0.02)
            self._milliseconds.append((time.perf_counter() - due) * 1000)

    @property
    def p99(self) -> float:
        return percentile(self._milliseconds, 0.99)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured."""

    takes: float
    half: Answers
    twice: Answers
    others: Answers
    decisions: Answers
    grown_mib: dict[str, int]
    recovered: float
    generator_late_ms: float

    def figures(self) -> list[Figure]:
        bound = max(accepted_p99_ms_max, slower_than_at_half_max * self.half.part(0.99))
        grown = float(sum(self.grown_mib.values()))
        asked, decided = sum(self.decisions.counts().values()), len(self.decisions.accepted)
        return [
            Figure("takes", self.takes, "starts/s"),
            Figure("accepted at half the load, p50", self.half.part(0.5), "ms"),
            Figure("accepted at half the load, p99", self.half.part(0.99), "ms"),
            Figure("accepted at the overload", len(self.twice.accepted), "starts"),
            Figure("accepted at the overload, p50", self.twice.part(0.5), "ms"),
            Figure(
                "accepted at the overload, p99",
                self.twice.part(0.99),
                "ms",
                bound,
                higher_is_better=False,
            ),
            Figure("another sender's starts accepted", _share(self.others), "%", 95.0),
            Figure(
                "another sender's starts, p99",
                self.others.part(0.99),
                "ms",
                bound,
                higher_is_better=False,
            ),
            Figure("decisions accepted", 100 * decided / max(1, asked), "%", 100.0),
            Figure(
                "decisions, p99", self.decisions.part(0.99), "ms", bound, higher_is_better=False
            ),
            Figure("memory grown", grown, "MiB", memory_mib_max, higher_is_better=False),
            Figure(
                "as before after", self.recovered, "s", recovery_seconds_max, higher_is_better=False
            ),
            Figure("the generator itself was late by, p99", self.generator_late_ms, "ms"),
        ]

    def told(self, offered: float) -> dict[str, object]:
        """Return it all for a machine."""
        return {
            "machine": machine(),
            "offered_a_second": round(offered),
            "answers": self.twice.counts(),
            "accepted": len(self.twice.accepted),
            "accepted_ms": {
                name: {"p50": round(one.part(0.5), 1), "p99": round(one.part(0.99), 1)}
                for name, one in (("half", self.half), ("overload", self.twice))
            },
            "others": self.others.counts(),
            "decisions": self.decisions.counts(),
            "memory_mib": self.grown_mib,
            "recovered_seconds": round(self.recovered, 2),
        }


def _share(answers: Answers) -> float:
    return 100 * len(answers.accepted) / max(1, sum(answers.counts().values()))


class Scene:
    """A workflow, its flood, somebody else with a token of their own, and tasks to decide."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient) -> None:
        self._stack = stack
        self._http = http
        self.flood = Sender(stack, stack.admin_token)

    async def runs_of_workflow(self) -> str:
        """Make it and return where it is started."""
        made = await self._http.post(
            "/api/v1/workflows", json={"name": "Flood", "definition": CYCLE}
        )
        path = f"/api/v1/workflows/{made.json()['id']}"
        await self._http.post(f"{path}/activate")
        return f"{path}/runs"

    async def someone_else(self) -> Sender:
        """Return who has a token of their own."""
        made = await self._http.post("/api/v1/tokens", json={"name": "somebody else"})
        return Sender(self._stack, str(made.json()["token"]))

    async def decisions(self, number: int) -> list[bytes]:
        """Return so many decisions on tasks that wait by now, as requests."""
        found: list[str] = []
        query = {"limit": "100"}
        while len(found) < number:
            page = (await self._http.get("/api/v1/tasks", params=query)).raise_for_status().json()
            found += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        return [self.flood.request(f"/api/v1/tasks/{one}/approve", {}) for one in found[:number]]


async def measure(stack: Stack, times: float, seconds: float) -> Outcome:
    """Run all of it."""
    lateness = Lateness()
    async with httpx.AsyncClient(
        base_url=stack.url, headers={"authorization": f"Bearer {stack.admin_token}"}, timeout=30
    ) as http:
        scene = Scene(stack, http)
        runs = await scene.runs_of_workflow()
        flood, other = scene.flood, await scene.someone_else()
        start = flood.request(runs, {"input": INPUT})
        watching = asyncio.create_task(lateness.watch())
        try:
            await flood.capacity(start, 3.0)
            takes = await flood.capacity(start, seconds / 2)
            half = await flood.offer([start], takes / 2, seconds)
            decisions = await scene.decisions(int(seconds * others_a_second))
            before = resident_mib(stack.pids())
            twice, others, decided = await asyncio.gather(
                flood.offer([start], takes * times, seconds),
                other.offer([other.request(runs, {"input": INPUT})], others_a_second, seconds),
                flood.offer(decisions, len(decisions) / seconds, seconds),
            )
            after = resident_mib(stack.pids())
            recovered = await flood.recovery(start, 2 * half.part(0.99) + 50)
        finally:
            watching.cancel()
            flood.close()
            other.close()
    grown = {name: round(after[name] - before[name]) for name in before}
    return Outcome(takes, half, twice, others, decided, grown, recovered, lateness.p99)


def main() -> None:
    """Print a table, one line of JSON, and whether all targets were met."""
    parser = argparse.ArgumentParser(prog="make overload", description=__doc__)
    parser.add_argument("--times", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flusso-overload-") as folder:
        stack = Stack(Path(folder))
        with contextlib.ExitStack() as leaving:
            leaving.callback(stack.stop)
            stack.start()
            outcome = uvloop.run(measure(stack, arguments.times, arguments.seconds))
    offered = outcome.takes * arguments.times
    OUT.write(f"{arguments.seconds:g} s each; {offered:,.0f} starts a second were the overload\n")
    OUT.write(f"{table(outcome.figures())}\n")
    OUT.write(f"{json.dumps(outcome.told(offered))}\n")
    if not all(figure.reached is not False for figure in outcome.figures()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
