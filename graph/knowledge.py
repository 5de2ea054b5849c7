"""Knowledge in the store: `(:Knowledge)` nodes, linked to the things that they describe.

A label is one node that every thing with the label shares.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from graph.store import Statement, Store, Transaction


class LabelsRow(TypedDict):
    """The labels of one thing."""

    id: str
    labels: list[str]


class LabelLink(TypedDict):
    """That a thing has a label; `knowledgeId` is the id that the label's node gets if it is new."""

    thingId: str
    label: str
    knowledgeId: str


# The caller has seen the things already: a label is as visible as the thing that it is on.
FETCH_LABELS: Statement[LabelsRow] = Statement(
    "fetch_labels",
    """
    UNWIND $ids AS id
    MATCH (thing:Entity:Thing {id: id})
    RETURN {
        id: id,
        labels: COLLECT {
            MATCH (thing)-[:HAS_KNOWLEDGE {role: 'label'}]->(knowledge:Knowledge)
            RETURN knowledge.label AS label ORDER BY label
        }
    } AS row""",
)
ADD_LABELS: Statement[int] = Statement(
    "add_labels",
    """
    UNWIND $links AS link
    MERGE (knowledge:Knowledge {label: link.label})
    ON CREATE SET knowledge.id = link.knowledgeId, knowledge.type = 'label', knowledge.text = link.label,
        knowledge.createdAt = $at
    WITH link, knowledge
    MATCH (thing:Entity:Thing {id: link.thingId})
    MERGE (thing)-[:HAS_KNOWLEDGE {role: 'label'}]->(knowledge)
    RETURN count(*) AS row""",
    meant="Eager: each label is made once before the things are linked to it.",
)


async def fetch_labels(store: Store, ids: Sequence[str]) -> Mapping[str, list[str]]:
    """The labels of things that the viewer was shown, in alphabetical order."""
    return {row["id"]: row["labels"] for row in await store.read(FETCH_LABELS, {"ids": ids})}


async def add_labels(transaction: Transaction, links: Sequence[LabelLink], at: int) -> None:
    """Put labels on things; one that is there already stays as it is. `at` is in microseconds since the epoch."""
    await transaction.run(ADD_LABELS, {"links": links, "at": at})
