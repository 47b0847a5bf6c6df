"""The command line against a whole Flusso."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

import pytest
import yaml

from contracts.base import Json, JsonObject
from deploy.local.stack import Stack
from services.cli.adapters.api import Api, RefusedError, open_http
from services.cli.commands.apply import load_stored, write_change
from services.cli.domain.plan import plan_change
from services.cli.domain.workflow_file import read_workflow_file
from tests.support.cli import Cli, Told
from tests.support.processes import ROOT

FORM: JsonObject = {
    "prompt": "How much?",
    "fields": [
        {"name": "amount", "type": "number", "required": True, "max": 100},
        {"name": "day", "type": "date", "default": "2026-12-01"},
        {"name": "note", "type": "text"},
    ],
}
SETTLE_SECONDS_MAX = 20.0


@pytest.fixture
def cli(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    made = Cli(stack, capsys)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("FORCE_COLOR", "FLUSSO_ADMIN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def name() -> str:
    """A workflow's name that nothing else of this stack has."""
    return f"Ask {uuid4()}"


def workflow(name: str, kind: str = "approval", **config: Json) -> JsonObject:
    ask = {
        "key": "ask",
        "type": kind,
        "name": "The question",
        "config": {"prompt": "Go on?", **config},
    }
    return {
        "name": name,
        "description": "Asks once.",
        "trigger": {"type": "manual_trigger"},
        "nodes": [ask],
        "edges": [{"from": "trigger", "to": "ask"}],
    }


def write(folder: Path, content: JsonObject, file: str = "workflow.yaml") -> str:
    path = folder / file
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return str(path)


def until(look: Callable[[], Json]) -> Json:
    """Look again until there is something; fails after some seconds."""
    end = time.monotonic() + SETTLE_SECONDS_MAX
    while not (found := look()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


def started(cli: Cli, tmp_path: Path, content: JsonObject, *arguments: str) -> tuple[str, str]:
    """Apply, run, and return the run and its task."""
    cli.ok("apply", "-y", "-f", write(tmp_path, content))
    run = cli.ok("run", content["name"], "--json", *arguments).json["id"]
    return run, until(lambda: task_of(cli, content["name"], run))


def task_of(cli: Cli, name: str, run: str) -> str | None:
    listed = cli.ok("tasks", "--workflow", name, "--json").json
    return next((task["id"] for task in listed if task["run_id"] == run), None)


def status_of(cli: Cli, run: str, name: str) -> str | None:
    listed = cli.ok("runs", "--workflow", name, "--json").json
    return next((item["status"] for item in listed if item["id"] == run), None)


# -- definitions as files ----------------------------------------------------------------------------------------------


def test_apply_creates_then_changes_nothing_then_updates(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    content = workflow(name)
    first = cli.ok("apply", "--yes", "-f", write(tmp_path, content))
    assert f"created    {name}  version 1, Draft" in first.out
    assert f"+name: {name}" in first.out
    again = cli.ok("apply", "-f", write(tmp_path, content))
    assert again.out == f"unchanged  {name}  version 1, Draft\n"
    content["nodes"][0]["config"]["prompt"] = "Really?"
    content["status"] = "Active"
    changed = cli.ok("apply", "--yes", "-f", write(tmp_path, content))
    assert "-      prompt: Go on?" in changed.out
    assert "+      prompt: Really?" in changed.out
    assert "+status: Active" in changed.out
    assert f"updated    {name}  version 2, Active" in changed.out
    assert cli.ok("apply", "-f", write(tmp_path, content)).out.startswith("unchanged")


def test_applying_what_is_there_writes_nothing(cli: Cli, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, workflow(name))
    made = cli.ok("apply", "--json", "--yes", "-f", path).json
    again = cli.ok("apply", "--json", "-f", path).json
    assert [each["written"] for each in (*made, *again)] == [True, False]
    listed = cli.ok("workflows", "--q", name, "--json").json
    assert [item["created_at"] == item["updated_at"] for item in listed] == [True]


def test_a_dry_run_shows_and_writes_nothing(cli: Cli, tmp_path: Path, name: str) -> None:
    told = cli.ok("apply", "--dry-run", "-f", write(tmp_path, workflow(name)))
    assert f"would create {name}" in told.out
    assert cli.ok("workflows", "--q", name, "--json").json == []


def test_without_a_person_to_ask_nothing_is_written(cli: Cli, tmp_path: Path, name: str) -> None:
    told = cli("apply", "-f", write(tmp_path, workflow(name)))
    assert (told.code, "--yes" in told.err) == (2, True)
    assert cli.ok("workflows", "--q", name, "--json").json == []


def test_in_a_terminal_it_asks_before_it_writes(cli: Cli, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, workflow(name))
    with cli.terminal("apply", "-f", path) as terminal:
        terminal.wait_for("Apply this change? [y/N]")
        terminal.type("n\n")
        assert terminal.end() == 1
    assert cli.ok("workflows", "--q", name, "--json").json == []
    with cli.terminal("apply", "-f", path) as terminal:
        terminal.wait_for("Apply this change? [y/N]")
        terminal.type("y\n")
        terminal.wait_for("created")
        assert terminal.end() == 0
    assert len(cli.ok("workflows", "--q", name, "--json").json) == 1


def test_files_with_faults_write_nothing_at_all(cli: Cli, tmp_path: Path, name: str) -> None:
    write(tmp_path, workflow(name), "a.yaml")
    write(tmp_path, workflow(name + " too", kind="aproval"), "b.yaml")
    told = cli("apply", "-y", "-f", str(tmp_path))
    assert told.code == 1
    assert "b.yaml:" in told.out
    assert "did you mean `approval`" in told.out
    assert cli.ok("workflows", "--q", name, "--json").json == []


def test_two_files_about_one_workflow_are_refused(cli: Cli, tmp_path: Path, name: str) -> None:
    write(tmp_path, workflow(name), "a.yaml")
    write(tmp_path, workflow(name), "b.yaml")
    told = cli("apply", "-y", "-f", str(tmp_path))
    assert (told.code, "is about the same workflow" in told.err) == (1, True)


def test_a_name_that_two_workflows_have_is_refused_and_an_id_decides(
    cli: Cli, stack: Stack, tmp_path: Path, name: str
) -> None:
    content = workflow(name)
    cli.ok("apply", "-y", "-f", write(tmp_path, content))
    first = cli.ok("workflows", "--q", name, "--json").json[0]["id"]
    with open_http(stack.url, stack.admin_token) as http:
        twin = Api(http).post(f"/workflows/{first}/duplicate", {})
        body = {"name": name, "description": "", "definition": twin["definition"]}
        Api(http).put(f"/workflows/{twin['id']}", body, if_version=1)
    refused = cli("apply", "-y", "-f", write(tmp_path, content))
    assert (refused.code, "2 workflows are named" in refused.err) == (1, True)
    assert first in refused.err
    told = cli.ok("apply", "-f", write(tmp_path, {"id": first, **content}))
    assert told.out.startswith("unchanged")


def test_a_concurrent_edit_is_refused_and_not_overwritten(
    cli: Cli, stack: Stack, tmp_path: Path, name: str
) -> None:
    cli.ok("apply", "-y", "-f", write(tmp_path, workflow(name)))
    text = Path(write(tmp_path, workflow(name, title="Mine"))).read_text(encoding="utf-8")
    with open_http(stack.url, stack.admin_token) as http:
        api = Api(http)
        workflow_id = UUID(cli.ok("workflows", "--q", name, "--json").json[0]["id"])
        mine = plan_change(read_workflow_file(text, "yaml"), load_stored(api, workflow_id))
        cli.ok("apply", "-y", "-f", write(tmp_path, workflow(name, title="Theirs")))
        with pytest.raises(RefusedError, match="Somebody saved version 2 meanwhile") as refused:
            write_change(api, mine)
        assert refused.value.exit_code == 3
        assert load_stored(api, workflow_id).definition["nodes"][0]["config"]["title"] == "Theirs"


@pytest.mark.parametrize("text_format", ["yaml", "json"])
def test_export_and_apply_go_round(cli: Cli, tmp_path: Path, name: str, text_format: str) -> None:
    source = tmp_path / "source"
    for example in (ROOT / "examples").glob("*/workflow.yaml"):
        content = yaml.safe_load(example.read_text(encoding="utf-8"))
        source.joinpath(example.parent.name).mkdir(parents=True)
        changed = {**content, "name": f"{content['name']} {name}"}
        write(source / example.parent.name, changed)
    cli.ok("apply", "-y", "-f", str(source))
    folder = tmp_path / "exported"
    cli.ok("export", "--all", "-o", str(folder), "--format", text_format)
    told = cli.ok("apply", "-f", str(folder))
    lines = told.out.splitlines()
    assert len(lines) == len(list(folder.iterdir()))
    assert {line.split()[0] for line in lines} == {"unchanged"}
    assert cli.ok("validate", str(folder)).code == 0


def test_a_webhook_s_secret_is_made_shown_once_and_kept(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    trigger = {"auth": "header", "header": "x-token", "secret": "generate"}
    content = {**workflow(name), "trigger": {"type": "webhook_trigger", "config": trigger}}
    path = write(tmp_path, {**content, "status": "Active"})
    (made,) = cli.ok("apply", "-y", "--json", "-f", path).json
    secret = made["webhook_secret"]
    assert (made["status"], len(secret) > 30) == ("Active", True)
    content["description"] = "Asks with a secret."
    changed = cli.ok("apply", "-y", "-f", write(tmp_path, content))
    assert (secret in changed.out, "shown this once" in changed.out) == (False, False)
    assert cli.ok("apply", "-f", write(tmp_path, content)).out.startswith("unchanged")
    assert "secret: generate" in cli.ok("export", name).out


# -- runs and tasks ----------------------------------------------------------------------------------------------------


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


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_a_sentence(cli: Cli, name: str) -> None:
    nobody = str(uuid4())
    for arguments in (
        ("task", nobody),
        ("approve", nobody),
        ("follow", nobody),
        ("cancel", nobody),
        ("run", nobody),
        ("run", name),
        ("export", name),
        ("runs", "--workflow", name),
    ):
        told = cli(*arguments)
        assert told.code == 1, arguments
        assert told.err.strip().endswith((".", "`"))
        assert "Traceback" not in told.err


def test_a_token_that_nobody_knows_says_what_to_set(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_TOKEN", "nobody-knows-this-one")
    told = cli("tasks")
    assert (told.code, "does not know this token" in told.err) == (1, True)
    assert "nobody-knows-this-one" not in told.err


def test_the_admin_token_is_taken_where_there_is_no_other(
    cli: Cli, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLUSSO_TOKEN")
    monkeypatch.setenv("FLUSSO_ADMIN_TOKEN", stack.admin_token)
    assert cli("tasks").code == 0


def test_another_server_is_not_taken_for_flusso(cli: Cli, stack: Stack) -> None:
    port = stack.health_ports["engine"]
    told = cli("--url", f"http://{stack.host}:{port}", "tasks")
    assert (told.code, "is not Flusso" in told.err) == (1, True)


def test_a_reader_that_has_had_enough_is_no_error(cli: Cli) -> None:
    with cli.process("workflows") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=30) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""


def read_until(stream: IO[str], words: str) -> list[str]:
    """Return the lines up to the one that has the words."""
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        if words in line:
            return lines
    raise AssertionError(f"{words!r} did not come in {lines}")
