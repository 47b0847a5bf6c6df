"""Writes the schema of workflow files where others find it.

`python -m services.cli.publish` writes `docs/workflow.schema.json`; with `--check` it only says whether the file there
is what it would write.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from services.cli.adapters.type_pages import read_pages
from services.cli.domain.schema import workflow_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "workflow.schema.json"


def schema_text() -> str:
    """Return the schema as it is published: the same models and pages give the same bytes."""
    return json.dumps(workflow_schema(read_pages()), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Iterable[str]) -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.cli.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    text = schema_text()
    if not parser.parse_args(list(arguments)).check:
        PUBLISHED.write_text(text, encoding="utf-8")
        return 0
    if PUBLISHED.is_file() and PUBLISHED.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"Stale, `make schemas` writes it anew:\n  {PUBLISHED.name}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
