"""What a check has to know of a version of a thing."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class VersionFacts(TypedDict):
    """A version, by its key, with the version that its thing is at now, if that is there."""

    id: str
    row: StoredRow
    current: list[int]


VERSIONS: Subject[VersionFacts] = subject(
    "thing_versions",
    "(node:ThingVersion)",
    "node",
    """{
        id: node.key,
        row: properties(node),
        current: COLLECT { MATCH (thing:Entity:Thing {id: node.thingId}) RETURN thing.version }
    }""",
    key="key",
)
DELETE_VERSION: Statement[bool] = Statement(
    "delete_version", "MATCH (node:ThingVersion {key: $key}) DELETE node RETURN true AS row"
)
SET_VERSION: Statement[bool] = Statement(
    "set_version", "MATCH (node:ThingVersion {key: $key}) SET node += $properties RETURN true AS row"
)


async def delete(transaction: Transaction, key: str) -> None:
    """Delete a version of what is not there."""
    await transaction.run(DELETE_VERSION, {"key": key})


async def change(transaction: Transaction, key: str, properties: StoredRow) -> None:
    """Give a version other values."""
    await transaction.run(SET_VERSION, {"key": key, "properties": properties})
