"""Knowledge: what things mean, as labels, documents with their chunks, and vectors of their own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.things import Thing

Vector = tuple[float, ...]

MAX_DIMENSION = 4_096
"""The most numbers that the store's index takes in a vector."""


class KnowledgeType(StrEnum):
    """What sort of knowledge it is."""

    LABEL = "label"
    DOCUMENT = "document"
    CHUNK = "chunk"
    VECTOR_ONLY = "vector_only"


class KnowledgeRole(StrEnum):
    """What knowledge is to the thing that it describes."""

    LABEL = "label"
    SUMMARY = "summary"
    CHUNK_OF = "chunk_of"
    CAPTION = "caption"
    KEYWORD = "keyword"


GIVEN_ROLES = (KnowledgeRole.SUMMARY, KnowledgeRole.CAPTION, KnowledgeRole.KEYWORD)
"""The roles that whoever adds a document or a vector may give it; the others follow from the type."""


class EmbeddingState(StrEnum):
    """How far the embedding of something is."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A label, a document, a chunk of one, or a vector.

    `short_text` is the text of all but a document, whose own may be long and is read by itself. `thing_id` is what it
    describes, or for a label one of those; `chunk_count` and `version` are a document's,
    `document_id` and `position` a chunk's. What can have an embedding has an `embedding_state`.
    """

    id: str
    type: KnowledgeType
    role: KnowledgeRole
    short_text: str | None
    thing_id: str
    source_field: str | None
    document_id: str | None
    position: int | None
    chunk_count: int | None
    version: int | None
    embedding_state: EmbeddingState | None
    embedding_model: str | None
    embedding_error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """A label in use, and how many things have it that the viewer may see."""

    id: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Within:
    """Which knowledge is wanted: that of things in a group, in or below one, of a type, with a label, but of one."""

    group_id: str | None = None
    subtree_of: str | None = None
    type: str | None = None
    label: str | None = None
    but: str | None = None


@dataclass(frozen=True, slots=True)
class Similar:
    """Knowledge near to what was asked for, and the thing that it describes.

    `score` is (1 + cosine) / 2: 1 in the same direction, 0.5 for what has nothing in common, 0 for the opposite.
    """

    score: float
    knowledge: Knowledge
    thing: Thing


@dataclass(frozen=True, slots=True)
class EmbeddingStatus:
    """How far the embeddings of a store are: how many wait for one, and how many failed.

    `dimension` is None where nobody has chosen one, `model` where the server computes none.
    """

    dimension: int | None
    model: str | None
    pending: int
    failed: int
