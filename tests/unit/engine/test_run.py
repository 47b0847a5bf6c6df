from dataclasses import replace

import pytest

from contracts.base import JsonObject
from contracts.run import (
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunResumed,
    TriggerKind,
)
from services.chassis.errors import Refused
from services.engine.domain.run_state import Ended, status_of
from tests.support.run_workflows import kinds, newsletter, two_branches
from tests.support.runs import (
    BOB,
    RUN_ID,
    Run,
    approve,
    cancel,
    graph_of,
    node,
    reject,
    start,
    started,
    submit,
    workflow,
)

# -- from the trigger to a person and on -------------------------------------------------------------------------------


def test_a_run_goes_from_its_trigger_to_its_first_pause_at_once() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    assert kinds(run.events) == ["RunStarted", "NodeCompleted", "RunPaused"]
    assert status_of(run.state) == "Waiting"


def test_a_pause_freezes_what_people_will_see() -> None:
    task = started(newsletter(), {"email": "ada@example.com"}).task("review")

    assert task.prompt == "Approve sending this email to ada@example.com?"
    assert (task.title, task.step_name, task.kind) == ("Review", "Review", "approval")
    assert (task.workflow_name, task.workflow_version) == ("Newsletter", 3)


def test_approval_resumes_the_run_at_the_step_after_it() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    events = run.does(approve(run.task("review"), by=BOB, comment="Nice"))

    assert kinds(events) == ["RunResumed", "NodeCompleted", "RunCompleted"]
    assert run.one(RunResumed).output == {
        "approved": True,
        "decision": "approved",
        "decided_by": "Bob",
        "decided_at": "2026-11-24T08:00:00.000000Z",
        "comment": "Nice",
    }
    assert run.one(RunCompleted).output == {"by": "Bob"}
    assert status_of(run.state) == "Completed"


def test_rejection_fails_the_waiting_run() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    task = run.task("review")

    run.does(reject(task, by=BOB, comment="Typo"))

    failed = run.one(RunFailed)
    assert (failed.reason, failed.error.code, failed.error.message) == (
        "rejected",
        "rejected",
        "Rejected by Bob",
    )
    assert (failed.by, failed.task_id, failed.comment) == (BOB, task.task_id, "Typo")
    assert status_of(run.state) == "Failed"


def test_submitted_values_are_the_output_of_the_input_node() -> None:
    field = {"name": "budget", "type": "number", "required": True}
    run = started(
        workflow(
            [
                node("ask", "manual_input", prompt="How much?", fields=[field]),
                node("keep", "transform", euros="{{ ask.output.budget }}"),
            ]
        )
    )

    run.does(submit(run.task("ask"), {"budget": 250}))

    assert run.one(RunCompleted).output == {"euros": 250}


def test_a_decision_that_comes_again_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    decision = approve(run.task("review"))
    run.does(decision)

    assert run.does(decision) == []
    assert run.does(reject(run.task("review"))) == []


def test_a_decision_on_a_task_of_another_run_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    task = run.task("review").model_copy(update={"task_id": RUN_ID})

    assert run.does(approve(task)) == []
    assert status_of(run.state) == "Waiting"


def test_a_decision_of_the_wrong_kind_is_refused() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    refused = run.tries(submit(run.task("review"), {}))

    assert isinstance(refused, Refused)
    assert refused.code == "wrong-kind"


# -- starting twice ----------------------------------------------------------------------------------------------------


def test_a_repeated_start_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    assert run.does(start({"email": "ada@example.com"})) == []


def test_a_start_with_the_same_id_and_another_body_is_refused() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    refused = run.tries(start({"email": "bob@example.com"}, digest="d2"))

    assert isinstance(refused, Refused)
    assert refused.code == "idempotency-key-reused"


def test_a_start_is_told_apart_also_after_the_end() -> None:
    run = started(workflow([node("only", "transform", a=1)]))

    assert run.does(start()) == []
    assert isinstance(run.tries(start(digest="d2")), Refused)


def test_the_input_of_a_run_is_an_object() -> None:
    refused = Run(graph_of(newsletter())).tries(start([1]))

    assert isinstance(refused, Refused)
    assert refused.code == "invalid-input"


FORM: list[JsonObject] = [
    {"name": "email", "type": "text", "required": True},
    {"name": "amount", "type": "number", "min": 1},
    {"name": "day", "type": "date", "default": "2026-01-01"},
]


def asking() -> JsonObject:
    nodes = [node("only", "transform", got="{{ trigger.output }}")]
    return workflow(nodes, trigger_config={"fields": FORM})


def test_a_run_by_hand_must_bring_what_the_trigger_asks_for() -> None:
    refused = Run(graph_of(asking())).tries(start({"amount": 0, "day": "tomorrow"}))

    assert isinstance(refused, Refused)
    assert refused.code == "invalid-values"
    assert [(fault["name"], fault["code"]) for fault in refused.details["fields"]] == [
        ("email", "required"),
        ("amount", "too-small"),
        ("day", "wrong-type"),
    ]


def test_what_is_brought_is_kept_as_a_form_s_values_beside_what_no_field_names() -> None:
    run = started(asking(), {"email": "a@b", "why": [1]})

    completed = run.events[-1]
    assert isinstance(completed, RunCompleted)
    expected = {"email": "a@b", "amount": None, "day": None, "why": [1]}
    assert completed.output == {"got": expected}


def test_a_repeated_start_is_answered_again_though_the_form_has_changed() -> None:
    run = started(workflow([node("only", "transform", a=1)]))
    later = replace(run, graph=graph_of(asking()))

    assert later.does(start()) == []


@pytest.mark.parametrize("trigger", ["workflow", "event", "schedule"])
def test_only_runs_by_hand_are_asked(trigger: TriggerKind) -> None:
    run = Run(graph_of(asking()))

    outcome = run.tries(replace(start({}), trigger=trigger))

    assert not isinstance(outcome, Refused) or outcome.code == "trigger-changed"


def test_an_input_above_the_limit_is_refused_with_both_sizes() -> None:
    refused = Run(graph_of(newsletter())).tries(start({"text": "x" * 300_000}))

    assert isinstance(refused, Refused)
    assert refused.code == "input-too-large"
    assert refused.details == {"size": 300_011, "limit": 262_144}


def test_a_webhook_workflow_run_by_hand_sees_its_input_as_the_payload() -> None:
    raw = workflow(
        [node("keep", "transform", id="{{ trigger.output.payload.id }}")],
        trigger="webhook_trigger",
    )

    assert started(raw, {"id": 7}).one(RunCompleted).output == {"id": 7}


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_cancelling_ends_the_run_and_names_its_open_tasks() -> None:
    run = started(two_branches())

    run.does(cancel("Not needed"))

    cancelled = run.one(RunCancelled)
    assert (cancelled.reason, cancelled.by) == ("Not needed", BOB)
    assert cancelled.open_tasks == [run.task("left").task_id, run.task("right").task_id]
    assert isinstance(run.state, Ended)


def test_cancelling_what_has_ended_is_refused_with_its_status() -> None:
    run = started(workflow([node("only", "transform", a=1)]))

    refused = run.tries(cancel())

    assert isinstance(refused, Refused)
    assert (refused.code, refused.details) == ("run-ended", {"run_status": "Completed"})


def test_cancelling_what_never_started_is_refused() -> None:
    refused = Run(graph_of(newsletter())).tries(cancel())

    assert isinstance(refused, Refused)
    assert refused.code == "run-not-found"


def test_a_decision_after_a_cancellation_changes_nothing() -> None:
    run = started(two_branches())
    run.does(cancel())

    assert run.does(approve(run.task("left"))) == []
    assert run.does(reject(run.task("right"))) == []
