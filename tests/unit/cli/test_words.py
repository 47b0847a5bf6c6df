"""What people type, and what they are told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json
from contracts.run import RunError
from contracts.run_view import RunView, StepDecision, TraceStep
from contracts.task import TaskView
from services.cli.commands.export import free_name
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.inputs import parse_object, parse_pairs
from services.cli.domain.problems import Problem, explain
from services.cli.domain.run_report import (
    changes,
    ending_of,
    exit_code_of,
    seen_of,
    step_line,
    waiting_steps,
)
from services.cli.domain.safe_text import safe_line, safe_text
from services.cli.domain.spans import span
from services.cli.domain.task_report import head_lines

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("5", 5),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('"5"', "5"),
        ('{"a": [1]}', {"a": [1]}),
        ("Ada", "Ada"),
        ("00123", "00123"),
        ("5 apples", "5 apples"),
        ("a=b", "a=b"),
        ("", ""),
        ("trueish", "trueish"),
        ("{{ not json", "{{ not json"),
    ],
)
def test_what_is_json_is_taken_as_that_and_all_else_as_text(typed: str, value: Json) -> None:
    assert parse_pairs([f"key={typed}"], {}) == {"key": value}


def test_a_field_is_read_as_its_type_says() -> None:
    kinds = {"zip": "text", "amount": "number", "day": "date", "size": "number"}
    pairs = ["zip=12345", "amount=12.50", "day=2026-12-01", "size="]
    expected = {"zip": "12345", "amount": 12.5, "day": "2026-12-01", "size": None}
    assert parse_pairs(pairs, kinds) == expected


@pytest.mark.parametrize("pairs", [["amount"], ["=5"], ["a=1", "a=2"]])
def test_what_is_no_pair_is_not_understood(pairs: list[str]) -> None:
    with pytest.raises(CliError) as found:
        parse_pairs(pairs, {})
    assert found.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("text", ["[1]", "5", "{", '{"a": 1, "a": 2}', '{"a": NaN}'])
def test_an_input_is_one_json_object(text: str) -> None:
    with pytest.raises(CliError, match="--input"):
        parse_object(text, "--input")


# -- text --------------------------------------------------------------------------------------------------------------


def test_nothing_from_outside_can_steer_the_terminal() -> None:
    hostile = "a\x1b[31mred\x07\x9b2J\u202egnp.exe\r\nnext\ttab\x00"
    shown = safe_text(hostile)
    assert shown == "a\\x1b[31mred\\x07\\x9b2J\\u202egnp.exe\nnext\ttab\\x00"
    assert safe_line("two\nlines\tand\r\ntabs") == "two lines and tabs"


@given(st.text())
def test_a_line_stays_one_line_of_what_can_be_seen(text: str) -> None:
    shown = safe_line(text)
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in shown)
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.85, "850 ms"),
        (42, "42 s"),
        (185, "3 m 5 s"),
        (7_200, "2 h"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown


def test_each_exported_workflow_has_a_file_of_its_own() -> None:
    taken: set[str] = set()
    for name in (
        "Refund above a limit!",
        "Refund above a limit",
        "../../etc",
        "...",
        "Überweisung",
    ):
        taken.add(free_name(name, taken))
    assert taken == {
        "refund-above-a-limit",
        "refund-above-a-limit-2",
        "etc",
        "workflow",
        "überweisung",
    }


# -- problems ----------------------------------------------------------------------------------------------------------


def test_a_loser_is_told_who_won_with_what() -> None:
    members: dict[str, Json] = {
        "decided_by": "Ada\x1b[2J",
        "outcome": "approved",
        "decided_at": "2026-11-24T12:00:00Z",
    }
    problem = Problem(409, "already-decided", "Decided.", members)
    told = explain(problem)
    assert "Ada\\x1b[2J has decided" in told
    assert told.endswith("it is approved.")
    assert problem.exit_code is ExitCode.CONFLICT


def test_every_fault_of_a_form_and_of_a_definition_is_a_line() -> None:
    form = Problem(422, "invalid-values", "No.", {"fields": [{"name": "day", "message": "Odd."}]})
    assert explain(form) == "No.\n  day: Odd."
    fault = {"path": "/nodes/0", "message": "Odd.", "suggestion": "even"}
    whole = Problem(422, "invalid-definition", "No.", {"faults": [fault]})
    assert explain(whole) == "No.\n  /nodes/0: Odd. (even?)"


@pytest.mark.parametrize("code", ["not-signed-in", "invalid-token"])
def test_a_bad_token_says_what_to_set(code: str) -> None:
    assert "FLUSSO_TOKEN" in explain(Problem(401, code, "No."))


def test_members_of_any_shape_break_nothing() -> None:
    assert explain(Problem(422, "odd", "No.", {"faults": "none", "fields": [1, None]})) == "No."


# -- runs --------------------------------------------------------------------------------------------------------------


def step(node: str, status: str = "Completed", **others: Json) -> TraceStep:
    values = {"node": node, "name": node, "type": "transform", "status": status}
    return TraceStep.model_validate({**values, "started_at": NOON, **others})


def run(status: str, *steps: TraceStep, **others: Json) -> RunView:
    return RunView.model_validate(
        {
            "id": UUID(int=1),
            "workflow_id": UUID(int=2),
            "workflow_name": "Ask",
            "version": 1,
            "status": status,
            "trigger": "manual",
            "started_at": NOON,
            "trace": steps,
            "definition": {},
            **others,
        }
    )


def test_only_what_has_moved_is_told() -> None:
    before = [step("a"), step("b", "Running")]
    after = [step("a"), step("b", "Retrying", attempt=2), step("c", "Running")]
    assert [moved.node for moved in changes(after, seen_of(before))] == ["b", "c"]


def test_a_step_says_how_long_it_took_and_who_decided() -> None:
    decision = StepDecision(outcome="approved", by="Ada", at=NOON, comment="Fine.")
    done = step("a", finished_at=NOON + timedelta(seconds=42), decision=decision)
    line = step_line(done, NOON)
    assert (line.took, line.note) == ("42 s", "approved by Ada: Fine.")


def test_a_step_that_goes_on_has_been_going_since_its_start() -> None:
    assert step_line(step("a", "Running"), NOON + timedelta(minutes=3)).took == "3 m"


def test_a_step_with_child_runs_says_how_many_have_ended() -> None:
    children: dict[str, Json] = {"total": 10, "called": 4, "ended": 3}
    before, after = (
        step("each", "Waiting", children={**children, "ended": 2}),
        step("each", "Waiting", children=children),
    )
    assert list(changes([after], seen_of([before]))) == [after]
    assert step_line(after, NOON).note == "3 of 10 child runs have ended"


def test_a_task_says_when_it_is_due_and_when_its_time_is_up() -> None:
    def lines(now: datetime, **others: Json) -> str:
        values: dict[str, Json] = {
            "id": UUID(int=1),
            "run_id": UUID(int=2),
            "workflow_id": UUID(int=3),
            "workflow_name": "Ask",
            "workflow_version": 1,
            "node": "ask",
            "step_name": "Ask",
            "kind": "approval",
            "title": "Pay?",
            "prompt": "Pay?",
            "status": "pending",
            "created_at": NOON,
            "digest": "d",
        }
        return "\n".join(head_lines(TaskView.model_validate(values | others), now))

    due: dict[str, Json] = {
        "due_at": NOON + timedelta(hours=2),
        "timeout_at": NOON + timedelta(days=1),
    }
    assert "due in 2 h" in lines(NOON, **due)
    assert "times out at 2026-11-2" in lines(NOON, **due)
    assert "overdue for 1 h" in lines(NOON + timedelta(hours=3), **due)
    assert "due" not in lines(NOON, **due, status="resolved")
    assert "due" not in lines(NOON)


def test_a_failed_run_says_why_and_where() -> None:
    error = RunError(code="rejected", message="Ada rejected.", node="ask")
    failed = run("Failed", finished_at=NOON + timedelta(seconds=5), error=error)
    assert ending_of(failed) == "Failed after 5 s: Ada rejected. (in ask)"
    assert exit_code_of(failed) is ExitCode.FAILED
    assert exit_code_of(run("Cancelled")) is ExitCode.FAILED
    assert exit_code_of(run("Completed")) is ExitCode.OK


def test_only_steps_with_a_task_wait_for_people() -> None:
    task = step("ask", "Waiting", task_id=uuid4())
    assert waiting_steps(run("Waiting", task, step("nap", "Waiting"))) == [task]
