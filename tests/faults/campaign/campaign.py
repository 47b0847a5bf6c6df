"""One campaign: load, faults in the order of their schedule, healing, rest; what is left is the evidence."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.campaign import quiet
from tests.faults.campaign.client import client_of
from tests.faults.campaign.cluster import Cluster, running_cluster
from tests.faults.campaign.crowd import Crowd
from tests.faults.campaign.endpoint import recording_endpoint
from tests.faults.campaign.evidence import Evidence, FaultRecord, gather
from tests.faults.campaign.journal import Journal
from tests.faults.campaign.listeners import Follower
from tests.faults.campaign.own_disk import OwnDisk, own_disk
from tests.faults.campaign.plan import Fault
from tests.faults.campaign.strikes import strike

warm_up_seconds = 3.0
calm_seconds = 40.0
"""Longer than two looks of the reconciler, when there are no faults to wait for."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a campaign is run."""

    seed: int
    faults: Sequence[Fault]
    starts_a_second: float
    rest_seconds_max: float
    replicas: int = 2
    durable: bool = True
    measures_cpu: bool = True


async def run_campaign(folder: Path, settings: Settings, tell: Tell) -> Evidence:
    """Run one in this folder, which keeps logs and journal, and return what the checker needs."""
    canary = secrets.token_hex(16)
    path = folder / "journal.jsonl"
    with Journal(path) as journal, _disk_of(folder, settings, tell) as disk:
        async with running_cluster(
            folder, durable=settings.durable, replicas=settings.replicas, disk=disk
        ) as cluster:
            tell(f"PostgreSQL, NATS and {', '.join(cluster.services)} are up")
            async with _under_load(cluster, settings, journal, canary) as crowd:
                await asyncio.sleep(warm_up_seconds)
                records = await _strike_all(cluster, settings, tell)
                await cluster.ready()
                healed_at = time.time()
                tell("healed; nobody starts anything any more")
                crowd.stop_starting.set()
                await crowd.starters_are_done()
                left = await quiet.at_rest(cluster, crowd.ignored, settings.rest_seconds_max)
                rested_at = time.time()
                await quiet.listeners_are_told(cluster, crowd.followers)
                tell(
                    f"at rest {rested_at - healed_at:.1f} s after healing; left: {left or 'nothing'}"
                )
            backlog = await quiet.backlog_of(cluster)
            cpu = await quiet.cpu_of(cluster) if settings.measures_cpu else {}
            findings = await quiet.findings_of(cluster)
            evidence = await gather(cluster.database_url, path)
            evidence.faults = records
            evidence.backlog, evidence.cpu = backlog, cpu
            evidence.repairs = quiet.repairs_in(cluster)
            evidence.unasked = _ended_unasked(cluster, records)
            evidence.leaks = await quiet.leaks_of(cluster, canary, path)
            evidence.public_key = cluster.public_key
            evidence.findings = findings
            evidence.healed_at, evidence.settled = healed_at, not left
            return evidence


@contextmanager
def _disk_of(folder: Path, settings: Settings, tell: Tell) -> Iterator[OwnDisk | None]:
    """Give PostgreSQL a disk of its own if it is to be filled; say so if that cannot be."""
    if not any(fault.kind == "fill PostgreSQL's disk" for fault in settings.faults):
        yield None
        return
    with own_disk(folder) as disk:
        if isinstance(disk, OwnDisk):
            yield disk
            return
        tell(disk)
        yield None


class Load:
    """Everybody at work; starters stop first, then those who decide."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.stop_starting = asyncio.Event()
        self.stop_deciding = asyncio.Event()
        self.followers: list[Follower] = []
        self._starting: list[asyncio.Task[None]] = []

    @property
    def ignored(self) -> set[str]:
        """Tasks that nobody will ever answer."""
        return self._crowd.ignored

    def begin(self, group: asyncio.TaskGroup) -> None:
        self._starting = [
            group.create_task(self._crowd.start_until(self.stop_starting)),
            group.create_task(self._crowd.cancel_until(self.stop_starting)),
        ]
        group.create_task(self._crowd.decide_until(self.stop_deciding))
        group.create_task(self._crowd.audit_until(self.stop_deciding))

    async def starters_are_done(self) -> None:
        await asyncio.wait(self._starting)


@asynccontextmanager
async def _under_load(
    cluster: Cluster, settings: Settings, journal: Journal, canary: str
) -> AsyncIterator[Load]:
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(recording_endpoint(journal))
        client = await stack.enter_async_context(
            client_of(cluster.gateways, cluster.admin_token, journal, settings.seed)
        )
        crowd = Crowd(client, target.url, settings.starts_a_second, f"c{settings.seed}")
        await crowd.set_up(canary)
        load = Load(crowd)
        async with asyncio.TaskGroup() as group:
            load.followers = [Follower(client.http, url, journal) for url in cluster.gateways]
            following = [group.create_task(follower.follow()) for follower in load.followers]
            load.begin(group)
            try:
                yield load
            finally:
                load.stop_starting.set()
                load.stop_deciding.set()
                for follower in following:
                    follower.cancel()


async def _strike_all(cluster: Cluster, settings: Settings, tell: Tell) -> list[FaultRecord]:
    records = []
    for fault in settings.faults:
        await asyncio.sleep(fault.pause_seconds)
        struck = await strike(cluster, fault)
        tell(f"{fault.kind} {fault.target}: {struck.evidence or 'DID NOT STRIKE'}")
        records.append(
            FaultRecord(fault.kind, fault.target, struck.began_at, struck.ended_at, struck.evidence)
        )
    if not settings.faults:
        await asyncio.sleep(calm_seconds)
    return records


def _ended_unasked(cluster: Cluster, records: Sequence[FaultRecord]) -> list[str]:
    """Return the ends that no fault explains: PostgreSQL may end itself when its disk is full."""
    full = [record for record in records if record.kind.startswith("fill")]
    return [
        f"{end.name} ended by itself with code {end.exit_code}"
        for end in cluster.unasked
        if not (
            end.name in {"postgres", "nats"}
            and any(record.began_at <= end.at <= record.ended_at + 10 for record in full)
        )
    ]


def seeded(seed: int | None) -> int:
    """Return the seed, or one by chance."""
    return random.randrange(1_000_000) if seed is None else seed
