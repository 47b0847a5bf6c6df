"""Looks at a system that should be at rest: whether it is, what it costs, what it repaired, what it let out."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import httpx
import orjson
import psutil
from nats.js.errors import NotFoundError

from tests.faults.campaign.broker_strikes import DURABLES, connected
from tests.faults.campaign.cluster import Cluster
from tests.faults.campaign.evidence import find_text
from tests.faults.campaign.listeners import Follower

look_seconds = 0.5
cpu_seconds = 4.0
consumed_seconds_max = 15.0
verified_seconds_max = 180.0
told_seconds_max = 30.0
VERSIONS = (
    "SELECT stream_id::text AS stream, version FROM engine.snapshots"
    " UNION ALL SELECT stream_id::text, version FROM tasks.snapshots"
)
LEFT = {
    "runs that machines should move": "SELECT count(*) FROM engine.runs"
    " WHERE status IN ('Running', 'Queued')",
    "jobs": "SELECT count(*) FROM engine.jobs",
    "timers": "SELECT count(*) FROM engine.timers",
    "orders": "SELECT count(*) FROM engine.run_orders",
    "intake": "SELECT count(*) FROM gateway.intake WHERE refused_code IS NULL"
    " AND became_run_id IS NULL",
    "waits without a task": "SELECT count(*) FROM engine.waits WHERE NOT EXISTS"
    " (SELECT 1 FROM tasks.pending_tasks WHERE pending_tasks.task_id = waits.task_id)",
    "tasks without a wait": "SELECT count(*) FROM tasks.pending_tasks WHERE NOT EXISTS"
    " (SELECT 1 FROM engine.waits WHERE waits.task_id = pending_tasks.task_id)",
    "untold events": "SELECT (SELECT coalesce(max(position), 0) FROM engine.log)"
    " + (SELECT coalesce(max(position), 0) FROM tasks.log)"
    " - (SELECT position FROM engine.relay_cursor) - (SELECT position FROM tasks.relay_cursor)",
    "entries that are not sealed": "SELECT count(*) FROM tasks.log"
    " WHERE position > (SELECT position FROM tasks.chain_cursor)",
    "tasks that somebody or the clock will answer": "SELECT count(*) FROM tasks.pending_tasks"
    " WHERE task_id <> ALL($1::uuid[])",
}


async def left_to_do(database_url: str, ignored: set[str]) -> dict[str, int]:
    """Return what is not over; tasks that are ignored by everybody may stay open."""
    connection = await asyncpg.connect(database_url)
    try:
        found = {
            name: await connection.fetchval(query, *([list(ignored)] if "$1" in query else []))
            for name, query in LEFT.items()
        }
    finally:
        await connection.close()
    return {name: count for name, count in found.items() if count}


async def at_rest(cluster: Cluster, ignored: set[str], seconds: float) -> dict[str, int]:
    """Wait until nothing is left to do, at most so long; return what is."""
    left: dict[str, int] = {"everything": 1}
    try:
        async with asyncio.timeout(seconds):
            while left:
                await asyncio.sleep(look_seconds)
                left = await left_to_do(cluster.database_url, ignored)
    except TimeoutError:
        return left
    return {}


async def listeners_are_told(cluster: Cluster, followers: Sequence[Follower]) -> None:
    """Wait until live clients know the newest of everything, at most so long; the checker finds who does not."""
    versions = await _versions(cluster.database_url)
    deadline = asyncio.get_running_loop().time() + told_seconds_max
    while asyncio.get_running_loop().time() < deadline:
        behind = (
            sequence < versions.get(subject, 0)
            for follower in followers
            for subject, sequence in follower.newest.items()
        )
        if not any(behind):
            return
        await asyncio.sleep(look_seconds)


async def _versions(database_url: str) -> dict[str, int]:
    connection = await asyncpg.connect(database_url)
    try:
        return {row["stream"]: row["version"] for row in await connection.fetch(VERSIONS)}
    finally:
        await connection.close()


async def backlog_of(cluster: Cluster) -> dict[str, int]:
    """Return what consumers have not acknowledged; what is under way has a moment to arrive."""
    backlog: dict[str, int] = {"everything": 1}
    deadline = asyncio.get_running_loop().time() + consumed_seconds_max
    async with connected(cluster) as client:
        streams = client.jetstream()
        while any(backlog.values()) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(look_seconds)
            backlog = {}
            for spec in (spec for specs in DURABLES.values() for spec in specs):
                try:
                    info = await streams.consumer_info(spec.stream, spec.durable)
                except NotFoundError:
                    backlog[spec.durable] = 1
                else:
                    backlog[spec.durable] = (info.num_pending or 0) + (info.num_ack_pending or 0)
    return backlog


async def cpu_of(cluster: Cluster) -> dict[str, float]:
    """Return which part of a CPU each service uses now."""
    pids = {name: child.pid for name, child in cluster.services.items()}
    processes = {name: psutil.Process(pid) for name, pid in pids.items() if pid is not None}
    before = {name: _cpu_seconds(process) for name, process in processes.items()}
    await asyncio.sleep(cpu_seconds)
    return {
        name: (_cpu_seconds(process) - before[name]) / cpu_seconds
        for name, process in processes.items()
    }


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def findings_of(cluster: Cluster) -> list[str]:
    """Have everything verified as an operator does, and return what was found. Raises TimeoutError."""
    url = f"{cluster.gateways[0]}/api/v1/system/verifications"
    headers = {"authorization": f"Bearer {cluster.admin_token}"}
    async with (
        asyncio.timeout(verified_seconds_max),
        httpx.AsyncClient(trust_env=False, timeout=30.0, headers=headers) as http,
    ):
        look = (await http.post(url, json={})).raise_for_status().json()
        while look["state"] == "running":
            await asyncio.sleep(look_seconds)
            look = (await http.get(f"{url}/{look['id']}")).raise_for_status().json()
    found = [f"{each['check']}, {each['subject']}: {each['message']}" for each in look["findings"]]
    return found if look["state"] == "done" else [*found, f"it ended as {look['state']}"]


def repairs_in(cluster: Cluster) -> dict[str, int]:
    """Return what the reconcilers say in the logs that they have repaired."""
    found: Counter[str] = Counter()
    for name in cluster.replicas("engine"):
        for line in _lines(cluster.log_of(name)):
            if b'"repaired"' in line:
                told = orjson.loads(line[line.index(b"{") :])
                found[told["kind"]] += told["count"]
    return dict(found)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


async def leaks_of(cluster: Cluster, secret: str, journal: Path) -> list[str]:
    """Return every place, but the endpoint that it was sent to, where the secret can be read."""
    found = await find_text(cluster.database_url, secret)
    needle = secret.encode()
    files = [*(cluster.folder / "logs").glob("*.log"), *cluster.nats.store_dir.rglob("*")]
    for path in files:
        if path.is_file() and needle in path.read_bytes():
            found.append(str(path.relative_to(cluster.folder)))
    for line in _lines(journal):
        if needle in line and orjson.loads(line)["what"] != "effect":
            found.append("an answer of the API")
    return found
