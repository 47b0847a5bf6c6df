"""`make bench`: measures the whole stack in a temporary folder and prints a table, the machine and one JSON line."""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import uvloop

from deploy.local.stack import Stack
from tests.load.cycle import CYCLE
from tests.load.figures import Figure, machine, percentile, table
from tests.load.floor import measure_floor
from tests.load.http_client import HttpPool
from tests.load.http_load import measure_http, measure_latency
from tests.load.message_load import Throughput, fill_with_waiting, measure_messages
from tests.load.processes import cpu_seconds, difference, resident_mib

message_window = 800
http_window = 128
latency_rate = 100.0
floor_cycles = 4_000
floor_batch = 64
inbox_requests = 500
idle_seconds = 30.0


@dataclass(slots=True)
class Bench:
    """A stack, its workflow and the figures so far."""

    stack: Stack
    workflow: str
    seconds: float
    figures: list[Figure] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, target: float | None = None, *, up: bool = True
    ) -> None:
        """Note a figure and show that the work goes on."""
        self.figures.append(Figure(name, value, unit, target, up))
        print(f"  {name}: {value:,.5g} {unit}", file=sys.stderr)

    def reached_rate(
        self, name: str, found: Throughput, target: float, cpu: dict[str, float]
    ) -> None:
        """Note a rate with the processor time of a cycle, all processes but the load generator."""
        self.add(f"{name}: cycles", found.per_second, "1/s", target)
        self.add(f"{name}: CPU of a cycle", sum(cpu.values()) * 1000 / found.cycles, "ms")
        self.refused += found.refused


@contextlib.contextmanager
def running_stack() -> Iterator[Bench]:
    """Start everything in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="flusso-bench-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            yield Bench(stack, _create_workflow(stack), 0.0)
        finally:
            stack.stop()


def _create_workflow(stack: Stack) -> str:
    answer = httpx.post(
        f"{stack.url}/api/v1/workflows",
        json={"name": "Bench", "description": "", "definition": CYCLE},
        headers={"authorization": f"Bearer {stack.admin_token}"},
        trust_env=False,
    )
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return str(answer.json()["id"])


def run(bench: Bench, waiting: int) -> None:
    """Measure everything, the empty system first."""
    _floor(bench)
    _messages(bench)
    _http(bench)
    _latency(bench)
    _waiting(bench, waiting)


def _floor(bench: Bench) -> None:
    rate = uvloop.run(
        measure_floor(bench.stack.database_url, UUID(bench.workflow), floor_cycles, floor_batch)
    )
    bench.add(f"floor: SQL of cycles in batches of {floor_batch}", rate, "1/s")


def _messages(bench: Bench) -> None:
    before = cpu_seconds(bench.stack.pids())
    found = uvloop.run(
        measure_messages(bench.stack.nats_url, UUID(bench.workflow), bench.seconds, message_window)
    )
    cpu = _scaled(difference(before, cpu_seconds(bench.stack.pids())))
    bench.reached_rate("messages", found, 3_000, cpu)


def _scaled(cpu: dict[str, float]) -> dict[str, float]:
    """Leave the warm-up out: it takes a fifth of the whole time at the same rate."""
    return {name: used * 0.8 for name, used in cpu.items()}


def _http(bench: Bench) -> None:
    stack = bench.stack
    before = cpu_seconds(stack.pids())
    found = uvloop.run(
        measure_http(
            stack.host, stack.port, stack.admin_token, bench.workflow, bench.seconds, http_window
        )
    )
    bench.reached_rate("HTTP", found, 1_100, _scaled(difference(before, cpu_seconds(stack.pids()))))


def _latency(bench: Bench) -> None:
    stack = bench.stack
    _settle(stack)
    found, refused = uvloop.run(
        measure_latency(
            stack.host, stack.port, stack.admin_token, bench.workflow, bench.seconds, latency_rate
        )
    )
    bench.refused += refused
    for name, values, targets in (
        ("start sent to task visible", found.start_to_visible, (6, 15)),
        ("approve answered to completed", found.approved_to_completed, (5, 12)),
    ):
        bench.add(f"at 100/s, {name}, p50", percentile(values, 0.5), "ms", targets[0], up=False)
        bench.add(f"at 100/s, {name}, p99", percentile(values, 0.99), "ms", targets[1], up=False)


def _waiting(bench: Bench, runs: int) -> None:
    stack = bench.stack
    services = {name: pid for name, pid in stack.pids().items() if name not in {"postgres", "nats"}}
    _settle(stack)
    empty = resident_mib(services)
    began = time.perf_counter()
    uvloop.run(fill_with_waiting(stack.nats_url, UUID(bench.workflow), runs, message_window))
    bench.add(f"{runs:,} runs brought to wait", runs / (time.perf_counter() - began), "1/s")
    _settle(stack)
    growth = difference(empty, resident_mib(services))
    worst = max(growth, key=lambda name: growth[name])
    bench.add(
        f"{runs:,} waiting: growth of memory, worst ({worst})", growth[worst], "MiB", 5, up=False
    )
    times, total = uvloop.run(_inbox(stack))
    assert total == runs, f"the inbox counts {total} of {runs}"
    bench.add(f"{runs:,} waiting: first page of the inbox, p50", percentile(times, 0.5), "ms")
    bench.add(
        f"{runs:,} waiting: first page of the inbox, p99",
        percentile(times, 0.99),
        "ms",
        20,
        up=False,
    )
    _settle(stack)
    before = cpu_seconds(stack.pids())
    time.sleep(idle_seconds)
    used = difference(before, cpu_seconds(stack.pids()))
    idle = sum(used.values()) / idle_seconds * 100
    bench.add(f"{runs:,} waiting: idle CPU of the stack", idle, "% core", 5, up=False)
    for name, seconds in used.items():
        print(f"    {name}: {seconds / idle_seconds * 100:.2f} %", file=sys.stderr)


def _settle(stack: Stack) -> None:
    """Wait until two looks in a row find the stack nearly idle, or half a minute has passed."""
    quiet = 0
    for _ in range(30):
        before = cpu_seconds(stack.pids())
        time.sleep(1.0)
        used = sum(difference(before, cpu_seconds(stack.pids())).values())
        quiet = quiet + 1 if used < 0.1 else 0
        if quiet == 3:
            return


async def _inbox(stack: Stack) -> tuple[list[float], int]:
    pool = HttpPool(stack.host, stack.port, stack.admin_token)
    request = pool.request("GET", "/api/v1/tasks?status=pending&limit=50")
    times = []
    body = b"{}"
    for _ in range(inbox_requests):
        began = time.perf_counter()
        status, body = await pool.send(request)
        times.append((time.perf_counter() - began) * 1000)
        assert status == 200, body
    pool.close()
    await asyncio.sleep(0)
    return times, int(json.loads(body)["total"])


def main() -> None:
    """Print the table, then the JSON line; exits with 1 if a request was refused, not when a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load (default 15)")
    parser.add_argument("--waiting", type=int, default=200_000, help="runs to leave waiting")
    options = parser.parse_args()
    about = machine()
    print(f"Measuring on {about}; this takes some minutes.", file=sys.stderr)
    with running_stack() as bench:
        bench.seconds = options.seconds
        run(bench, options.waiting)
    print(table(bench.figures))
    print(f"machine: {about}")
    figures = [asdict(figure) | {"reached": figure.reached} for figure in bench.figures]
    print(json.dumps({"machine": about, "figures": figures, "refused": bench.refused}))
    if bench.refused:
        sys.exit(f"requests were refused: {bench.refused[:3]}")


if __name__ == "__main__":
    main()
