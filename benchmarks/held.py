"""For how long single callbacks hold the event loop, in which everybody else waits."""

import asyncio
import threading
import time
from asyncio import Handle
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Held:
    """Each callback that was watched, in seconds: of the clock, and of the processor for its thread."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    seconds: float = 0.0
    """How long it was watched for."""

    async def together(self, work: Iterable[Awaitable[T]]) -> list[T]:
        """Have all of it done at once, and watch."""
        with self._watching():
            done = await asyncio.gather(*work)
        await asyncio.sleep(0)  # or what the caller does next would be of the last callback that was watched
        return done

    @contextmanager
    def _watching(self) -> Iterator[None]:
        run, loop = Handle._run, threading.get_ident()  # noqa: SLF001 - the loop tells of slow callbacks in its log alone

        def timed(handle: Handle) -> None:
            if threading.get_ident() != loop:
                run(handle)
                return
            wall, thread = time.perf_counter(), time.thread_time()
            run(handle)
            self.clock.append(time.perf_counter() - wall)
            self.processor.append(time.thread_time() - thread)

        Handle._run = timed  # type: ignore[method-assign, assignment] # noqa: SLF001 - see above
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began
            Handle._run = run  # type: ignore[method-assign] # noqa: SLF001 - see above
