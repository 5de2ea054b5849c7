"""The small changes that mend what a check found. What is changed is locked."""

from collections.abc import Sequence

from graph.bulk import StoredRow
from graph.connections import save_connection
from graph.group_changes import MOVE_GROUP
from graph.store import Statement, Transaction

SET_ENTITY: Statement[bool] = Statement(
    "set_entity", "MATCH (node:Entity {id: $id}) SET node += $properties RETURN true AS row"
)
RELABEL: Statement[bool] = Statement(
    "relabel", "MATCH (node:Entity {id: $id}) REMOVE node:$($wrong) SET node:$($labels) RETURN true AS row"
)
PLACE_THING: Statement[bool] = Statement(
    "place_thing",
    """
    MATCH (thing:Entity {id: $id})
    OPTIONAL MATCH (thing)-[edge:IN_GROUP]->()
    DELETE edge
    WITH thing, count(edge) AS gone
    MATCH (group:Entity:Group {id: $groupId})
    CREATE (thing)-[:IN_GROUP {thingId: thing.id}]->(group)
    RETURN true AS row""",
    meant="Eager: every old edge has to be gone before the new one is made.",
)
UNHANG_GROUP: Statement[bool] = Statement(
    "unhang_group",
    """
    MATCH (group:Entity:Group {id: $id})
    OPTIONAL MATCH (group)<-[edge:PARENT_OF]-()
    DELETE edge
    RETURN true AS row""",
    meant="Eager: the edges are found before the first of them is deleted.",
)


async def change_entity(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a group, a person or a thing other values; None takes one away."""
    await transaction.run(SET_ENTITY, {"id": identifier, "properties": properties})


async def relabel(transaction: Transaction, identifier: str, wrong: Sequence[str], labels: Sequence[str]) -> None:
    """Take labels off an entity and put others on it."""
    await transaction.run(RELABEL, {"id": identifier, "wrong": wrong, "labels": labels})


async def place_thing(transaction: Transaction, identifier: str, group_id: str) -> None:
    """Put a thing into one group and into no other."""
    await transaction.run(PLACE_THING, {"id": identifier, "groupId": group_id})


async def hang_group(transaction: Transaction, identifier: str, parent_id: str | None) -> None:
    """Hang a group below one group and below no other; None makes it a root. The tree has to be locked."""
    await transaction.run(UNHANG_GROUP, {"id": identifier})
    await transaction.run(SET_ENTITY, {"id": identifier, "properties": {"parentId": parent_id}})
    await transaction.run(MOVE_GROUP, {"id": identifier, "parentId": parent_id})


async def change_connection(
    transaction: Transaction, relationship: str, identifier: str, properties: StoredRow
) -> None:
    """Give a connection other values; None takes one away."""
    await transaction.run(save_connection(relationship), {"edge": {**properties, "id": identifier}})
