"""Questions whose best plan depends on what is asked, such as how long a span is.

After five executions PostgreSQL may keep one plan for all arguments; for a day or for a quarter of a year that is wrong
by tens of times. These are planned anew each time, and never take more than one core from the runs.
"""

from collections.abc import Sequence

from services.chassis.database import Pool, Row, acquire_seconds_max, translated

PLANNED = (
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
"""For this transaction alone: sessions are never changed."""


async def fetch_planned(pool: Pool, query: str, *arguments: object) -> Sequence[Row]:
    """Return the rows of a query that is planned for its very arguments. Raises Transient."""
    with translated():
        async with (
            pool.acquire(timeout=acquire_seconds_max) as connection,
            connection.transaction(readonly=True),
        ):
            await connection.execute(PLANNED)
            return await connection.fetch(query, *arguments)
