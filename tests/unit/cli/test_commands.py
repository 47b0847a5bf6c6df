"""The commands that need no server, and what is said when there is none."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from services.cli.main import COMMANDS, build_app, main, modules_for
from tests.support.processes import ROOT

BROKEN = """\
name: Broken
trigger:
  type: manual_trigger
nodes:
  - key: ask
    type: aproval
edges:
  - {from: trigger, to: ask}
"""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLUSSO_URL", "FLUSSO_TOKEN", "FLUSSO_ADMIN_TOKEN", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    return path


def test_faults_are_told_by_file_line_column_and_path(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(broken)]) == 1
    told = capsys.readouterr()
    assert told.out == (
        f"{broken}:6:5: /nodes/0/type: There is no type `aproval`. (did you mean `approval`?)\n"
    )
    assert "1 file, 1 fault." in told.err


def test_faults_are_told_as_json(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--json", str(broken)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["file"], found["valid"]) == (str(broken), False)
    assert (found["faults"][0]["line"], found["faults"][0]["suggestion"]) == (6, "approval")


def test_the_examples_are_valid_and_their_deliveries_are_passed_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["validate", str(ROOT / "examples")]) == 0
    count = len(list((ROOT / "examples").glob("*/workflow.yaml")))
    assert f"{count} files, no faults." in capsys.readouterr().err


def test_a_broken_workflow_below_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text((ROOT / "examples/release-gate/workflow.yaml").read_text())
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "torn.json").write_text('{"nodes": [')
    assert main(["validate", str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["validate", "nowhere.yaml"], 1, "cannot be read"),
        (["validate", "tests/golden/batches"], 1, "There is no workflow file"),
        (["validate"], 2, "Missing argument"),
        (["sing"], 2, "No such command 'sing'"),
        (["task", "5"], 2, "TASK"),
        (["tasks"], 2, "FLUSSO_TOKEN"),
        (["--url", "ftp://here", "--token", "t", "tasks"], 2, "is no URL of a Flusso"),
        (["--url", "localhost:8080", "--token", "t", "tasks"], 2, "is no URL of a Flusso"),
        (["--url", "http://127.0.0.1:9", "--token", "t", "tasks"], 1, "`make run`"),
        (["--url", "http://127.0.0.1:9", "--token", "t", "follow", "0" * 32], 1, "`make run`"),
        (["export", "--all", "--token"], 2, "--token"),
        (["--token", "t", "export", "Ask", "--all"], 2, "or give --all"),
        (["--token", "t", "export", "--all"], 2, "-o DIR"),
        (["--token", "t", "submit", "0" * 32, "a=1", "--values", "{}"], 2, "not both"),
    ],
)
def test_every_failure_is_a_sentence(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    told = capsys.readouterr()
    assert words in told.err
    assert "Traceback" not in told.err


def test_what_nobody_foresaw_is_a_sentence_too(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fall(_: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("services.cli.commands.validate.faults_of", fall)
    assert main(["validate", str(broken)]) == 1
    assert "Something broke in flusso itself" in capsys.readouterr().err


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    version = capsys.readouterr().out.removeprefix("flusso ").strip()
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text()


def names_of(app: typer.Typer) -> list[str]:
    """Return the names of its commands, then of its groups of commands."""
    found = app.registered_commands
    alone = [str(command.name or getattr(command.callback, "__name__", "")) for command in found]
    return alone + [str(group.name) for group in app.registered_groups]


@pytest.mark.parametrize("module", COMMANDS)
def test_a_module_has_the_commands_that_are_listed(module: str) -> None:
    assert names_of(build_app([module])) == list(COMMANDS[module])


def test_every_command_has_help_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for name in names_of(build_app()):
        assert main([name, "--help"]) == 0
        told = capsys.readouterr().out
        assert "Examples" in told
        assert f"flusso {name}" in told


def test_a_command_is_found_behind_the_global_options() -> None:
    assert modules_for(["--url", "http://here", "tasks", "--q", "run"]) == ["tasks"]
    assert modules_for(["--help"]) is COMMANDS
    assert modules_for(["sing"]) is COMMANDS


@pytest.mark.parametrize("module", ["tasks", "runs", "follow", "workflows"])
def test_looking_at_tasks_and_runs_starts_without_the_rules(module: str) -> None:
    program = (
        "import sys, services.cli.main as cli; cli.build_app([sys.argv[1]]);"
        "print([name for name in sys.modules if name.startswith('services.engine')])"
    )
    command = [sys.executable, "-c", program, module]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "[]"


def test_completion_knows_the_commands(tmp_path: Path) -> None:
    """The launcher as `make setup` writes it, and the shell's question as typer understands it."""
    launcher = tmp_path / "flusso"
    line = f"PYTHONPATH='{ROOT}' exec '{sys.executable}' -P -m services.cli.main \"$@\"\n"
    launcher.write_text("#!/bin/sh\n" + line)
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    question = {"_FLUSSO_COMPLETE": "complete_bash", "COMP_WORDS": "flusso wo", "COMP_CWORD": "1"}
    answer = subprocess.run(
        [launcher], env={**os.environ, **question}, cwd=tmp_path, capture_output=True, check=True
    )
    assert answer.stdout.split() == [b"workflows"]
