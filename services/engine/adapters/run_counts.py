"""A few numbers of the engine for its operators, each of a small table or an index."""

from services.chassis.database import Pool, acquire_seconds_max, translated
from services.engine.adapters.statements import statements


class RunNumbers:
    """What waits for what."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def now(self) -> dict[str, int]:
        """Return how many waits, jobs, timers and orders between runs there are. Raises Transient."""
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                row = await connection.fetchrow(statements["health_counts"])
        assert row is not None, "it counts"
        return dict(row)
