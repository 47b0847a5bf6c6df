"""The command line against a whole Flusso: definitions as files, and what goes wrong."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import yaml

from deploy.local.stack import Stack
from services.cli.adapters.api import Api, RefusedError, open_http
from services.cli.commands.apply import load_stored, write_change
from services.cli.domain.plan import plan_change
from services.cli.domain.workflow_file import read_workflow_file
from tests.support.cli import Cli
from tests.support.cli_asking import workflow, write
from tests.support.processes import ROOT

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
        for one in changed["definition"]["nodes"]:
            if "workflow" in one["config"]:
                one["config"]["workflow"] += f" {name}"
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
