"""The whole HTTP surface of a running stack, tried by somebody who means harm."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of

EVIL = "evil.example"
METHODS = ("get", "post", "put", "patch", "delete")
OVERRIDES = ("x-http-method-override", "x-method-override", "x-http-method")


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    async with api_of(stack) as client:
        yield client


@pytest.fixture
async def anyone(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, trust_env=False) as http:
        yield http


async def document_of(http: httpx.AsyncClient) -> JsonObject:
    document: JsonObject = (await http.get("/api/openapi.json")).json()
    return document


def from_somewhere_else(number: int) -> dict[str, str]:
    """An address for each request, since guessing closes the door to one."""
    return {"x-forwarded-for": f"203.0.{number // 250}.{number % 250 + 1}"}


async def say(stack: Stack, request: bytes) -> bytes:
    """Send bytes that no client would, and return all that is answered."""
    reader, writer = await asyncio.open_connection(stack.host, stack.port)
    try:
        writer.write(request)
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


async def a_pending_task(api: Api) -> str:
    run = await api.start(await api.workflow(APPROVAL))
    (task,) = await api.tasks_of(run)
    return str(task["id"])


# -- who comes in ----------------------------------------------------------------------------------


async def test_no_route_takes_a_wrong_token_wherever_it_stands(
    stack: Stack, anyone: httpx.AsyncClient
) -> None:
    """A guessed one; the right one cut, longer, in other schemes, in the query, in a cookie, twice."""
    right = stack.admin_token
    basic = base64.b64encode(f"admin:{right}".encode()).decode()
    wrong: list[tuple[list[tuple[str, str]], str]] = [
        ([("authorization", "Bearer " + secrets.token_urlsafe(32))], ""),
        ([("authorization", f"Bearer {right}x")], ""),
        ([("authorization", f"Bearer {right[:-1]}")], ""),
        ([("authorization", f"Basic {basic}")], ""),
        ([("authorization", right)], ""),
        ([("cookie", f"flusso_session={right}")], ""),
        ([("x-api-key", right)], ""),
        ([], f"?access_token={right}&token={right}"),
        ([("authorization", "Bearer x"), ("authorization", f"Bearer {right}")], ""),
    ]
    operations = [
        (method, path)
        for path, item in (await document_of(anyone))["paths"].items()
        for method in item
        if method in METHODS and item[method].get("security") != []
    ]
    assert len(operations) > 30
    number = 0
    for place, (method, path) in enumerate(operations):
        # Each way on some routes, and each route in some ways: all pairs would take a minute.
        for headers, query in (wrong[place % len(wrong)], wrong[(place * 4 + 1) % len(wrong)]):
            number += 1
            sent = [*headers, *from_somewhere_else(number).items()]
            answer = await anyone.request(method.upper(), path + query, headers=sent)
            assert answer.status_code == 401, (method, path, headers, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert right not in answer.text


async def test_a_session_that_somebody_else_chose_is_never_taken(
    stack: Stack, anyone: httpx.AsyncClient
) -> None:
    chosen = secrets.token_urlsafe(32)
    cookie = {"cookie": f"flusso_session={chosen}"}
    token = stack.sign_in_link().rpartition("token=")[2]
    answer = await anyone.post("/api/v1/session", json={"token": token}, headers=cookie)
    assert answer.status_code == 200
    assert answer.cookies["flusso_session"] != chosen
    anyone.cookies.clear()
    assert (await anyone.get("/api/v1/session", headers=cookie)).status_code == 401


async def test_no_other_site_is_let_read_or_ask(anyone: httpx.AsyncClient) -> None:
    asking = {"origin": f"https://{EVIL}", "access-control-request-method": "POST"}
    for path in ("/api/v1/tasks", "/api/v1/session", "/api/openapi.json", "/healthz", "/"):
        for method in ("GET", "OPTIONS"):
            answer = await anyone.request(method, path, headers=asking)
            assert not [name for name in answer.headers if name.startswith("access-control")]


# -- what a link can do ----------------------------------------------------------------------------


async def test_no_link_and_no_method_in_disguise_decides_a_task(api: Api) -> None:
    task = await a_pending_task(api)
    for action in ("approve", "reject", "submit"):
        path = f"/api/v1/tasks/{task}/{action}"
        for method in ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "QUERY"):
            assert (await api.http.request(method, path)).status_code == 405
        for name in OVERRIDES:
            for method in ("GET", "PUT"):
                disguised = await api.http.request(
                    method, f"{path}?_method=POST", headers={name: "POST"}
                )
                assert disguised.status_code == 405
    assert (await api.get(f"/tasks/{task}"))["status"] == "pending"


@pytest.mark.parametrize(
    "spelling",
    [
        "/api/v1//tasks/{}/approve",
        "/api/v1/tasks/{}/approve/",
        "/api/v1/tasks/{}/approve;x=y",
        "/api/v1/tasks/{}/approve.json",
        "/api/v1/tasks/{}/APPROVE",
        "/api/v1/tasks/{}/approve%00",
        "/api/v1/tasks/{}%2fapprove",
        "/api/v1/tasks/{}\\approve",
        "/api/v1/webhooks/../tasks/{}/approve",
        "/api/webhooks/%2e%2e/v1/tasks/{}/approve",
        "http://elsewhere.example/api/v1/tasks/{}/approve",
        "/api/v1/tasks/{}/%61pprove",
    ],
)
async def test_no_spelling_of_a_decision_gets_around_the_door(
    stack: Stack, api: Api, spelling: str
) -> None:
    task = await a_pending_task(api)
    path = spelling.format(task)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
    body = "content-type: application/json\r\nconnection: close\r\n\r\n{}"
    answer = await say(stack, (head + body).encode())
    assert answer.split(b" ")[1:2] != [b"200"]
    assert (await api.get(f"/tasks/{task}"))["status"] == "pending"


async def test_no_address_leads_away(stack: Stack) -> None:
    away = [
        f"//{EVIL}",
        f"//{EVIL}/%2e%2e",
        f"/\\{EVIL}",
        f"/%2f{EVIL}",
        f"/sign-in?next=//{EVIL}&redirect=https://{EVIL}&return_to=//{EVIL}",
        f"/api/v1/session?next=https://{EVIL}",
        f"/%0d%0alocation:%20https://{EVIL}",
        f"https://{EVIL}/",
    ]
    for path in away:
        for host in ("x", EVIL):
            raw = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
            head = (await say(stack, raw)).partition(b"\r\n\r\n")[0].lower()
            assert b"\r\nlocation:" not in head, path
            assert b"set-cookie" not in head, path


# -- what is written down --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "x-request-id: a\rset-cookie: b=c",
        "x-request-id: a\x00b",
        "idempotency-key: a\nx-evil: b",
        "traceparent: 00-\r\n x-evil: b",
        "x evil: b",
        "x-forwarded-for : 127.0.0.1",
        "content-length: 2\r\ncontent-length: 3",
        "content-length: +2",
        "transfer-encoding: chunked\r\ncontent-length: 2",
        "transfer-encoding: chunked, identity",
    ],
)
async def test_headers_carry_nothing_in(stack: Stack, api: Api, header: str) -> None:
    """Neither a header of the sender's into the answer, nor a second request behind the first."""
    behind = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    raw = f"POST /api/v1/session HTTP/1.1\r\nhost: x\r\n{header}\r\nconnection: close\r\n\r\n"
    answer = await say(stack, raw.encode("latin-1") + b"{}" + behind)
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie" not in head
    assert b"x-evil" not in head
    assert b'{"status":"ok"}' not in answer
    assert (await api.http.get("/healthz")).status_code == 200


async def test_nothing_from_outside_makes_a_line_of_the_log_nor_a_secret_part_of_it(
    stack: Stack, api: Api, anyone: httpx.AsyncClient
) -> None:
    forged = f"forged-{secrets.token_hex(8)}"
    link = stack.sign_in_link().rpartition("token=")[2]
    guessed = secrets.token_urlsafe(32)
    odd = {"user-agent": f"{forged}\tx", "x-request-id": forged, "referer": f"http://x/{forged}"}
    for path in (f"/%0a{forged}", f"/api/v1/%0d%0a{forged}", f"/api/v1/tasks?q=%0a{forged}"):
        await api.http.get(path, headers=odd)
    signed_in = await anyone.post(f"/api/v1/session?token={guessed}", json={"token": link})
    session = signed_in.cookies["flusso_session"]
    csrf = signed_in.json()["csrf_token"]
    await anyone.get(f"/sign-in?token={guessed}")
    await anyone.get(
        "/api/v1/tasks",
        headers={"authorization": f"Bearer {guessed}", **from_somewhere_else(9_999)},
    )
    assert (await api.http.get("/api/v1/tasks")).status_code == 200
    written = await asyncio.to_thread(_logs, stack)
    assert not [line for line in written.splitlines() if line.startswith(forged)]
    for secret in (stack.admin_token, link, session, csrf, guessed, stack.signing_key):
        assert secret not in written


def _logs(stack: Stack) -> str:
    files = sorted((stack.data_dir / "logs").glob("*.log"))
    assert len(files) >= 4
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
