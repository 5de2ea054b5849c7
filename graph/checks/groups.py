"""What a check has to know of a group."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class ParentFacts(TypedDict):
    """An edge to a group from what is above it; `isGroup` says whether that is a group."""

    id: str | None
    isGroup: bool
    status: str | None
    childId: str | None


class GroupFacts(TypedDict):
    """A group with where it hangs.

    `named` is the id of the group that its `parentId` names, if there is one and that is not below it, `circle` the
    groups of a way that leads back to it, `owners` how many active owners it has, and `gone` how many it had.
    """

    id: str
    labels: list[str]
    row: StoredRow
    parents: list[ParentFacts]
    named: list[str]
    circle: list[str]
    owners: int
    gone: int


GROUPS: Subject[GroupFacts] = subject(
    "groups",
    "(node:Entity:Group)",
    "node",
    """{
        id: node.id,
        labels: labels(node),
        row: properties(node),
        parents: COLLECT {
            MATCH (node)<-[edge:PARENT_OF]-(parent)
            RETURN {
                id: parent.id, isGroup: parent:Entity AND parent:Group, status: parent.status, childId: edge.childId
            }
        },
        named: COLLECT {
            MATCH (parent:Entity:Group {id: node.parentId})
            WHERE NOT EXISTS { MATCH (node)-[:PARENT_OF*0..]->(below) WHERE below = parent }
            RETURN parent.id
        },
        circle: coalesce(HEAD(COLLECT {
            MATCH way = (node)<-[:PARENT_OF*1..]-(top) WHERE top = node
            RETURN [step IN nodes(way) | step.id] LIMIT 1
        }), []),
        owners: COUNT {
            MATCH (node)<-[edge:MEMBER_OF]-(:Person)
            WHERE edge.validTo IS NULL AND edge.role = 'owner' AND edge.status = 'active'
        },
        gone: COUNT {
            MATCH (node)<-[edge:MEMBER_OF]-(:Person)
            WHERE edge.validTo IS NOT NULL AND edge.role = 'owner' AND edge.status = 'active'
        }
    }""",
)
OLDEST: Statement[str] = Statement(
    "oldest_of_circle",
    "UNWIND $ids AS id MATCH (group:Entity:Group {id: id}) RETURN group.id AS row ORDER BY group.sortKey LIMIT 1",
)


async def oldest(transaction: Transaction, ids: list[str]) -> str:
    """The group that was created first."""
    return (await transaction.run(OLDEST, {"ids": ids}))[0]
