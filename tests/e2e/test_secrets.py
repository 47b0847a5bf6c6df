"""Canaries as secrets, through all that may use them; then all that is kept or told is searched for them."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import asyncpg
import httpx
import pytest

from contracts.base import Json, JsonObject
from deploy.local.stack import Stack
from tests.support.api import Api, api_of, chain, node
from tests.support.http_target import Asked, Target, answer, http_target
from tests.support.otlp import Collector, collecting

NAMES = ("PATH", "HEADER", "QUERY", "BODY", "BEARER", "PASSWORD", "HOOK", "REFUSED")
LANDMARK = "a-landmark-that-is-no-secret"
ENDED = ("Completed", "Failed")


def new_canary(name: str) -> str:
    """A value that every escaping changes."""
    return (
        f'{name.lower()}/+"ü {secrets.token_hex(12)}' if name != "BEARER" else secrets.token_hex(12)
    )


def forms_of(canary: str) -> set[bytes]:
    """A canary as it is, and as what carries it may write it; the random part alone counts too."""
    raw = canary.encode()
    whole = base64.b64encode(raw).decode()
    return {
        raw,
        raw[-24:],
        quote(canary, safe="").encode(),
        quote_plus(canary).encode(),
        json.dumps(canary)[1:-1].encode(),
        whole[:-4].encode(),
        base64.urlsafe_b64encode(raw)[:-4],
        raw.hex().encode(),
        raw[-24:].hex().encode(),
    }


@dataclass(slots=True)
class World:
    """A stack with canaries in it, a server that gives back what it gets, a collector of spans."""

    stack: Stack
    api: Api
    target: Target
    elsewhere: Target
    collector: Collector
    canaries: dict[str, str] = field(default_factory=lambda: {n: new_canary(n) for n in NAMES})

    def found_in(self, content: bytes) -> list[str]:
        """Return the names of the canaries that are in it."""
        return [
            name
            for name, canary in self.canaries.items()
            if any(form in content for form in forms_of(canary))
        ]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    with collecting() as collector:
        environment = {
            "FLUSSO_HTTP_ALLOWED_NETWORKS": "127.0.0.0/8",
            "FLUSSO_LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }
        stack = Stack(tmp_path / "data", durable=False, environment=environment)
        try:
            await stack.start_async()
            async with api_of(stack) as api, http_target() as target, http_target() as elsewhere:
                elsewhere.will_answer(answer(b"caught"))
                yield World(stack, api, target, elsewhere, collector)
        finally:
            stack.stop()


# -- what the server does ----------------------------------------------------------------------------------------------


def everything(asked: Asked) -> bytes:
    """All that came, in all the ways in which servers give things back."""
    plain = [asked.line, *asked.headers.values(), asked.body.decode()]
    return json.dumps(
        {
            "plain": plain,
            "escaped": [quote(text) for text in plain],
            "base64": [base64.b64encode(text.encode()).decode() for text in plain],
            "json": json.dumps(plain),
            "keys": dict.fromkeys(plain, 1),
        }
    ).encode()


def echoing(elsewhere: str, asked: Asked) -> bytes:
    echo = quote(asked.headers.get("x-key", ""))
    kind = asked.line.split()[1].split("/")[1].split("?")[0]
    match kind:
        case "fails":
            return answer(everything(asked), 500, x_echo=echo)
        case "redirects":
            return answer(everything(asked), 302, location=f"{elsewhere}/{echo}")
        case "text":
            return answer(everything(asked), content_type="text/plain")
        case "large":
            return answer(everything(asked) * 2_000, x_echo=echo)
        case "garbage":
            return b"HTTP/1.1 200 OK\r\n" + asked.headers.get("x-key", "").encode() + b"\r\n\r\n"
        case _:
            return answer(everything(asked), x_echo=echo, content_type="application/json")


# -- what is done with them --------------------------------------------------------------------------------------------


def call(key: str, url: str, **config: Json) -> JsonObject:
    """A request with every canary that it can carry."""
    return node(
        key,
        "http_request",
        **{
            "url": url + "/{{ secrets.PATH }}?a=" + LANDMARK,
            "method": "POST",
            "headers": {"X-Key": "Key {{ secrets.HEADER }}"},
            "query": {"key": "{{ secrets.QUERY }}"},
            "body": {"deep": [{"key": "<{{ secrets.BODY }}>"}]},
            "auth": {"bearer": "{{ secrets.BEARER }}"},
            **config,
        },
    )


def with_error_port(first: JsonObject) -> JsonObject:
    """A failure whose details go on into what people see."""
    told = node("told", "transform", error="{{ call.error.message }} {{ call.error.details }}")
    ask = node("ask", "approval", prompt="{{ told.output.error }}")
    return {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [first, told, ask],
        "edges": [
            {"from": "trigger", "to": "call"},
            {"from": "call", "port": "error", "to": "told"},
            {"from": "told", "to": "ask"},
        ],
    }


async def set_all(world: World) -> None:
    for name, value in world.canaries.items():
        if name != "REFUSED":
            put = await world.api.http.put(f"/api/v1/secrets/{name}", json={"value": value})
            assert put.status_code == 200, put.text
            assert world.found_in(put.content) == []


async def set_wrongly(world: World) -> None:
    """Requests that are refused must not tell what was in them."""
    value = world.canaries["REFUSED"]
    put = world.api.http.put
    for path, body in (
        ("/api/v1/secrets/not a name", {"value": value}),
        ("/api/v1/secrets/A", {"value": value, "more": value}),
        ("/api/v1/secrets/A", {"value": [value]}),
        ("/api/v1/secrets/A", {"value": value * 2_000}),
        ("/api/v1/secrets/A", {"value": value + "\\u0000", "description": value * 2_000}),
        ("/api/v1/secrets/A", {"valeu": value}),
    ):
        refused = await put(path, json=body)
        assert refused.status_code == 422, refused.text
        assert world.found_in(refused.content) == []
    cut_off = await put(
        "/api/v1/secrets/A",
        content=f'{{"value": "{value}'.encode(),
        headers={"content-type": "application/json"},
    )
    assert cut_off.status_code == 400
    assert world.found_in(cut_off.content) == []


async def use_all(world: World) -> list[str]:
    """Return the runs that have used them, in every way in which a request ends."""
    url = world.target.url
    definitions = [
        chain(call("call", f"{url}/{kind}"), node("after", "transform", a="{{ call.output }}"))
        for kind in ("echoes", "text", "redirects")
    ]
    definitions += [
        with_error_port(call("call", f"{url}/{kind}", retries=1, retry_delay=0.01))
        for kind in ("fails", "large", "garbage")
    ]
    password = {"basic": {"username": "ada", "password": "{{ secrets.PASSWORD }}"}}
    definitions += [
        chain(call("call", f"{url}/echoes", auth=password)),
        chain(call("call", "http://127.0.0.1:1/refused")),
        chain(call("call", f"{url}/echoes", headers={"X\nKey": "{{ secrets.HEADER }}"})),
        chain(call("call", "http://{{ secrets.HEADER }}.invalid")),
        chain(call("call", f"{url}/echoes", headers={"X-Key": "{{ secrets.HEADER }}\n"})),
        chain(call("call", "{{ secrets.HEADER }}")),
    ]
    runs = []
    for number, definition in enumerate(definitions):
        workflow_id = await world.api.workflow(definition, f"Canary {number}")
        runs.append(await world.api.start(workflow_id, {"text": LANDMARK}))
    for run_id in runs:
        await world.api.run_when(run_id, *ENDED, "Waiting")
    return runs


async def deliver(world: World) -> None:
    """A webhook whose secret has a name: let in with it, refused with another."""
    config = {"auth": "header", "header": "X-Hook", "secret": "{{ secrets.HOOK }}"}
    hook = {"type": "webhook_trigger", "config": config}
    workflow_id = await world.api.workflow(
        chain(node("kept", "transform", a="{{ trigger.output }}"), trigger=hook), "Hook"
    )
    async with httpx.AsyncClient(base_url=world.stack.url, trust_env=False) as sender:
        secret = world.canaries["HOOK"].encode()
        kind = (b"content-type", b"application/json")
        body = json.dumps({"text": LANDMARK})
        path = f"/api/webhooks/{workflow_id}"
        accepted = await sender.post(path, content=body, headers=[(b"x-hook", secret), kind])
        assert accepted.status_code == 202, accepted.text
        refused = await sender.post(path, content=body, headers=[(b"x-hook", secret + b"x"), kind])
        assert refused.status_code == 401
    await world.api.run_when(accepted.json()["run_id"], *ENDED)


# -- where they are looked for -----------------------------------------------------------------------------------------


async def answers_of(api: Api) -> AsyncIterator[tuple[str, bytes]]:
    """Everything that can be got, with every id that there is."""
    ids = {
        "{workflow_id}": await _ids(api, "/workflows"),
        "{run_id}": await _ids(api, "/runs"),
        "{task_id}": await _ids(api, "/tasks"),
        "{version}": ["1"],
    }
    document = (await api.http.get("/api/openapi.json")).json()
    for path, operations in document["paths"].items():
        if "get" not in operations or (path.endswith("/events") and "{" not in path):
            continue  # the live stream does not end; the logs of the runs have the same
        for filled in _filled(path, ids):
            got = await api.http.get(filled)
            yield filled, got.content + str(got.headers).encode()


async def _ids(api: Api, path: str) -> list[str]:
    return [item["id"] for item in (await api.get(path, limit="200"))["items"]]


def _filled(path: str, ids: dict[str, list[str]]) -> Iterator[str]:
    mark = next((mark for mark in ids if mark in path), None)
    if mark is None:
        if "{" not in path:
            yield path
        return
    for value in ids[mark]:
        yield from _filled(path.replace(mark, value), ids)


async def rows_of(url: str) -> AsyncIterator[tuple[str, bytes]]:
    """Every row of every table of ours, as text."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name"
            " FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for table in tables:
            rows = await connection.fetch(f"SELECT t::text FROM {table['name']} AS t")  # noqa: S608
            yield table["name"], "\n".join(row[0] for row in rows).encode()
    finally:
        await connection.close()


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that the stack has written: the database with its log, the broker's streams, the logs."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


# -- the test ----------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(180)
async def test_no_canary_is_found_anywhere(world: World) -> None:
    world.target.reply = lambda asked: echoing(world.elsewhere.url, asked)
    await set_all(world)
    await set_wrongly(world)
    runs = await use_all(world)
    await deliver(world)

    received = b"".join(
        asked.line.encode() + str(asked.headers).encode() + asked.body
        for asked in world.target.asked
    )
    for name in ("HEADER", "BEARER"):  # else the search below would prove nothing
        assert name in world.found_in(received)
    assert world.elsewhere.asked == []
    assert len(runs) == 12

    searched: dict[str, bytes] = {}
    async for place, content in answers_of(world.api):
        searched[f"GET {place}"] = content
    for name in world.stack.health_ports:
        async with httpx.AsyncClient(trust_env=False) as client:
            searched[f"metrics {name}"] = (await client.get(world.stack.metrics_url(name))).content
    async for place, content in rows_of(world.stack.database_url):
        searched[f"table {place}"] = content
    searched["spans"] = str([str(received.span) for received in world.collector.spans]).encode()
    world.stack.stop()
    for place, content in files_of(world.stack.data_dir):
        searched[f"file {place}"] = content

    found = {place: world.found_in(content) for place, content in searched.items()}
    assert {place: names for place, names in found.items() if names} == {}
    _looked_well(searched)


def _looked_well(searched: dict[str, bytes]) -> None:
    """What is no secret must have been found in every kind of place, else nothing was looked at."""
    places = [place for place, content in searched.items() if LANDMARK.encode() in content]
    for kind in ("GET /api/v1/runs/", "table engine.log", "file jetstream", "file postgres"):
        assert any(place.startswith(kind) for place in places), kind
    assert any(b'"event"' in content for place, content in searched.items() if "logs/" in place)
    assert any(b"perform node" in searched[place] for place in ("spans",))
    assert "••••".encode() in searched["table engine.log"]
    assert b",v1." in searched["table engine.secrets"]


# -- the API -----------------------------------------------------------------------------------------------------------


async def test_secrets_are_set_listed_and_deleted_over_http(stack: Stack) -> None:
    async with api_of(stack) as api:
        made = await api.http.put(
            "/api/v1/secrets/OVER_HTTP", json={"value": "ordinary words", "description": "For this"}
        )
        assert (made.status_code, made.json()["description"]) == (200, "For this")
        assert "ordinary" not in made.text

        caller = node("call", "http_request", url="https://example.org/{{ secrets.OVER_HTTP }}")
        workflow_id = await api.workflow(chain(caller), "Over HTTP")
        used = await api.http.delete("/api/v1/secrets/OVER_HTTP")
        assert (used.status_code, used.json()["code"]) == (409, "secret-in-use")
        assert used.json()["workflows"] == [{"id": workflow_id, "name": "Over HTTP"}]

        forced = await api.http.delete("/api/v1/secrets/OVER_HTTP", params={"force": "true"})
        assert forced.status_code == 204
        gone = await api.http.delete("/api/v1/secrets/OVER_HTTP")
        assert (gone.status_code, gone.json()["code"]) == (404, "secret-not-found")


async def test_what_is_wrong_with_a_secret_is_said(stack: Stack) -> None:
    async with api_of(stack) as api:
        named = await api.http.put("/api/v1/secrets/over-http", json={"value": "ordinary words"})
        assert named.status_code == 422
        assert (named.json()["code"], named.json()["suggestion"]) == (
            "invalid-secret-name",
            "OVER_HTTP",
        )
        raw = chain(
            node("call", "http_request", url="https://example.org/{{ secrets.NOBODY_SET }}")
        )
        saved = await api.post("/workflows", {"name": "No", "description": "", "definition": raw})
        assert saved.json()["faults"][0]["code"] == "unknown-secret"


async def test_nobody_sees_or_sets_secrets_without_signing_in(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False) as anyone:
        assert (await anyone.get("/api/v1/secrets")).status_code == 401
        put = await anyone.put("/api/v1/secrets/A", json={"value": "ordinary words"})
        assert put.status_code == 401
