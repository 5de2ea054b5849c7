"""What running an operation costs without a store: compiled, and by graphql-core, both with cached documents."""

import gc
import statistics
import time
from functools import partial

import strawberry
from aiodataloader import DataLoader

from benchmarks.figures import Figure
from execution.documents import CachedDocuments, Documents
from execution.schema import compiled

ROWS = 50
INNER = 10
SAMPLES = 41  # pairs, of which the median ratio is told


@strawberry.type
class Leaf:
    """A row within a row."""

    id: strawberry.ID
    name: str
    size: int
    weight: float


@strawberry.type
class Row:
    """A row."""

    id: strawberry.ID
    name: str
    size: int
    active: bool
    weight: float | None
    leaves: list[Leaf]

    @strawberry.field
    async def first(self, info: strawberry.Info["DataLoader[str, Leaf]", None]) -> Leaf:
        """One loaded with those of the other rows."""
        return await info.context.load(self.id)


def _row(number: int) -> Row:
    leaves = [Leaf(id=strawberry.ID(str(each)), name="leaf", size=each, weight=1.5) for each in range(INNER)]
    return Row(id=strawberry.ID(str(number)), name="row", size=number, active=True, weight=None, leaves=leaves)


TABLE = [_row(number) for number in range(ROWS)]


@strawberry.type
class Query:
    """Where to begin."""

    @strawberry.field
    async def row(self, id: strawberry.ID) -> Row | None:  # noqa: A002
        """One row."""
        return TABLE[int(id)]

    @strawberry.field
    async def rows(self) -> list[Row]:
        """All rows."""
        return TABLE


OPERATIONS = (
    ("one row", '{ row(id: "3") { id name } }', 50),
    (f"{ROWS} rows of 5 fields", "{ rows { id name size active weight } }", 8),
    (f"{ROWS} rows of {INNER} rows of 4 fields", "{ rows { id leaves { id name size weight } } }", 2),
    (f"{ROWS} rows, one loaded with each by a dataloader", "{ rows { id first { id name } } }", 5),
)


async def measure() -> list[Figure]:
    """How many times as fast each operation is compiled; the two are measured in turns."""
    stock = strawberry.Schema(query=Query, extensions=[partial(CachedDocuments, Documents())])
    fast = compiled(stock)
    figures = []
    for what, query, times in OPERATIONS:
        for schema in (stock, fast, fast, fast):
            await _seconds(schema, query, 1)
        gc.collect()
        pairs = [(await _seconds(stock, query, times), await _seconds(fast, query, times)) for _ in range(SAMPLES)]
        ratio = statistics.median(slow / quick for slow, quick in pairs)
        slow, quick = (statistics.median(each) * 1_000_000 for each in zip(*pairs, strict=True))
        figures.append(
            Figure(f"compiled: {what}", f"{ratio:.1f} times as fast", f"{quick:,.0f} µs, not {slow:,.0f} µs")
        )
    return figures


async def _seconds(schema: strawberry.Schema, query: str, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        answered = await schema.execute(query, context_value=DataLoader(_load))
        assert answered.errors is None
    return (time.perf_counter() - began) / times


async def _load(keys: list[str]) -> list[Leaf]:
    return [TABLE[int(key)].leaves[0] for key in keys]
