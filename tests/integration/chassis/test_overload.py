"""More orders than can be answered in time: who can come back is refused at once, everything else is done."""

import asyncio

import pytest

from contracts.rpc import Reply
from services.chassis import pipeline as module
from services.chassis.database import Pool
from services.chassis.errors import Broken, Overloaded, Refused, Transient
from services.chassis.ids import new_id
from services.chassis.orders import Done
from services.chassis.pipeline import Outcome
from services.chassis.rpc import encode_failure, unwrap
from tests.support.chassis import LedgerPipeline, ledger_pipeline, ledger_pool, order, running
from tests.support.ledger import Account, Add, Event

Outcomes = list[Outcome[Account, Event]]


def _slow(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> LedgerPipeline:
    """A pipeline that takes an order to cost four tenths of what may be waited for."""
    monkeypatch.setattr(module, "order_seconds_expected", 40.0)
    monkeypatch.setattr(module, "offered_wait_seconds_max", 100.0)
    return ledger_pipeline(pool)


async def test_what_could_not_be_answered_in_time_is_refused_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline, outcomes = _slow(pool, monkeypatch), Outcomes()
        for _ in range(5):
            pipeline.offer(order(new_id(), Add(1)), outcomes.append)

        assert [type(outcome) for outcome in outcomes] == [Overloaded, Overloaded]


async def test_what_was_accepted_elsewhere_is_never_shed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline, outcomes = _slow(pool, monkeypatch), Outcomes()
        for _ in range(50):
            pipeline.submit(order(new_id(), Add(1)), outcomes.append)
        assert outcomes == []

        async with running(pipeline.run()):
            await pipeline.execute(order(new_id(), Add(1)))

        assert [type(outcome) for outcome in outcomes] == [Done] * 50


async def test_orders_are_refused_while_the_first_has_waited_for_too_long(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "order_seconds_expected", 0.0)
    monkeypatch.setattr(module, "offered_wait_seconds_max", 0.0)
    async with ledger_pool(database_url) as pool:
        pipeline, outcomes = ledger_pipeline(pool), Outcomes()
        pipeline.offer(order(new_id(), Add(1)), outcomes.append)
        pipeline.offer(order(new_id(), Add(2)), outcomes.append)

        assert [type(outcome) for outcome in outcomes] == [Overloaded]


async def test_orders_are_taken_again_as_soon_as_the_others_are_done(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline, outcomes = _slow(pool, monkeypatch), Outcomes()
        for _ in range(5):
            pipeline.offer(order(new_id(), Add(1)), outcomes.append)

        async with running(pipeline.run()):
            await pipeline.execute(order(new_id(), Add(1)))  # behind those that wait
            answer: asyncio.Future[Outcome[Account, Event]] = asyncio.Future()
            pipeline.offer(order(new_id(), Add(1)), answer.set_result)
            assert isinstance(await answer, Done)


def test_the_asker_learns_that_nothing_is_away() -> None:
    with pytest.raises(Overloaded, match="later"):
        unwrap(encode_failure(Overloaded("later")))
    with pytest.raises(Transient) as away:
        unwrap(encode_failure(Transient("away")))
    assert not isinstance(away.value, Overloaded)


def test_one_who_knows_nothing_of_it_comes_back_all_the_same() -> None:
    reply = Reply.model_validate_json(encode_failure(Overloaded("later")))
    assert reply.unavailable == "later"
    for other in (Refused("no", "No."), Broken("odd")):
        assert not Reply.model_validate_json(encode_failure(other)).overloaded
