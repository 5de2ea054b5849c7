"""Rules about the store as a whole."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.consistency import Rule
from domain.ids import NodeKind, kind_of
from graph import vectors
from graph.checks import whole
from graph.migrate import lacking, read_migrations
from graph.store import Store, Transaction
from services.checks.nodes import A_PERSON_DECIDES

_LABELS = {NodeKind.GROUP: "Group", NodeKind.PERSON: "Person", NodeKind.THING: "Thing"}

Work: TypeAlias = Callable[[Store], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WholeMend:
    """A change that a machine may make to the store."""

    does: str
    apply: Work


@dataclass(frozen=True, slots=True)
class WholeFault:
    """What is wrong with the store; `ids` of what is involved, where that has any."""

    detail: str
    repair: WholeMend | str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeTest:
    """A rule about the store and how it is tested."""

    rule: Rule
    find: Callable[[Store], AsyncIterator[WholeFault]]


async def _missing_schema(store: Store) -> AsyncIterator[WholeFault]:
    for wanted in await lacking(store, read_migrations()):

        async def make(each: Store, statement: str = wanted.statement) -> None:
            await each.define([statement])

        yield WholeFault(f"{wanted.name} is missing", WholeMend(f"make {wanted.name}", make))


async def _missing_vector_index(store: Store) -> AsyncIterator[WholeFault]:
    dimension = await vectors.read_dimension(store)
    if dimension is not None and not await vectors.has_index(store, dimension):

        async def make(each: Store) -> None:
            await vectors.make_index(each, dimension)

        detail = f"there is no index over vectors of {dimension} numbers"
        yield WholeFault(detail, WholeMend(f"make {vectors.INDEX}", make))


async def _doubles(store: Store) -> AsyncIterator[WholeFault]:
    for wanted in await lacking(store, read_migrations()):
        if wanted.unique is None:
            continue
        edges = "()-[" in wanted.statement
        rows = await store.read(whole.doubled(wanted.label, wanted.unique, edges), {"limit": whole.MOST})
        for row in rows:
            detail = f"{row['total']} of {wanted.label} have the same {wanted.unique}"
            yield WholeFault(detail, f"Say which keeps its {wanted.unique}, and change the others.", tuple(row["ids"]))


async def _lost(store: Store) -> AsyncIterator[WholeFault]:
    for node in await whole.lost_nodes(store):
        identifier, labels = node["id"], node["labels"]
        kind = _LABELS.get(kind_of(identifier or "") or NodeKind.EVENT)
        named = ", ".join(sorted(labels)) or "no label"
        if identifier is None or kind is None:
            yield WholeFault(
                f"a node with {named}", "Say what it is, or delete it.", tuple(filter(None, (identifier,)))
            )
            continue

        async def make(each: Store, lost: str = identifier, label: str = kind) -> None:
            async def work(transaction: Transaction) -> None:
                await whole.make_entity(transaction, lost, label)

            await each.write(work)

        yield WholeFault(f"a node with {named}", WholeMend(f"make it an entity and a {kind}", make), (identifier,))
    for edge in await whole.lost_edges(store):
        ends = tuple(str(end) for end in (edge["source"], edge["target"]) if end is not None)
        yield WholeFault(f"a relationship {edge['type']}", "Say what it means, or delete it.", ends)


TESTS: tuple[WholeTest, ...] = (
    WholeTest(
        Rule(
            "store_schema",
            "The store has every constraint and every index of the migrations that were applied.",
            "It is made. Where the store refuses, what is not unique has to be mended before.",
        ),
        _missing_schema,
    ),
    WholeTest(
        Rule(
            "store_vectors",
            "Where a dimension was chosen, the store has an index over the vectors of knowledge.",
            "It is made, which takes a while where there are many.",
        ),
        _missing_vector_index,
    ),
    WholeTest(
        Rule(
            "store_unique",
            "Ids, e-mail addresses, usernames, slugs, labels and what else has a constraint are unique.",
            f"{A_PERSON_DECIDES} Which of them keeps the value is not known to a machine.",
        ),
        _doubles,
    ),
    WholeTest(
        Rule(
            "store_found",
            "Every node has the label and the id or the name by which it is found, and every relationship is of a "
            "known type, has an id where it is a connection, and joins what it may.",
            f"A group, a person or a thing that has an id gets its labels back. {A_PERSON_DECIDES} about the rest.",
        ),
        _lost,
    ),
)
