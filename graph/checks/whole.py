"""What a check has to know of the store as a whole: what nothing would find, and what should be unique and is not."""

from functools import lru_cache
from typing import Final, TypedDict

from graph.connections import RELATIONSHIPS
from graph.dump import PASSING, SECTIONS, Nodes
from graph.store import Statement, Store, Transaction

MOST: Final = 1_000
"""How many of one kind of fault are looked at in one check."""


class LostNode(TypedDict):
    """A node that is found neither by an id nor by a name."""

    labels: list[str]
    id: str | None


class LostEdge(TypedDict):
    """A relationship of a type that there is not, without an id, or between what it cannot join."""

    type: str
    source: str | None
    target: str | None


class Doubled(TypedDict):
    """The ids of some that share what should be unique; `total` is how many they are."""

    ids: list[str]
    total: int


_KEYS: Final = {
    **{section.name: section.key for section in SECTIONS if isinstance(section, Nodes) and section.name != "Entity"},
    **PASSING,
}
_KEYED: Final = " OR ".join(f"(node:{name} AND node.{key} IS NOT NULL)" for name, key in _KEYS.items())
LOST_NODES: Statement[LostNode] = Statement(
    "lost_nodes",
    f"""
    MATCH (node)
    WHERE NOT (
        (node:Entity AND node.id IS NOT NULL AND (node:Group OR node:Person OR node:Thing))
        OR node:Migration OR node:Lock OR {_KEYED}
    )
    WITH node LIMIT $limit
    RETURN {{labels: labels(node), id: toStringOrNull(node.id)}} AS row""",
    meant="AllNodesScan: what no index knows is found by looking at everything.",
)
LOST_EDGES: Statement[LostEdge] = Statement(
    "lost_edges",
    """
    MATCH (source)-[edge]->(target)
    WHERE NOT (
        (type(edge) IN $connections AND edge.id IS NOT NULL)
        OR (type(edge) = 'IN_GROUP' AND source:Thing)
        OR (type(edge) = 'PARENT_OF' AND target:Group)
        OR (type(edge) = 'MENTIONS' AND source:Thing AND target:Entity)
        OR (type(edge) = 'HAS_KNOWLEDGE' AND source:Thing AND target:Knowledge)
    )
    WITH source, edge, target LIMIT $limit
    RETURN {type: type(edge), source: toStringOrNull(source.id), target: toStringOrNull(target.id)} AS row""",
    meant="DirectedAllRelationshipsScan: what no index knows is found by looking at everything.",
)
FIND_NODE: Statement[bool] = Statement(
    "make_entity",
    """
    MATCH (node) WHERE node.id = $id AND NOT (node:Event OR node:Knowledge)
    SET node:Entity:$($label)
    RETURN true AS row""",
    meant="AllNodesScan: the node has lost the label by which an index knows it.",
)


@lru_cache(maxsize=512)
def doubled(label: str, column: str, edges: bool) -> Statement[Doubled]:
    """Nodes of a label, or relationships of a type, that share a value which a missing constraint would keep unique."""
    each = f"()-[each:{label}]->()" if edges else f"(each:{label})"
    return Statement(
        "doubled",
        f"""
        MATCH {each} WHERE each.{column} IS NOT NULL
        WITH each.{column} AS value, collect(each.id)[..10] AS ids, count(*) AS total WHERE total > 1
        RETURN {{ids: ids, total: total}} AS row LIMIT $limit""",
        f"{'DirectedRelationshipIndexScan' if edges else 'NodeIndexScan'}: it is asked where there is no such index.",
    )


async def lost_nodes(store: Store) -> list[LostNode]:
    """The first nodes that nothing finds."""
    return await store.read(LOST_NODES, {"limit": MOST})


async def lost_edges(store: Store) -> list[LostEdge]:
    """The first relationships that nothing finds."""
    return await store.read(LOST_EDGES, {"limit": MOST, "connections": sorted(RELATIONSHIPS)})


async def make_entity(transaction: Transaction, identifier: str, label: str) -> None:
    """Give the node of that id the labels of an entity. ConflictError where an entity has the id already."""
    await transaction.run(FIND_NODE, {"id": identifier, "label": label})
