"""Documents, their chunks and vectors in the store: `(:Knowledge)` nodes, each of which describes one thing.

A chunk names its document in `documentId`; ids of chunks sort in the order of their positions. Everything that changes
the knowledge of a thing locks the thing first.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from domain.access import Reach
from domain.knowledge import EmbeddingState, Knowledge, KnowledgeRole, KnowledgeType
from domain.values import from_micros
from graph.access import reach_parameters, thing_visible
from graph.bulk import StoredRow
from graph.listing import Listing, listing
from graph.shared_reads import SMALL
from graph.store import Statement, Store, Transaction
from graph.values import whole


class LinkRow(TypedDict):
    """What knowledge is to the thing that it describes."""

    thingId: str
    role: str


class KnowledgeRow(TypedDict):
    """Knowledge as it is read; the text of a document, which may be long, is left out."""

    id: str
    type: str
    text: str | None
    sourceField: str | None
    documentId: str | None
    position: int | None
    chunkCount: int | None
    version: int | None
    embeddingState: str | None
    embeddingModel: str | None
    embeddingError: str | None
    createdAt: int
    link: LinkRow


class TextRow(TypedDict):
    """The text of knowledge."""

    id: str
    text: str | None


class NewRow(TypedDict):
    """Knowledge to add: all that the store keeps of it, and what it is to its thing."""

    role: str
    properties: StoredRow


class EmbeddingRow(TypedDict):
    """The embedding of knowledge that there is."""

    id: str
    embedding: Sequence[float]


def from_row(row: KnowledgeRow) -> Knowledge:
    """The knowledge that a row holds."""
    state = row["embeddingState"]
    return Knowledge(
        id=row["id"],
        type=KnowledgeType(row["type"]),
        role=KnowledgeRole(row["link"]["role"]),
        short_text=row["text"],
        thing_id=row["link"]["thingId"],
        source_field=row["sourceField"],
        document_id=row["documentId"],
        position=row["position"],
        chunk_count=row["chunkCount"],
        version=row["version"],
        embedding_state=None if state is None else EmbeddingState(state),
        embedding_model=row["embeddingModel"],
        embedding_error=row["embeddingError"],
        created_at=from_micros(row["createdAt"]),
    )


_PLAIN: Final = ", ".join(f".{column}" for column in KnowledgeRow.__annotations__ if column not in {"text", "link"})
KNOWLEDGE: Final = (
    f"knowledge {{{_PLAIN}, text: CASE knowledge.type WHEN 'document' THEN null ELSE knowledge.text END,"
    " link: head(COLLECT { MATCH (knowledge)<-[link:HAS_KNOWLEDGE]-(described:Thing)"
    " RETURN {thingId: described.id, role: link.role} LIMIT 1 })}"
)


def knowledge_visible(knowledge: str) -> str:
    """Whether a thing that the knowledge describes is visible."""
    return f"EXISTS {{ MATCH ({knowledge})<-[:HAS_KNOWLEDGE]-(described:Thing) WHERE {thing_visible('described')} }}"


FETCH_KNOWLEDGE: Statement[KnowledgeRow] = Statement(
    "fetch_knowledge",
    f"""
    UNWIND $ids AS id
    MATCH (knowledge:Knowledge {{id: id}}) WHERE {knowledge_visible("knowledge")}
    RETURN {KNOWLEDGE} AS row""",
    together=SMALL,
)
# The caller has seen what these are the texts of.
FETCH_TEXTS: Statement[TextRow] = Statement(
    "fetch_knowledge_texts",
    "UNWIND $ids AS id MATCH (knowledge:Knowledge {id: id}) RETURN knowledge {.id, .text} AS row",
    together=SMALL,
)
_TYPE: Final = "($type IS NULL OR knowledge.type = $type)"
ALL_KNOWLEDGE: Listing[KnowledgeRow, Knowledge] = listing(
    "knowledge",
    match="MATCH (knowledge:Knowledge)",
    where=(knowledge_visible("knowledge"),),
    key="knowledge.id",
    project=KNOWLEDGE,
    item=from_row,
)
KNOWLEDGE_OF_TYPE: Listing[KnowledgeRow, Knowledge] = listing(
    "knowledge_of_type",
    match="MATCH (knowledge:Knowledge) WHERE knowledge.type = $type",
    where=(knowledge_visible("knowledge"),),
    key="knowledge.id",
    prefix=("knowledge.type",),
    project=KNOWLEDGE,
    item=from_row,
)
KNOWLEDGE_OF_THING: Listing[KnowledgeRow, Knowledge] = listing(
    "knowledge_of_thing",
    parent=f"MATCH (owner:Entity:Thing {{id: parent}}) WHERE {thing_visible('owner')}",
    match="MATCH (owner)-[:HAS_KNOWLEDGE]->(knowledge:Knowledge)",
    walk="knowledge",
    where=(_TYPE,),
    key="knowledge.id",
    project=KNOWLEDGE,
    item=from_row,
)
KNOWLEDGE_OF_LABEL: Listing[KnowledgeRow, Knowledge] = listing(
    "knowledge_of_label",
    match="MATCH (thing:Thing)-[edge:HAS_KNOWLEDGE]->(:Knowledge)"
    f" WHERE edge.label = $label AND edge.sortKey > '' AND {thing_visible('thing')}"
    " MATCH (thing)-[:HAS_KNOWLEDGE]->(knowledge:Knowledge)",
    walk="knowledge",
    where=(_TYPE,),
    key="knowledge.id",
    project=KNOWLEDGE,
    item=from_row,
)
CHUNKS_OF_DOCUMENT: Listing[KnowledgeRow, Knowledge] = listing(
    "chunks_of_document",
    parent=f"MATCH (owner:Knowledge {{id: parent}}) WHERE {knowledge_visible('owner')}",
    match="MATCH (knowledge:Knowledge) WHERE knowledge.documentId = parent",
    key="knowledge.id",
    prefix=("knowledge.documentId",),
    project=KNOWLEDGE,
    item=from_row,
)
ADD_KNOWLEDGE: Statement[int] = Statement(
    "add_knowledge",
    """
    MATCH (thing:Entity:Thing {id: $id})
    UNWIND $rows AS row
    CREATE (thing)-[:HAS_KNOWLEDGE {role: row.role}]->(knowledge:Knowledge)
    SET knowledge = row.properties
    RETURN count(knowledge) AS row""",
    meant="Eager: the thing is found before what describes it is made.",
)
SAVE_DOCUMENT: Statement[bool] = Statement(
    "save_document", "MATCH (knowledge:Knowledge {id: $id}) SET knowledge += $properties RETURN true AS row"
)
DROP_CHUNKS: Statement[int] = Statement(
    "drop_chunks",
    """
    MATCH (knowledge:Knowledge) WHERE knowledge.documentId = $id AND knowledge.id > ''
    DETACH DELETE knowledge
    RETURN count(*) AS row""",
)
DROP_KNOWLEDGE: Statement[int] = Statement(
    "drop_knowledge", "MATCH (knowledge:Knowledge {id: $id}) DETACH DELETE knowledge RETURN count(*) AS row"
)
CHUNK_IDS: Statement[str] = Statement(
    "chunk_ids",
    """
    MATCH (knowledge:Knowledge) WHERE knowledge.documentId = $id AND knowledge.id > ''
    RETURN knowledge.id AS row""",
)
SET_EMBEDDINGS: Statement[int] = Statement(
    "set_embeddings",
    """
    UNWIND $rows AS row
    MATCH (knowledge:Knowledge {id: row.id})
    SET knowledge.embedding = row.embedding, knowledge.embeddingModel = $model, knowledge.embeddingState = 'done'
    REMOVE knowledge.embeddingDue, knowledge.embeddingClaim, knowledge.embeddingTries, knowledge.embeddingError
    RETURN count(knowledge) AS row""",
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Knowledge]:
    """That of the knowledge that there is and that the viewer may see."""
    rows = await store.read(FETCH_KNOWLEDGE, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in whole(rows, from_row)}


async def fetch_texts(store: Store, ids: Sequence[str]) -> Mapping[str, str | None]:
    """The texts of knowledge that the viewer was shown."""
    return {row["id"]: row["text"] for row in await store.read(FETCH_TEXTS, {"ids": ids})}


async def find(transaction: Transaction, reach: Reach, identifier: str) -> Knowledge | None:
    """The knowledge as it is now; it stays so where the thing that it describes is locked."""
    rows = await transaction.run(FETCH_KNOWLEDGE, {"ids": [identifier], **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def add(transaction: Transaction, thing_id: str, rows: Sequence[NewRow]) -> None:
    """Add knowledge to a thing that is locked."""
    await transaction.run(ADD_KNOWLEDGE, {"id": thing_id, "rows": rows})


async def save(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Write some of a document whose thing is locked."""
    await transaction.run(SAVE_DOCUMENT, {"id": identifier, "properties": properties})


async def drop_chunks(transaction: Transaction, document_id: str) -> int:
    """Erase the chunks of a document whose thing is locked; how many they were."""
    return (await transaction.run(DROP_CHUNKS, {"id": document_id}))[0]


async def drop(transaction: Transaction, identifier: str) -> None:
    """Erase a document, whose chunks are erased already, or a vector; its thing is locked."""
    await transaction.run(DROP_KNOWLEDGE, {"id": identifier})


async def chunk_ids(transaction: Transaction, document_id: str) -> list[str]:
    """The ids of the chunks of a document."""
    return await transaction.run(CHUNK_IDS, {"id": document_id})


async def set_embeddings(transaction: Transaction, rows: Sequence[EmbeddingRow], model: str | None) -> None:
    """Give chunks of a thing that is locked the embeddings that somebody made with that model."""
    await transaction.run(SET_EMBEDDINGS, {"rows": rows, "model": model})
