"""A change that was checked and is ready to be done, in a transaction of its own or together with others."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from domain.errors import AppError
from graph.store import Transaction

T = TypeVar("T")

Work: TypeAlias = Callable[[Transaction], Awaitable[T]]
"""A unit of work, which bears to be run again from its start."""


def done(outcome: T | AppError) -> T:
    """What came of one of several changes, or its error."""
    if isinstance(outcome, AppError):
        raise outcome
    return outcome
