"""A burst of deliveries while the engine is killed in the middle of it: every one is accepted, and becomes its run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.load.webhook_burst import Sender, completed

deliveries = 1_000
connections = 200


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    running = Stack(tmp_path, durable=False)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.mark.timeout(180)
async def test_a_burst_is_accepted_and_worked_off_though_the_engine_is_killed(
    own_stack: Stack,
) -> None:
    sender = Sender(own_stack, connections)
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(sender.burst(deliveries))
            await sender.answered(deliveries // 5)
            await asyncio.to_thread(own_stack.kill, "engine")
            await sender.answered(deliveries // 2)
            await asyncio.to_thread(own_stack.restart, "engine")
        found = sending.result()

        runs = await completed(own_stack, sender.workflow_id, deliveries)
    finally:
        sender.close()

    assert dict(found.statuses) == {202: deliveries}
    assert runs == found.accepted
