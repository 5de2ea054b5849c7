"""Writing many nodes and connections at once: each statement takes a batch of rows."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias, TypedDict

from graph.history import keep_clause
from graph.store import Statement, Transaction, lock_clauses, lock_what_stays
from graph.things import STOCK_COLUMN

StoredRow: TypeAlias = Mapping[str, object]
"""All properties of a node or of a relationship, as the store keeps them."""


class GroupState(TypedDict):
    """A group that is locked, and whether it is in use."""

    id: str
    status: str


class StoredEdge(TypedDict):
    """A connection with its ends."""

    fromId: str
    toId: str
    edge: StoredRow


class Taken(TypedDict):
    """A value that has to be unique, and the id of what has it."""

    value: str
    id: str


class Edge(TypedDict):
    """A connection to make."""

    fromId: str
    toId: str
    edge: StoredRow


class Changed(TypedDict):
    """New values for some properties of one node or connection."""

    id: str
    values: StoredRow


class Placement(TypedDict):
    """The group that a group or a thing is to be in."""

    id: str
    groupId: str


def _but_for_what_was_sold(thing: str, values: str) -> str:
    """The clause that has what is left follow from the stock in new properties and what was sold until now."""
    left = f"{thing}.{STOCK_COLUMN}"
    return f"""FOREACH (_ IN CASE WHEN {thing}.sold IS NULL OR {values}.properties IS NULL THEN [] ELSE [1] END |
        SET {left} = CASE WHEN {left} > {thing}.sold THEN {left} - {thing}.sold WHEN {left} IS NULL THEN null ELSE 0 END
        SET {thing}.sold = CASE WHEN {left} IS NULL THEN null ELSE {thing}.sold END)"""


LOCK_GROUPS: Statement[GroupState] = Statement(
    "lock_groups",
    f"""
    UNWIND $ids AS id
    MATCH (group:Entity:Group {{id: id}})
    {lock_what_stays("group")}
    RETURN {{id: group.id, status: group.status}} AS row""",
)
FETCH_NODES: Statement[StoredRow] = Statement(
    "fetch_nodes", "UNWIND $ids AS id MATCH (node:Entity {id: id}) RETURN properties(node) AS row"
)
CREATE_GROUPS: Statement[int] = Statement(
    "create_groups", "UNWIND $rows AS row CREATE (group:Entity:Group) SET group = row RETURN count(group) AS row"
)
PLACE_GROUPS: Statement[int] = Statement(
    "place_groups",
    """
    UNWIND $placements AS placement
    MATCH (group:Entity:Group {id: placement.id})
    MATCH (parent:Entity:Group {id: placement.groupId})
    CREATE (parent)-[:PARENT_OF {childId: group.id}]->(group)
    RETURN count(*) AS row""",
    meant="CartesianProduct: of one group with one group.",
)
CREATE_PEOPLE: Statement[int] = Statement(
    "create_people", "UNWIND $rows AS row CREATE (person:Entity:Person) SET person = row RETURN count(person) AS row"
)
MOVE_THINGS: Statement[int] = Statement(
    "move_things",
    """
    UNWIND $placements AS placement
    MATCH (thing:Entity:Thing {id: placement.id})
    MATCH (thing)-[edge:IN_GROUP]->(:Group)
    DELETE edge
    WITH placement, thing
    MATCH (group:Entity:Group {id: placement.groupId})
    CREATE (thing)-[:IN_GROUP {thingId: thing.id}]->(group)
    RETURN count(*) AS row""",
    meant="Eager: every old edge has to be gone before the new ones are made.",
)
UPDATE_NODES: Statement[int] = Statement(
    "update_nodes",
    f"""
    UNWIND $changed AS changed
    MATCH (node:Entity {{id: changed.id}})
    {lock_clauses("node")}
    SET node += changed.values, node.version = node.version + 1
    RETURN count(node) AS row""",
    meant="Eager: every node is found and locked before the first of them changes.",
)
CREATE_THINGS: Statement[int] = Statement(
    "create_things",
    """
    UNWIND $rows AS row
    MATCH (group:Entity:Group {id: row.groupId})
    CREATE (thing:Entity:Thing:$($label))-[:IN_GROUP {thingId: row.id}]->(group)
    SET thing = row, thing.labels = []
    RETURN count(thing) AS row""",
    meant="Eager: the groups are found before things are made, which are entities too.",
)
UPDATE_THINGS: Statement[int] = Statement(
    "update_things",
    f"""
    UNWIND $changed AS changed
    MATCH (thing:Entity:Thing {{id: changed.id}})
    {lock_clauses("thing")}
    {keep_clause("thing", "changed.values.updatedAt")}
    SET thing += changed.values, thing.version = thing.version + 1
    {_but_for_what_was_sold("thing", "changed.values")}
    RETURN count(thing) AS row""",
    meant="Eager: every thing is found and locked before the first of them changes.",
)
TAKEN_SLUGS: Statement[Taken] = Statement(
    "taken_slugs",
    "UNWIND $values AS value MATCH (group:Group {slug: value}) RETURN {value: value, id: group.id} AS row",
)
TAKEN_EMAILS: Statement[Taken] = Statement(
    "taken_emails",
    "UNWIND $values AS value MATCH (person:Person {email: value}) RETURN {value: value, id: person.id} AS row",
)
TAKEN_USERNAMES: Statement[Taken] = Statement(
    "taken_usernames",
    "UNWIND $values AS value MATCH (person:Person {usernameKey: value}) RETURN {value: value, id: person.id} AS row",
)


LIVE_KEYS = ("liveKey", "sourceKey", "targetKey")
"""What is unique among live connections of a type: a pair, a source or a target."""


def _is_one_of(end: str, types: str) -> str:
    """Whether an end is of one of the thing types, where it is a thing and not every type may stand there."""
    return f"(size({types}) = 0 OR NOT {end}:Thing OR {end}.type IN {types})"


@lru_cache(maxsize=512)
def create_edges(relationship: str) -> Statement[str]:
    """Make connections of one relationship type; the ids of those whose ends are there, and which were made."""
    return Statement(
        "create_edges",
        f"""
        UNWIND $rows AS row
        MATCH (source:Entity {{id: row.fromId}})
        MATCH (target:Entity {{id: row.toId}})
        WITH row, source, target
        WHERE {_is_one_of("source", "$sourceTypes")} AND {_is_one_of("target", "$targetTypes")}
        CREATE (source)-[edge:{relationship}]->(target)
        SET edge = row.edge
        RETURN row.edge.id AS row""",
        meant="CartesianProduct: of one entity with one entity. Eager: both are found before an edge is made.",
    )


@lru_cache(maxsize=512)
def fetch_edges(relationship: str) -> Statement[StoredEdge]:
    """Connections of one relationship type by id."""
    return Statement(
        "fetch_edges",
        f"""
        UNWIND $ids AS id
        MATCH (source)-[edge:{relationship} {{id: id}}]->(target)
        RETURN {{fromId: source.id, toId: target.id, edge: properties(edge)}} AS row""",
    )


@lru_cache(maxsize=512)
def taken_keys(relationship: str, key: str) -> Statement[Taken]:
    """Live connections of one relationship type that have a key, one of LIVE_KEYS, which must be unique."""
    if key not in LIVE_KEYS:
        raise ValueError(f"unknown key {key}")
    return Statement(
        "taken_keys",
        f"""
        UNWIND $values AS value
        MATCH ()-[edge:{relationship} {{{key}: value}}]->()
        RETURN {{value: value, id: edge.id}} AS row""",
    )


@lru_cache(maxsize=512)
def update_edges(relationship: str) -> Statement[int]:
    """Give connections of one relationship type new properties."""
    return Statement(
        "update_edges",
        f"""
        UNWIND $changed AS changed
        MATCH ()-[edge:{relationship} {{id: changed.id}}]->()
        SET edge += changed.values
        RETURN count(edge) AS row""",
        meant="Eager: every connection is found before the first of them changes.",
    )


async def lock_groups(transaction: Transaction, ids: Sequence[str]) -> dict[str, str]:
    """The status of those groups that there are, which stay as they are until the transaction ends."""
    rows = await transaction.run(LOCK_GROUPS, {"ids": sorted(set(ids))})
    return {row["id"]: row["status"] for row in rows}
