"""A workflow that asks once, written, applied and run from the command line."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import yaml

from contracts.base import Json, JsonObject
from tests.support.cli import Cli

SETTLE_SECONDS_MAX = 20.0


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


def read_until(stream: IO[str], words: str) -> list[str]:
    """Return the lines up to the one that has the words."""
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        if words in line:
            return lines
    raise AssertionError(f"{words!r} did not come in {lines}")
