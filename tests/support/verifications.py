"""Verifications of a stack that many tests share."""

import asyncpg


async def forget_verifications(database_url: str) -> None:
    """Leave none behind, running or stopped, that another test has begun."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("DELETE FROM gateway.verifications")
    finally:
        await connection.close()
