"""An event loop whose time is virtual, and the processes that live in it.

Time passes only when nothing is left to do, and then at once, so an hour costs as much as what happens in it. What a
process does carries its name in the context: a stopped process does nothing until it goes on, and then all of it.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

OUTSIDE = Context()
"""What belongs to no process: the servers' own doing."""


class Process:
    """A replica of a service. It may be stopped for a while, and it dies once."""

    def __init__(self, name: str, loop: "SimulatedLoop") -> None:
        self.name = name
        self.is_alive = True
        self.is_stopped = False
        self.stopped_at: list[tuple[float, float]] = []
        self.context = copy_context()
        self.context.run(_PROCESS.set, self)
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()
        self.awaited: dict[asyncio.Future[Any], BaseException] = {}
        """What servers owe this process, and how it learns that its connections are gone."""
        self.held: list[asyncio.Handle] = []
        self.on_broken: Callable[[str, BaseException], None] = _ignore
        self.dead = asyncio.Event()
        self.fuse = 0
        """After so many steps what is planned happens; 0: nothing is planned."""
        self.trap = ""
        """Or it happens when an answer to a statement whose name begins so has come."""
        self.planned = self.die

    def spawn(
        self, name: str, work: Coroutine[Any, Any, Any], *, lasts: bool = True
    ) -> asyncio.Task[Any]:
        """Run something until the process dies; what `lasts` must not end before, by an error or otherwise."""
        task = self._loop.create_task(work, name=name, context=self.context)
        self._tasks.add(task)
        task.add_done_callback(self._on_ended if lasts else self._on_done, context=self.context)
        return task

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard of it

    def _on_ended(self, task: asyncio.Task[Any]) -> None:
        self._on_done(task)
        if self.is_alive and not task.cancelled():
            self.on_broken(task.get_name(), task.exception() or RuntimeError("it just ended"))

    def step(self, name: str = "") -> None:
        """Take a step that others see: something is sent, or has arrived. What is planned may happen there."""
        if self.fuse > 0:
            self.fuse -= 1
            is_time = self.fuse == 0
        else:
            is_time = bool(self.trap) and name.startswith(self.trap)
        if is_time:
            self.trap = ""
            self.planned()

    def plan(self, what: Callable[[], None], *, steps: int = 0, trap: str = "") -> None:
        """Have something happen after so many steps, or once an answer to such a statement has arrived."""
        self.planned, self.fuse, self.trap = what, steps, trap

    def die(self) -> None:
        """End as if the power had gone: what unwinds from here on reaches nothing any more."""
        self.is_alive = False
        self.fuse, self.trap = 0, ""
        self.dead.set()
        self.go_on()
        for task in sorted(self._tasks, key=lambda one: one.get_name()):
            task.cancel()
        self.cut(list(self.awaited))

    def cut(self, awaited: Iterable[asyncio.Future[Any]]) -> None:
        """Let the process learn that these answers will not come."""
        for future in awaited:
            error = self.awaited.pop(future, None)
            if error is not None and not future.done():
                future.set_exception(error)

    async def answer(self, future: asyncio.Future[T], lost: BaseException) -> T:
        """Await what a server owes; raises `lost` if the connection is cut before."""
        self.awaited[future] = lost
        try:
            return await future
        finally:
            self.awaited.pop(future, None)

    def stop(self) -> None:
        """Do nothing more until `go_on`; whoever is connected to it notices nothing."""
        self.is_stopped = True
        self.stopped_at.append((self._loop.time(), float("inf")))

    def go_on(self) -> None:
        """Do all that was held up."""
        if self.is_stopped:
            self.is_stopped = False
            self.stopped_at[-1] = (self.stopped_at[-1][0], self._loop.time())
            self._loop.ready.extend(self.held)
            self.held.clear()

    def was_stopped(self, begin: float, end: float) -> bool:
        return any(begin < until and since < end for since, until in self.stopped_at)


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


def current_process() -> Process | None:
    return _PROCESS.get()


def _ignore(_: str, __: BaseException) -> None:
    """Nobody wants to know."""


class NothingLeftToDoError(Exception):
    """Everybody waits for somebody else."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Handles run in the order in which they were due; ties in the order in which they were asked for."""

    _ready: deque[asyncio.Handle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._number = 0
        self.steps = 0

    @property
    def ready(self) -> deque[asyncio.Handle]:
        return self._ready

    def time(self) -> float:
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._number += 1
        heapq.heappush(self._timers, (when, self._number, timer))
        return timer

    def _timer_handle_cancelled(self, _: asyncio.TimerHandle) -> None:
        """Cancelled timers are passed over when their time comes."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""

    def _run_once(self) -> None:
        ready, timers = self._ready, self._timers
        if not ready:
            self._advance()
        while timers and timers[0][0] <= self._now:
            ready.append(heapq.heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle.cancelled():
                continue
            process = handle._context.get(_PROCESS)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way
            if process is not None and process.is_stopped:
                process.held.append(handle)
                continue
            self.steps += 1
            handle._run()  # noqa: SLF001 - what a loop does with handles

    def _advance(self) -> None:
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise NothingLeftToDoError
        self._now = max(self._now, timers[0][0])
