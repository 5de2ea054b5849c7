"""The text of a document and the chunks that it is cut into, by whoever adds it or by us."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.errors import ValidationError
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.knowledge import EmbeddingState, KnowledgeRole, KnowledgeType, Vector
from domain.values import to_micros
from graph.bulk import StoredRow
from graph.documents import NewRow
from services import validation
from services.chunking import split
from services.vectors import Dimension, unit

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
class _Part:
    """A chunk that was found to be right."""

    text: str
    embedding: Vector | None
    id: str = field(default_factory=lambda: new_id(KNOWLEDGE_PREFIX))


@dataclass(frozen=True, slots=True)
class Parts:
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
                **embedded(part.embedding, self.model, micros),
            }
            rows.append({"role": KnowledgeRole.CHUNK_OF, "properties": properties})
        return rows


async def cut(new: NewText, dimension: Dimension) -> Parts:
    """The text and its chunks, as they are given or as we split it. ValidationError where they cannot be that."""
    text, model = validation.document("text", new.text), model_name(new.model)
    if new.chunks is None:
        chunks = await asyncio.to_thread(split, text)  # a long one takes a while
        parts = [_Part(chunk, None) for chunk in chunks if not chunk.isspace()]
    else:
        parts = [await _part(f"chunks.{index}", chunk, dimension) for index, chunk in enumerate(new.chunks)]
        _check_order(text, parts)
    if not 1 <= len(parts) <= MAX_CHUNKS:
        where = "text" if new.chunks is None else "chunks"
        raise ValidationError(where, f"A document has 1 to {MAX_CHUNKS:,} chunks; this would have {len(parts):,}.")
    return Parts(text, parts, model)


async def _part(path: str, chunk: NewChunk, dimension: Dimension) -> _Part:
    text = validation.text(f"{path}.text", chunk.text)
    if not text.strip():
        raise ValidationError(f"{path}.text", f"{path}.text is blank: leave such a chunk out.")
    if chunk.embedding is None:
        return _Part(text, None)
    field_name = f"{path}.embedding"
    return _Part(text, unit(field_name, chunk.embedding, await dimension.needed(field_name)))


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


def model_name(value: str | None) -> str | None:
    """What a client calls the model that made its embeddings. ValidationError."""
    return None if value is None else validation.name("model", value)


def embedded(embedding: Vector | None, model: str | None, at: int) -> StoredRow:
    """What the store keeps of an embedding, or of it being waited for since that time."""
    if embedding is None:
        return {"embeddingState": EmbeddingState.PENDING, "embeddingDue": at}
    return {"embeddingState": EmbeddingState.DONE, "embedding": embedding, "embeddingModel": model}
