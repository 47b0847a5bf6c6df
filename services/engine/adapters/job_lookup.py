"""Jobs as a busy worker looks them up: what is asked while a look is under way is asked together next."""

import asyncio
from collections import deque
from uuid import UUID

from contracts.run import NodeScheduled
from services.chassis.database import Pool, translated
from services.chassis.errors import Broken, Transient
from services.engine.adapters.statements import statements

jobs_a_look_max = 500
Key = tuple[UUID, str, int, int]


class JobLookup:
    """Implements `JobStore` while `run` runs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[tuple[Key, asyncio.Future[bool]]] = deque()
        self._arrived = asyncio.Event()

    async def is_wanted(self, run_id: UUID, job: NodeScheduled) -> bool:
        """Tell whether the job's result is still awaited."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(((run_id, job.node, job.visit, job.attempt), answer))
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                count = min(len(self._waiting), jobs_a_look_max)
                await self._look([self._waiting.popleft() for _ in range(count)])

    async def _look(self, asked: list[tuple[Key, asyncio.Future[bool]]]) -> None:
        columns = [list(column) for column in zip(*(key for key, _ in asked), strict=True)]
        try:
            with translated():
                rows = await self._pool.fetch(statements["wanted_jobs"], *columns)
        except (Transient, Broken) as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(Transient(str(error)))
            return
        wanted = {row["place"] for row in rows}
        for place, (_, answer) in enumerate(asked, start=1):
            if not answer.done():
                answer.set_result(place in wanted)
