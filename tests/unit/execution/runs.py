"""Runs a document with graphql-core and compiled, and compares what they answer."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, TypeGuard, cast

import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, execute
from graphql.execution import Executor
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.cache import Bounds, Plans
from execution.executor import CompiledExecution

AT_ONCE: Final = Bounds(sights=1, burst=1_000_000)

leaves_coroutines_behind: Final = pytest.mark.filterwarnings(
    "ignore:coroutine:RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""Of a test that calls `forget`: graphql-core forgets coroutines where an error cancels their siblings."""


def forget() -> None:
    """Collect the coroutines that graphql-core left behind, lest a later test be blamed for them."""
    gc.collect()


class Compiled(CompiledExecution, StrawberryGraphQLCoreExecutionContext):
    """Compiles every document at once."""

    plans = Plans(AT_ONCE)


class Cancelling(Compiled):
    """Also cancels what nobody hears of any more."""

    cancels = True


async def run(
    executor: type[Executor[None]],
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    context: object = None,
    root: object = None,
    variables: Mapping[str, object] | None = None,
) -> ExecutionResult:
    """What an executor answers."""
    answered = execute(
        schema,
        document,
        root_value=root,
        context_value=context,
        variable_values=dict(variables or {}),
        is_awaitable=cast("Callable[[object], TypeGuard[Awaitable[object]]]", optimized_is_awaitable),
        executor_class=executor,
        operation_extensions=None,
    )
    if isinstance(answered, Awaitable):
        return cast("ExecutionResult", await asyncio.wait_for(answered, 60))
    return answered


def run_stock(*args: object, **more: object) -> Awaitable[ExecutionResult]:
    """As graphql-core does it."""
    return run(StrawberryGraphQLCoreExecutionContext, *args, **more)  # type: ignore[arg-type] # as `run` takes them


def run_compiled(*args: object, **more: object) -> Awaitable[ExecutionResult]:
    """As we do it."""
    return run(Compiled, *args, **more)  # type: ignore[arg-type] # as `run` takes them


def compare(stock: ExecutionResult, compiled: ExecutionResult, *, in_order: bool = False) -> None:
    """Assert that they are the same: the data with its order, and the errors with text, path, places and cause.

    Where an error made more null than its own field, others below it may or may not have been met: which of those
    are told, and where the position itself has several errors which of them, depends on what was awaited how long.
    """
    assert repr(compiled.data) == repr(stock.data)
    expected, actual = list(_shown(stock)), list(_shown(compiled))
    if in_order:
        assert actual == expected
        return
    assert {at for at, *_ in actual} == {at for at, *_ in expected}
    assert {each for each in actual if each[0] == each[1]} == {each for each in expected if each[0] == each[1]}


def _shown(result: ExecutionResult) -> Iterator[tuple[str, str, str, str, str]]:
    for error in result.errors or []:
        at = _nulled(result.data, error)
        cause = type(error.original_error).__name__
        yield (str(at), str(error.path), error.message, str(error.locations), cause)


def _nulled(data: object, error: GraphQLError) -> list[str | int]:
    """The position that an error made null: its own, or the one further out that is null in the data."""
    path: list[str | int] = []
    for key in error.path or []:
        if data is None:
            break
        path.append(key)
        data = cast("Mapping[str | int, object]", data)[key]
    return path
