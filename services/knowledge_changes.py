"""Changing the knowledge of a thing: its documents with their chunks, and its vectors.

The thing is locked first, and stays at its version: knowledge is about it, and no part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import KNOWLEDGE_PREFIX, NodeKind, new_id
from domain.knowledge import GIVEN_ROLES, EmbeddingState, Knowledge, KnowledgeRole, KnowledgeType
from domain.things import Thing
from domain.values import JSON, now, to_micros
from graph import documents, events
from graph.bulk import StoredRow
from graph.documents import EmbeddingRow, NewRow
from graph.store import Transaction
from services import validation
from services.access import Action
from services.document_parts import MAX_CHUNKS, NewText, cut, embedded, model_name
from services.journal import event
from services.rights import Rights
from services.thing_changes import lock_in_use
from services.vectors import Dimension, unit
from services.work import Work


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to add to a thing."""

    thing_id: str
    text: NewText
    role: KnowledgeRole = KnowledgeRole.SUMMARY
    source_field: str | None = None


@dataclass(frozen=True, slots=True)
class NewVector:
    """A vector to add to a thing, with its text only where that is wanted."""

    thing_id: str
    embedding: Sequence[float]
    role: KnowledgeRole = KnowledgeRole.SUMMARY
    source_field: str | None = None
    text: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkEmbedding:
    """The embedding of a chunk that there is."""

    chunk_id: str
    embedding: Sequence[float]


class ChangesOfKnowledge:
    """What can be done about the knowledge of things."""

    def __init__(self, dimension: Dimension) -> None:
        self._dimension = dimension

    async def adding_document(self, caller: Caller, new: NewDocument) -> Work[Knowledge]:
        """Add a document and its chunks to a thing."""
        rights = Rights.of(caller, Action.ADD_KNOWLEDGE)
        validation.identifier("thingId", new.thing_id, NodeKind.THING)
        _check_role(new.role)
        at = now()
        content = await cut(new.text, self._dimension)
        document = Knowledge(
            id=new_id(KNOWLEDGE_PREFIX),
            type=KnowledgeType.DOCUMENT,
            role=new.role,
            short_text=None,
            thing_id=new.thing_id,
            source_field=_source(new.source_field),
            document_id=None,
            position=None,
            chunk_count=len(content.parts),
            version=1,
            embedding_state=None,
            embedding_model=None,
            embedding_error=None,
            created_at=at,
        )
        row: NewRow = {"role": new.role, "properties": {**_row(document), "text": content.text}}

        async def work(transaction: Transaction) -> Knowledge:
            thing = await lock_in_use(transaction, rights, new.thing_id)
            await documents.add(transaction, thing.id, [row, *content.rows(document.id, at)])
            details: Mapping[str, JSON] = {"role": new.role, "chunks": len(content.parts)}
            await events.append(transaction, [_happened(caller, EventType.KNOWLEDGE_ADDED, thing, document, details)])
            return document

        return work

    async def adding_vector(self, caller: Caller, new: NewVector) -> Work[Knowledge]:
        """Add a vector to a thing."""
        rights = Rights.of(caller, Action.ADD_KNOWLEDGE)
        validation.identifier("thingId", new.thing_id, NodeKind.THING)
        _check_role(new.role)
        vector = Knowledge(
            id=new_id(KNOWLEDGE_PREFIX),
            type=KnowledgeType.VECTOR_ONLY,
            role=new.role,
            short_text=None if new.text is None else validation.text("text", new.text),
            thing_id=new.thing_id,
            source_field=_source(new.source_field),
            document_id=None,
            position=None,
            chunk_count=None,
            version=None,
            embedding_state=EmbeddingState.DONE,
            embedding_model=model_name(new.model),
            embedding_error=None,
            created_at=now(),
        )
        embedding = unit("embedding", new.embedding, await self._dimension.needed("embedding"))
        properties: StoredRow = {
            **_row(vector),
            **embedded(embedding, vector.embedding_model, to_micros(vector.created_at)),
        }

        async def work(transaction: Transaction) -> Knowledge:
            thing = await lock_in_use(transaction, rights, new.thing_id)
            await documents.add(transaction, thing.id, [{"role": new.role, "properties": properties}])
            happened = _happened(caller, EventType.KNOWLEDGE_ADDED, thing, vector, {"role": new.role})
            await events.append(transaction, [happened])
            return vector

        return work

    async def replacing(self, caller: Caller, document_id: str, version: int, new: NewText) -> Work[Knowledge]:
        """Give a document another text, and chunks of that. ConflictError where it changed since `version`."""
        rights = Rights.of(caller, Action.REPLACE_DOCUMENT)
        validation.identifier("id", document_id, NodeKind.KNOWLEDGE)
        validation.version(version)
        content = await cut(new, self._dimension)

        async def work(transaction: Transaction) -> Knowledge:
            thing, document = await _lock(transaction, rights, document_id, KnowledgeType.DOCUMENT)
            if document.version != version:
                raise ConflictError(
                    f"Somebody changed this document since you read it: it is at version {document.version}.",
                    field="version",
                )
            await documents.drop_chunks(transaction, document_id)
            replaced = replace(document, version=version + 1, chunk_count=len(content.parts))
            text: StoredRow = {"text": content.text, "chunkCount": replaced.chunk_count, "version": replaced.version}
            await documents.save(transaction, document_id, text)
            await documents.add(transaction, thing.id, content.rows(document_id, now()))
            details: Mapping[str, JSON] = {"version": replaced.version, "chunks": replaced.chunk_count}
            happened = _happened(caller, EventType.KNOWLEDGE_UPDATED, thing, document, details)
            await events.append(transaction, [happened])
            return replaced

        return work

    def removing(self, caller: Caller, identifier: str) -> Work[str]:
        """Erase a document with its chunks, or a vector, and answer its id."""
        rights = Rights.of(caller, Action.REMOVE_KNOWLEDGE)
        validation.identifier("id", identifier, NodeKind.KNOWLEDGE)

        async def work(transaction: Transaction) -> str:
            thing, found = await _lock(
                transaction, rights, identifier, KnowledgeType.DOCUMENT, KnowledgeType.VECTOR_ONLY
            )
            await documents.drop_chunks(transaction, identifier)
            await documents.drop(transaction, identifier)
            await events.append(transaction, [_happened(caller, EventType.KNOWLEDGE_REMOVED, thing, found)])
            return identifier

        return work

    async def setting_embeddings(
        self, caller: Caller, document_id: str, given: Sequence[ChunkEmbedding], model: str | None
    ) -> Work[Knowledge]:
        """Give chunks of a document the embeddings that a client made of them; they replace what was there."""
        rights = Rights.of(caller, Action.SET_EMBEDDINGS)
        validation.identifier("documentId", document_id, NodeKind.KNOWLEDGE)
        model = model_name(model)
        if not 1 <= len(given) <= MAX_CHUNKS:
            raise ValidationError("embeddings", f"embeddings takes 1 to {MAX_CHUNKS:,} of them.")
        dimension = await self._dimension.needed("embeddings")
        rows: list[EmbeddingRow] = [
            {
                "id": validation.identifier(f"embeddings.{index}.chunkId", each.chunk_id, NodeKind.KNOWLEDGE),
                "embedding": unit(f"embeddings.{index}.embedding", each.embedding, dimension),
            }
            for index, each in enumerate(given)
        ]

        async def work(transaction: Transaction) -> Knowledge:
            thing, document = await _lock(transaction, rights, document_id, KnowledgeType.DOCUMENT)
            there = set(await documents.chunk_ids(transaction, document_id))
            for row in rows:
                if row["id"] not in there:
                    raise NotFoundError("chunk of this document", row["id"])
            await documents.set_embeddings(transaction, rows, model)
            details: Mapping[str, JSON] = {"embeddings": len(rows)}
            happened = _happened(caller, EventType.KNOWLEDGE_UPDATED, thing, document, details)
            await events.append(transaction, [happened])
            return document

        return work


def _check_role(role: KnowledgeRole) -> None:
    if role not in GIVEN_ROLES:
        raise ValidationError("role", f"role takes one of {', '.join(GIVEN_ROLES)}; {role} follows from the type.")


def _source(value: str | None) -> str | None:
    return None if value is None else validation.name("sourceField", value)


def _row(knowledge: Knowledge) -> StoredRow:
    """What a document or a vector has in the store beside its text and its embedding."""
    return {
        "id": knowledge.id,
        "type": knowledge.type,
        "text": knowledge.short_text,
        "sourceField": knowledge.source_field,
        "chunkCount": knowledge.chunk_count,
        "version": knowledge.version,
        "createdAt": to_micros(knowledge.created_at),
    }


async def _lock(
    transaction: Transaction, rights: Rights, identifier: str, *types: KnowledgeType
) -> tuple[Thing, Knowledge]:
    """The thing that knowledge describes and the knowledge, both as they stay until the transaction ends."""
    found = await documents.find(transaction, rights.reach, identifier)
    if found is None:
        raise NotFoundError("knowledge", identifier)
    if found.type not in types:
        wanted = " or ".join(types)
        raise ValidationError("id", f"This takes a {wanted}; that is a {found.type}.")
    thing = await lock_in_use(transaction, rights, found.thing_id)
    found = await documents.find(transaction, rights.reach, identifier)
    if found is None:
        raise NotFoundError("knowledge", identifier)
    return thing, found


def _happened(
    caller: Caller,
    event_type: EventType,
    thing: Thing,
    knowledge: Knowledge,
    more: Mapping[str, JSON] | None = None,
) -> Event:
    details: Mapping[str, JSON] = {"knowledge": knowledge.id, "type": knowledge.type, **(more or {})}
    return event(caller, event_type, target_id=thing.id, group_id=thing.group_id, properties=details)
