"""What is awaited: together, in batches, and without pulling down what others wait for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest
import strawberry
from aiodataloader import DataLoader
from graphql import ExecutionResult, parse, subscribe

from tests.unit.execution.runs import Cancelling, Compiled, compare, run, run_compiled, run_stock


class Shelf:
    """The books of an operation, and how they were fetched."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.done: list[str] = []
        self.loader: DataLoader[int, str] = DataLoader(self._load)
        self.shared: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def _load(self, keys: list[int]) -> list[str]:
        self.batches.append(list(keys))
        await asyncio.sleep(0)
        return [f"title {key}" for key in keys]


Info = strawberry.Info[Shelf, None]


@strawberry.type
class Book:
    """A book."""

    number: int

    @strawberry.field
    async def title(self, info: Info) -> str:
        return await info.context.loader.load(self.number)

    @strawberry.field
    async def sequel(self, info: Info) -> "Book":
        await info.context.loader.load(-self.number)
        return Book(number=self.number + 10)

    @strawberry.field
    async def torn(self) -> str:
        raise ValueError("torn")

    @strawberry.field
    async def shared(self, info: Info) -> str | None:
        return await info.context.shared

    @strawberry.field
    async def endless(self) -> str | None:
        await asyncio.sleep(3600)
        return "never"


@strawberry.type
class Query:
    """Where to begin."""

    @strawberry.field
    async def books(self) -> list[Book]:
        return [Book(number=number) for number in (1, 2, 3)]

    @strawberry.field
    async def book(self) -> Book | None:
        return Book(number=1)


@strawberry.type
class Mutation:
    """What is done one after the other."""

    @strawberry.mutation
    async def slow(self, info: Info) -> Book:
        await asyncio.sleep(0.01)
        info.context.done.append("slow")
        return Book(number=1)

    @strawberry.mutation
    def quick(self, info: Info) -> int:
        info.context.done.append("quick")
        return 1

    @strawberry.mutation
    async def bad(self) -> int:
        raise ValueError("bad")


@strawberry.type
class Subscription:
    """What is heard."""

    @strawberry.subscription
    async def published(self) -> AsyncIterator[Book]:
        for number in (1, 2):
            yield Book(number=number)


CORE = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)._schema  # noqa: SLF001 - to run it


async def answered(text: str, shelf: Shelf) -> ExecutionResult:
    return await run_compiled(CORE, parse(text), context=shelf)


async def test_what_is_asked_in_one_tick_is_loaded_together() -> None:
    shelf = Shelf()
    result = await answered("{ books { number title sequel { title } } }", shelf)
    assert result.errors is None
    assert result.data == {
        "books": [
            {"number": number, "title": f"title {number}", "sequel": {"title": f"title {number + 10}"}}
            for number in (1, 2, 3)
        ]
    }
    assert shelf.batches == [[1, -1, 2, -2, 3, -3], [11, 12, 13]]


async def test_a_failed_field_leaves_alone_what_others_wait_for_too() -> None:
    shelf = Shelf()
    document = "{ a: book { torn shared } b: book { shared } }"
    running = asyncio.ensure_future(answered(document, shelf))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not shelf.shared.cancelled()
    shelf.shared.set_result("for all")
    result = await running
    assert result.data == {"a": None, "b": {"shared": "for all"}}
    assert [(error.message, error.path) for error in result.errors or []] == [("torn", ["a", "torn"])]


async def test_graphql_core_cancels_what_others_wait_for() -> None:
    """Once this fails, the guard is needed no more."""
    shelf = Shelf()
    document = parse("{ a: book { torn shared } b: book { shared } }")
    running = asyncio.ensure_future(run_stock(CORE, document, context=shelf))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert shelf.shared.cancelled()


async def test_what_somebody_else_cancelled_is_an_error_of_its_field() -> None:
    shelf = Shelf()
    shelf.shared.cancel()
    result = await answered("{ book { number shared } }", shelf)
    assert result.data == {"book": {"number": 1, "shared": None}}
    assert [error.path for error in result.errors or []] == [["book", "shared"]]


@pytest.mark.parametrize("executor", [Compiled, Cancelling])
async def test_a_failed_field_is_not_waited_for(executor: type[Compiled]) -> None:
    document, before = parse("{ book { torn endless } other: book { number } }"), asyncio.all_tasks()
    result = await asyncio.wait_for(run(executor, CORE, document, context=Shelf()), 5)
    assert result.data == {"book": None, "other": {"number": 1}}
    left = asyncio.all_tasks() - before
    assert len(left) == (0 if executor is Cancelling else 1)
    for task in left:
        task.cancel()


async def test_nothing_goes_on_when_all_is_null() -> None:
    document, before = parse("mutation { bad }"), asyncio.all_tasks()
    for text in ("{ books { torn endless } }", "{ books { torn } endless: book { endless } }"):
        result = await asyncio.wait_for(run(Cancelling, CORE, parse(text), context=Shelf()), 5)
        assert result.data is None
        assert asyncio.all_tasks() == before
    assert (await run(Cancelling, CORE, document, context=Shelf())).data is None


async def test_a_caller_that_goes_away_takes_along_what_is_awaited() -> None:
    before = asyncio.all_tasks()
    running = asyncio.ensure_future(answered("{ a: book { endless } b: book { endless } }", Shelf()))
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() - before - {running}
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == before


async def test_mutations_run_one_after_the_other() -> None:
    shelf = Shelf()
    result = await answered("mutation { slow { number title } quick again: slow { number } }", shelf)
    assert result.data == {"slow": {"number": 1, "title": "title 1"}, "quick": 1, "again": {"number": 1}}
    assert shelf.done == ["slow", "quick", "slow"]


async def test_nothing_is_done_after_a_mutation_that_failed_for_all() -> None:
    shelf, stock = Shelf(), Shelf()
    document = parse("mutation { quick bad slow { number } }")
    result = await run_compiled(CORE, document, context=shelf)
    compare(await run_stock(CORE, document, context=stock), result, in_order=True)
    assert result.data is None
    assert shelf.done == stock.done == ["quick"]


async def test_the_events_of_a_subscription_run_compiled() -> None:
    events = subscribe(
        CORE,
        parse("subscription { published { number title } }"),
        context_value=Shelf(),
        executor_class=Compiled,
        operation_extensions=None,
    )
    if isinstance(events, Awaitable):
        events = await events
    assert isinstance(events, AsyncIterator)
    before = Compiled.plans.size
    assert [event.data async for event in events] == [
        {"published": {"number": number, "title": f"title {number}"}} for number in (1, 2)
    ]
    assert Compiled.plans.size[2] > before[2]
