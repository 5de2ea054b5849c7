"""What an answer of ours takes by how much is asked for, by whether its document is known, and by each limit.

The server keeps no answers, so that each is made. What a limit takes is measured in this process, by itself.
"""

import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import httpx2
from graphql import DocumentNode, parse, validate

from app.load import Load, LoadLimits
from benchmarks.edge import questions, servers
from benchmarks.edge.contenders import Contender, cursors, prepared
from benchmarks.edge.load import Done
from benchmarks.edge.measure import loading
from benchmarks.edge.questions import Data
from benchmarks.edge.world import World
from benchmarks.figures import Figure
from domain.access import Caller
from resolvers.costs import plan_of, requested
from resolvers.keeping import may_be_kept
from resolvers.limits import measure_all
from resolvers.schema import schema

CONNECTIONS: Final = 16
ROUNDS: Final = 5
SECONDS: Final = 1.5

_ROWS: Final = (
    "query ($after: String!) {{ things(first: {}, after: $after, order: oldest_first) {{ nodes {{ {} }} }} }}"
)
_FOUR: Final = "id name type status"
_EIGHT: Final = f"{_FOUR} createdAt updatedAt version properties"
_NEW: Final = 5_000
"""How many documents are asked for in turn where each is to be new: ten times as many as a server keeps."""

_POINT: Final = "a point read"
_CASES: Final[Mapping[str, str]] = {
    "1 row of 4 fields": _ROWS.format(1, _FOUR),
    "10 rows of 4 fields": _ROWS.format(10, _FOUR),
    "50 rows of 4 fields": _ROWS.format(50, _FOUR),
    "100 rows of 4 fields": _ROWS.format(100, _FOUR),
    "50 rows of 1 field": _ROWS.format(50, "name"),
    "50 rows of 8 fields": _ROWS.format(50, _EIGHT),
}


class _New(Contender):
    """Asks by another document each time."""

    def bodies(self, question: str) -> list[str]:
        """What is posted, in turn: the name of the operation makes another document of it."""
        known = super().bodies(question)
        return [known[n % len(known)].replace("query (", f"query Number{n} (", 1) for n in range(_NEW)]


async def measure(folder: Path) -> AsyncIterator[Figure]:
    """All of it."""
    async with AsyncExitStack() as stack:
        address, world, bearer = await stack.enter_async_context(prepared(folder))
        server = await stack.enter_async_context(servers.ours(address, folder, keeps=False))
        async with httpx2.AsyncClient(timeout=60) as client:
            pages = await cursors(client, server, bearer, "things")
        load = await stack.enter_async_context(loading())
        texts, about = _asked(world, pages)
        known = Contender("ours", server, texts, about, bearer)
        everything = [(known, name, name) for name in texts]
        everything.append(
            (_New("ours", server, texts, about, bearer), _POINT, f"{_POINT}, by a new document each time")
        )
        done: dict[str, list[Done]] = {}
        processor: dict[str, list[float]] = {}
        for turn in range(-1, ROUNDS):
            for contender, question, name in everything:
                before = server.processor()
                each = await load.ask(contender, question, CONNECTIONS, SECONDS)
                if turn >= 0:  # the first is for warming up
                    done.setdefault(name, []).append(each)
                    processor.setdefault(name, []).append((server.processor() - before) / each["answered"])
        for name, rounds in done.items():
            rate = statistics.median(each["answered"] / each["seconds"] for each in rounds)
            yield Figure(name, f"{statistics.median(processor[name]) * 1000:.2f} ms", f"{rate:,.0f} a second")
    for name, taken in [*_limits(), ("each request: how many are under way, and for how long", await _take_on(2_000))]:
        yield Figure(name, f"{taken * 1e6:.1f} µs", "of the processor")


def _asked(world: World, pages: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, Sequence[Data]]]:
    """The texts, and what to ask each about."""
    places: Sequence[Data] = [{"after": each} for each in pages]
    points: Sequence[Data] = [{"id": each} for each in world.things]
    texts = {_POINT: questions.OURS["point"], **_CASES}
    return texts, {name: points if name == _POINT else places for name in texts}


def _limits() -> list[tuple[str, float]]:
    """What the limits take of an operation with three levels: once for a document, and with each request."""
    core = schema._schema  # noqa: SLF001 - as Strawberry's own cache has it
    text = questions.OURS["three"]
    document: DocumentNode = parse(text)
    plan, given = plan_of(core, document, None), {"id": "x"}
    return [
        ("once a document: parsing it", _taken(lambda: parse(text))),
        ("once a document: that with the limit of tokens", _taken(lambda: parse(text, max_tokens=5_000))),
        ("once a document: depth, fields, aliases, directives, roots", _taken(lambda: measure_all(document))),
        ("once a document: validating it", _taken(lambda: validate(core, document))),
        ("once a document: what of it costs something", _taken(lambda: plan_of(core, document, None))),
        ("once a document: whether its answers are kept", _taken(lambda: may_be_kept(core, document, None))),
        ("each request: its cost in points", _taken(lambda: requested(plan, given))),
    ]


def _taken(work: Callable[[], object]) -> float:
    """Seconds of the processor, the least of several times."""
    times: list[float] = []
    for _ in range(7):
        before = time.process_time()
        for _ in range(100):
            work()
        times.append((time.process_time() - before) / 100)
    return min(times)


async def _take_on(times: int) -> float:
    """Seconds that it takes to hold an operation to the limits of time and of how many there are at once."""
    load, caller = Load(LoadLimits()), Caller(None, address="127.0.0.1")
    before = time.process_time()
    for _ in range(times):
        with load.taking_on(caller):
            pass
    return (time.process_time() - before) / times
