"""What an operator asks: of every process, and of all of Flusso through the command line."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import httpx
import nats
import orjson
import pytest

from contracts.base import JsonObject
from contracts.subjects import RUN_FACTS
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, api_of
from tests.support.cli import Cli
from tests.support.dead_letters import ended, keep_letter, run_event
from tests.support.verifications import forget_verifications

EXPECTED = {
    "engine": ["flusso_events_appended_total", "flusso_relay_lag_events", "flusso_repairs_total"],
    "tasks": ["flusso_events_appended_total", "flusso_relay_lag_events", "flusso_batch_size"],
    "gateway": ["flusso_http_answers_total", "flusso_event_listeners", "flusso_intake_waiting"],
}


@pytest.mark.parametrize("service", EXPECTED)
def test_metrics_are_there_in_the_prometheus_format(stack: Stack, service: str) -> None:
    answer = httpx.get(stack.metrics_url(service), trust_env=False)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert all(f"# TYPE {name.removesuffix('_total')}" in answer.text for name in EXPECTED[service])


@pytest.mark.parametrize("service", EXPECTED)
def test_health_and_readiness_are_told(stack: Stack, service: str) -> None:
    base = stack.metrics_url(service).removesuffix("/metrics")

    assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
    ready = httpx.get(f"{base}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert all(ready.json().values())


# -- dead letters ------------------------------------------------------------------------------------------------------


async def execute(stack: Stack, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(stack.database_url)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


async def tell(stack: Stack, event: JsonObject) -> None:
    client = await nats.connect(stack.nats_url)
    try:
        await client.jetstream().publish(RUN_FACTS, orjson.dumps([event]))
    finally:
        await client.close()


def letters_of(cli: Cli, run_id: UUID) -> list[JsonObject]:
    found: list[JsonObject] = cli.ok("dead-letters", "list", "--json").json
    return [letter for letter in found if letter["event_id"] == f"{run_id}-1"]


async def test_a_letter_that_still_fails_is_counted_and_can_be_given_up(
    stack: Stack, cli: Cli
) -> None:
    run_id = uuid4()
    event = run_event(run_id, "flusso.run.paused", {"nobody": "understands"})
    await tell(stack, event)
    async with asyncio.timeout(60):
        while not letters_of(cli, run_id):  # noqa: ASYNC110 - the services hear of it in their time
            await asyncio.sleep(0.1)
    (letter,) = letters_of(cli, run_id)
    assert (letter["service"], letter["attempts"]) == ("tasks", 1)
    shown = cli.ok("dead-letters", "show", letter["id"], "--json").json
    assert orjson.loads(shown["message"])["data"] == event["data"]

    again = cli("dead-letters", "replay", letter["id"])

    assert again.code == 1
    assert letters_of(cli, run_id)[0]["attempts"] == 2
    assert cli("dead-letters", "discard", letter["id"]).code == 2, "nobody is there to be asked"
    assert cli.ok("dead-letters", "discard", letter["id"], "--yes").out == "1 given up.\n"
    assert letters_of(cli, run_id) == []
    assert cli("dead-letters", "show", letter["id"]).code == 1


async def test_letters_for_a_reason_are_handled_once_more(stack: Stack, cli: Cli) -> None:
    run_ids = [uuid4(), uuid4()]
    reason = f"not understood by release {uuid4()}"
    for run_id in run_ids:
        await keep_letter(stack.database_url, ended(run_id), reason)

    told = cli.ok("dead-letters", "replay", "--reason", reason, "--json").json

    assert told == {"replayed": 2, "failed": [], "left": 0}
    assert [letters_of(cli, run_id) for run_id in run_ids] == [[], []]


# -- verifying, rebuilding, health -------------------------------------------------------------------------------------


async def test_everything_holds_and_what_does_not_is_made_anew(stack: Stack, cli: Cli) -> None:
    await forget_verifications(stack.database_url)
    async with api_of(stack) as api:
        run = await api.start(await api.workflow(APPROVAL))
        (task,) = await api.tasks_of(run)
        look = cli("verify", "--json")
        assert (look.code, look.json["findings"]) == (0, [])
        assert look.json["streams"]["engine"] == look.json["totals"]["engine"] > 0

        await execute(stack, "UPDATE tasks.task_counts SET opened = opened + 1")
        told = cli("verify")
        assert (told.code, "[counter-differs]" in told.out) == (1, True)
        assert "`flusso rebuild inbox` makes" in told.out
        rebuilt = cli.ok("rebuild", "inbox", "--yes", "--json").json

        assert rebuilt["state"] == "done"
        assert (await api.tasks_of(run))[0]["id"] == task["id"]
        assert (await api.decide(task["id"])).status_code == 200
        await api.run_when(run, "Completed")
    assert cli.ok("verify", "--limit", "5").out.startswith("Everything holds: ")


async def test_a_verification_that_was_stopped_goes_on(stack: Stack, cli: Cli) -> None:
    await forget_verifications(stack.database_url)
    look = cli("verify", "--json", "--since", "2999-01-01T00:00:00Z").json
    await execute(
        stack,
        "UPDATE gateway.verifications SET state = 'stopped', finished_at = NULL WHERE id = $1",
        UUID(look["id"]),
    )

    again = cli.ok("verify", "--resume", "--json").json

    assert (again["id"], again["state"]) == (look["id"], "done")
    assert cli("verify", "--resume").code == 1, "none is stopped any more"
    assert cli("verify", "--resume", "--limit", "5").code == 2


def test_in_a_terminal_one_is_asked_first_and_sees_how_it_goes(cli: Cli) -> None:
    with cli.terminal("rebuild", "inbox") as running:
        running.wait_for("Make the inbox anew from the log? [y/N]")
        running.type("n\n")
        assert running.end() == 1
    with cli.terminal("rebuild", "inbox") as running:
        running.wait_for("[y/N]")
        running.type("y\n")
        running.wait_for("The inbox is made anew")
        assert running.end() == 0


async def test_health_names_every_replica(stack: Stack) -> None:
    async with api_of(stack) as api, asyncio.timeout(60):
        health = await api.get("/system/health")
        while health["missing"]:  # a busy machine may take longer than it is waited for
            health = await api.get("/system/health")

    assert {replica["service"] for replica in health["services"]} == {"engine", "tasks", "gateway"}
    engine = next(one for one in health["services"] if one["service"] == "engine")
    assert all(engine["ready"].values())
    assert engine["relay"] is not None
    assert set(engine["counts"]) == {"waits", "jobs", "timers", "orders"}
    assert "engine-resume-run-on-task-resolved" in {each["name"] for each in engine["consumers"]}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/dead-letters", {"reason": "\0"}),
        ("/dead-letters", {"cursor": "tasks:x"}),
        ("/lost", {"cursor": "Wy0xXQ"}),  # [-1]
        ("/lost", {"cursor": "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2XQ"}),  # [2**64]
        ("/lost", {"since": "0001-01-01T00:00:00+23:59"}),
        ("/lost", {"since": "2026-11-24T08:00:00"}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    stack: Stack, path: str, query: dict[str, str]
) -> None:
    async with api_of(stack) as api:
        answer = await api.http.get(f"/api/v1/system{path}", params=query)
    assert answer.status_code == 422, answer.text
