"""Writes what others may rely on: a JSON Schema for every message, an index, the AsyncAPI document.

`python -m contracts.publish` writes `contracts/schemas/`; with `--check` it only says whether the
files there are what it would write. The same contracts give the same bytes.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from contracts import asyncapi
from contracts.base import JsonObject
from contracts.catalogue import ANNOUNCEMENTS, FACT_VERSION, FACTS, REQUESTS
from contracts.envelope import CloudEvent
from contracts.rpc import Reply

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """Return every published file: its path below the folder, and its text."""
    models: dict[str, type[BaseModel]] = {"CloudEvent": CloudEvent, "Reply": Reply}
    models |= {f"facts/{name}/{FACT_VERSION}": fact for name, fact in FACTS.items()}
    models |= {f"commands/{asked.command.__name__}": asked.command for asked in REQUESTS}
    models |= {f"answers/{asked.answer.__name__}": asked.answer for asked in REQUESTS}
    published = {f"{name}.json": _schema(name, model) for name, model in models.items()}
    published |= {"asyncapi.json": asyncapi.document(), "index.json": _index()}
    return {path: _text(document) for path, document in sorted(published.items())}


def _schema(name: str, model: type[BaseModel]) -> JsonObject:
    # What a reader must accept: a field with a default may be missing.
    schema = model.model_json_schema(mode="validation")
    return {"$schema": DIALECT, "$id": f"urn:flusso:{name}", **schema}


def _index() -> JsonObject:
    return {
        "facts": [
            {
                "type": name,
                "version": FACT_VERSION,
                "stream": announcement.stream,
                "subject": announcement.subject,
                "schema": f"facts/{name}/{FACT_VERSION}.json",
            }
            for announcement in ANNOUNCEMENTS
            for name in announcement.facts
        ],
        "requests": [
            {
                "subject": request.subject,
                "service": request.service,
                "command": f"commands/{request.command.__name__}.json",
                "answer": f"answers/{request.answer.__name__}.json",
            }
            for request in REQUESTS
        ],
        "envelope": "CloudEvent.json",
        "reply": "Reply.json",
        "asyncapi": "asyncapi.json",
    }


def _text(document: JsonObject) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Make the folder hold exactly the published files."""
    published = documents()
    for path, text in published.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for stray in _files(folder) - published.keys():
        (folder / stray).unlink()


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the files that are missing, differ or should not be there."""
    published = documents()
    present = _files(folder)
    differing = {
        path
        for path, text in published.items()
        if path in present and (folder / path).read_text(encoding="utf-8") != text
    }
    return sorted(differing | (published.keys() ^ present))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m contracts.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    if not parser.parse_args(list(arguments)).check:
        write()
        return 0
    found = stale()
    if found:
        sys.stderr.write("Stale, `make schemas` writes them anew:\n  " + "\n  ".join(found) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
