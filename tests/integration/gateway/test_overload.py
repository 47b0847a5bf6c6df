"""What an overloaded engine's refusals become: an answer at once for whoever asks, a row for deliveries."""

from uuid import uuid4

import nats
import pytest
from nats.aio.msg import Msg

from contracts import subjects
from contracts.rpc import encode_unavailable
from services.gateway.app import begin_run
from tests.support.gateway import Gateway

BUSY = encode_unavailable("more is asked than can be done", overloaded=True)


async def test_a_few_starts_are_kept_more_are_refused_early_and_deliveries_are_kept(
    gateway: Gateway, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(message: Msg) -> None:
        await message.respond(BUSY)

    busy = await nats.connect(nats_url)
    try:
        for subject in (subjects.START_RUN, subjects.RECEIVE_DELIVERY, subjects.DECIDE_TASK):
            await busy.subscribe(subject, cb=refuse)
        await busy.flush()
        workflow = uuid4()

        path = f"/api/v1/workflows/{workflow}/runs"
        kept = await gateway.admin.post(path, json={})
        monkeypatch.setattr(begin_run, "kept_when_busy_max", 0)
        start = await gateway.admin.post(path, json={})
        decision = await gateway.admin.post(f"/api/v1/tasks/{uuid4()}/approve", json={})
        delivery = await gateway.anyone.post(f"/api/webhooks/{workflow}", json={})

        for refused in (start, decision):
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert 1 <= int(refused.headers["retry-after"]) <= 4
        assert (kept.status_code, delivery.status_code) == (202, 202)
        kinds = await gateway.runtime.pool.fetch("SELECT kind FROM intake ORDER BY position")
        assert [row["kind"] for row in kinds] == ["start_run", "receive_delivery"]
    finally:
        await busy.close()
