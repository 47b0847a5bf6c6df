"""Secrets under changing keys: encrypted again, kept for a key that comes back, never opened under another name."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from contracts.secret import ListSecrets, PutSecret, SecretItem, SecretPage
from contracts.subjects import LIST_SECRETS, PUT_SECRET
from services.chassis.database import Pool
from services.engine.adapters.secret_store import PostgresSecrets
from services.engine.adapters.vault import VARIABLE, Vault, new_key, read_vault
from services.engine.app.reencrypt import Reencryption
from services.engine.app.secret_values import SecretValues
from services.engine.app.secrets import Secrets
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_pool, engine_service
from tests.support.runs import ADA


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with engine_pool(database_url) as found:
        yield found


def vault(*keys: str) -> Vault:
    return read_vault({VARIABLE: ",".join(keys)})


async def listed(engine: Engine) -> list[SecretItem]:
    return (await engine.does(LIST_SECRETS, ListSecrets(), SecretPage)).items


OLD, NEW = new_key(), new_key()
A_SECRET = PutSecret(name="API_KEY", value="the value", actor=ADA)


async def kept(pool: Pool, keys: Vault, name: str, value: str) -> None:
    await Secrets(PostgresSecrets(pool), keys).put(PutSecret(name=name, value=value, actor=ADA))


async def test_all_secrets_are_encrypted_again_under_the_first_key(pool: Pool) -> None:
    store = PostgresSecrets(pool)
    for number in range(250):
        await kept(pool, vault(OLD), f"N{number}", f"value number {number}")
    both = vault(NEW, OLD)

    assert await Reencryption(both, [store]).reencrypt_all() == (250, 0)
    assert await Reencryption(both, [store]).reencrypt_all() == (0, 0)

    values = SecretValues(store, vault(NEW))
    assert await values.open(["N0", "N249"]) == {"N0": "value number 0", "N249": "value number 249"}


async def test_an_engine_that_starts_with_a_new_key_encrypts_everything_again(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = f"before:{OLD.partition(':')[2]}", f"after:{NEW.partition(':')[2]}"
    monkeypatch.setenv(VARIABLE, old)
    async with engine_service(database_url, nats_url) as engine:
        assert (await engine.does(PUT_SECRET, A_SECRET, SecretItem)).key_id == "before"
    monkeypatch.setenv(VARIABLE, f"{new},{old}")
    async with engine_service(database_url, nats_url) as engine:

        async def is_done() -> bool:
            return [item.key_id for item in await listed(engine)] == ["after"]

        await until(is_done)
    monkeypatch.setenv(VARIABLE, new)
    async with engine_service(database_url, nats_url) as engine:
        assert [item.readable for item in await listed(engine)] == [True]


async def test_what_was_replaced_meanwhile_stays_as_it_is(pool: Pool) -> None:
    store = PostgresSecrets(pool)
    await kept(pool, vault(OLD), "A", "the value before")
    (seen,) = await store.under_other_keys("new", None, 10)
    await kept(pool, vault(OLD), "A", "the value after")

    assert not await store.replace(seen, "v1.new.x", "new")

    assert await SecretValues(store, vault(OLD)).open(["A"]) == {"A": "the value after"}


async def test_what_cannot_be_read_is_left_for_its_key_to_come_back(pool: Pool) -> None:
    store = PostgresSecrets(pool)
    await kept(pool, vault(OLD), "A", "the value")

    assert await Reencryption(vault(NEW), [store]).reencrypt_all() == (0, 1)
    page = await Secrets(store, vault(NEW)).page(ListSecrets())
    assert [item.readable for item in page.items] == [False]
    assert await SecretValues(store, vault(NEW)).values(["A"]) == {}

    assert await Reencryption(vault(NEW, OLD), [store]).reencrypt_all() == (1, 0)


async def test_a_ciphertext_that_was_moved_to_another_name_does_not_open(pool: Pool) -> None:
    store = PostgresSecrets(pool)
    await kept(pool, vault(OLD), "A", "the value of A")
    await kept(pool, vault(OLD), "B", "the value of B")
    await pool.execute(
        "UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE name = 'A')"
        " WHERE name = 'B'"
    )
    assert await SecretValues(store, vault(OLD)).values(["A", "B"]) == {"A": b"the value of A"}


async def test_when_one_was_used_is_true_to_a_minute(pool: Pool) -> None:
    store = PostgresSecrets(pool)
    await kept(pool, vault(OLD), "A", "the value")
    moments = [datetime(2026, 11, 24, 8, 0, tzinfo=UTC) + timedelta(seconds=s) for s in (0, 30, 90)]
    seen = []
    for moment in moments:
        await store.ciphertexts(["A"], moment)
        seen.append(await pool.fetchval("SELECT used_at FROM secrets"))
    assert seen == [moments[0], moments[0], moments[2]]
