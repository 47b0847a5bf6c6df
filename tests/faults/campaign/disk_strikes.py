"""Full disks, as far as an ordinary user can make one: the kernel refuses the servers every write beyond a size.

PostgreSQL and NATS see EFBIG where a full disk says ENOSPC, in the same places, and take both for the same.
"""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress

import psutil

from tests.faults.campaign.cluster import Cluster

PRLIMIT = shutil.which("prlimit")
"""Of util-linux; None where a process's limits cannot be changed from outside."""
SAID = ("file too large", "no space", "disk full", "file size limit")


async def fill_postgres(cluster: Cluster, seconds: float) -> str:
    """No more writes, not even of the write-ahead log, for so long."""
    return await _fill(cluster, "postgres", cluster.postgres.pid, seconds)


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
    with log.open("rb") as file:
        file.seek(before)
        words = file.read().decode(errors="replace").lower()
    found = next((said for said in SAID if said in words), "")
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
