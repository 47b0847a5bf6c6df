"""Writes the web app's types of the API, from the API's own description.

`python -m services.gateway.publish` writes `web/src/gen/api.ts`; with `--check` it only says whether the file there is
what it would write. Nothing is connected to: the routes are put together and described, never served.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from contracts.base import JsonObject
from services.chassis.runtime import Runtime
from services.chassis.settings import load_settings
from services.gateway.app.event_hub import Hub
from services.gateway.domain.typescript import types_of
from services.gateway.entry.application import describe
from services.gateway.main import SCHEMA, make_parts, make_routes

PUBLISHED = Path(__file__).parent / "web" / "src" / "gen" / "api.ts"
NOWHERE = {"DATABASE_URL": "postgresql://nobody@nowhere/none", "NATS_URL": "nats://nowhere:4222"}


def types_text() -> str:
    """Return the types as they are published: the same routes give the same bytes."""
    document = asyncio.run(_document())
    return types_of(document["components"]["schemas"])


async def _document() -> JsonObject:
    settings = load_settings("gateway", NOWHERE)
    pool = asyncpg.create_pool(settings.database_url)  # opened by whoever awaits it: nobody
    parts = make_parts(Runtime(settings, SCHEMA, pool), Hub(time.monotonic))
    return describe(make_routes(parts))


def main(arguments: Iterable[str]) -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    text = types_text()
    if not parser.parse_args(list(arguments)).check:
        PUBLISHED.parent.mkdir(exist_ok=True)
        PUBLISHED.write_text(text, encoding="utf-8")
        return 0
    if PUBLISHED.is_file() and PUBLISHED.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"Stale, `make schemas` writes it anew:\n  {PUBLISHED.name}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
