"""Where something is that somebody was refused, whether or not they may know of it."""

from domain.access import EVERYTHING
from domain.ids import NodeKind, connection_type_of, kind_of
from graph import connections
from graph.access import reach_parameters
from graph.store import Statement, Transaction

PLACE_OF_ENTITY: Statement[str | None] = Statement(
    "place_of_entity",
    """
    MATCH (entity:Entity {id: $id})
    RETURN CASE WHEN entity:Group THEN entity.id ELSE coalesce(entity.groupId, entity.managedBy) END AS row""",
)
PLACE_OF_KNOWLEDGE: Statement[str | None] = Statement(
    "place_of_knowledge",
    """
    MATCH (:Knowledge {id: $id})<-[:HAS_KNOWLEDGE]-(thing:Thing)
    RETURN thing.groupId AS row LIMIT 1""",
)


async def place_of(transaction: Transaction, identifier: str) -> str | None:
    """The group that something is or belongs to, if there is such a thing and it does.

    It takes the same statements either way, one or, for a connection, two: no time tells whether it is there.
    """
    kind = kind_of(identifier)
    if kind is NodeKind.CONNECTION:
        return await _of_connection(transaction, identifier)
    statement: Statement[str | None] = PLACE_OF_KNOWLEDGE if kind is NodeKind.KNOWLEDGE else PLACE_OF_ENTITY
    found = await transaction.run(statement, {"id": identifier})
    return found[0] if found else None


async def _of_connection(transaction: Transaction, identifier: str) -> str | None:
    relationship = connections.relationship_of(connection_type_of(identifier) or "")
    given = {"ids": [identifier], **reach_parameters(EVERYTHING)}
    rows = await transaction.run(connections.fetch_connections(relationship), given)
    ends = [end for row in rows for end in (row["toId"], row["fromId"])]
    places = [end for end in ends if kind_of(end) is NodeKind.GROUP]
    found = await transaction.run(PLACE_OF_ENTITY, {"id": ends[0] if ends else identifier})
    return next(iter(places or found), None)
