"""One run of a plan: what is still awaited, and how it is brought to an end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

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

CANCELLED: Final = "What this field waited for was cancelled."


class Waiting(NamedTuple):
    """Something awaited, the place of its value, and how that is completed; it is complete already without that."""

    awaitable: Awaitable[object]
    place: Place
    nodes: list[FieldNode]
    complete: Complete | None


class Run:
    """What one request adds to a plan."""

    __slots__ = ("arguments", "executor", "may_wait", "queue", "root_error", "tasks", "woken")

    def __init__(self, executor: Core) -> None:
        self.executor = executor
        self.arguments: dict[object, dict[str, object]] = {}
        self.may_wait = executor.is_awaitable is not assume_not_awaitable
        self.queue: list[Waiting] = []
        self.root_error: GraphQLError | None = None
        self.tasks: set[asyncio.Task[None]] = set()
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

    def leave_all(self) -> None:
        """Wait for nothing more: what is awaited ends by itself, and nobody hears of it."""
        background = self.executor.background_futures
        for task in self.tasks:
            background.add(task)
            task.add_done_callback(background.discard)
        self.tasks.clear()
        if self.queue:
            self.executor.settle_in_background([each.awaitable for each in self.queue])
            self.queue = []

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
                if len(self.queue) == 1 and not self.tasks:
                    await self._await(self.queue.pop())
                elif self.queue:
                    self._start()
                elif self.tasks:
                    self.woken = asyncio.get_running_loop().create_future()
                    await self.woken
                else:
                    return
            self.leave_all()
        except asyncio.CancelledError:
            await self._cancel()
            raise

    def _start(self) -> None:
        queue, self.queue = self.queue, []
        for waiting in queue:
            task = asyncio.ensure_future(self._as_task(waiting))
            self.tasks.add(task)

    async def _as_task(self, waiting: Waiting) -> None:
        task = asyncio.current_task()
        try:
            await self._await(waiting)
            if self.root_error is not None:
                self.leave_all()
            elif self.queue:
                self._start()
        finally:
            self.tasks.discard(task)
            woken = self.woken
            if woken is not None and not woken.done() and (not self.tasks or self.root_error is not None):
                woken.set_result(None)

    async def _await(self, waiting: Waiting) -> None:
        awaitable, place, nodes, complete = waiting
        try:
            value = await awaitable
            put(place, value if complete is None else complete(self, value, place, None))
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is an error of its field
            self._leave(place)
            self.fail_later(error, nodes, place)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Somebody else cancelled what was awaited, such as a future that several fields share.
            self.fail_later(RuntimeError(CANCELLED), nodes, place)

    async def _cancel(self) -> None:
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in self.queue:
            if asyncio.iscoroutine(waiting.awaitable):
                waiting.awaitable.close()
        self.queue = []
