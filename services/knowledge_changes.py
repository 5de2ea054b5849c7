"""Changing the knowledge of a thing: its documents with their chunks, and its vectors.

The thing is locked first, and stays at its version: knowledge is about it, and no part of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from domain.access import Caller, Reach
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import KNOWLEDGE_PREFIX, NodeKind, new_id
from domain.knowledge import GIVEN_ROLES, EmbeddingState, Knowledge, KnowledgeRole, KnowledgeType, Vector
from domain.things import Thing
from domain.values import JSON, now, to_micros
from graph import documents, events
from graph.bulk import StoredRow
from graph.documents import EmbeddingRow, NewRow
from graph.store import Transaction
from services import validation
from services.access import Action, authorize
from services.chunking import split
from services.journal import event
from services.thing_changes import lock_in_use
from services.vectors import Dimension, unit
from services.work import Work

MAX_CHUNKS: Final = 1_000
"""The most chunks that a document may have."""


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A part of a document as whoever adds that cut it; without an embedding it waits for one."""

    text: str
    embedding: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class NewText:
    """The text of a document; it is split into chunks unless these are given, by whom `model` made embeddings."""

    text: str
    chunks: Sequence[NewChunk] | None = None
    model: str | None = None


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


@dataclass(frozen=True, slots=True)
class _Part:
    """A chunk that was found to be right."""

    text: str
    embedding: Vector | None
    id: str = field(default_factory=lambda: new_id(KNOWLEDGE_PREFIX))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The text of a document and its chunks, which were found to be right."""

    text: str
    parts: Sequence[_Part]
    model: str | None

    def rows(self, document_id: str, at: datetime) -> list[NewRow]:
        """The chunks as the store keeps them: their ids sort as they do."""
        micros, ids = to_micros(at), sorted(part.id for part in self.parts)
        rows: list[NewRow] = []
        for position, (identifier, part) in enumerate(zip(ids, self.parts, strict=True)):
            properties: StoredRow = {
                "id": identifier,
                "type": KnowledgeType.CHUNK,
                "text": part.text,
                "documentId": document_id,
                "position": position,
                "createdAt": micros,
                **_embedded(part.embedding, self.model, micros),
            }
            rows.append({"role": KnowledgeRole.CHUNK_OF, "properties": properties})
        return rows


class ChangesOfKnowledge:
    """What can be done about the knowledge of things."""

    def __init__(self, dimension: Dimension) -> None:
        self._dimension = dimension

    async def adding_document(self, caller: Caller, new: NewDocument) -> Work[Knowledge]:
        """Add a document and its chunks to a thing."""
        reach = authorize(caller, Action.ADD_KNOWLEDGE)
        validation.identifier("thingId", new.thing_id, NodeKind.THING)
        _check_role(new.role)
        at = now()
        content = await self._parts(new.text)
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
            thing = await lock_in_use(transaction, reach, new.thing_id)
            await documents.add(transaction, thing.id, [row, *content.rows(document.id, at)])
            details: Mapping[str, JSON] = {"role": new.role, "chunks": len(content.parts)}
            await events.append(transaction, [_happened(caller, EventType.KNOWLEDGE_ADDED, thing, document, details)])
            return document

        return work

    async def adding_vector(self, caller: Caller, new: NewVector) -> Work[Knowledge]:
        """Add a vector to a thing."""
        reach = authorize(caller, Action.ADD_KNOWLEDGE)
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
            embedding_model=_model(new.model),
            embedding_error=None,
            created_at=now(),
        )
        embedding = unit("embedding", new.embedding, await self._dimension.needed("embedding"))
        properties: StoredRow = {
            **_row(vector),
            **_embedded(embedding, vector.embedding_model, to_micros(vector.created_at)),
        }

        async def work(transaction: Transaction) -> Knowledge:
            thing = await lock_in_use(transaction, reach, new.thing_id)
            await documents.add(transaction, thing.id, [{"role": new.role, "properties": properties}])
            happened = _happened(caller, EventType.KNOWLEDGE_ADDED, thing, vector, {"role": new.role})
            await events.append(transaction, [happened])
            return vector

        return work

    async def replacing(self, caller: Caller, document_id: str, version: int, new: NewText) -> Work[Knowledge]:
        """Give a document another text, and chunks of that. ConflictError where it changed since `version`."""
        reach = authorize(caller, Action.REPLACE_DOCUMENT)
        validation.identifier("id", document_id, NodeKind.KNOWLEDGE)
        validation.version(version)
        content = await self._parts(new)

        async def work(transaction: Transaction) -> Knowledge:
            thing, document = await _lock(transaction, reach, document_id, KnowledgeType.DOCUMENT)
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
        reach = authorize(caller, Action.REMOVE_KNOWLEDGE)
        validation.identifier("id", identifier, NodeKind.KNOWLEDGE)

        async def work(transaction: Transaction) -> str:
            thing, found = await _lock(
                transaction, reach, identifier, KnowledgeType.DOCUMENT, KnowledgeType.VECTOR_ONLY
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
        reach = authorize(caller, Action.SET_EMBEDDINGS)
        validation.identifier("documentId", document_id, NodeKind.KNOWLEDGE)
        model = _model(model)
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
            thing, document = await _lock(transaction, reach, document_id, KnowledgeType.DOCUMENT)
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

    async def _parts(self, new: NewText) -> _Parts:
        text, model = validation.document("text", new.text), _model(new.model)
        if new.chunks is None:
            chunks = await asyncio.to_thread(split, text)  # a long one takes a while
            parts = [_Part(chunk, None) for chunk in chunks if not chunk.isspace()]
        else:
            parts = [await self._part(f"chunks.{index}", chunk) for index, chunk in enumerate(new.chunks)]
            _check_order(text, parts)
        if not 1 <= len(parts) <= MAX_CHUNKS:
            where = "text" if new.chunks is None else "chunks"
            raise ValidationError(where, f"A document has 1 to {MAX_CHUNKS:,} chunks; this would have {len(parts):,}.")
        return _Parts(text, parts, model)

    async def _part(self, path: str, chunk: NewChunk) -> _Part:
        text = validation.text(f"{path}.text", chunk.text)
        if not text.strip():
            raise ValidationError(f"{path}.text", f"{path}.text is blank: leave such a chunk out.")
        if chunk.embedding is None:
            return _Part(text, None)
        field_name = f"{path}.embedding"
        return _Part(text, unit(field_name, chunk.embedding, await self._dimension.needed(field_name)))


def _check_order(text: str, parts: Sequence[_Part]) -> None:
    """See that chunks are parts of the text, each of which begins where the one before it does or later."""
    start = 0
    for index, part in enumerate(parts):
        start = text.find(part.text, start)
        if start < 0:
            raise ValidationError(
                f"chunks.{index}.text",
                f"chunks.{index}.text is not in the text, from where the chunk before it begins.",
            )


def _check_role(role: KnowledgeRole) -> None:
    if role not in GIVEN_ROLES:
        raise ValidationError("role", f"role takes one of {', '.join(GIVEN_ROLES)}; {role} follows from the type.")


def _source(value: str | None) -> str | None:
    return None if value is None else validation.name("sourceField", value)


def _model(value: str | None) -> str | None:
    return None if value is None else validation.name("model", value)


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


def _embedded(embedding: Vector | None, model: str | None, at: int) -> StoredRow:
    """What the store keeps of an embedding, or of it being waited for since that time."""
    if embedding is None:
        return {"embeddingState": EmbeddingState.PENDING, "embeddingDue": at}
    return {"embeddingState": EmbeddingState.DONE, "embedding": embedding, "embeddingModel": model}


async def _lock(
    transaction: Transaction, reach: Reach, identifier: str, *types: KnowledgeType
) -> tuple[Thing, Knowledge]:
    """The thing that knowledge describes and the knowledge, both as they stay until the transaction ends."""
    found = await documents.find(transaction, reach, identifier)
    if found is None:
        raise NotFoundError("knowledge", identifier)
    if found.type not in types:
        wanted = " or ".join(types)
        raise ValidationError("id", f"This takes a {wanted}; that is a {found.type}.")
    thing = await lock_in_use(transaction, reach, found.thing_id)
    found = await documents.find(transaction, reach, identifier)
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
