"""What a check has to know of knowledge."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.knowledge import note
from graph.store import Statement, Transaction


class KnowledgeFacts(TypedDict):
    """Knowledge without its embedding, and how many things it describes in which roles.

    `size` is how many numbers its embedding has, -1 where that is no list of numbers, and `length` how long it is;
    `dimension` is the store's. `sibling` says that a chunk's document is there and describes the same thing, and
    `chunks` how many a document has.
    """

    id: str
    labels: list[str]
    row: StoredRow
    described: int
    roles: list[str]
    size: int | None
    length: float | None
    dimension: int | None
    sibling: bool
    chunks: int


KNOWLEDGE: Subject[KnowledgeFacts] = subject(
    "knowledge",
    "(node:Knowledge)",
    "node",
    """{
        id: node.id,
        labels: labels(node),
        row: node {.*, embedding: null},
        described: COUNT { (node)<-[:HAS_KNOWLEDGE]-(:Entity) },
        roles: COLLECT { MATCH (node)<-[link:HAS_KNOWLEDGE]-(:Entity) RETURN DISTINCT link.role LIMIT 10 },
        size: CASE
            WHEN node.embedding IS NULL THEN null
            WHEN node.embedding IS :: LIST<FLOAT NOT NULL> THEN size(node.embedding)
            ELSE -1
        END,
        length: CASE
            WHEN node.embedding IS :: LIST<FLOAT NOT NULL>
            THEN sqrt(reduce(total = 0.0, value IN node.embedding | total + value * value))
        END,
        dimension: head(COLLECT {
            MATCH (setting:Setting {name: 'embedding_dimension'}) RETURN setting.value
        }),
        sibling: EXISTS {
            MATCH (document:Knowledge {id: node.documentId})<-[:HAS_KNOWLEDGE]-(:Entity)-[:HAS_KNOWLEDGE]->(node)
            WHERE document.type = 'document'
        },
        chunks: COUNT { MATCH (chunk:Knowledge) WHERE chunk.documentId = node.id AND chunk.id > '' }
    }""",
)
SET_KNOWLEDGE: Statement[bool] = Statement(
    "set_knowledge", "MATCH (node:Knowledge {id: $id}) SET node += $properties RETURN true AS row"
)
DELETE_ORPHAN: Statement[int] = Statement(
    "delete_orphan",
    """
    MATCH (node:Knowledge {id: $id}) WHERE NOT EXISTS { (node)--() }
    DELETE node
    RETURN count(*) AS row""",
    meant="Eager on 5.26: of the one node that it deletes.",
)
DELETE_CHUNK: Statement[int] = Statement(
    "delete_chunk", "MATCH (node:Knowledge {id: $id}) DETACH DELETE node RETURN count(*) AS row"
)
DROP_DOUBLES: Statement[int] = Statement(
    "drop_double_labels",
    """
    MATCH (:Entity {id: $id})-[edge:HAS_KNOWLEDGE {role: 'label'}]->(:Knowledge {id: $knowledgeId})
    WITH collect(edge) AS edges
    UNWIND edges[1..] AS edge
    DELETE edge
    RETURN count(*) AS row""",
    meant="Eager: the edges are found before one of them is deleted.",
)
NOTE_LINKS: Statement[int] = Statement(
    "note_label_links",
    """
    MATCH (thing:Entity:Thing {id: $id})
    OPTIONAL MATCH (thing)-[edge:HAS_KNOWLEDGE {role: 'label'}]->(label:Knowledge)
    SET edge.label = label.label, edge.sortKey = thing.sortKey
    WITH thing, label.label AS label ORDER BY label
    WITH thing, collect(label) AS labels
    SET thing.labels = labels
    RETURN size(labels) AS row""",
    meant="Eager on 5.26: of the few labels of one thing.",
)


async def change(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give knowledge other values."""
    await transaction.run(SET_KNOWLEDGE, {"id": identifier, "properties": properties})


async def delete_orphan(transaction: Transaction, identifier: str) -> None:
    """Delete knowledge that nothing is joined to."""
    await transaction.run(DELETE_ORPHAN, {"id": identifier})


async def delete_chunk(transaction: Transaction, identifier: str) -> None:
    """Delete a chunk of nothing."""
    await transaction.run(DELETE_CHUNK, {"id": identifier})


async def drop_doubles(transaction: Transaction, thing_id: str, knowledge_id: str) -> None:
    """Of several links from a thing to the same label keep one."""
    await transaction.run(DROP_DOUBLES, {"id": thing_id, "knowledgeId": knowledge_id})


async def note_links(transaction: Transaction, thing_id: str) -> None:
    """Note the labels of a thing on it, and on the edge that leads to each."""
    await transaction.run(NOTE_LINKS, {"id": thing_id})
    await note(transaction, [thing_id])
