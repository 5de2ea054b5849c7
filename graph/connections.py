"""Connections in the store: typed relationships between entities, ended but never erased.

A relationship type cannot be a parameter of a pattern, so the statements here are made per type, from the catalogue
and from nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NotRequired, TypedDict

from domain.access import Reach
from domain.connection_types import CONNECTION_TYPES, REGISTERED_RELATIONSHIP, ConnectionType
from domain.connections import Connection
from domain.ids import connection_type_of
from domain.values import from_micros, to_micros
from graph.access import entity_visible, reach_parameters, thing_visible
from graph.shared_reads import SMALL
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import from_json, optional_micros, optional_time, to_json, whole


class EdgeProperties(TypedDict):
    """A connection's own properties as the store keeps them.

    `liveKey`, `sourceKey` and `targetKey` are there while the connection is live, where a pair, a source or a target
    may have only one. A membership has its role and its status outside `properties` too, where statements can see
    them, a grant its role, `below` and `expiresAt`, support access its `expiresAt`, and a connection of a registered
    type has its type, which its relationship type does not tell.
    """

    id: str
    properties: str
    strength: float | None
    validFrom: int
    validTo: int | None
    metadata: str
    createdAt: int
    createdBy: str | None
    liveKey: NotRequired[str | None]
    sourceKey: NotRequired[str | None]
    targetKey: NotRequired[str | None]
    type: NotRequired[str]
    role: NotRequired[str]
    status: NotRequired[str]
    below: NotRequired[bool]
    expiresAt: NotRequired[int | None]


class ConnectionRow(EdgeProperties):
    """A connection with its ends and its type, whichever it is."""

    typeName: str
    fromId: str
    toId: str


def from_row(row: ConnectionRow) -> Connection:
    """The connection that a row holds."""
    return Connection(
        id=row["id"],
        type=row["typeName"],
        from_id=row["fromId"],
        to_id=row["toId"],
        properties=from_json(row["properties"]),
        strength=row["strength"],
        valid_from=from_micros(row["validFrom"]),
        valid_to=optional_time(row["validTo"]),
        metadata=from_json(row["metadata"]),
        created_at=from_micros(row["createdAt"]),
        created_by=row["createdBy"],
    )


def to_edge(connection: Connection, connection_type: ConnectionType) -> EdgeProperties:
    """The properties of the relationship that holds a connection of that type."""
    edge: EdgeProperties = {
        "id": connection.id,
        "properties": to_json(connection.properties),
        "strength": connection.strength,
        "validFrom": to_micros(connection.valid_from),
        "validTo": optional_micros(connection.valid_to),
        "metadata": to_json(connection.metadata),
        "createdAt": to_micros(connection.created_at),
        "createdBy": connection.created_by,
    }
    live = connection.valid_to is None
    # All registered types share a relationship type, whose keys would clash without the name of the type in them.
    prefix = f"{connection.type} " if connection_type.registered else ""
    if connection_type.registered:
        edge["type"] = connection.type
    if not connection_type.several:
        ends = (connection.from_id, connection.to_id)
        edge["liveKey"] = prefix + " ".join(ends if connection_type.directed else sorted(ends)) if live else None
    if connection_type.cardinality.one_for_source:
        edge["sourceKey"] = prefix + connection.from_id if live else None
    if connection_type.cardinality.one_for_target:
        edge["targetKey"] = prefix + connection.to_id if live else None
    if connection.type == "member_of":
        edge["role"] = str(connection.properties["role"])
        edge["status"] = str(connection.properties["status"])
    if connection.type == "granted":
        expires_at = connection.properties["expiresAt"]
        edge["role"] = str(connection.properties["role"])
        edge["below"] = connection.properties["below"] is True
        edge["expiresAt"] = None if expires_at is None else to_micros(datetime.fromisoformat(str(expires_at)))
    if connection.type == "supports":
        edge["expiresAt"] = to_micros(datetime.fromisoformat(str(connection.properties["expiresAt"])))
    return edge


CONNECTION = """edge {
    .id, .properties, .strength, .validFrom, .validTo, .metadata, .createdAt, .createdBy,
    typeName: coalesce(edge.type, toLower(type(edge))), fromId: startNode(edge).id, toId: endNode(edge).id
}"""
RELATIONSHIPS = frozenset(each.relationship for each in CONNECTION_TYPES.values()) | {REGISTERED_RELATIONSHIP}
"""The relationship types of all connections."""


def relationship_of(connection_type: str) -> str:
    """The relationship type of connections of that type."""
    standard = CONNECTION_TYPES.get(connection_type)
    return REGISTERED_RELATIONSHIP if standard is None else standard.relationship


@lru_cache(maxsize=512)
def fetch_connections(relationship: str) -> Statement[ConnectionRow]:
    """Connections of one relationship type by id, both of whose ends the viewer may see."""
    return Statement(
        "fetch_connections",
        f"""
        UNWIND $ids AS id
        MATCH (source:Entity)-[edge:{relationship} {{id: id}}]->(target:Entity)
        WHERE {entity_visible("source")} AND {entity_visible("target")}
        RETURN {CONNECTION} AS row""",
        together=SMALL,
    )


@lru_cache(maxsize=512)
def lock_connection(relationship: str) -> Statement[ConnectionRow]:
    """A connection of one relationship type by id, kept from changing until the transaction ends."""
    return Statement(
        "lock_connection",
        f"""
        MATCH (source:Entity)-[edge:{relationship} {{id: $id}}]->(target:Entity)
        WHERE {entity_visible("source")} AND {entity_visible("target")}
        {lock_what_stays("edge", "createdAt")}
        RETURN {CONNECTION} AS row""",
        meant="Eager on 5.26: of the one connection that it locks.",
    )


@lru_cache(maxsize=512)
def save_connection(relationship: str) -> Statement[bool]:
    """Write the properties of a connection of one relationship type that is locked."""
    return Statement(
        "save_connection",
        f"MATCH ()-[edge:{relationship} {{id: $edge.id}}]->() SET edge += $edge RETURN true AS row",
    )


CREATE_CONNECTIONS: Statement[int] = Statement(
    "create_connections",
    """
    UNWIND $rows AS row
    MATCH (source:Entity {id: row.fromId})
    MATCH (target:Entity {id: row.toId})
    CREATE (source)-[edge:$(row.type)]->(target)
    SET edge = row.edge
    RETURN count(edge) AS row""",
    meant="CartesianProduct: of one entity with one entity. Eager: both are found before an edge is made.",
)


class OwnerRow(TypedDict):
    """Who owns a thing."""

    id: str
    ownerId: str


FETCH_OWNERS: Statement[OwnerRow] = Statement(
    "fetch_owners",
    f"""
    UNWIND $ids AS id
    MATCH (thing:Entity:Thing {{id: id}}) WHERE {thing_visible("thing")}
    CALL (thing) {{
        MATCH (thing)<-[edge:OWNS]-(owner:Entity) WHERE edge.validTo IS NULL AND {entity_visible("owner")}
        RETURN owner.id AS ownerId ORDER BY edge.id LIMIT 1
    }}
    RETURN {{id: id, ownerId: ownerId}} AS row""",
    together=SMALL,
)
COUNT_OWNERS_OF_GROUP: Statement[int] = Statement(
    "count_owners_of_group",
    """
    MATCH (:Entity:Group {id: $groupId})<-[edge:MEMBER_OF]-(:Person)
    WHERE edge.validTo IS NULL AND edge.role = 'owner' AND edge.status = 'active'
    RETURN count(edge) AS row""",
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Connection]:
    """Those of the connections that there are and both of whose ends the viewer may see; a statement for each type."""
    by_relationship: dict[str, list[str]] = {}
    for identifier in ids:
        name = connection_type_of(identifier)
        if name is not None:
            by_relationship.setdefault(relationship_of(name), []).append(identifier)
    found: dict[str, Connection] = {}
    for relationship, wanted in by_relationship.items():
        rows = await store.read(fetch_connections(relationship), {"ids": wanted, **reach_parameters(reach)})
        found.update((row["id"], from_row(row)) for row in whole(rows, from_row))
    return found


async def fetch_owners(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, str]:
    """The id of the person or group that owns each thing; the first of several."""
    rows = await store.read(FETCH_OWNERS, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: row["ownerId"] for row in rows}


async def create(transaction: Transaction, *made: tuple[Connection, ConnectionType]) -> None:
    """Add connections between entities. ConflictError where a type allows no further one between two of them."""
    rows: list[Mapping[str, object]] = [
        {
            "type": connection_type.relationship,
            "fromId": connection.from_id,
            "toId": connection.to_id,
            "edge": to_edge(connection, connection_type),
        }
        for connection, connection_type in made
    ]
    await transaction.run(CREATE_CONNECTIONS, {"rows": rows})


async def lock(transaction: Transaction, reach: Reach, identifier: str) -> Connection | None:
    """The connection as it is now and stays until the transaction ends."""
    name = connection_type_of(identifier)
    if name is None:
        return None
    statement = lock_connection(relationship_of(name))
    rows = await transaction.run(statement, {"id": identifier, **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def save(transaction: Transaction, connection: Connection, connection_type: ConnectionType) -> None:
    """Write a connection that is locked; its type and its ends stay."""
    edge = to_edge(connection, connection_type)
    await transaction.run(save_connection(connection_type.relationship), {"edge": edge})


async def count_owners(transaction: Transaction, group_id: str) -> int:
    """How many active owners a group has."""
    return (await transaction.run(COUNT_OWNERS_OF_GROUP, {"groupId": group_id}))[0]
