"""What people see of a webhook: its last deliveries, one of them once more, and a new secret."""

import os
import re

from playwright.async_api import expect

from contracts.base import JsonObject
from tests.support.api import Api, chain, node
from tests.support.browser import Person, sideways_scroll, violations

TOKEN = "made up for this test"


def by_token() -> JsonObject:
    config = {"auth": "header", "header": "X-Token", "secret": TOKEN}
    keep = node("keep", "transform", number="{{ trigger.output.payload.number }}")
    return chain(keep, trigger={"type": "webhook_trigger", "config": config})


async def deliver(api: Api, workflow: str, token: str = TOKEN) -> int:
    headers = {"x-token": token, "webhook-id": f"delivery of {token[:4]}"}
    body = {"number": 7, "text": "<b>bold</b>"}
    answer = await api.http.post(f"/api/webhooks/{workflow}", json=body, headers=headers)
    return answer.status_code


async def test_deliveries_are_shown_with_their_verdict_and_replayed(
    api: Api, person: Person
) -> None:
    workflow = await api.workflow(by_token(), "Hooked")
    statuses = [await deliver(api, workflow, token) for token in (TOKEN, TOKEN, "wrong")]
    await person.open(f"/workflows/{workflow}")
    card = person.page.get_by_role("region", name="Last deliveries")
    lines = card.locator("[data-delivery]")
    await expect(lines).to_have_count(3)
    assert statuses == [202, 202, 401]
    assert [await line.get_attribute("data-delivery") for line in await lines.all()] == [
        "refused",
        "repeated",
        "accepted",
    ]
    await lines.first.locator("summary").click()
    await expect(lines.first).to_contain_text("it cannot be replayed")
    await lines.last.locator("summary").click()
    await expect(lines.last).to_contain_text("x-token: [redacted]")
    await expect(lines.last).to_contain_text("<b>bold</b>")
    assert await violations(person.page) == []
    assert await sideways_scroll(person.page) == 0
    if folder := os.environ.get("FLUSSO_PICTURES"):
        await person.page.screenshot(path=f"{folder}/webhook.png", full_page=True)
    await lines.last.get_by_role("button", name="Replay").click()
    await person.page.get_by_role("dialog").get_by_role("button", name="Replay").click()
    await expect(person.page).to_have_url(re.compile("/runs/"))


async def test_a_new_secret_is_shown_once(api: Api, person: Person) -> None:
    workflow = await api.workflow(by_token(), "Hooked anew")
    await person.open(f"/workflows/{workflow}")
    card = person.page.get_by_role("region", name="Webhook secret")
    await card.get_by_role("button", name="New secret").click()
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="New secret").click()
    shown = card.locator("[data-new-secret]")
    await expect(shown).to_be_visible()
    secret = await shown.inner_text()
    assert await deliver(api, workflow, secret) == 202
    assert await deliver(api, workflow) == 202
    await expect(card).to_contain_text("the former one until")
    if folder := os.environ.get("FLUSSO_PICTURES"):
        await person.page.screenshot(path=f"{folder}/webhook-secret.png", full_page=True)
    await card.get_by_role("button", name="Dismiss").click()
    await expect(person.page.get_by_text(secret)).to_have_count(0)
