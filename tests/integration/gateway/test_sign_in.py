import asyncio

import httpx
import pytest

from tests.support.gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    return shared_gateway


async def fresh_token(gateway: Gateway) -> str:
    answer = await gateway.admin.post("/api/v1/sign-in-links")
    assert answer.status_code == 201
    path, _, token = answer.json()["url_path"].partition("#token=")
    assert path == "/sign-in"
    return str(token)


async def sign_in(gateway: Gateway, browser: httpx.AsyncClient) -> dict[str, str]:
    answer = await browser.post("/api/v1/session", json={"token": await fresh_token(gateway)})
    assert answer.status_code == 200
    return {"x-csrf-token": answer.json()["csrf_token"]}


async def test_a_sign_in_link_begins_a_session_with_a_safe_cookie(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        answer = await browser.post("/api/v1/session", json={"token": await fresh_token(gateway)})
        cookie = answer.headers["set-cookie"].lower()
        assert answer.json()["user"]["name"] == "admin"
        assert {"httponly", "samesite=lax", "path=/"} <= {
            part.strip() for part in cookie.split(";")
        }
        assert "secure" not in cookie
        again = await browser.get("/api/v1/session")
        assert again.json() == answer.json()


async def test_behind_https_the_cookie_is_secure(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        answer = await browser.post(
            "/api/v1/session",
            json={"token": await fresh_token(gateway)},
            headers={"x-forwarded-proto": "https"},
        )
        assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_sign_in_link_works_once_even_for_many_at_once(gateway: Gateway) -> None:
    token = await fresh_token(gateway)
    answers = await asyncio.gather(
        *(gateway.anyone.post("/api/v1/session", json={"token": token}) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


async def test_opening_the_link_spends_nothing(gateway: Gateway) -> None:
    token = await fresh_token(gateway)
    for method in ("GET", "HEAD", "OPTIONS"):
        await gateway.anyone.request(method, f"/sign-in?token={token}")
        await gateway.anyone.request(method, "/api/v1/session")
    assert (await gateway.anyone.post("/api/v1/session", json={"token": token})).status_code == 200


async def test_signing_in_again_ends_the_session_before(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        await sign_in(gateway, browser)
        old = browser.cookies["flusso_session"]
        await sign_in(gateway, browser)
        assert browser.cookies["flusso_session"] != old
    stale = await gateway.anyone.get("/api/v1/session", headers={"cookie": f"flusso_session={old}"})
    assert stale.status_code == 401


async def test_signing_out_ends_the_session(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        csrf = await sign_in(gateway, browser)
        kept = {"cookie": f"flusso_session={browser.cookies['flusso_session']}"}
        assert (await browser.delete("/api/v1/session", headers=csrf)).status_code == 204
        assert (await gateway.anyone.get("/api/v1/session", headers=kept)).status_code == 401


async def test_a_browser_may_read_but_change_nothing_without_the_csrf_token(
    gateway: Gateway,
) -> None:
    async with gateway.browser() as browser:
        csrf = await sign_in(gateway, browser)
        assert (await browser.get("/api/v1/tokens")).status_code == 200
        for headers in ({}, {"x-csrf-token": "x"}, {"x-csrf-token": csrf["x-csrf-token"] + "x"}):
            refused = await browser.post("/api/v1/tokens", json={"name": "ci"}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
        made = await browser.post("/api/v1/tokens", json={"name": "ci"}, headers=csrf)
        assert made.status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_requests_from_other_sites_are_refused(
    gateway: Gateway, headers: dict[str, str]
) -> None:
    async with gateway.browser() as browser:
        token = await fresh_token(gateway)
        crossed = await browser.post("/api/v1/session", json={"token": token}, headers=headers)
        assert crossed.json()["code"] == "csrf"
        csrf = await sign_in(gateway, browser)
        refused = await browser.post(
            "/api/v1/tokens", json={"name": "ci"}, headers={**csrf, **headers}
        )
        assert refused.json()["code"] == "csrf"


async def test_requests_of_our_own_page_pass(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        csrf = await sign_in(gateway, browser)
        same = {"origin": gateway.url, "sec-fetch-site": "same-origin"}
        made = await browser.post("/api/v1/tokens", json={"name": "ci"}, headers={**csrf, **same})
        assert made.status_code == 201


async def test_guessing_sign_in_tokens_is_slowed_down(gateway: Gateway) -> None:
    async def guess(address: str) -> httpx.Response:
        sent_by = {"x-forwarded-for": f"198.51.100.9, {address}"}
        token = {"token": "A" * 43}
        return await gateway.anyone.post("/api/v1/session", json=token, headers=sent_by)

    statuses = [(await guess("203.0.113.1")).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    refused = await guess("203.0.113.1")
    assert int(refused.headers["retry-after"]) > 0
    assert (await guess("203.0.113.2")).status_code == 401


async def test_guessing_bearer_tokens_is_slowed_down_but_not_for_who_holds_one(
    gateway: Gateway,
) -> None:
    made = await gateway.admin.post("/api/v1/tokens", json={"name": "ci"})
    address = {"x-forwarded-for": "203.0.113.3"}
    good = {"authorization": f"Bearer {made.json()['token']}", **address}
    assert (await gateway.anyone.get("/api/v1/tokens", headers=good)).status_code == 200
    bad = {"authorization": "Bearer flusso_" + "A" * 43, **address}
    statuses = [
        (await gateway.anyone.get("/api/v1/tokens", headers=bad)).status_code for _ in range(21)
    ]
    assert statuses[-1] == 429
    assert (await gateway.anyone.get("/api/v1/tokens", headers=good)).status_code == 200
    assert (await gateway.admin.get("/api/v1/tokens")).status_code == 200


async def test_an_api_token_is_shown_once_and_can_be_revoked(gateway: Gateway) -> None:
    made = (await gateway.admin.post("/api/v1/tokens", json={"name": "ci"})).json()
    bearer = {"authorization": f"Bearer {made['token']}"}
    listed = (await gateway.anyone.get("/api/v1/tokens", headers=bearer)).json()
    (item,) = (item for item in listed["items"] if item["id"] == made["id"])
    assert item["last_used_at"] is not None
    assert made["token"] not in str(listed)
    assert (await gateway.admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
    assert (await gateway.anyone.get("/api/v1/tokens", headers=bearer)).status_code == 401
    assert (await gateway.admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404


async def test_a_repeated_request_makes_no_second_token(gateway: Gateway) -> None:
    key = {"idempotency-key": "make-ci"}
    first = await gateway.admin.post("/api/v1/tokens", json={"name": "ci"}, headers=key)
    again = await gateway.admin.post("/api/v1/tokens", json={"name": "ci"}, headers=key)
    assert again.json() == {**first.json(), "token": None}
    other = await gateway.admin.post("/api/v1/tokens", json={"name": "cd"}, headers=key)
    assert other.json()["code"] == "idempotency-key-reused"
    listed = (await gateway.admin.get("/api/v1/tokens")).json()["items"]
    assert [item["id"] for item in listed].count(first.json()["id"]) == 1


async def test_secrets_are_stored_as_digests_only(gateway: Gateway) -> None:
    async with gateway.browser() as browser:
        await sign_in(gateway, browser)
        made = (await gateway.admin.post("/api/v1/tokens", json={"name": "ci"})).json()
        shown = [made["token"], browser.cookies["flusso_session"]]
    for table in ("api_tokens", "sessions", "sign_in_links"):
        rows = await gateway.runtime.pool.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our names
        stored = repr([tuple(row) for row in rows])
        assert rows
        assert not any(secret in stored for secret in shown)


async def test_an_expired_link_and_an_expired_session_are_void(gateway: Gateway) -> None:
    pool = gateway.runtime.pool
    token = await fresh_token(gateway)
    await pool.execute("UPDATE sign_in_links SET expires_at = now()")
    late = await gateway.anyone.post("/api/v1/session", json={"token": token})
    assert late.json()["code"] == "invalid-sign-in-token"
    async with gateway.browser() as browser:
        await sign_in(gateway, browser)
        await pool.execute("UPDATE sessions SET expires_at = now()")
        assert (await browser.get("/api/v1/session")).status_code == 401
