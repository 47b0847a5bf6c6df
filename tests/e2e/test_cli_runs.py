"""The command line against a whole Flusso: runs and tasks."""

import json
import signal
from pathlib import Path

from contracts.base import JsonObject
from tests.support.cli import Cli, Told
from tests.support.cli_asking import read_until, started, status_of, until, workflow, write

FORM: JsonObject = {
    "prompt": "How much?",
    "fields": [
        {"name": "amount", "type": "number", "required": True, "max": 100},
        {"name": "day", "type": "date", "default": "2026-12-01"},
        {"name": "note", "type": "text"},
    ],
}


def test_a_run_is_started_approved_and_followed_to_its_end(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    content = workflow(name, prompt="Pay {{ trigger.output.amount }}?", assignees=["admin"])
    run, task = started(cli, tmp_path, content, "--input", "amount=12.5")
    with cli.process("follow", run) as following:
        assert following.stdout is not None
        lines = read_until(following.stdout, f"flusso approve {task}")
        assert lines[0] == f"Run {run} of {name} (version 1)"
        assert any("Waiting    The question" in line for line in lines)
        assert "waits for admin" in lines[-1]
        shown = cli.ok("task", task).out
        assert "Pay 12.5?" in shown
        assert f"flusso approve {task}" in shown
        approved = cli.ok("approve", task, "--comment", "Fine.")
        assert "approved by admin" in approved.out
        out, _ = following.communicate(timeout=30)
    assert following.returncode == 0
    assert "Completed  The question" in out
    assert "approved by admin: Fine." in out
    assert "Completed after" in out
    assert '"approved": true' in out


def test_a_terminal_shows_the_run_live(cli: Cli, tmp_path: Path, name: str) -> None:
    run, task = started(cli, tmp_path, workflow(name))
    with cli.terminal("follow", run) as terminal:
        terminal.wait_for("waits for anybody")
        cli.ok("reject", task, "--comment", "Too early.")
        terminal.wait_for("Failed after")
        assert terminal.end() == 1
    assert "rejected by admin: Too early." in terminal.shown


def test_following_waits_in_silence_for_a_script(cli: Cli, tmp_path: Path, name: str) -> None:
    run, task = started(cli, tmp_path, workflow(name))
    cli.ok("approve", task)
    told = cli("follow", run, "--json")
    assert (told.code, told.json["status"], told.json["id"]) == (0, "Completed", run)


def test_ctrl_c_stops_following_and_the_run_goes_on(cli: Cli, tmp_path: Path, name: str) -> None:
    run, task = started(cli, tmp_path, workflow(name))
    with cli.process("follow", run) as following:
        assert following.stdout is not None
        read_until(following.stdout, task)
        following.send_signal(signal.SIGINT)
        _, err = following.communicate(timeout=30)
    assert (following.returncode, "Traceback" in err) == (130, False)
    assert status_of(cli, run, name) == "Waiting"


def test_who_comes_second_is_told_who_won(cli: Cli, tmp_path: Path, name: str) -> None:
    _, task = started(cli, tmp_path, workflow(name))
    cli.ok("approve", task)
    for late in (cli("approve", task), cli("reject", task)):
        assert late.code == 3
        assert "admin has decided this task at" in late.err
        assert "it is approved" in late.err
    assert "approved by admin" in cli.ok("task", task).out


def test_a_decision_on_something_else_than_was_seen_is_refused(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    _, task = started(cli, tmp_path, workflow(name))
    told = cli("approve", task, "--digest", "0000")
    assert (told.code, "not the one that you saw" in told.err) == (3, True)
    digest = cli.ok("task", task, "--json").json["digest"]
    cli.ok("approve", task, "--digest", digest)


def test_a_form_takes_pairs_with_defaults_and_tells_every_fault(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    run, task = started(cli, tmp_path, workflow(name, "manual_input", **FORM))
    wrong = cli("submit", task, "amount=500", "day=tomorrow", "size=1")
    assert wrong.code == 1
    assert {"amount", "day", "size"} <= {
        line.split(":")[0].strip() for line in wrong.err.splitlines()
    }
    kind = cli("approve", task)
    assert (kind.code, "flusso submit" in kind.err) == (1, True)
    cli.ok("submit", task, "amount=12.50", "note=7", "--comment", "as agreed")
    ended = cli.ok("follow", run, "--json").json
    assert ended["output"] == {"amount": 12.5, "day": "2026-12-01", "note": "7"}


def test_a_form_takes_values_as_json_and_from_a_file(cli: Cli, tmp_path: Path, name: str) -> None:
    values = tmp_path / "values.json"
    values.write_text(json.dumps({"amount": 3}))
    run, task = started(cli, tmp_path, workflow(name, "manual_input", **FORM))
    told = cli.ok("submit", task, "--values", f"@{values}", "--json")
    assert told.json["decision"]["values"]["amount"] == 3
    assert cli.ok("follow", run, "--json").json["output"]["day"] is None


def test_a_cancelled_run_ends_and_its_task_says_so(cli: Cli, tmp_path: Path, name: str) -> None:
    run, task = started(cli, tmp_path, workflow(name))
    assert cli.ok("cancel", run, "--reason", "ordered twice").out.split() == ["Cancelled", run]
    again = cli("cancel", run)
    assert (again.code, "ended" in again.err) == (3, True)
    late = until(lambda: told if (told := cli("approve", task)).code == 3 else None)
    assert isinstance(late, Told)
    assert "it is Cancelled" in late.err
    assert cli("follow", run).code == 1


def test_lists_are_rows_with_tabs_in_a_pipe(cli: Cli, tmp_path: Path, name: str) -> None:
    run, task = started(cli, tmp_path, workflow(name, title="Two\twords\x1b[31m"))
    (row,) = cli.ok("tasks", "--workflow", name, "--kind", "approval").rows
    assert row[1:] == [name, "The question", "approval", "Two words\\x1b[31m", task]
    assert cli.ok("tasks", "--workflow", name, "--kind", "manual_input").rows == []
    (row,) = cli.ok("runs", "--workflow", name, "--status", "Waiting").rows
    assert row[2:] == ["Waiting", name, "manual", "", run]
    (row,) = cli.ok("workflows", "--q", name).rows
    assert row[:5] == [name, "Draft", "1", "1", "manual"]
    cli.ok("approve", task)
    (row,) = cli.ok("tasks", "--workflow", name, "--all").rows
    assert row[-2:] == ["approved", task]


def test_a_list_is_a_table_in_a_terminal_with_whole_ids(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    _, task = started(cli, tmp_path, workflow(name, title="A title that is long. " * 20))
    with cli.terminal("tasks", "--workflow", name) as terminal:
        assert terminal.end() == 0
    heading, row = terminal.shown.strip().splitlines()
    assert heading.split() == ["waits", "workflow", "step", "kind", "title", "id"]
    assert "…" in row
    assert row.endswith(task)


def test_an_input_is_json_a_file_or_pairs_by_the_form_s_types(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    fields = [{"name": "zip", "type": "text"}, {"name": "size", "type": "number"}]
    trigger = {"type": "manual_trigger", "config": {"fields": fields}}
    done = {"key": "done", "type": "transform", "config": {"got": "{{ trigger.output }}"}}
    content = {**workflow(name), "trigger": trigger, "nodes": [done]}
    content["edges"] = [{"from": "trigger", "to": "done"}]
    cli.ok("apply", "-y", "-f", write(tmp_path, content))
    file = tmp_path / "input.json"
    file.write_text('{"zip": "00123", "size": 5}')
    for given in (
        ("-i", "zip=00123", "-i", "size=5"),
        ("-i", '{"zip": "00123", "size": 5}'),
        ("-i", f"@{file}"),
    ):
        ended = cli.ok("run", name, *given, "--follow", "--json").json
        assert ended["output"] == {"got": {"zip": "00123", "size": 5}}
