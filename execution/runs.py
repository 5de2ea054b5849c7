"""One run of a plan: what is still awaited, and how it is brought to an end."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final, NamedTuple, TypeAlias, cast

from graphql import FieldNode, GraphQLError, GraphQLResolveInfo
from graphql.error import located_error
from graphql.execution import Executor
from graphql.execution.execute import assume_not_awaitable

from execution.places import Place, nearest_nullable, path_of, put, within

Core: TypeAlias = Executor[None]
"""graphql-core's own executor, of the request that a run answers."""

Info: TypeAlias = GraphQLResolveInfo[object]

Complete: TypeAlias = Callable[["Run", object, Place, Info | None], object]
"""Makes of what a resolver answered what goes into the response, or raises."""

_FEW: Final = 100

CANCELLED: Final = "What this field waited for was cancelled."


class Waiting(NamedTuple):
    """Something awaited, the place of its value, and how that is completed; it is complete already without that."""

    awaitable: Awaitable[object]
    place: Place
    nodes: list[FieldNode]
    complete: Complete | None


class Run:
    """What one request adds to a plan."""

    __slots__ = (
        "arguments",
        "awaited",
        "cancels",
        "converted",
        "ending",
        "executor",
        "may_wait",
        "nulled",
        "queue",
        "root_error",
        "tasks",
        "unheard",
        "woken",
    )

    def __init__(self, executor: Core, *, cancels: bool) -> None:
        self.executor = executor
        self.cancels = cancels
        self.arguments: dict[object, dict[str, object]] = {}
        self.converted: dict[object, dict[str, object]] = {}  # as methods take them
        self.awaited: Place | None = None  # the place whose value was awaited already, and is not awaited again
        self.may_wait = executor.is_awaitable is not assume_not_awaitable
        self.queue: list[Waiting] = []
        self.root_error: GraphQLError | None = None
        self.tasks: dict[asyncio.Task[None], Waiting] = {}
        self.ending: list[asyncio.Task[None]] = []  # cancelled
        self.nulled: dict[int, Place] = {}  # places that an error further in made null, by their id
        self.unheard = False  # whether tasks may still work for such a place
        self.woken: asyncio.Future[None] | None = None

    def fail_at_once(self, error: Exception, nodes: list[FieldNode], place: Place) -> object:
        """While an object is being made: the place is null, or the error goes on to what is around it."""
        self._leave(place)
        path = path_of(place)
        located = located_error(error, nodes, path.as_list())
        if not place[4]:
            raise located
        self.executor.collected_errors.add(located, path)
        return None

    def fail_later(self, error: Exception, nodes: list[FieldNode], place: Place) -> None:
        """Once the objects around it are made: the nearest place that may be null becomes null."""
        located = located_error(error, nodes, path_of(place).as_list())
        nulled = nearest_nullable(place)
        if nulled is None:
            self.root_error = self.root_error or located
            return
        put(nulled, None)
        self.executor.collected_errors.add(located, path_of(nulled))
        if nulled is not place:
            self.nulled[id(nulled)] = nulled
            self.unheard = True

    def leave_all(self) -> None:
        """Hear of nothing more that is awaited."""
        for task in list(self.tasks):
            self._leave_task(task)
        self._leave_queue()

    def _leave_queue(self) -> None:
        if self.queue:
            self.executor.settle_in_background([each.awaitable for each in self.queue])
            self.queue = []

    def _leave_task(self, task: asyncio.Task[None]) -> None:
        waiting = self.tasks.pop(task)
        if self.cancels:
            task.cancel()
            task.add_done_callback(lambda _task: _close(waiting))
            self.ending.append(task)
        else:
            # To cancel it would cancel what it waits for, which others may wait for too: it ends by itself.
            background = self.executor.background_futures
            background.add(task)
            task.add_done_callback(background.discard)

    def _is_nulled(self, place: Place) -> bool:
        step: Place | None = place
        while step is not None:
            if id(step) in self.nulled:
                return True
            step = step[0]
        return False

    def _leave(self, place: Place) -> None:
        # Whatever was put there is at the end of the queue, for objects are made one after the other.
        queue, first = self.queue, len(self.queue)
        while first and within(queue[first - 1].place, place):
            first -= 1
        if first < len(queue):
            self.executor.settle_in_background([each.awaitable for each in queue[first:]])
            del queue[first:]

    async def settle(self) -> None:
        """Await everything in the queue, and what that adds to it. Each is a task; all of one tick run together."""
        try:
            while self.root_error is None:
                if self.unheard:
                    self.unheard = False
                    for task in [task for task, waiting in self.tasks.items() if self._is_nulled(waiting.place)]:
                        self._leave_task(task)
                if len(self.queue) == 1 and not self.tasks:
                    await self._await(self.queue.pop(), alone=True)
                elif self.queue:
                    self._start()
                elif self.tasks:
                    self.woken = asyncio.get_running_loop().create_future()
                    await self.woken
                else:
                    break
            if self.root_error is not None:
                self.leave_all()
            if self.ending:
                await asyncio.gather(*self.ending, return_exceptions=True)
        except asyncio.CancelledError:
            await self._cancel()
            raise

    def _start(self) -> None:
        queue, self.queue = self.queue, []
        create_task = asyncio.get_running_loop().create_task
        for waiting in queue:
            self.tasks[create_task(self._as_task(waiting))] = waiting

    async def _as_task(self, waiting: Waiting) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        try:
            await self._await(waiting, alone=False)
            while len(self.queue) == 1 and task in self.tasks and self.root_error is None:
                waiting = self.queue.pop()
                self.tasks[task] = waiting
                await self._await(waiting, alone=False)
            if self.root_error is not None or task not in self.tasks:
                self._leave_queue()
            elif self.queue:
                self._start()
        finally:
            self.tasks.pop(task, None)
            woken = self.woken
            over = not self.tasks or self.unheard or self.root_error is not None
            if over and woken is not None and not woken.done():
                woken.set_result(None)

    async def _await(self, waiting: Waiting, *, alone: bool) -> None:
        awaitable, place, nodes, complete = waiting
        failure: Exception
        try:
            value = await awaitable
            self.awaited = place
            if not self.nulled or not self._is_nulled(place):
                put(place, value if complete is None else complete(self, value, place, None))
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is an error of its field
            self._leave(place)
            failure = error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Somebody else cancelled what was awaited, such as a future that several fields share.
            failure = RuntimeError(CANCELLED)
        else:
            return
        if not alone and self._others_wait_within(place):
            # What is ready now is still heard of, as in graphql-core, where an error takes as long to get out.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self.fail_later(failure, nodes, place)

    def _others_wait_within(self, place: Place) -> bool:
        """Whether more than this is awaited of what an error here makes null. Only a few are looked at."""
        if place[4]:
            return False
        nulled = nearest_nullable(place)
        some = islice(self.tasks.values(), _FEW)
        return any(each.place is not place and (nulled is None or within(each.place, nulled)) for each in some)

    async def _cancel(self) -> None:
        tasks = [*self.tasks, *self.ending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in [*self.tasks.values(), *self.queue]:
            _close(waiting)
        self.tasks.clear()
        self.queue = []


def _close(waiting: Waiting) -> None:
    """Close what was never begun, so that nobody is warned of it; what ended stays as it is."""
    if asyncio.iscoroutine(waiting.awaitable):
        waiting.awaitable.close()
