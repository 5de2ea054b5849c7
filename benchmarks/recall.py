"""How many of the ten nearest of 50,000 vectors are found, and how fast, beside comparing with every one of them.

What is nearest is computed here, while the vectors are written; one that is found counts if it is as near as those.
"""

import heapq
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Final

from benchmarks.figures import Figure, milliseconds
from domain.access import EVERYTHING, Caller, KeyScope, Viewer
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.knowledge import Within
from domain.people import MemberRole, PlatformRole
from domain.values import now
from graph import documents, vectors
from graph.documents import NewRow
from graph.store import Statement, Store, Transaction
from services.people import NewPerson
from services.rate_limits import RateLimits
from services.registration import register
from services.services import Services
from services.things import NewThing
from services.vectors import unit

DIMENSION: Final = 384
FIRST: Final = 10
QUERIES: Final = 50
BY_HAND_QUERIES: Final = 3
EACH: Final = 100
"""How many vectors a thing has."""

CLUSTERS: Final = 100
SPREAD: Final = 0.5
TYPES: Final = ("video", "video", "video", "video", "video", "podcast", "podcast", "podcast", "podcast", "lesson")
"""Of every ten things one is a lesson."""

BY_HAND: Statement[float] = Statement(
    "bench_by_hand",
    """
    MATCH (knowledge:Knowledge)<-[:HAS_KNOWLEDGE]-(thing:Thing)
    WHERE knowledge.embeddingState = 'done' AND ($type IS NULL OR thing.type = $type)
    WITH knowledge, vector.similarity.cosine(knowledge.embedding, $vector) AS score
    ORDER BY score DESC LIMIT $first
    RETURN score AS row""",
)
EMPTY: Statement[int] = Statement(
    "bench_empty",
    "MATCH (knowledge:Knowledge) WHERE knowledge.type = 'vector_only' WITH knowledge LIMIT 10000"
    " DETACH DELETE knowledge RETURN count(*) AS row",
)

Draw = Callable[[], Sequence[float]]
Best = list[float]
"""The highest scores so far, as a heap."""


@dataclass
class Truth:
    """Questions, and the scores of what is nearest to each: of everything under None, and by the type of the thing."""

    questions: Sequence[Sequence[float]]
    best: dict[str | None, list[Best]] = field(default_factory=lambda: defaultdict(list))

    def see(self, kind: str, vector: Sequence[float]) -> None:
        """Take note of a vector that is written."""
        for number, question in enumerate(self.questions):
            score = (1 + sum(map(mul, question, vector))) / 2
            for each in (None, kind):
                heaps = self.best[each]
                while len(heaps) <= number:
                    heaps.append([])
                if len(heaps[number]) < FIRST:
                    heapq.heappush(heaps[number], score)
                elif score > heaps[number][0]:
                    heapq.heapreplace(heaps[number], score)


async def measure(login: tuple[str, str, str], total: int) -> list[Figure]:
    """Recall and times, of vectors without any order and of such in clusters, with a filter and without."""
    store = await Store.open(*login, timeout=300)
    await vectors.fix_dimension(store, DIMENSION)
    things = await _things(store, total // EACH)
    figures: list[Figure] = []
    generator = random.Random(2026)
    for name, draw in (("uniform", _uniform(generator)), ("clustered", _clustered(generator))):
        figures += await measure_set(store, name, draw, things)
        while (await store.write(_empty)) > 0:
            pass
    await store.close()
    return figures


async def _things(store: Store, total: int) -> list[str]:
    new = NewPerson("recall@bench.example", "recall", "Recall", PlatformRole.PLATFORM_OWNER)
    person = await register(store, new, "recall", MemberRole.OWNER)
    caller = Caller(Viewer(person.id, PlatformRole.PLATFORM_OWNER, new_id("key"), KeyScope.WRITE, ()))
    services = Services.of(store, now, RateLimits.at(None))
    group = await services.groups.by_slug(caller, "recall")
    if group is None:
        raise SystemExit("the group of the bench is gone")
    return [
        (await services.changes.create_thing(caller, NewThing(group.id, TYPES[number % 10], f"{number}"))).id
        for number in range(total)
    ]


async def measure_set(store: Store, name: str, draw: Draw, things: Sequence[str]) -> list[Figure]:
    """Write vectors, and ask for what is near to others of the same sort."""
    await store.define([f"DROP INDEX {vectors.INDEX} IF EXISTS"])  # it is made faster once all are there
    truth = Truth([unit("question", draw(), DIMENSION) for _ in range(QUERIES)])
    writing = 0.0
    for number, thing in enumerate(things):
        rows = list(_rows(draw, TYPES[number % 10], truth))

        async def work(transaction: Transaction, thing: str = thing, rows: Sequence[NewRow] = rows) -> None:
            await documents.add(transaction, thing, rows)

        began = time.perf_counter()
        await store.write(work)
        writing += time.perf_counter() - began
    began = time.perf_counter()
    await vectors.make_index(store, DIMENSION)
    made = time.perf_counter() - began
    total = len(things) * EACH
    written = Figure(f"{total:,} {name} vectors of {DIMENSION}", f"written in {writing:.0f} s, indexed in {made:.0f} s")
    return [written, *[await _recall(store, name, kind, truth) for kind in (None, "podcast", "lesson")]]


def _uniform(generator: random.Random) -> Draw:
    return lambda: [generator.gauss(0, 1) for _ in range(DIMENSION)]


def _clustered(generator: random.Random) -> Draw:
    centres = [[generator.gauss(0, 1) for _ in range(DIMENSION)] for _ in range(CLUSTERS)]
    return lambda: [value + generator.gauss(0, SPREAD) for value in generator.choice(centres)]


def _rows(draw: Draw, kind: str, truth: Truth) -> Iterator[NewRow]:
    for _ in range(EACH):
        vector = unit("vector", draw(), DIMENSION)
        truth.see(kind, vector)
        yield {
            "role": "summary",
            "properties": {
                "id": new_id(KNOWLEDGE_PREFIX),
                "type": "vector_only",
                "embedding": vector,
                "embeddingState": "done",
                "createdAt": 1,
            },
        }


async def _empty(transaction: Transaction) -> int:
    return (await transaction.run(EMPTY, {}))[0]


async def _recall(store: Store, name: str, kind: str | None, truth: Truth) -> Figure:
    reach = EVERYTHING
    found, hand, hits = [], [], 0
    for number, question in enumerate(truth.questions):
        began = time.perf_counter()
        near = await vectors.nearest(store, reach, question, Within(type=kind), FIRST)
        found.append(time.perf_counter() - began)
        least = min(truth.best[kind][number]) - 1e-6  # the store rounds
        hits += sum(each.score >= least for each in near)
        if number < BY_HAND_QUERIES:
            began = time.perf_counter()
            await store.read(BY_HAND, {"vector": question, "first": FIRST, "type": kind})
            hand.append(time.perf_counter() - began)
    recall = math.floor(hits / (FIRST * len(truth.questions)) * 1000) / 1000
    what = f"recall at {FIRST}, {name}, " + ("everything" if kind is None else f"type {kind}")
    return Figure(what, f"{recall:.3f}; {milliseconds(found)}", f"one by one: {milliseconds(hand)}")
