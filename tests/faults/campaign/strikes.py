"""Carries faults out, and tells of each whether it really struck: what never struck proves nothing."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

import asyncpg
import nats.errors
import psutil

from tests.faults.campaign import broker_strikes, disk_strikes
from tests.faults.campaign.cluster import Cluster
from tests.faults.campaign.plan import SERVERS, Fault
from tests.support.tcp_proxy import TcpProxy

crash_seconds_max = 60.0
tries_max = 3
poll_seconds = 0.05
loop_times = 3


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was armed. `evidence` says how it is known to have struck; empty: it has not."""

    fault: Fault
    began_at: float
    ended_at: float
    evidence: str


async def strike(cluster: Cluster, fault: Fault) -> Struck:
    """Carry one fault out; on return it is over, though what it broke may still be getting up.

    What found nothing to strike, since that was still down from the fault before, is tried again when it is up.
    """
    began_at = time.time()
    evidence = ""
    for _ in range(tries_max):
        evidence = await _try(cluster, fault)
        if evidence:
            break
        await cluster.ready()
    return Struck(fault, began_at, time.time(), evidence)


async def _try(cluster: Cluster, fault: Fault) -> str:
    try:
        return await _carry_out(cluster, fault, random.Random(fault.number))
    except (nats.errors.Error, asyncpg.PostgresError, OSError, TimeoutError):
        return ""


async def _carry_out(cluster: Cluster, fault: Fault, chance: random.Random) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind
    match fault.kind:
        case "kill a service":
            return await _kill(cluster, [fault.target], fault.seconds)
        case "kill everything":
            return await _kill(cluster, [*SERVERS, *cluster.services], fault.seconds)
        case "crash point":
            return await _crash(cluster, fault, chance)
        case "freeze a replica":
            return await _freeze(cluster, [fault.target], fault.seconds)
        case "freeze a service":
            return await _freeze(cluster, cluster.replicas(fault.target), fault.seconds)
        case "restart a service":
            return await _restart(cluster, [fault.target])
        case "rolling restart":
            return await _restart(cluster, list(cluster.services))
        case "crash PostgreSQL":
            return await _kill(cluster, ["postgres"], fault.seconds)
        case "crash PostgreSQL in a loop":
            told = [
                await _kill(cluster, ["postgres"], chance.uniform(0.1, 1.0))
                for _ in range(loop_times)
            ]
            return "; ".join(told)
        case "pause PostgreSQL":
            return await _pause_postgres(cluster, fault.seconds)
        case "end PostgreSQL sessions":
            return await broker_strikes.end_sessions(cluster)
        case "fill PostgreSQL's disk":
            return await disk_strikes.fill_postgres(cluster, fault.seconds)
        case "kill NATS":
            return await _kill(cluster, ["nats"], fault.seconds)
        case "wipe NATS":
            return await _wipe(cluster)
        case "NATS away":
            return await _away(cluster, fault.seconds)
        case "delete a consumer":
            return await broker_strikes.delete_consumer(cluster, fault.target)
        case "delete a stream":
            return await broker_strikes.delete_stream(cluster, fault.target)
        case "change a consumer":
            return await broker_strikes.change_consumer(cluster, fault.target)
        case "fill NATS's disk":
            return await disk_strikes.fill_nats(cluster, fault.seconds)
        case "reset connections":
            return await _on_edge(cluster, fault, _reset)
        case "delay bytes":
            return await _on_edge(cluster, fault, _delay)
        case "black hole":
            return await _on_edge(cluster, fault, _hold)
        case "half a message":
            return await _on_edge(cluster, fault, _halve)
        case "cut a replica off":
            return await _cut_off(cluster, fault)
        case "deliver again":
            return await broker_strikes.deliver_again(cluster, fault.target, chance)
        case "poison messages":
            return await broker_strikes.poison_messages(cluster, fault.target, chance)
        case "poison requests":
            return await broker_strikes.poison_requests(cluster)
        case _:
            assert_never(fault.kind)


# -- processes -----------------------------------------------------------------------


async def _kill(cluster: Cluster, names: Sequence[str], seconds: float) -> str:
    victims = [name for name in names if cluster.member(name).pid is not None]
    cluster.held.update(names)
    await asyncio.gather(*(cluster.kill(name) for name in victims))
    await asyncio.sleep(seconds)
    for name in names:
        await cluster.start(name)
    return f"killed {', '.join(victims)}" if victims else ""


async def _crash(cluster: Cluster, fault: Fault, chance: random.Random) -> str:
    """Arm all replicas of the service and wait for the first that dies there."""
    point, _, service = fault.target.partition(" in ")
    names = cluster.replicas(service)
    away = cluster.replicas("engine") if point.startswith("intake") else []
    cluster.held.update(names)
    for name in names:
        cluster.arm(name, f"{point}:{chance.randint(1, 3)}")
        await cluster.kill(name)
        await asyncio.to_thread(cluster.services[name].start)
    await _up_or_dead(cluster, names)
    if away:  # only what the engine does not take at once is kept
        await _kill(cluster, away, fault.seconds)
        cluster.held.update(names)
    dead = await _first_dead(cluster, names)
    for name in names:
        cluster.arm(name, "")
    await asyncio.sleep(fault.seconds if dead and not away else 0)
    for name in names:
        await asyncio.to_thread(cluster.services[name].stop)
        await cluster.start(name)
    return f"{dead} died there" if dead else ""


async def _up_or_dead(cluster: Cluster, names: Sequence[str]) -> None:
    """Wait until none of them is still starting: only then their time runs."""
    with suppress(TimeoutError):
        async with asyncio.timeout(crash_seconds_max):
            while True:
                unready = await asyncio.to_thread(cluster.unready)
                if not any(name in unready and cluster.services[name].alive for name in names):
                    return
                await asyncio.sleep(poll_seconds)


async def _first_dead(cluster: Cluster, names: Sequence[str]) -> str:
    try:
        async with asyncio.timeout(crash_seconds_max):
            while True:
                for name in names:
                    if cluster.services[name].exit_code == -signal.SIGKILL:
                        return name
                await asyncio.sleep(poll_seconds)
    except TimeoutError:
        return ""


async def _freeze(cluster: Cluster, names: Sequence[str], seconds: float) -> str:
    pids = [pid for name in names if (pid := cluster.member(name).pid) is not None]
    for name in names:
        cluster.member(name).pause()
    try:
        await asyncio.sleep(seconds)
        frozen = sum(psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in pids)
    finally:
        for name in names:
            cluster.member(name).resume()
    return f"{frozen} stood still for {seconds:.0f} s" if frozen == len(names) else ""


async def _pause_postgres(cluster: Cluster, seconds: float) -> str:
    pid = cluster.postgres.pid
    cluster.postgres.pause()
    try:
        await asyncio.sleep(seconds)
        frozen = pid and psutil.Process(pid).status() == psutil.STATUS_STOPPED
    finally:
        cluster.postgres.resume()
    return f"it stood still for {seconds:.0f} s" if frozen else ""


async def _restart(cluster: Cluster, names: Sequence[str]) -> str:
    codes = []
    for name in names:
        cluster.held.add(name)
        child = cluster.services[name]
        was = child.pid
        await asyncio.to_thread(child.stop, 10.0)
        codes.append(f"{name} ended with {child.exit_code}" if was else "")
        await cluster.start(name)
    return ", ".join(codes) if all(codes) else ""


async def _wipe(cluster: Cluster) -> str:
    cluster.held.add("nats")
    await cluster.kill("nats")
    await asyncio.to_thread(cluster.nats.wipe)
    gone = not cluster.nats.store_dir.exists()
    await cluster.start("nats")
    return "its storage was gone" if gone else ""


async def _away(cluster: Cluster, seconds: float) -> str:
    return (await _kill(cluster, ["nats"], seconds)) and f"away for {seconds:.0f} s"


# -- the network ---------------------------------------------------------------------

OnEdge = Callable[[TcpProxy, float], Awaitable[str]]


async def _on_edge(cluster: Cluster, fault: Fault, disturb: OnEdge) -> str:
    replica, _, server = fault.target.partition(" to ")
    proxy = cluster.proxies[replica, server]
    try:
        return await disturb(proxy, fault.seconds)
    finally:
        proxy.heal()


async def _reset(proxy: TcpProxy, seconds: float) -> str:
    cut = 0
    for _ in range(max(1, round(seconds))):
        cut += proxy.cut()
        await asyncio.sleep(1.0)
    return f"{cut} connections reset" if cut else ""


async def _delay(proxy: TcpProxy, seconds: float) -> str:
    before = proxy.chunks_delayed
    proxy.delay_seconds = 0.25
    await asyncio.sleep(seconds)
    count = proxy.chunks_delayed - before
    return f"{count} pieces were late" if count else ""


async def _hold(proxy: TcpProxy, seconds: float) -> str:
    before = proxy.bytes_held
    proxy.hold()
    await asyncio.sleep(seconds)
    held = proxy.bytes_held - before
    return f"{held} bytes held for {seconds:.0f} s" if held else ""


async def _halve(proxy: TcpProxy, seconds: float) -> str:
    before = proxy.chunks_halved
    proxy.halve()
    async with asyncio.timeout(crash_seconds_max):
        while proxy.chunks_halved == before:  # noqa: ASYNC110 - a count, no event
            await asyncio.sleep(poll_seconds)
    await asyncio.sleep(seconds)
    return "half a message passed"


async def _cut_off(cluster: Cluster, fault: Fault) -> str:
    proxies = [cluster.proxies[fault.target, server] for server in SERVERS]
    held = sum(proxy.bytes_held for proxy in proxies)
    for proxy in proxies:
        proxy.hold()
    await asyncio.sleep(fault.seconds)
    for proxy in proxies:
        proxy.cut()
        proxy.heal()
    held = sum(proxy.bytes_held for proxy in proxies) - held
    return f"{held} bytes never arrived" if held else ""
