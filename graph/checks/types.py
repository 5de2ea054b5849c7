"""What a check has to know of the types that operators added."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.store import Statement, Store, Transaction


class TypeFacts(TypedDict):
    """A registered type of thing or connection: its name, and all that the store keeps of it."""

    name: str
    row: StoredRow


CHECK_THING_TYPES: Statement[TypeFacts] = Statement(
    "check_thing_types",
    "MATCH (type:ThingType) WHERE type.name > '' RETURN {name: type.name, row: properties(type)} AS row",
)
CHECK_CONNECTION_TYPES: Statement[TypeFacts] = Statement(
    "check_connection_types",
    "MATCH (type:ConnectionType) WHERE type.name > '' RETURN {name: type.name, row: properties(type)} AS row",
)
SET_NODE_LABEL: Statement[bool] = Statement(
    "set_node_label", "MATCH (type:ThingType {name: $name}) SET type.nodeLabel = $label RETURN true AS row"
)


async def thing_types(store: Store) -> list[TypeFacts]:
    """Every registered type of thing, whatever its row looks like."""
    return await store.read(CHECK_THING_TYPES, {})


async def connection_types(store: Store) -> list[TypeFacts]:
    """Every registered type of connection, whatever its row looks like."""
    return await store.read(CHECK_CONNECTION_TYPES, {})


async def set_node_label(transaction: Transaction, name: str, label: str) -> None:
    """Give a type of thing the label that its things have. ConflictError where another type has it."""
    await transaction.run(SET_NODE_LABEL, {"name": name, "label": label})
