"""The log of tasks is sealed behind those who write it, and nothing in it changes unnoticed."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from uuid import UUID

import pytest

from contracts.base import JsonObject
from contracts.operations import VerifyChain
from contracts.run import FormField
from services.chassis.errors import Refused
from services.tasks.adapters.chain import PostgresChain, open_sealing
from services.tasks.adapters.signing import Ed25519Signer, signs
from services.tasks.app.seal_log import LogSealer
from services.tasks.app.verify_chain import ChainCheck, KnownCheckpoint
from services.tasks.app.verify_task_chain import VerifyTaskChain
from services.tasks.domain.chain import (
    Link,
    canonical,
    checkpoint_document,
    checkpoint_hash,
    entry_hash,
)
from services.tasks.domain.task_commands import Close
from services.tasks.main import SCHEMA
from tests.support.chain import SIGNER, Chain, check_offline, task_chain
from tests.support.chassis import running, until
from tests.support.tasks import AMOUNT, RUN_ID, decision, opening, paused
from tests.support.tasks_service import settings_for

TASKS = [UUID(int=0x5F0C1D0E << 96 | number) for number in range(1, 7)]
WORKFLOWS = [UUID(int=0x018F << 112 | number) for number in (1, 2)]


@pytest.fixture
async def chain(database_url: str) -> AsyncIterator[Chain]:
    """Six tasks of two workflows, opened and sealed, then decided and sealed: two checkpoints of six entries."""
    async with task_chain(database_url) as made:
        for number, task_id in enumerate(TASKS):
            workflow = WORKFLOWS[number % 2]
            pause = paused(task_id=task_id, workflow_id=workflow, prompt=f"Pay {number} €?")
            await made.store.hear((task_id, opening(pause)))
        assert await made.seal() == 6
        for task_id in TASKS:
            (outcome,) = await made.store.decide(decision(task_id=task_id, comment="Yes."))
            assert not isinstance(outcome, Exception)
        assert await made.seal() == 6
        yield made


async def position_of(chain: Chain, place: int) -> int:
    """The position of the n-th entry of the log."""
    rows = await chain.store.pool.fetch("SELECT position FROM log ORDER BY position")
    return int(rows[place - 1][0])


# -- sealing ---------------------------------------------------------------------------------------


async def test_a_sealed_log_has_no_fault_and_sealing_it_again_changes_nothing(chain: Chain) -> None:
    assert await chain.check() == []
    assert await chain.seal() == 0
    (page,) = await chain.pages()
    assert (page.checkpoints, page.entries, page.is_last) == (2, 12, True)


async def test_operators_are_answered_page_by_page(chain: Chain) -> None:
    check = ChainCheck(chain.reader, signs, trusted_keys=[SIGNER.public_key])
    answers = VerifyTaskChain(chain.reader, check)
    first = await answers.page(VerifyChain(limit=1))
    assert (first.checkpoints, first.entries, first.next_cursor) == (1, 6, "1")
    second = await answers.page(VerifyChain(limit=1, cursor="1"))
    assert (second.checkpoints, second.next_cursor, second.findings) == (1, "2", [])
    end = await answers.page(VerifyChain(limit=1, cursor="2"))
    assert (end.checkpoints, end.next_cursor) == (0, None)
    (last,) = await chain.reader.checkpoints([2])
    lately = await answers.page(VerifyChain(since=last.checkpoint.signed_at))
    assert (lately.checkpoints, lately.entries) == (1, 6)
    await chain.sql("DELETE FROM log WHERE position = $1", await position_of(chain, 7))
    (finding,) = (await answers.page(VerifyChain())).findings
    assert finding.check == "chain: entry-missing"
    assert finding.subject.startswith("checkpoint 2, position ")
    with pytest.raises(Refused):
        await answers.page(VerifyChain(cursor="x"))
    nothing = await VerifyTaskChain(chain.reader, None).page(VerifyChain())
    assert (nothing.checkpoints, nothing.findings) == (0, [])


async def test_a_key_that_somebody_put_into_the_database_is_not_trusted(chain: Chain) -> None:
    """Whoever has the database can sign everything anew with a key of their own, and name it there."""
    other = Ed25519Signer(bytes(32))
    (first,) = await chain.reader.checkpoints([1])
    forged = replace(first.checkpoint, key_id=other.key_id)
    signature = other.sign(canonical(checkpoint_document(forged)))
    await chain.sql("INSERT INTO signing_keys VALUES ($1, $2)", other.key_id, other.public_key)
    await chain.sql(
        "UPDATE checkpoints SET key_id = $1, signature = $2 WHERE number = 1",
        other.key_id,
        signature,
    )
    assert ("key-unknown", 1) in [(found.fault, found.checkpoint) for found in await chain.check()]


async def test_a_check_goes_on_where_another_one_stopped(chain: Chain) -> None:
    (first,) = await chain.reader.checkpoints([1])
    position = await position_of(chain, 1)
    await chain.sql("UPDATE log SET data = '{}' WHERE position = $1", position)
    assert [finding.position for finding in await chain.check()] == [position]
    assert await chain.check(after=first.checkpoint) == []


async def test_replicas_that_seal_together_seal_each_entry_once(
    chain: Chain, database_url: str
) -> None:
    settings = settings_for(database_url)
    async with open_sealing(settings, SCHEMA) as zombie:
        end = await zombie.end()
        for number in range(7, 30):
            task_id = UUID(int=0x5F0C1D0E << 96 | number)
            await chain.store.hear((task_id, opening(paused(task_id=task_id))))
        sealed, _ = await asyncio.gather(chain.seal(), chain.sealer.seal_page(zombie))
        assert sealed == 23
        assert (await zombie.end()).checkpoints == end.checkpoints + 1
        assert not await zombie.lead()
    assert await chain.check() == []


async def test_a_sealer_seals_by_itself_what_was_there_before_it_and_what_comes(
    database_url: str,
) -> None:
    async with task_chain(database_url) as chain:
        await chain.store.hear((TASKS[0], opening()))
        settings = settings_for(database_url)
        await chain.sealing._connection.close()  # noqa: SLF001 - gives the lead up
        sealer = LogSealer(lambda: open_sealing(settings, SCHEMA), SIGNER)
        reader = PostgresChain(chain.store.pool)

        async def has_sealed(entries: int) -> bool:
            return (await reader.end()).entries == entries

        async with running(sealer.run()):
            await until(lambda: has_sealed(1))
            await chain.store.decide(decision(task_id=TASKS[0]))
            sealer.on_committed()
            await until(lambda: has_sealed(2))
            # Its connection is cut, and with it goes the lock.
            await chain.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            await chain.store.hear((TASKS[1], opening(paused(task_id=TASKS[1]))))
            await until(lambda: has_sealed(3))
        assert await chain.check() == []


# -- tampering -------------------------------------------------------------------------------------


async def test_a_changed_entry_is_found(chain: Chain) -> None:
    position = await position_of(chain, 3)
    await chain.sql(
        "UPDATE log SET data = replace(data::text, 'Pay', 'Give')::json WHERE position = $1",
        position,
    )
    (finding,) = await chain.check()
    assert (finding.fault, finding.position) == ("entry-changed", position)
    assert str(TASKS[2]) in finding.message


async def test_changed_metadata_or_time_is_found(chain: Chain) -> None:
    first, second = await position_of(chain, 7), await position_of(chain, 8)
    await chain.sql("UPDATE log SET metadata = '{}' WHERE position = $1", first)
    await chain.sql(
        "UPDATE log SET occurred_at = occurred_at - interval '1 day' WHERE position = $1", second
    )
    found = [(finding.fault, finding.position) for finding in await chain.check()]
    assert found == [("entry-changed", first), ("entry-changed", second)]


async def test_a_deleted_entry_is_found(chain: Chain) -> None:
    position = await position_of(chain, 9)
    await chain.sql("DELETE FROM log WHERE position = $1", position)
    (finding,) = await chain.check()
    assert (finding.fault, finding.position) == ("entry-missing", position)


async def test_an_entry_deleted_with_its_hash_is_found(chain: Chain) -> None:
    position = await position_of(chain, 8)
    await chain.sql("DELETE FROM log WHERE position = $1", position)
    await chain.sql("DELETE FROM chain_entries WHERE position = $1", position)
    (finding,) = await chain.check()
    assert (finding.fault, finding.checkpoint) == ("chain-broken", 2)
    assert finding.position == await position_of(chain, 9)


async def test_swapped_entries_are_found(chain: Chain) -> None:
    first, second = await position_of(chain, 7), await position_of(chain, 8)
    await chain.sql(
        "UPDATE log SET data = other.data FROM log other"
        " WHERE log.position = ANY($1::bigint[]) AND other.position = ANY($1::bigint[])"
        " AND other.position <> log.position",
        [first, second],
    )
    found = {finding.position for finding in await chain.check()}
    assert found == {first, second}


async def test_an_entry_put_in_later_is_found(chain: Chain) -> None:
    position = await position_of(chain, 12)
    await chain.sql("UPDATE log SET position = DEFAULT WHERE position = $1", position)
    await chain.sql(
        "INSERT INTO log (position, stream_id, version, type, data, metadata, occurred_at)"
        " OVERRIDING SYSTEM VALUE VALUES ($1, $2, 9, 'flusso.task.closed', '{}', '{}', now())",
        position,
        UUID(int=99),
    )
    assert [f.fault for f in await chain.check()] == ["entry-changed"]
    await chain.sql("DELETE FROM chain_entries WHERE position = $1", position)
    assert (await chain.check())[0].fault == "entry-added"


async def test_an_entry_rehashed_without_the_key_is_found(chain: Chain) -> None:
    """Whoever can write the database can compute hashes, but sign nothing."""
    position = await position_of(chain, 12)
    await chain.sql("UPDATE log SET metadata = '{}' WHERE position = $1", position)
    (place,) = await chain.reader.between(position, position, 1)
    assert place.entry is not None
    assert place.chained is not None
    workflow = place.chained.workflow_id
    head = (await chain.reader.heads([workflow], position))[workflow]
    forged = entry_hash(place.entry, Link(workflow, head.place + 1, head.hash))
    await chain.sql("UPDATE chain_entries SET hash = $2 WHERE position = $1", position, forged)
    (finding,) = await chain.check()
    assert (finding.fault, finding.checkpoint) == ("chain-broken", 2)


async def test_a_log_cut_off_at_its_end_is_found(chain: Chain) -> None:
    (last,) = await chain.reader.checkpoints([2])
    await chain.sql("DELETE FROM checkpoints WHERE number = 2")
    await chain.sql("DELETE FROM log WHERE position >= $1", last.checkpoint.first_position)
    await chain.sql(
        "DELETE FROM chain_entries WHERE position >= $1", last.checkpoint.first_position
    )
    (finding,) = await chain.check()
    assert (finding.fault, finding.checkpoint) == ("checkpoint-missing", 2)
    # Whoever sets the cursor back as well is found by a checkpoint that was kept elsewhere.
    await chain.sql(
        "UPDATE chain_cursor SET checkpoints = 1, entries = 6, position = $1",
        last.checkpoint.first_position - 1,
    )
    assert await chain.check() == []
    kept = KnownCheckpoint(2, checkpoint_hash(last.checkpoint))
    (finding,) = await chain.check(known=[kept])
    assert (finding.fault, finding.checkpoint) == ("checkpoint-missing", 2)


async def test_a_checkpoint_changed_or_signed_with_another_key_is_found(chain: Chain) -> None:
    await chain.sql("UPDATE checkpoints SET signed_at = now() WHERE number = 1")
    found = [(f.fault, f.checkpoint) for f in await chain.check()]
    assert found == [("signature-wrong", 1), ("checkpoint-broken", 2)]
    await chain.sql("UPDATE signing_keys SET public_key = $1", bytes(32))
    assert ("key-unknown", 1) in [(f.fault, f.checkpoint) for f in await chain.check()]


# -- receipts --------------------------------------------------------------------------------------


async def test_a_receipt_is_verified_offline_and_says_what_was_shown_and_who_decided(
    chain: Chain,
) -> None:
    told = check_offline(await chain.receipt(TASKS[1]))
    assert told.returncode == 0, told.stderr
    for words in (
        "Pay 1 €?",
        "approved by Ada (user u-ada, by session)",
        "comment: Yes.",
        "genuine",
    ):
        assert words in told.stdout


async def test_a_receipt_of_a_form_is_verified_offline(database_url: str) -> None:
    fields = [AMOUNT, FormField(name="limit", label="Limit", type="number", min=0.5, max=1e16)]
    async with task_chain(database_url) as chain:
        pause = paused(kind="manual_input", fields=fields, prompt='"Quoted" \\ \n\ttabs and \u007f')
        await chain.store.hear((TASKS[0], opening(pause)))
        values = {"amount": 12.5, "limit": 1e15}
        await chain.store.decide(decision("submit", task_id=TASKS[0], values=values))
        await chain.store.hear((TASKS[0], Close(RUN_ID, "Cancelled")))
        await chain.seal()
        told = check_offline(await chain.receipt(TASKS[0]))
    assert told.returncode == 0, told.stderr
    assert "amount = 12.5" in told.stdout
    assert "the run ended as Cancelled" in told.stdout


async def test_no_part_of_a_receipt_can_be_changed(chain: Chain) -> None:
    receipt = await chain.receipt(TASKS[0])
    for name, forged in forgeries(receipt).items():
        told = check_offline(forged)
        assert told.returncode == 1, f"{name}: {told.stdout}"
        assert told.stdout == "", name


def forgeries(receipt: JsonObject) -> dict[str, JsonObject]:
    """The receipt with one thing changed in each."""
    forged: dict[str, JsonObject] = {}

    def forge(name: str) -> JsonObject:
        forged[name] = deepcopy(receipt)
        return forged[name]

    changed = forge("another prompt")["entries"][0]
    changed["data"] = changed["data"].replace("Pay 0 €?", "Pay 9 €?")
    changed = forge("another person")["entries"][1]
    changed["data"] = changed["data"].replace("Ada", "Bob")
    forge("another time")["entries"][1]["entry"]["occurred_at"] = "2020-01-01T00:00:00.000000Z"
    forge("another root")["checkpoints"][0]["checkpoint"]["root"] = "00" * 32
    forge("without its beginning")["entries"].pop(0)
    forge("without its checkpoint")["checkpoints"].pop(0)
    forge("without entries")["entries"] = []
    forge("of another task")["task_id"] = str(TASKS[1])
    forge("swapped")["entries"].reverse()
    return forged


async def test_a_receipt_that_another_key_signed_is_refused_offline(chain: Chain) -> None:
    other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    told = check_offline(await chain.receipt(TASKS[0]), other)
    assert (told.returncode, told.stdout) == (1, "")


async def test_there_is_no_receipt_of_what_is_not_sealed_nor_there(chain: Chain) -> None:
    fresh = UUID(int=77)
    await chain.store.hear((fresh, opening()))
    with pytest.raises(Refused) as refused:
        await chain.receipt(fresh)
    assert refused.value.code == "receipt-not-ready"
    with pytest.raises(Refused) as refused:
        await chain.receipt(UUID(int=78))
    assert refused.value.code == "task-not-found"
