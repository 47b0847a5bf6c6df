"""What comes from outside may be anything: the answer is clear, the services stay up, and nobody else waits."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic

import httpx
import pytest

from contracts.base import Json, JsonObject
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of, chain, node

MEGABYTE = 1024 * 1024
JSON = {"content-type": "application/json"}
AT_ONCE = 40
PATIENCE_SECONDS = 5.0
"""For a request beside a flood of hostile ones, on a busy machine; alone it takes milliseconds."""

HOSTILE_BODIES: dict[str, tuple[bytes, int]] = {
    "empty object cut off": (b'{"input": {', 400),
    "not JSON at all": (b"<xml/>", 400),
    "not UTF-8": (b'{"input": {"a": "\xff\xfe"}}', 400),
    "UTF-16": ('{"input": {}}'.encode("utf-16"), 400),
    "ten megabytes": (b'{"input": {"a": "' + b"x" * 10 * MEGABYTE + b'"}}', 413),
    "nested arrays": (b'{"input": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", 400),
    "nested objects": (b'{"input": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}", 400),
    "a NUL": (b'{"input": {"a": "x\\u0000y"}}', 400),
    "a NUL in a key": (b'{"input": {"x\\u0000y": 1}}', 400),
    "a raw NUL": (b'{"input": {"a": "x\x00y"}}', 400),
    "a lone surrogate": (b'{"input": {"a": "\\ud800"}}', 400),
    "surrogates the wrong way round": (b'{"input": {"a": "\\udc00\\ud800"}}', 400),
    "a number beyond all": (b'{"input": {"a": 1e400}}', 400),
    "a number of 5,000 digits": (b'{"input": {"a": ' + b"9" * 5_000 + b"}}", 400),
    "a huge exponent": (b'{"input": {"a": 1e999999999}}', 400),
    "Infinity": (b'{"input": {"a": Infinity}}', 400),
    "NaN": (b'{"input": {"a": NaN}}', 400),
    "a key twice": (b'{"input": {"a": 1, "a": 2}}', 400),
    "200,000 keys": (b'{"input": {' + b",".join(b'"%x":1' % n for n in range(20_000)) + b"}}", 400),
    "a list instead of an object": (b"[]", 422),
    "an unknown key": (b'{"input": {}, "inptu": {}}', 422),
}


async def send(api: Api, path: str, body: bytes, headers: dict[str, str] = JSON) -> httpx.Response:
    return await api.http.post(path, content=body, headers=headers)


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    """A client; afterwards every process must be the one that it was, and ready."""
    before = stack.pids()
    async with api_of(stack) as client:
        yield client
        assert (await client.http.get("/readyz")).status_code == 200
    assert stack.pids() == before


# -- bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE_BODIES)
async def test_a_hostile_body_starts_no_run(api: Api, name: str) -> None:
    body, status = HOSTILE_BODIES[name]
    workflow = await api.workflow(APPROVAL)

    answer = await send(api, f"/api/v1/workflows/{workflow}/runs", body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < MEGABYTE / 10
    assert (await api.get("/runs", workflow_id=workflow))["items"] == []


@pytest.mark.parametrize("name", [n for n, (_, status) in HOSTILE_BODIES.items() if status != 422])
async def test_a_hostile_delivery_starts_no_run(api: Api, name: str) -> None:
    body, status = HOSTILE_BODIES[name]
    hook = {"type": "webhook_trigger", "config": {"auth": "none"}}
    workflow = await api.workflow(chain(node("ask", "approval", prompt="Go?"), trigger=hook))

    answer = await send(api, f"/api/webhooks/{workflow}", body)

    assert answer.status_code == status, answer.text
    assert (await api.get("/runs", workflow_id=workflow))["items"] == []


@pytest.mark.parametrize("name", HOSTILE_BODIES)
async def test_a_hostile_body_decides_nothing(api: Api, name: str) -> None:
    body, status = HOSTILE_BODIES[name]
    run = await api.start(await api.workflow(APPROVAL))
    (task,) = await api.tasks_of(run)

    answer = await send(api, f"/api/v1/tasks/{task['id']}/approve", body)

    assert answer.status_code in {status, 422}, answer.text
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"
    await api.post(f"/runs/{run}/cancel")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=utf-7"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "idempotency-key": "k" * 300}, 422),
    ],
)
async def test_odd_headers_start_no_run(api: Api, headers: dict[str, str], status: int) -> None:
    workflow = await api.workflow(APPROVAL)

    answer = await send(api, f"/api/v1/workflows/{workflow}/runs", b'{"input": {}}', headers)

    assert answer.status_code == status, answer.text


async def test_a_body_without_end_is_cut_off(api: Api) -> None:
    workflow = await api.workflow(APPROVAL)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b"x" * 4_096

    try:
        answer = await api.http.post(
            f"/api/v1/workflows/{workflow}/runs", content=endless(), headers=JSON
        )
    except (httpx.WriteError, httpx.ReadError):
        return  # cut off while it was still sending
    assert answer.status_code == 413


# -- definitions -----------------------------------------------------------------------------------

ASK = node("ask", "approval", prompt="Go?")
CYCLE: JsonObject = {
    **chain(node("a", "transform", x=1), node("b", "transform", x=1)),
    "edges": [
        {"from": "trigger", "to": "a"},
        {"from": "a", "to": "b"},
        {"from": "b", "to": "a"},
    ],
}
HOSTILE_DEFINITIONS: dict[str, tuple[Json, str]] = {
    "a cycle": (CYCLE, "cycle"),
    "an unknown type": (chain(node("a", "run_code", code="import os")), "unknown-type"),
    "a delay of no length": (chain(node("a", "delay", duration="soon")), "invalid-value"),
    "a key twice": (chain(ASK, ASK), "duplicate-key"),
    "a tag that loops": (
        chain(node("a", "transform", x="{% for i in (1..1000000000) %}x{% endfor %}")),
        "tag-not-available",
    ),
    "an unknown filter": (chain(node("a", "transform", x="{{ 1 | system }}")), "unknown-filter"),
    "a class": (
        chain(node("a", "transform", x="{{ trigger.__class__.__mro__ }}")),
        "unknown-variable",
    ),
    "a tower of brackets": (
        chain(node("a", "transform", x="{{ a" + "[a" * 5_000 + "]" * 5_000 + " }}")),
        "invalid-template",
    ),
    "a tower of parentheses": (
        chain(node("a", "condition", expression="(" * 2_000 + "1" + ")" * 2_000)),
        "invalid-expression",
    ),
    "a pattern with look-behind": (
        chain(
            node(
                "a",
                "manual_input",
                fields=[{"name": "x", "type": "text", "pattern": "(?<=a)b"}],
            )
        ),
        "invalid-pattern",
    ),
    "more nodes than anybody reads": (
        chain(*(node(f"n{n}", "transform", x=1) for n in range(2_001))),
        "too-many",
    ),
}


@pytest.mark.parametrize("name", HOSTILE_DEFINITIONS)
async def test_a_hostile_definition_is_refused_with_its_fault(api: Api, name: str) -> None:
    definition, code = HOSTILE_DEFINITIONS[name]

    body = {"name": name, "description": "", "definition": definition}
    answer = await api.post("/workflows", body)

    assert answer.status_code == 422, answer.text
    assert code in {fault["code"] for fault in answer.json()["faults"]}


ALIASES = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
)
HOSTILE_TEXTS = {
    "aliases that multiply": ("yaml", ALIASES),
    "a Python object": ("yaml", "!!python/object/apply:os.system ['true']"),
    "a key twice in YAML": ("yaml", "trigger: {type: manual_trigger}\ntrigger: {type: x}"),
    "a key twice in JSON": ("json", '{"trigger": {}, "trigger": {}}'),
    "YAML without end": ("yaml", "[" * 5_000),
    "JSON without end": ("json", "[" * 100_000),
    "too much text": ("json", json.dumps({"x": "y" * 300_000})),
}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
async def test_a_hostile_text_is_no_definition(api: Api, name: str) -> None:
    text_format, text = HOSTILE_TEXTS[name]

    answer = await api.post("/workflows/validate", {"text": text, "format": text_format})

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["valid"] is False
    assert found["faults"]


# -- what a run meets ------------------------------------------------------------------------------

LARGE = "a" * 200_000
MANY: list[Json] = [{"n": number} for number in range(8_000)]
HOSTILE_STEPS: dict[str, tuple[JsonObject, JsonObject, set[str]]] = {
    "a text that grows": (
        {"x": "{{ trigger.output.text | replace: 'a', trigger.output.text }}"},
        {"text": LARGE},
        {"output-too-large", "expression-too-costly"},
    ),
    "a text that doubles": (
        {"x": "{{ trigger.output.text" + " | append: trigger.output.text" * 60 + " }}"},
        {"text": LARGE},
        {"output-too-large", "expression-too-costly"},
    ),
    "many filters on much": (
        {"x": "{{ trigger.output.items" + " | sort: 'n' | reverse" * 60 + " | size }}"},
        {"items": MANY},
        {"expression-too-costly"},
    ),
    "CEL that never ends": (
        {
            "x": {
                "cel": "trigger.output.items.all(a, trigger.output.items.all(b,"
                " trigger.output.items.all(c, a.n + b.n + c.n >= 0)))"
            }
        },
        {"items": MANY},
        {"expression-too-costly"},
    ),
    "CEL that builds a lot": (
        {"x": {"cel": "trigger.output.items.map(a, trigger.output.items.map(b, [a, b]))"}},
        {"items": MANY},
        {"expression-too-costly"},
    ),
    "CEL that divides by nothing": (
        {"x": {"cel": "1 / int(size(trigger.output.items) - size(trigger.output.items))"}},
        {"items": []},
        {"expression-failed"},
    ),
    "an output that is too large": (
        {"x": "{{ trigger.output.text }}", "y": "{{ trigger.output.text }}"},
        {"text": LARGE},
        {"output-too-large"},
    ),
    "a variable that is not there": (
        {"x": "{{ trigger.output.user.email }}"},
        {},
        {"missing-variable"},
    ),
}


@pytest.mark.parametrize("name", HOSTILE_STEPS)
async def test_a_hostile_step_fails_with_a_clear_error_on_its_node(api: Api, name: str) -> None:
    config, given, codes = HOSTILE_STEPS[name]
    workflow = await api.workflow(chain(node("shape", "transform", **config)))

    run = await api.start(workflow, given)

    ended = await api.run_when(run, "Failed")
    step = next(step for step in ended["trace"] if step["node"] == "shape")
    assert step["status"] == "Failed"
    assert step["error"]["code"] in codes
    assert step["error"]["message"]
    assert len(json.dumps(step["error"])) < 10_000


async def test_a_value_that_looks_like_a_template_stays_text(api: Api) -> None:
    given = {"text": "{{ trigger.output.secret }} {% raw %}", "secret": "s"}
    workflow = await api.workflow(chain(node("shape", "transform", x="{{ trigger.output.text }}")))

    ended = await api.run_when(await api.start(workflow, given), "Completed")

    assert ended["output"]["x"] == given["text"]


HOSTILE_PROMPT = (
    "<script>alert(1)</script> [click](javascript:alert(1)) ![x](https://example.org/x.png)\n"
    "\u202egnp.exe\u202c \u2066isolated\u2069 **bold** `code` # heading"
)


async def test_what_data_brings_into_a_prompt_adds_no_markup_and_loses_nothing(api: Api) -> None:
    ask = node("ask", "approval", prompt="From outside: {{ trigger.output.text }}")
    run = await api.start(await api.workflow(chain(ask)), {"text": HOSTILE_PROMPT})

    (task,) = await api.tasks_of(run)

    prompt = (await api.get(f"/tasks/{task['id']}"))["prompt"]
    assert prompt.startswith("From outside: ")
    assert "\\<script>" in prompt
    assert r"\[click\](" in prompt
    assert "**bold**" not in prompt
    assert "alert" in prompt
    assert "\u202e" in prompt  # kept: the page shows such marks harmlessly, the data is what it is
    await api.post(f"/runs/{run}/cancel")


async def test_a_prompt_of_many_characters_is_shortened_in_the_list_and_whole_on_its_page(
    api: Api,
) -> None:
    ask = node("ask", "approval", prompt="{{ trigger.output.text }}")
    run = await api.start(await api.workflow(chain(ask)), {"text": "x" * 100_000})

    (task,) = await api.tasks_of(run)

    assert task["prompt_truncated"] is True
    assert len(task["prompt"]) < 10_000
    assert len((await api.get(f"/tasks/{task['id']}"))["prompt"]) >= 100_000
    await api.post(f"/runs/{run}/cancel")


# -- and nobody else waits -------------------------------------------------------------------------


async def test_a_flood_of_hostile_requests_delays_nobody_else(api: Api) -> None:
    workflow = await api.workflow(APPROVAL)
    hostile = await api.workflow(
        chain(node("shape", "transform", **HOSTILE_STEPS["CEL that never ends"][0]))
    )
    runs = f"/api/v1/workflows/{workflow}/runs"
    slots = asyncio.Semaphore(AT_ONCE)

    async def attack(body: bytes) -> None:
        async with slots:
            await send(api, runs, body)

    async def attack_a_step() -> None:
        async with slots:
            await api.start(hostile, {"items": MANY})

    async with asyncio.TaskGroup() as group:
        for body, _ in HOSTILE_BODIES.values():
            for _ in range(5):
                group.create_task(attack(body))
        for _ in range(20):
            group.create_task(attack_a_step())
        for _ in range(10):
            began = monotonic()
            run = await api.start(workflow)
            assert monotonic() - began < PATIENCE_SECONDS
            (task,) = await api.tasks_of(run)
            assert (await api.decide(task["id"])).status_code == 200
            await api.run_when(run, "Completed")
