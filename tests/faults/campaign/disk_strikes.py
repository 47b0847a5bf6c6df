"""Full disks. PostgreSQL's is a file system of its own where one can be mounted, filled to its last block: ENOSPC.

Elsewhere, and for NATS, as far as an ordinary user can make one: the kernel refuses the servers every write beyond a
size. They see EFBIG where a full disk says ENOSPC, in the same places, and take both for the same.
"""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from tests.faults.campaign.cluster import Cluster

PRLIMIT = shutil.which("prlimit")
"""Of util-linux; None where a process's limits cannot be changed from outside."""
look_seconds = 0.1
SAID = ("file too large", "no space", "disk full", "file size limit")


said_seconds_max = 30.0
"""So long PostgreSQL may live on what it has set aside, before it needs a block that is not there."""


async def fill_postgres(cluster: Cluster, seconds: float) -> str:
    """No more writes, not even of the write-ahead log, for so long."""
    if cluster.disk is None:
        return await _fill(cluster, "postgres", cluster.postgres.pid, seconds)
    log = cluster.log_of("postgres")
    before = log.stat().st_size if log.exists() else 0
    size = await asyncio.to_thread(cluster.disk.fill)
    try:
        said = await _said(log, before)
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(cluster.disk.free)
    return f"it said {said!r}, {size >> 20} MiB of ballast" if said else ""


async def _said(log: Path, before: int) -> str:
    """Wait until the server complains; return its words."""
    deadline = asyncio.get_running_loop().time() + said_seconds_max
    while asyncio.get_running_loop().time() < deadline:
        found = await asyncio.to_thread(_complaint, log, before)
        if found:
            return found
        await asyncio.sleep(look_seconds)
    return ""


def _complaint(log: Path, before: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(before)
        words = file.read().decode(errors="replace").lower()
    return next((said for said in SAID if said in words), "")


async def fill_nats(cluster: Cluster, seconds: float) -> str:
    """No more writes for so long; then it is started anew, as our operations page tells people to."""
    said = await _fill(cluster, "nats", cluster.nats.pid, seconds)
    cluster.held.add("nats")
    await cluster.kill("nats")
    await cluster.start("nats")
    return said


async def _fill(cluster: Cluster, name: str, pid: int | None, seconds: float) -> str:
    if pid is None:
        return ""
    log = cluster.log_of(name)
    before = log.stat().st_size if log.exists() else 0
    await asyncio.to_thread(_limit, pid, "1")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(_limit, pid, "unlimited")
    found = await asyncio.to_thread(_complaint, log, before)
    return f"it said {found!r}" if found else ""


def _limit(pid: int, size: str) -> None:
    """Set the soft limit of the process and all of its children, as the user whose they are: not even root may else."""
    assert PRLIMIT is not None, "the plan leaves this out where it cannot be done"
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                subprocess.run(
                    [PRLIMIT, "--pid", str(process.pid), f"--fsize={size}:unlimited"],
                    user=process.uids().real,
                    group=process.gids().real,
                    extra_groups=[] if os.geteuid() == 0 else None,
                    check=False,
                    capture_output=True,
                )
