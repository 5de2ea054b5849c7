"""Vectors in the store: the one dimension that they have, the index over them, and the nearest to one.

The dimension is a Setting, which an export takes along. The index follows from it and can be made anew at any time.
"""

from collections.abc import Sequence
from typing import Final, TypedDict

from domain.access import Reach
from domain.errors import StoreError
from domain.knowledge import Similar, Within
from graph import documents, things
from graph.access import below_visible, group_visible, reach_parameters, thing_visible
from graph.documents import KNOWLEDGE, KnowledgeRow
from graph.store import Statement, Store, Transaction
from graph.things import THING, ThingRow

INDEX: Final = "Knowledge_embedding_vector"

FEW: Final = 5_000
"""As many vectors are compared one by one before the index is asked."""

MANY: Final = 20_000
"""As many are, where the index was asked for as many as may be and did not find enough of what was wanted."""

THINGS_EACH: Final = 10
"""How many things are looked at for each of these vectors: not everything has one."""

LOOK_AT_LEAST: Final = 1_000
LOOK_FOR_EACH: Final = 20
WIDEN: Final = (1, 4, 16)
"""How many the index is asked for: at first 1,000, or twenty times what is wanted, and up to sixteen times that."""


HEADROOM: Final = 40
"""How many times what is wanted has to be among what the index found: the further down, the more it misses."""


class IndexRow(TypedDict):
    """The index over vectors as the store has it."""

    dimension: int


class NearRow(TypedDict):
    """Knowledge near to a vector, and the thing that it describes."""

    score: float
    knowledge: KnowledgeRow
    thing: ThingRow


class NearestRow(TypedDict):
    """The nearest of what was looked at, which is `total`, and of which so many were `wanted`."""

    total: int
    wanted: int
    nearest: list[NearRow]


FIX_DIMENSION: Statement[int] = Statement(
    "fix_dimension",
    """
    MERGE (setting:Setting {name: 'embedding_dimension'})
    ON CREATE SET setting.value = $dimension
    RETURN setting.value AS row""",
    meant="Eager: of the one setting that it makes.",
)
READ_DIMENSION: Statement[int] = Statement(
    "read_dimension", "MATCH (setting:Setting {name: 'embedding_dimension'}) RETURN setting.value AS row"
)
SHOW_INDEX: Statement[IndexRow] = Statement(
    "show_vector_index",
    f"""
    SHOW VECTOR INDEXES YIELD name, options WHERE name = '{INDEX}'
    RETURN {{dimension: options.indexConfig['vector.dimensions']}} AS row""",
    alone=True,
)


async def read_dimension(store: Store) -> int | None:
    """How many numbers every vector in the store has; None where nobody chose."""
    rows = await store.read(READ_DIMENSION, {})
    return rows[0] if rows else None


async def fix_dimension(store: Store, wanted: int | None) -> int | None:
    """See that the store has the dimension and the index of it; the dimension, None where nobody has chosen any.

    StoreError where the store has another one: no vector of it could be compared with a new one.
    """
    if wanted is None:
        there = await read_dimension(store)
    else:

        async def work(transaction: Transaction) -> int:
            return (await transaction.run(FIX_DIMENSION, {"dimension": wanted}))[0]

        there = await store.write(work)
        if there != wanted:
            raise StoreError(
                f"The vectors in this store have {there} dimensions, and ONE_EMBEDDING_DIMENSION says {wanted}: "
                "set it to the store's, or leave it out."
            )
    if there is not None:
        await make_index(store, there)
    return there


async def has_index(store: Store, dimension: int) -> bool:
    """Whether the store has the index over vectors of that dimension."""
    return [row["dimension"] for row in await store.read(SHOW_INDEX, {})] == [dimension]


async def make_index(store: Store, dimension: int) -> None:
    """See that the index over vectors is there, and of that dimension; what it is made of stays where it is."""
    if await has_index(store, dimension):
        return
    await store.define([f"DROP INDEX {INDEX} IF EXISTS"])
    options = f"{{indexConfig: {{`vector.dimensions`: {int(dimension)}, `vector.similarity_function`: 'cosine'}}}}"
    create = f"CREATE VECTOR INDEX {INDEX} IF NOT EXISTS FOR (n:Knowledge) ON (n.embedding) OPTIONS {options}"
    await store.define([create])
    await store.define([f"CALL db.awaitIndex('{INDEX}', 3600)"])


# What is not in use, or nobody else's to see, is near to nothing.
_WANTED: Final = f"""thing.status <> 'archived' AND thing.privateTo IS NULL
            AND ($type IS NULL OR thing.type = $type)
            AND ($label IS NULL OR $label IN thing.labels)
            AND ($groupId IS NULL OR thing.groupId = $groupId)
            AND ($within IS NULL OR EXISTS {{
                MATCH (thing)-[:IN_GROUP]->(:Group)<-[:PARENT_OF*0..]-(top:Group) WHERE top.id = $within
            }})
            AND ($except IS NULL OR thing.id <> $except)
            AND {thing_visible("thing")}"""
_BEST: Final = f"""
            WITH knowledge, thing, knowledge.embedding AS embedding
            WHERE size(embedding) = size($vector)
            WITH knowledge, thing, vector.similarity.cosine(embedding, $vector) AS score
            ORDER BY score DESC, knowledge.id LIMIT $first
            RETURN {{score: score, knowledge: {KNOWLEDGE}, thing: {THING}}}"""

# The index compares vectors that it has made coarser; what it finds is compared again as it is.
NEAREST_BY_INDEX: Statement[NearestRow] = Statement(
    "nearest_by_index",
    f"""
    CALL db.index.vector.queryNodes('{INDEX}', $looked, $vector) YIELD node
    WITH collect(node) AS nodes
    WITH nodes, COLLECT {{
        UNWIND nodes AS knowledge
        MATCH (knowledge)<-[:HAS_KNOWLEDGE]-(thing:Thing) WHERE {_WANTED}
        RETURN [thing, knowledge]
    }} AS pairs
    RETURN {{
        total: size(nodes),
        wanted: size(pairs),
        nearest: COLLECT {{
            UNWIND pairs AS pair
            WITH pair[0] AS thing, pair[1] AS knowledge
            {_BEST}
        }}
    }} AS row""",
)


def _exactly(name: str, find: str) -> Statement[NearestRow]:
    """Compare with everything about the things that `find` finds, or with nothing where that is more than `most`."""
    return Statement(
        f"nearest_{name}",
        f"""
        CALL () {{
            {find} AND {_WANTED}
            WITH DISTINCT thing LIMIT $mostThings + 1
            RETURN collect(thing) AS things
        }}
        CALL (things) {{
            UNWIND CASE WHEN size(things) > $mostThings THEN [] ELSE things END AS thing
            MATCH (thing)-[:HAS_KNOWLEDGE]->(knowledge:Knowledge)
            WHERE knowledge.embeddingState = 'done'
            WITH thing, knowledge LIMIT $most + 1
            RETURN collect([thing, knowledge]) AS pairs
        }}
        RETURN {{
            total: CASE WHEN size(things) > $mostThings THEN $most + 1 ELSE size(pairs) END,
            wanted: size(pairs),
            nearest: CASE WHEN size(pairs) > $most THEN [] ELSE COLLECT {{
                UNWIND pairs AS pair
                WITH pair[0] AS thing, pair[1] AS knowledge
                {_BEST}
            }} END
        }} AS row""",
        "Eager on 5.26: of the bounded number of things that it looks at.",
    )


_BELOW: Final = f"""CALL () {{
            MATCH (head:Entity:Group) WHERE head.id IN $heads AND {group_visible("head")}
            MATCH (head)-[:PARENT_OF*0..]->(below:Group) WHERE {below_visible("below")}
            WITH DISTINCT below
            MATCH (thing:Thing) WHERE thing.groupId = below.id AND thing.sortKey > ''
            RETURN thing
            UNION ALL
            UNWIND $grantedThings AS given
            MATCH (thing:Entity:Thing {{id: given}})
            RETURN thing
            }}
            WITH thing WHERE true"""

NEAREST_IN_GROUP: Final = _exactly(
    "in_group", "MATCH (thing:Thing) WHERE thing.groupId = $groupId AND thing.sortKey > ''"
)
NEAREST_OF_LABEL: Final = _exactly(
    "of_label",
    "MATCH (thing:Thing)-[edge:HAS_KNOWLEDGE]->(:Knowledge) WHERE edge.label = $label AND edge.sortKey > ''",
)
NEAREST_BELOW: Final = _exactly("below", _BELOW)
NEAREST_OF_TYPE: Final = _exactly("of_type", "MATCH (thing:Thing) WHERE thing.type = $type AND thing.sortKey > ''")
EMBEDDINGS_OF_THING: Statement[list[float]] = Statement(
    "embeddings_of_thing",
    f"""
    MATCH (thing:Entity:Thing {{id: $id}}) WHERE {thing_visible("thing")}
    MATCH (thing)-[:HAS_KNOWLEDGE]->(knowledge:Knowledge) WHERE knowledge.embeddingState = 'done'
    WITH knowledge ORDER BY knowledge.id LIMIT $limit
    RETURN knowledge.embedding AS row""",
)


async def embeddings_of(store: Store, reach: Reach, thing_id: str, limit: int) -> list[list[float]]:
    """The first embeddings of what describes a thing; none where the viewer may not see it."""
    return await store.read(EMBEDDINGS_OF_THING, {"id": thing_id, "limit": limit, **reach_parameters(reach)})


async def nearest(store: Store, reach: Reach, vector: Sequence[float], within: Within, first: int) -> list[Similar]:
    """The knowledge nearest to a vector of the store's dimension, the nearest first.

    What is wanted is compared one by one where it is little. Otherwise the index is asked, for more and more where too
    few of what it finds are wanted, and in the end as many as `MANY` are compared one by one.
    """
    parameters = {
        "vector": vector,
        "first": first,
        "groupId": within.group_id,
        "within": within.subtree_of,
        "type": within.type,
        "label": within.label,
        "except": within.but,
        "heads": list(reach.roots) if within.subtree_of is None else [within.subtree_of],
        **reach_parameters(reach),
    }
    exactly = _narrowest(within, reach)
    if exactly is not None:
        found = await _compare(store, exactly, parameters, FEW)
        if found["total"] <= FEW:
            return _similar(found)
    found = {"total": 0, "wanted": 0, "nearest": []}
    for factor in WIDEN:
        looked = factor * max(LOOK_AT_LEAST, LOOK_FOR_EACH * first)
        found = (await store.read(NEAREST_BY_INDEX, {**parameters, "looked": looked}))[0]
        if found["wanted"] >= HEADROOM * first or found["total"] < looked:
            return _similar(found)
    if exactly is not None:
        compared = await _compare(store, exactly, parameters, MANY)
        if compared["total"] <= MANY:
            return _similar(compared)
    return _similar(found)


def _narrowest(within: Within, reach: Reach) -> Statement[NearestRow] | None:
    """The statement that finds what is wanted by the narrowest of the filters; None where there is none at all."""
    if within.group_id is not None:
        return NEAREST_IN_GROUP
    if within.label is not None:
        return NEAREST_OF_LABEL
    if within.subtree_of is not None or not reach.everything:
        return NEAREST_BELOW
    return None if within.type is None else NEAREST_OF_TYPE


async def _compare(
    store: Store, statement: Statement[NearestRow], parameters: dict[str, object], most: int
) -> NearestRow:
    return (await store.read(statement, {**parameters, "most": most, "mostThings": most * THINGS_EACH}))[0]


def _similar(found: NearestRow) -> list[Similar]:
    return [
        Similar(row["score"], documents.from_row(row["knowledge"]), things.from_row(row["thing"]))
        for row in found["nearest"]
    ]
