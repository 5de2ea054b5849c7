"""What would be left without an end, or without what it names, if a thing or a group were erased."""

from typing import Final, TypedDict

from domain.access import Reach
from domain.errors import DependentKind, Dependents
from graph.access import entity_visible, reach_parameters, thing_visible
from graph.store import Statement, Transaction

SHOWN: Final = 20
"""How many ids of a kind are told."""


class DependentsRow(TypedDict):
    """Everything of one kind that depends on something."""

    kind: str
    total: int
    ids: list[str]


def _kind(kind: DependentKind, match: str, identifier: str, visible: str = "") -> str:
    """A map of how many rows `match` finds, and of the ids of those that the viewer may see."""
    narrowed = f"{match} AND {visible}" if visible else match
    return (
        f"{{kind: '{kind}', total: COUNT {{ {match} }},"
        f" ids: COLLECT {{ {narrowed} RETURN {identifier} AS id LIMIT {SHOWN} }}}}"
    )


_MENTIONED: Final = _kind(
    DependentKind.MENTION,
    "MATCH (node)<-[:MENTIONS]-(other:Thing) WHERE other <> node",
    "other.id",
    thing_visible("other"),
)

# Connections are the only relationships that have an id.
DEPENDENTS_OF_THING: Final[Statement[DependentsRow]] = Statement(
    "dependents_of_thing",
    f"""
    MATCH (node:Entity:Thing {{id: $id}})
    UNWIND [
        {
        _kind(
            DependentKind.CONNECTION,
            "MATCH (node)-[edge]-(other:Entity) WHERE edge.id IS NOT NULL AND other <> node",
            "edge.id",
            entity_visible("other"),
        )
    },
        {_MENTIONED}
    ] AS row
    WITH row WHERE row.total > 0
    RETURN row""",
)
DEPENDENTS_OF_GROUP: Final[Statement[DependentsRow]] = Statement(
    "dependents_of_group",
    f"""
    MATCH (node:Entity:Group {{id: $id}})
    UNWIND [
        {_kind(DependentKind.GROUP, "MATCH (node)-[:PARENT_OF]->(other:Group) WHERE other <> node", "other.id")},
        {
        _kind(
            DependentKind.THING,
            "MATCH (node)<-[:IN_GROUP]-(other:Thing) WHERE other <> node",
            "other.id",
            thing_visible("other"),
        )
    },
        {
        _kind(
            DependentKind.CONNECTION,
            "MATCH (node)-[edge:!MEMBER_OF]-(other:Entity) WHERE edge.id IS NOT NULL",
            "edge.id",
            entity_visible("other"),
        )
    },
        {
        _kind(
            DependentKind.MEMBER,
            "MATCH (node)<-[edge:MEMBER_OF]-(other:Person) WHERE edge.validTo IS NULL",
            "other.id",
        )
    },
        {_MENTIONED}
    ] AS row
    WITH row WHERE row.total > 0
    RETURN row""",
)


async def of_thing(transaction: Transaction, reach: Reach, identifier: str) -> list[Dependents]:
    """What depends on a thing, which must be locked."""
    return await _read(transaction, DEPENDENTS_OF_THING, reach, identifier)


async def of_group(transaction: Transaction, reach: Reach, identifier: str) -> list[Dependents]:
    """What depends on a group, which must be locked; every live membership counts."""
    return await _read(transaction, DEPENDENTS_OF_GROUP, reach, identifier)


async def _read(
    transaction: Transaction, statement: Statement[DependentsRow], reach: Reach, identifier: str
) -> list[Dependents]:
    rows = await transaction.run(statement, {"id": identifier, **reach_parameters(reach)})
    return [Dependents(DependentKind(row["kind"]), row["total"], tuple(row["ids"])) for row in rows]
