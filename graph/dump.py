"""Reading the whole store out, page by page in order of a key, and writing it back into an empty one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias, TypedDict

from domain.thing_types import THING_TYPES
from graph.bulk import StoredRow
from graph.connections import RELATIONSHIPS as RELATIONSHIPS_OF_CONNECTIONS
from graph.store import Statement, Store, Transaction
from graph.things import label_of

PAGE: Final = 1_000


class NodeRow(TypedDict):
    """A node as it is stored."""

    key: str
    labels: list[str]
    row: StoredRow


EdgeRow = TypedDict("EdgeRow", {"key": str, "from": str, "to": str, "row": StoredRow})
"""A relationship as it is stored, between the ids of two nodes."""


class LinksRow(TypedDict):
    """The relationships of one type that start at one node, and that have no key of their own."""

    key: str
    edges: list[EdgeRow]


RestoredEdge = TypedDict("RestoredEdge", {"line": int, "from": str, "to": str, "row": StoredRow})
"""A relationship to make, and the line that asks for it."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """All nodes of one label, which have a unique property `key`."""

    name: str
    key: str
    page: Statement[NodeRow]
    count: Statement[int]


@dataclass(frozen=True, slots=True)
class Edges:
    """All relationships of one type, which have a unique property."""

    name: str
    page: Statement[EdgeRow]
    count: Statement[int]


@dataclass(frozen=True, slots=True)
class Links:
    """All relationships of one type without a unique property, node by node."""

    name: str
    page: Statement[LinksRow]
    count: Statement[int]


Section: TypeAlias = Nodes | Edges | Links


def _nodes(label: str, key: str = "id") -> Nodes:
    page: Statement[NodeRow] = Statement(
        "page_nodes",
        f"""
        MATCH (node:{label}) WHERE node.{key} > $after
        WITH node ORDER BY node.{key} LIMIT $limit
        RETURN {{key: node.{key}, labels: labels(node), row: properties(node)}} AS row""",
    )
    return Nodes(label, key, page, Statement("count_nodes", f"MATCH (node:{label}) RETURN count(node) AS row"))


def _edges(relationship: str, key: str = "id") -> Edges:
    page: Statement[EdgeRow] = Statement(
        "page_edges",
        f"""
        MATCH (source:Entity)-[edge:{relationship}]->(target:Entity) WHERE edge.{key} > $after
        WITH source, edge, target ORDER BY edge.{key} LIMIT $limit
        RETURN {{key: edge.{key}, from: source.id, to: target.id, row: properties(edge)}} AS row""",
    )
    return Edges(relationship, page, _count_edges(relationship))


def _links(relationship: str, target: str) -> Links:
    page: Statement[LinksRow] = Statement(
        "page_links",
        f"""
        MATCH (source:Entity) WHERE source.id > $after
        WITH source ORDER BY source.id LIMIT $limit
        RETURN {{
            key: source.id,
            edges: COLLECT {{
                MATCH (source)-[edge:{relationship}]->(target:{target})
                WITH target, edge ORDER BY target.id, edge.role
                RETURN {{from: source.id, to: target.id, row: properties(edge)}}
            }}
        }} AS row""",
        meant="Sort: of the few edges of one node.",
    )
    return Links(relationship, page, _count_edges(relationship))


def _count_edges(relationship: str) -> Statement[int]:
    return Statement("count_edges", f"MATCH ()-[edge:{relationship}]->() RETURN count(edge) AS row")


_LINK: Final = "HAS_KNOWLEDGE"

SECTIONS: Final[Sequence[Section]] = (
    _nodes("Setting", "name"),
    _nodes("ThingType", "name"),
    _nodes("ConnectionType", "name"),
    _nodes("TrustedDocument"),
    _nodes("Knowledge"),
    _nodes("Entity"),
    _nodes("Credential", "personId"),
    _nodes("Identity"),
    _nodes("Passkey"),
    _nodes("SecondFactor", "personId"),
    _nodes("ThingVersion", "key"),
    _nodes("Idempotency", "key"),
    _nodes("OrderCounter", "groupId"),
    _nodes("ShoppingCart", "key"),
    _edges("PARENT_OF", "childId"),
    _edges("IN_GROUP", "thingId"),
    _links(_LINK, "Knowledge"),
    _links("MENTIONS", "Entity"),
    *(_edges(relationship) for relationship in sorted(RELATIONSHIPS_OF_CONNECTIONS)),
    _nodes("Event"),
    _nodes("WebhookEndpoint", "webhookId"),
    _nodes("WebhookDelivery"),
)
"""What a store holds but the record of its migrations and PASSING, nodes before what joins them."""

PASSING: Final[Mapping[str, str]] = MappingProxyType(
    {"Session": "id", "OneTimeToken": "key", "Mail": "id", "SignInAttempt": "stateHash", "SignInChallenge": "hash"}
    | {"Leftover": "fileId"}
)
"""Nodes that do not outlive the store they are in, by the unique property of each: a backup must not bring back what
was ended, or send again what was sent."""

LABELS: Final = frozenset(
    {
        *(section.name for section in SECTIONS if isinstance(section, Nodes)),
        *PASSING,
        "Unsequenced",
        *("Group", "Person", "Thing"),
        *(label_of(name) for name in THING_TYPES),
    }
)
RELATIONSHIPS: Final = frozenset(section.name for section in SECTIONS if not isinstance(section, Nodes))

IS_EMPTY: Statement[bool] = Statement(
    "is_empty",
    """
    RETURN NOT (
        EXISTS { MATCH (node:Entity) WHERE node.id > '' }
        OR EXISTS { MATCH (node:Knowledge) WHERE node.id > '' }
        OR EXISTS { MATCH (node:Event) WHERE node.id > '' }
    ) AS row""",
)
RESTORE_NODES: Statement[int] = Statement(
    "restore_nodes", "UNWIND $rows AS row CREATE (node:$($labels)) SET node = row RETURN count(node) AS row"
)
RESTORE_SETTINGS: Statement[int] = Statement(
    "restore_settings",
    """
    UNWIND $rows AS row
    MERGE (setting:Setting {name: row.name})
    SET setting = row
    RETURN count(setting) AS row""",
    meant="Eager: every setting is found before the first of them changes.",
)


@lru_cache(maxsize=512)
def restore_edges(relationship: str) -> Statement[int]:
    """Make relationships of this type, one of RELATIONSHIPS, between nodes that are there; the lines of those."""
    if relationship not in RELATIONSHIPS:
        raise ValueError(f"unknown relationship {relationship}")
    target = "Knowledge" if relationship == _LINK else "Entity"
    return Statement(
        "restore_edges",
        f"""
        UNWIND $rows AS row
        MATCH (source:Entity {{id: row.from}})
        MATCH (target:{target} {{id: row.to}})
        CREATE (source)-[edge:{relationship}]->(target)
        SET edge = row.row
        RETURN row.line AS row""",
        meant="CartesianProduct: of one node with one node. Eager: both are found before an edge is made.",
    )


async def is_empty(store: Store) -> bool:
    """Whether the store holds nothing of anybody's."""
    return (await store.read(IS_EMPTY, {}))[0]


async def count(store: Store, section: Section) -> int:
    """How many nodes or relationships a section has."""
    return (await store.read(section.count, {}))[0]


async def read_nodes(store: Store, section: Nodes) -> AsyncIterator[NodeRow]:
    """The nodes of a section in order of their keys; one page of them is in memory."""
    after = ""
    while rows := await store.read(section.page, {"after": after, "limit": PAGE}):
        for row in rows:
            yield row
        after = rows[-1]["key"]


async def read_edges(store: Store, section: Edges | Links) -> AsyncIterator[EdgeRow]:
    """The relationships of a section in a fixed order; one page of them is in memory."""
    after = ""
    if isinstance(section, Edges):
        while rows := await store.read(section.page, {"after": after, "limit": PAGE}):
            for row in rows:
                yield row
            after = rows[-1]["key"]
    else:
        while nodes := await store.read(section.page, {"after": after, "limit": PAGE}):
            for node in nodes:
                for edge in node["edges"]:
                    yield edge
            after = nodes[-1]["key"]


async def restore(
    transaction: Transaction,
    nodes: Mapping[tuple[str, ...], Sequence[StoredRow]],
    edges: Mapping[str, Sequence[RestoredEdge]],
) -> list[int]:
    """Make nodes by their labels, and then relationships by their type; the lines of those that miss an end."""
    for labels, rows in nodes.items():
        statement = RESTORE_SETTINGS if labels == ("Setting",) else RESTORE_NODES
        await transaction.run(statement, {"rows": rows, "labels": labels})
    missed: list[int] = []
    for relationship, wanted in edges.items():
        made = set(await transaction.run(restore_edges(relationship), {"rows": wanted}))
        missed += [edge["line"] for edge in wanted if edge["line"] not in made]
    return sorted(missed)
