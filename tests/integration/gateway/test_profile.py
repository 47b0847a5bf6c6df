"""`/api/v1/me`: what a person chose is theirs on every device, and changes member by member."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.gateway.adapters.credentials import StoredCredentials
from services.gateway.domain.credential import digest_of, secret_text
from tests.support.gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")
UNCHOSEN = {"time_zone": None, "language": None, "theme": None, "shortcuts": None}


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    return shared_gateway


async def chosen(gateway: Gateway) -> dict[str, object]:
    answer = await gateway.admin.get("/api/v1/me")
    assert answer.status_code == 200
    return {name: answer.json()[name] for name in UNCHOSEN}


async def test_what_is_left_out_stays_and_null_goes_back_to_the_device(gateway: Gateway) -> None:
    assert await chosen(gateway) == UNCHOSEN
    whole = {"time_zone": "Europe/Rome", "language": "it", "theme": "dark", "shortcuts": False}
    answer = await gateway.admin.patch("/api/v1/me", json=whole)
    assert answer.status_code == 200
    assert answer.json() | whole == answer.json()
    await gateway.admin.patch("/api/v1/me", json={"theme": "light"})
    assert await chosen(gateway) == {**whole, "theme": "light"}
    await gateway.admin.patch("/api/v1/me", json=UNCHOSEN)
    assert await chosen(gateway) == UNCHOSEN


async def test_changes_of_different_members_at_once_both_hold(gateway: Gateway) -> None:
    await asyncio.gather(
        *(
            gateway.admin.patch("/api/v1/me", json=part)
            for part in ({"language": "it"}, {"theme": "dark"}, {"shortcuts": False})
        )
    )
    assert await chosen(gateway) == {
        "time_zone": None,
        "language": "it",
        "theme": "dark",
        "shortcuts": False,
    }
    await gateway.admin.patch("/api/v1/me", json=UNCHOSEN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": "../../etc/localtime"},
        {"language": "xx"},
        {"theme": "pink"},
        {"shortcuts": "maybe"},
        {"name": "   "},
        {"role": "admin"},
    ],
)
async def test_what_is_no_choice_is_refused(gateway: Gateway, wrong: dict[str, object]) -> None:
    answer = await gateway.admin.patch("/api/v1/me", json=wrong)
    assert answer.status_code == 422
    assert await chosen(gateway) == UNCHOSEN


async def sign_in(gateway: Gateway, browser: httpx.AsyncClient, name: str) -> None:
    """Sign a user in who is made if there is none of that name."""
    token = secret_text(os.urandom(32))
    now = datetime.now(UTC)
    async with gateway.runtime.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO users (name, role) VALUES ($1, 'member') ON CONFLICT DO NOTHING", name
        )
        user = await connection.fetchval("SELECT id FROM users WHERE name = $1", name)
    credentials = StoredCredentials(gateway.runtime.pool)
    await credentials.add_sign_in_link(digest_of(token), user, now, now + timedelta(minutes=5))
    session = await browser.post("/api/v1/session", json={"token": token})
    browser.headers["x-csrf-token"] = session.json()["csrf_token"]


async def test_a_new_name_is_seen_at_once_by_the_session_that_chose_it(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        await sign_in(gateway, browser, "admin")
        assert (await browser.get("/api/v1/session")).json()["user"]["name"] == "admin"
        renamed = await browser.patch("/api/v1/me", json={"name": " Ada "})
        assert renamed.json()["name"] == "Ada"
        assert (await browser.get("/api/v1/session")).json()["user"]["name"] == "Ada"
        assert (await browser.patch("/api/v1/me", json={"name": "admin"})).status_code == 200


async def test_a_page_of_another_site_changes_nothing(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        await sign_in(gateway, browser, "admin")
        del browser.headers["x-csrf-token"]
        answer = await browser.patch("/api/v1/me", json={"theme": "dark"})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


async def test_only_an_admin_changes_a_name_and_none_takes_anothers(gateway: Gateway) -> None:
    """Tasks are assigned by name: a member who could choose one could choose whose tasks to decide."""
    async with gateway.browser() as browser:
        await sign_in(gateway, browser, "bob")
        answer = await browser.patch("/api/v1/me", json={"name": "carol", "theme": "dark"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        mine = (await browser.patch("/api/v1/me", json={"language": "it"})).json()
        assert (mine["name"], mine["theme"], mine["language"]) == ("bob", None, "it")
    taken = await gateway.admin.patch("/api/v1/me", json={"name": "bob"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name-taken")
    assert (await chosen(gateway)) == UNCHOSEN
