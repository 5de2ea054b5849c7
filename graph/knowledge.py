"""Knowledge in the store: `(:Knowledge)` nodes, linked to the things that they describe.

A label is one node that every thing with the label shares.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from domain.knowledge import Label
from domain.words import searchable
from graph.access import group_visible, thing_visible
from graph.listing import Listing, listing
from graph.shared_reads import SMALL
from graph.store import Statement, Store, Transaction


class LabelsRow(TypedDict):
    """The labels of one thing."""

    id: str
    labels: list[str]


class Link(TypedDict):
    """That a thing has a label."""

    thingId: str
    label: str


class LabelLink(Link):
    """A link to make; `knowledgeId` is the id that the label's node gets if it is new."""

    knowledgeId: str


class LabelRow(TypedDict):
    """A label, and how many things have it."""

    id: str
    label: str
    count: int


# The caller has seen the things already: a label is as visible as the thing that it is on.
FETCH_LABELS: Statement[LabelsRow] = Statement(
    "fetch_labels",
    """
    UNWIND $ids AS id
    MATCH (thing:Entity:Thing {id: id})
    RETURN {
        id: id,
        labels: COLLECT {
            MATCH (thing)-[:HAS_KNOWLEDGE {role: 'label'}]->(knowledge:Knowledge) WHERE knowledge.label IS NOT NULL
            RETURN knowledge.label AS label ORDER BY label
        }
    } AS row""",
    together=SMALL,
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
    MERGE (thing)-[edge:HAS_KNOWLEDGE {role: 'label'}]->(knowledge)
    ON CREATE SET edge.label = knowledge.label, edge.sortKey = thing.sortKey
    RETURN count(*) AS row""",
    meant="Eager: each label is made once before the things are linked to it.",
)
REMOVE_LABELS: Statement[int] = Statement(
    "remove_labels",
    """
    UNWIND $links AS link
    MATCH (:Entity:Thing {id: link.thingId})-[edge:HAS_KNOWLEDGE {role: 'label'}]->(:Knowledge {label: link.label})
    DELETE edge
    RETURN count(*) AS row""",
    meant="Eager: the edges are found before the first of them is deleted.",
)
NOTE_LABELS: Statement[int] = Statement(
    "note_labels",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Thing {id: row.id})
    SET thing.labels = row.labels, thing.labelWords = row.words
    RETURN count(thing) AS row""",
)


def _label(row: LabelRow) -> Label:
    return Label(row["id"], row["label"], row["count"])


_CATEGORY: Final = "($category IS NULL OR knowledge.label STARTS WITH $category)"
_LABELLED: Final = (
    "MATCH (knowledge)<-[:HAS_KNOWLEDGE {role: 'label'}]-(labelled:Thing)"
    f" WHERE labelled.privateTo IS NULL AND {thing_visible('labelled')}"
)
# How many edges a node has is kept with it. Nothing private has labels, so that these are all things with the label.
_ALL_LABELLED: Final = "COUNT { (knowledge)<-[:HAS_KNOWLEDGE]-() }"
_LABELLED_HERE: Final = (
    "MATCH (knowledge)<-[:HAS_KNOWLEDGE {role: 'label'}]-(labelled:Thing)"
    " WHERE labelled.groupId = parent AND labelled.privateTo IS NULL"
)
LABELS: Listing[LabelRow, Label] = listing(
    "labels",
    match="MATCH (knowledge:Knowledge) WHERE knowledge.type = 'label'",
    where=(_CATEGORY, f"EXISTS {{ {_LABELLED} }}"),
    key="knowledge.id",
    prefix=("knowledge.type",),
    project="knowledge {.id, .label, count:"
    f" CASE WHEN $everything THEN {_ALL_LABELLED} ELSE COUNT {{ {_LABELLED} }} END}}",
    item=_label,
)
LABELS_OF_GROUP: Listing[LabelRow, Label] = listing(
    "labels_of_group",
    parent=f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}",
    match="MATCH (thing:Thing)"
    " WHERE thing.groupId = parent AND thing.sortKey > '' AND thing.privateTo IS NULL"
    " MATCH (thing)-[:HAS_KNOWLEDGE {role: 'label'}]->(knowledge:Knowledge)",
    walk="knowledge",
    where=(_CATEGORY,),
    key="knowledge.id",
    project=f"knowledge {{.id, .label, count: COUNT {{ {_LABELLED_HERE} }}}}",
    item=_label,
)


async def fetch_labels(store: Store, ids: Sequence[str]) -> Mapping[str, list[str]]:
    """The labels of things that the viewer was shown, in alphabetical order."""
    return {row["id"]: row["labels"] for row in await store.read(FETCH_LABELS, {"ids": ids})}


async def labels_of(transaction: Transaction, thing_id: str) -> list[str]:
    """The labels of a thing that is locked."""
    return (await transaction.run(FETCH_LABELS, {"ids": [thing_id]}))[0]["labels"]


async def add_labels(transaction: Transaction, links: Sequence[LabelLink], at: int) -> None:
    """Put labels on things; one that is there already stays as it is. `at` is in microseconds since the epoch."""
    if links:
        await transaction.run(ADD_LABELS, {"links": links, "at": at})
        await note(transaction, _things(links))


async def remove_labels(transaction: Transaction, links: Sequence[Link]) -> None:
    """Take labels off things; one that is not there is passed over."""
    if links:
        await transaction.run(REMOVE_LABELS, {"links": links})
        await note(transaction, _things(links))


async def note(transaction: Transaction, thing_ids: Sequence[str]) -> None:
    """Keep the labels of things on the things themselves too, where filters see them, and search their words."""
    found = await transaction.run(FETCH_LABELS, {"ids": thing_ids})
    rows = [{**row, "words": searchable(*row["labels"])} for row in found]
    await transaction.run(NOTE_LABELS, {"rows": rows})


def _things(links: Sequence[Link]) -> list[str]:
    return sorted({link["thingId"] for link in links})
