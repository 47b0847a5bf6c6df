import asyncio
import gzip
from urllib.parse import urlsplit

import pytest

from services.chassis import rpc
from services.gateway.entry import body
from services.gateway.entry.gate import is_gated
from tests.support.gateway import ADMIN_TOKEN, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "0190c0de-0000-7000-8000-000000000001"
START = f"/api/v1/workflows/{RUN}/runs"
OPEN = {"/api/v1/session", "/api/webhooks/{workflow_id}", "/healthz", "/readyz", "/metrics"}


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    return shared_gateway


async def operations(gateway: Gateway) -> list[tuple[str, str]]:
    document = (await gateway.anyone.get("/api/openapi.json")).json()
    return [
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    ]


async def send_raw(gateway: Gateway, *chunks: bytes) -> bytes:
    """Send bytes as they are and read until the other side closes or answers whole."""
    parts = urlsplit(gateway.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    answer = await reader.read(65_536)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_nothing_but_the_named_routes_answers_without_an_identity(gateway: Gateway) -> None:
    for method, path in await operations(gateway):
        if path in OPEN:
            continue
        url = path.replace("{version}", "1").replace("{", "").replace("}", "")
        answer = await gateway.anyone.request(method, url)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/tokens",
        "/api//v1/tokens",
        "/api/v1/tokens/",
        "/api/v1/tokens;x",
        "/api/v1/%74okens",
        "/API/v1/tokens",
        "/x/../api/v1/tokens",
        "/api/webhooks/../v1/tokens",
        "/api/webhooks/%2e%2e/v1/tokens",
        "/api/v1/session/../tokens",
        "/%61pi/v1/tokens",
    ],
)
async def test_no_spelling_of_a_path_gets_around_the_door(gateway: Gateway, path: str) -> None:
    for method in ("GET", "POST"):
        request = (
            f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        answer = await send_raw(gateway, request.encode())
        assert b'"items"' not in answer
        assert b" 201 " not in answer.split(b"\r\n")[0]


async def test_every_answer_has_the_security_headers(gateway: Gateway) -> None:
    for path in ("/", "/api/v1/tokens", "/api/nothing", "/healthz", "/assets/none.js"):
        for client in (gateway.admin, gateway.anyone):
            headers = (await client.get(path)).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["x-request-id"]


async def test_a_request_id_comes_back_unless_it_is_no_id(gateway: Gateway) -> None:
    mine = await gateway.anyone.get("/healthz", headers={"x-request-id": "trace-1"})
    assert mine.headers["x-request-id"] == "trace-1"
    odd = await gateway.anyone.get("/healthz", headers={"x-request-id": "<script>"})
    assert odd.headers["x-request-id"] != "<script>"


async def test_unknown_paths_and_wrong_methods_are_problems(gateway: Gateway) -> None:
    missing = await gateway.admin.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
    wrong = await gateway.admin.request("PATCH", f"/api/v1/workflows/{RUN}")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "DELETE, GET, PUT"
    hot = await gateway.admin.get(f"/api/v1/tasks/{RUN}/approve")
    assert (hot.status_code, hot.headers["allow"]) == (405, "POST")


async def test_links_never_change_anything(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "nobody_seconds_max", 0.0)  # nobody is there, and nobody will come

    async def stored() -> list[object]:
        tables = ("users", "sessions", "sign_in_links", "api_tokens", "intake")
        pool = gateway.runtime.pool
        return [await pool.fetch(f"SELECT * FROM {table}") for table in tables]  # noqa: S608

    before = await stored()
    for _, path in await operations(gateway):
        if path == "/api/v1/events":
            continue
        url = path.replace("{version}", "1").replace("{", "").replace("}", "")
        for method in ("GET", "HEAD", "OPTIONS"):
            await gateway.admin.request(method, url.replace("workflow_id", RUN))
    assert await stored() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_a_webhook_is_only_posted(gateway: Gateway, method: str) -> None:
    answer = await gateway.anyone.request(method, f"/api/webhooks/{RUN}")
    assert answer.status_code == 405
    assert await gateway.runtime.pool.fetchval("SELECT count(*) FROM intake") == 0


@pytest.mark.parametrize(
    "path", [f"/api/v1/runs/{'x' * 8}", "/api/v1/tasks/1", "/api/v1/workflows/x", "/api/v1/tasks/x"]
)
async def test_what_is_no_id_names_nothing(gateway: Gateway, path: str) -> None:
    assert (await gateway.admin.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"input": {"a": 1e400}}', 400),
        (b'{"input": {"a": "\\u0000"}}', 400),
        (b'{"input": {"a": "\\ud800"}}', 400),
        (b'{"input": {"a": NaN}}', 400),
        (b'{"input": {}, "input": {}}', 400),
        (b"[" * 100_000, 400),
        (b'{"input": 5}', 422),
        (b'{"unknown": {}}', 422),
        (b"[]", 422),
        (b" " * 300_000, 413),
    ],
)
async def test_malformed_bodies_are_refused(gateway: Gateway, content: bytes, status: int) -> None:
    json = {"content-type": "application/json"}
    for path in (START, "/api/v1/workflows"):
        answer = await gateway.admin.post(path, content=content, headers=json)
        expected = {422, 400} if path != START and status == 413 else {status}
        assert answer.status_code in expected, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_large_body_is_refused_before_it_has_arrived(gateway: Gateway) -> None:
    head = (
        f"POST {START} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_TOKEN}\r\n"
        "content-type: application/json\r\n"
    )
    announced = await send_raw(gateway, f"{head}content-length: 10000000\r\n\r\n".encode(), b"{")
    assert announced.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in announced
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    chunked = await send_raw(
        gateway, f"{head}transfer-encoding: chunked\r\n\r\n".encode(), chunk * 9
    )
    assert chunked.startswith(b"HTTP/1.1 413")


async def test_a_slow_body_times_out(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "body_seconds_max", 0.05)
    head = f"POST {START} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_TOKEN}\r\n"
    answer = await send_raw(gateway, f"{head}content-length: 10\r\n\r\n{{".encode())
    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {},
    ],
)
async def test_bodies_of_other_kinds_are_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    content = gzip.compress(b"{}") if "content-encoding" in headers else b"{}"
    for path in (START, "/api/v1/tokens", f"/api/v1/tasks/{RUN}/approve"):
        answer = await gateway.admin.post(path, content=content, headers=headers)
        assert answer.status_code == 415, path


async def test_queries_are_checked(gateway: Gateway) -> None:
    for query in ("limit=0", "limit=201", "status=Odd", "unknown=1", "cursor="):
        answer = await gateway.admin.get(f"/api/v1/runs?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), query


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_odd_idempotency_keys_are_refused(gateway: Gateway, key: str) -> None:
    answer = await gateway.admin.post(START, headers={"idempotency-key": key})
    assert answer.status_code == 422


async def test_while_the_services_are_away_questions_and_decisions_get_503(
    gateway: Gateway,
) -> None:
    for method, path in (
        ("GET", "/api/v1/tasks"),
        ("GET", "/api/v1/dashboard"),
        ("GET", f"/api/v1/runs/{RUN}"),
        ("POST", f"/api/v1/tasks/{RUN}/approve"),
        ("POST", f"/api/v1/runs/{RUN}/cancel"),
    ):
        answer = await gateway.admin.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
        assert int(answer.headers["retry-after"]) > 0


async def test_the_schema_of_workflow_files_is_there_for_any_editor(gateway: Gateway) -> None:
    answer = await gateway.anyone.get("/api/workflow.schema.json")
    assert answer.status_code == 200
    assert answer.json()["title"] == "Flusso workflow"


async def test_the_document_describes_every_route_whole(gateway: Gateway) -> None:
    document = (await gateway.anyone.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    text = str(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert "503" in operation["responses"], path
            assert ("429" in operation["responses"]) == is_gated(path), path
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert {part[1:-1] for part in path.split("/") if part.startswith("{")} <= named
            if method in {"post", "put"} and path.startswith("/api/v1/tasks"):
                assert operation["requestBody"]["content"]["application/json"]["schema"]
    for reference in set(text.split("#/components/schemas/")[1:]):
        assert reference.split("'")[0] in schemas


async def test_metrics_name_routes_and_never_ids(gateway: Gateway) -> None:
    await gateway.admin.get(f"/api/v1/runs/{RUN}")
    text = (await gateway.anyone.get("/metrics")).text
    assert 'route="/api/v1/runs/{run_id}"' in text
    assert RUN not in text
