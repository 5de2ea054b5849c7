"""Until when an operation may take the store's time: what is asked in its name is stopped there by the store itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_UNTIL: Final[ContextVar[float | None]] = ContextVar("until", default=None)
_SOME: Final = 0.001
"""Seconds: the least that a statement is given, as the store takes none for as long as it likes."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever is asked of the store meanwhile, by tasks that begin meanwhile too, may take until then."""
    token = _UNTIL.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def current() -> float | None:
    """Until when, by the clock of the event loop; None where there is no end."""
    return _UNTIL.get()


def seconds_left(until: float | None, most: float) -> float:
    """How many seconds there are until then, and at most so many."""
    return most if until is None else min(most, max(until - asyncio.get_running_loop().time(), _SOME))
