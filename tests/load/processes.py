"""What the processes of a stack use."""

from collections.abc import Mapping

import psutil

Usage = dict[str, float]


def cpu_seconds(pids: Mapping[str, int]) -> Usage:
    """Return the processor seconds that each member has used, with its children."""
    return {name: sum(map(_cpu, _family(pid))) for name, pid in pids.items()}


def resident_mib(pids: Mapping[str, int]) -> Usage:
    """Return the memory of each member that is its own (unique set size), in MiB, without its children."""
    return {name: psutil.Process(pid).memory_full_info().uss / 2**20 for name, pid in pids.items()}


def difference(before: Usage, after: Usage) -> Usage:
    """Return what came on top."""
    return {name: after[name] - before[name] for name in before}


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
