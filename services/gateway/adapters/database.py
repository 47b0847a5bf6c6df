"""One statement on the gateway's schema, within a time that keeps every answer under 5 s."""

import asyncio
from pathlib import Path

from asyncpg import Record

from services.chassis.database import Pool, Statements, translated

seconds_max = 1.4
MIGRATIONS = Path(__file__).parent / "migrations"
statements = Statements(Path(__file__).parent / "sql")


async def fetch(pool: Pool, statement: str, *arguments: object) -> list[Record]:
    """Run one of our statements and return its rows. Raises Transient or Broken."""
    with translated():
        async with asyncio.timeout(seconds_max), pool.acquire() as connection:
            return await connection.fetch(statements[statement], *arguments)


async def fetch_one(pool: Pool, statement: str, *arguments: object) -> Record | None:
    """Run one of our statements and return its first row. Raises Transient or Broken."""
    rows = await fetch(pool, statement, *arguments)
    return rows[0] if rows else None
