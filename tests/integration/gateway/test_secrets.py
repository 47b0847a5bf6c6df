import httpx

from tests.support.gateway import Gateway


async def test_only_an_admin_changes_secrets(gateway: Gateway) -> None:
    made = await gateway.admin.post("/api/v1/tokens", json={"name": "a member's"})
    await gateway.runtime.pool.execute("UPDATE users SET role = 'member'")
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    async with httpx.AsyncClient(base_url=gateway.url, headers=bearer) as member:
        put = await member.put("/api/v1/secrets/BANK", json={"value": "ordinary words"})
        assert (put.status_code, put.json()["code"]) == (403, "forbidden")
        deleted = await member.delete("/api/v1/secrets/BANK", params={"force": "true"})
        assert (deleted.status_code, deleted.json()["code"]) == (403, "forbidden")


async def test_without_an_engine_a_secret_is_not_taken(gateway: Gateway) -> None:
    put = await gateway.admin.put("/api/v1/secrets/BANK", json={"value": "ordinary words"})
    assert (put.status_code, put.json()["code"]) == (503, "unavailable")
    assert "ordinary" not in put.text


async def test_a_value_that_is_no_text_is_refused_without_being_repeated(gateway: Gateway) -> None:
    for body in ({"value": ["ordinary words"]}, {"value": "ordinary words", "more": 1}, {}):
        put = await gateway.admin.put("/api/v1/secrets/BANK", json=body)
        assert (put.status_code, put.json()["code"]) == (422, "invalid-request")
        assert "ordinary" not in put.text
