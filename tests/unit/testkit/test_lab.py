"""Workflows run in a test: scripted people, a virtual clock, a stubbed outside, and the product's own rules."""

from datetime import timedelta

import pytest

from contracts.base import JsonObject
from services.chassis.errors import Refused
from services.testkit import Lab
from services.testkit.lab import BEGINNING
from tests.support.runs import edge, node, workflow

ASK = node("ask", "approval", prompt="Ship {{ trigger.output.version }}?", title="Ship it")
FORM = node(
    "form",
    "manual_input",
    fields=[{"name": "amount", "type": "number", "required": True, "min": 1}],
)


def call(**config: object) -> JsonObject:
    return node("call", "http_request", url="https://api.example/v1", **config)


def test_a_run_waits_for_its_person() -> None:
    lab = Lab()

    run = lab.start(lab.add(workflow([ASK])), {"version": "1.2"})

    assert lab.tasks == run.tasks
    assert (run.task().title, run.task().prompt) == ("Ship it", "Ship 1.2?")
    run.task("ask").approve(by="Ann", comment="go")
    assert run.output["decided_by"] == "Ann"
    assert [(step.node, step.status) for step in run.trace] == [
        ("trigger", "Completed"),
        ("ask", "Completed"),
    ]


def test_a_rejection_fails_the_run_and_closes_the_other_task() -> None:
    lab = Lab()
    both = [edge("trigger", "ask"), edge("trigger", "form")]
    run = lab.start(lab.add(workflow([ASK, FORM], both)), {"version": "1"})
    asked = run.task("form")

    run.task("ask").reject(by="Bob", comment="not today")

    assert run.status == "Failed"
    assert run.error is not None
    assert run.error.message == "Rejected by Bob"
    assert asked.status == "closed"
    assert lab.tasks == []


def test_the_door_is_the_real_one() -> None:
    lab = Lab()
    run = lab.start(lab.add(workflow([FORM])))
    task = run.task()

    with pytest.raises(Refused) as invalid:
        task.submit(amount=0)
    with pytest.raises(Refused) as wrong:
        task.approve()
    task.submit(by="Ann", amount=3)
    with pytest.raises(Refused) as late:
        task.submit(by="Bob", amount=4)

    assert invalid.value.details["fields"][0]["name"] == "amount"
    assert wrong.value.code == "wrong-kind"
    assert late.value.details["decided_by"] == "Ann"
    assert run.output == {"amount": 3}


def test_the_outside_is_what_the_test_scripts() -> None:
    lab = Lab()
    lab.http.reply("POST", "https://api.example/*", 201, {"id": 7})
    run = lab.start(
        lab.add(workflow([call(method="POST", body={"n": "{{ trigger.output.n }}"})])), {"n": 5}
    )

    assert run.output["body"] == {"id": 7}
    (sent,) = lab.http.sent
    assert sent.json == {"n": 5}


def test_what_is_not_scripted_says_how_to_script_it() -> None:
    lab = Lab()

    run = lab.start(lab.add(workflow([call()])))

    assert run.error is not None
    assert "lab.http.reply('GET', 'https://api.example/v1'" in run.error.message


def test_retries_wait_for_their_time() -> None:
    lab = Lab()
    lab.http.fail("GET", "https://api.example/v1", times=2)
    lab.http.reply("GET", "https://api.example/v1", 200, {})
    run = lab.start(lab.add(workflow([call(retries=2, retry_delay=60)])))

    assert run.step("call").status == "Retrying"
    lab.advance("20s")
    assert len(lab.http.sent) == 1
    lab.play()

    assert run.status == "Completed"
    assert len(lab.http.sent) == 3
    assert timedelta(seconds=135) <= lab.now - BEGINNING <= timedelta(seconds=225)


def test_a_delay_ends_at_its_instant_and_no_earlier() -> None:
    lab = Lab()
    run = lab.start(lab.add(workflow([node("nap", "delay", duration="3d")])))

    lab.advance(timedelta(days=3) - timedelta(milliseconds=1))
    assert run.step("nap").status == "Running"
    lab.advance(timedelta(milliseconds=1))

    assert run.step("nap").status == "Completed"
    assert run.output == {"resumed_at": "2026-01-08T09:00:00.000000Z"}


def test_people_answer_by_themselves_and_take_their_time() -> None:
    lab = Lab()
    lab.person("Ann").approves("ask", after="2h")
    lab.person("Bob").submits("form", amount=9)
    run = lab.start(lab.add(workflow([FORM, ASK])), {"version": "1"})

    assert [task.node for task in run.tasks] == ["form"]  # nobody moves before time passes
    lab.play()

    assert run.status == "Completed"
    assert run.step("ask").decision is not None
    assert lab.now - BEGINNING == timedelta(hours=2)


def test_the_clock_decides_where_nobody_does() -> None:
    lab = Lab()
    ask = node("ask", "approval", prompt="?", timeout="1d")
    late = node("late", "transform", told="{{ ask.error.message }}")
    edges = [edge("trigger", "ask"), edge("ask", "late", "timeout")]
    lab.person("Ann").approves("ask", after="25h")
    run = lab.start(lab.add(workflow([ask, late], edges)))

    lab.play()

    assert run.status == "Completed"
    assert run.output["told"] == "Nobody answered `Ask` in time."


def test_outputs_can_be_given_instead_of_performed() -> None:
    lab = Lab()
    lab.outputs["call"] = {"status": 200, "body": {"email": "ada@example.com"}}

    run = lab.start(lab.add(workflow([call()])))

    assert run.output["body"]["email"] == "ada@example.com"
    assert lab.http.sent == []


def test_a_lookup_that_fails_says_what_there_is() -> None:
    lab = Lab()
    run = lab.start(lab.add(workflow([ASK])), {"version": "1"})

    with pytest.raises(LookupError, match="the run is Waiting and asks at: ask"):
        run.task("form")
    with pytest.raises(LookupError, match="has not come to `form`, only to: trigger, ask"):
        run.step("form")
    with pytest.raises(LookupError, match="no workflow 'Refunds', only: Workflow"):
        lab.start("Refunds")


def test_a_cancelled_run_leaves_no_task() -> None:
    lab = Lab()
    run = lab.start(lab.add(workflow([ASK])), {"version": "1"})

    lab.cancel(run, "changed plans")

    assert run.status == "Cancelled"
    assert lab.tasks == []


def test_a_child_run_asks_and_its_parent_waits() -> None:
    lab = Lab()
    lab.add(workflow([ASK]), name="Ask")
    call = node("call", "run_workflow", workflow="Ask", input={"version": "2"})

    run = lab.start(lab.add(workflow([call])))

    assert run.status == "Waiting"
    assert run.step("call").status == "Waiting"
    (child,) = run.children
    child.task().reject(by="Bob")
    assert run.error is not None
    assert run.error.code == "child-failed"


def test_an_event_starts_who_waits_for_it() -> None:
    lab = Lab()
    for name, event in (("Ship", "order.paid"), ("Refund", "order.returned")):
        hears = workflow([ASK], trigger="event_trigger", trigger_config={"event": event})
        lab.add(hears, name=name)
    emit = node("emit", "emit_event", event="order.paid", data={"version": "9"})

    run = lab.start(lab.add(workflow([emit])))

    assert run.output == {"delivered": 1}
    (task,) = lab.tasks
    assert task.prompt == "Ship 9?"


def test_only_so_many_run_at_once() -> None:
    lab = Lab()
    nap = workflow([node("nap", "delay", duration="1h")])
    name = lab.add({**nap, "settings": {"concurrency": 2}})
    runs = [lab.start(name) for _ in range(3)]

    assert [run.status for run in runs] == ["Running", "Running", "Queued"]
    lab.advance("1h")

    assert [run.status for run in runs] == ["Completed", "Completed", "Running"]


def test_a_request_has_the_secrets_of_the_lab_and_the_run_has_not() -> None:
    lab = Lab()
    lab.secrets["BANK_TOKEN"] = "plain-token-words"
    lab.http.reply("GET", "https://example.com/", body={"you_sent": "plain-token-words"})
    call = node(
        "call",
        "http_request",
        url="https://example.com/",
        auth={"bearer": "{{ secrets.BANK_TOKEN }}"},
    )

    run = lab.start(lab.add(workflow([call])))

    assert lab.http.sent[0].headers["authorization"] == "Bearer plain-token-words"
    assert run.output["body"] == {"you_sent": "••••"}
