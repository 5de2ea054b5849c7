"""Mutations answer the errors that a caller can act on as data."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from domain.errors import AppError
from schema.errors import shown_error

P = ParamSpec("P")
R = TypeVar("R")


def answering(resolver: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Answer an expected failure of the resolver as the member of its result's union that shows it."""

    @wraps(resolver)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await resolver(*args, **kwargs)
        except AppError as error:
            return cast("R", shown_error(error))

    return answer
