"""How many of the ten nearest of 50,000 vectors are found, and how fast, beside comparing with every one of them."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.figures import Figure, milliseconds
from domain.access import Caller, KeyScope, Reach, Viewer
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.knowledge import Within
from domain.people import MemberRole, PlatformRole
from graph import documents, vectors
from graph.documents import NewRow
from graph.store import Statement, Store, Transaction
from services.people import NewPerson
from services.registration import register
from services.services import Services
from services.things import NewThing
from services.vectors import unit

DIMENSION: Final = 384
FIRST: Final = 10
QUERIES: Final = 50
EACH: Final = 100
"""How many vectors a thing has."""

CLUSTERS: Final = 100
SPREAD: Final = 0.5
TYPES: Final = ("video", "video", "video", "video", "video", "podcast", "podcast", "podcast", "podcast", "lesson")
"""Of every ten things one is a lesson."""

BY_HAND: Statement[str] = Statement(
    "bench_by_hand",
    """
    MATCH (knowledge:Knowledge)<-[:HAS_KNOWLEDGE]-(thing:Thing)
    WHERE knowledge.embeddingState = 'done' AND ($type IS NULL OR thing.type = $type)
    WITH knowledge, vector.similarity.cosine(knowledge.embedding, $vector) AS score
    ORDER BY score DESC LIMIT $first
    RETURN knowledge.id AS row""",
)
EMPTY: Statement[int] = Statement(
    "bench_empty",
    "MATCH (knowledge:Knowledge) WHERE knowledge.type = 'vector_only' WITH knowledge LIMIT 10000"
    " DETACH DELETE knowledge RETURN count(*) AS row",
)

Draw = Callable[[], Sequence[float]]


async def measure(login: tuple[str, str, str], total: int) -> list[Figure]:
    """Recall and times, of vectors without any order and of such in clusters, with a filter and without."""
    store = await Store.open(*login, timeout=300)
    await vectors.fix_dimension(store, DIMENSION)
    new = NewPerson("recall@bench.example", "recall", "Recall", PlatformRole.PLATFORM_OWNER)
    person = await register(store, new, "recall", MemberRole.OWNER)
    viewer = Viewer(person.id, PlatformRole.PLATFORM_OWNER, new_id("key"), KeyScope.WRITE, ())
    services = Services.of(store)
    group = await services.groups.by_slug(Caller(viewer), "recall")
    if group is None:
        raise SystemExit("the group of the bench is gone")
    things = [
        (await services.changes.create_thing(Caller(viewer), NewThing(group.id, TYPES[number % 10], f"{number}"))).id
        for number in range(total // EACH)
    ]
    figures: list[Figure] = []
    generator = random.Random(2026)
    for name, draw in (("uniform", _uniform(generator)), ("clustered", _clustered(generator))):
        began = time.perf_counter()
        await _fill(store, things, draw)
        await store.define(["CALL db.awaitIndexes(600)"])
        figures.append(
            Figure(f"{total:,} {name} vectors of {DIMENSION} written", f"{time.perf_counter() - began:.0f} s")
        )
        questions = [draw() for _ in range(QUERIES)]
        figures += [await _recall(store, name, kind, questions) for kind in (None, "podcast", "lesson")]
        while (await store.write(_empty)) > 0:
            pass
    await store.close()
    return figures


def _uniform(generator: random.Random) -> Draw:
    return lambda: [generator.gauss(0, 1) for _ in range(DIMENSION)]


def _clustered(generator: random.Random) -> Draw:
    centres = [[generator.gauss(0, 1) for _ in range(DIMENSION)] for _ in range(CLUSTERS)]
    return lambda: [value + generator.gauss(0, SPREAD) for value in generator.choice(centres)]


async def _fill(store: Store, things: Sequence[str], draw: Draw) -> None:
    for thing in things:
        rows = list(_rows(draw))

        async def work(transaction: Transaction, thing: str = thing, rows: Sequence[NewRow] = rows) -> None:
            await documents.add(transaction, thing, rows)

        await store.write(work)


def _rows(draw: Draw) -> Iterator[NewRow]:
    for _ in range(EACH):
        yield {
            "role": "summary",
            "properties": {
                "id": new_id(KNOWLEDGE_PREFIX),
                "type": "vector_only",
                "embedding": unit("vector", draw(), DIMENSION),
                "embeddingState": "done",
                "createdAt": 1,
            },
        }


async def _empty(transaction: Transaction) -> int:
    return (await transaction.run(EMPTY, {}))[0]


async def _recall(store: Store, name: str, kind: str | None, queries: Sequence[Sequence[float]]) -> Figure:
    reach = Reach(everything=True, roots=(), person_id="")
    found, hand, hits = [], [], 0
    for query in queries:
        vector = unit("query", query, DIMENSION)
        began = time.perf_counter()
        near = await vectors.nearest(store, reach, vector, Within(type=kind), FIRST)
        found.append(time.perf_counter() - began)
        began = time.perf_counter()
        exact = await store.read(BY_HAND, {"vector": vector, "first": FIRST, "type": kind})
        hand.append(time.perf_counter() - began)
        hits += len({each.knowledge.id for each in near} & set(exact))
    recall = hits / (FIRST * len(queries))
    what = f"recall at {FIRST}, {name}, " + ("everything" if kind is None else f"type {kind}")
    return Figure(
        what, f"{math.floor(recall * 1000) / 1000:.3f}; {milliseconds(found)}", f"by hand {milliseconds(hand)}"
    )
