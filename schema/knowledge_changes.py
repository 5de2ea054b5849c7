"""What changes knowledge: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import KnowledgeRole
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.knowledge import Knowledge
from services.document_parts import NewChunk, NewText
from services.knowledge_changes import ChunkEmbedding, NewDocument, NewVector

_TEXT = "The text: 1 to 1,000,000 characters in any script."
_CHUNKS = (
    "The parts of the text as you cut them, in their order; null to have it split at the ends of paragraphs and "
    "sentences into chunks of at most 2,000 characters. At most 1,000 chunks."
)
_MODEL = "The model that made the embeddings: a name for you to tell them apart."
_VECTOR = "A vector of the store's dimension, in whatever length: only its direction is kept."
_ROLE = "What it is to the thing: `summary`, `caption` or `keyword`."
_SOURCE = "Where in the thing the text comes from, such as `properties.description`."


@input_type
class ChunkInput:
    """A part of a document."""

    text: str = strawberry.field(description="A part of the document's text, 1 to 10,000 characters.")
    embedding: list[float] | None = strawberry.field(
        description=f"{_VECTOR} Null has the chunk wait for one.", default=None
    )

    def to_domain(self) -> NewChunk:
        """As the services take it."""
        return NewChunk(self.text, self.embedding)


def _new_text(text: str, chunks: list[ChunkInput] | None, model: str | None) -> NewText:
    return NewText(text, None if chunks is None else [chunk.to_domain() for chunk in chunks], model)


@input_type
class AddDocumentInput:
    """A document to add to a thing."""

    thing_id: strawberry.ID = strawberry.field(description="The thing that it describes.")
    text: str = strawberry.field(description=_TEXT)
    role: KnowledgeRole = strawberry.field(description=_ROLE, default=KnowledgeRole.SUMMARY)
    source_field: str | None = strawberry.field(description=_SOURCE, default=None)
    chunks: list[ChunkInput] | None = strawberry.field(description=_CHUNKS, default=None)
    model: str | None = strawberry.field(description=_MODEL, default=None)
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewDocument:
        """As the services take it."""
        text = _new_text(self.text, self.chunks, self.model)
        return NewDocument(self.thing_id, text, self.role, self.source_field)


@input_type
class ReplaceDocumentInput:
    """Another text for a document. Its chunks are made anew, and wait for their embeddings unless you give them."""

    id: strawberry.ID = strawberry.field(description="The document.")
    version: int = strawberry.field(description="The version of the document that you read.")
    text: str = strawberry.field(description=_TEXT)
    chunks: list[ChunkInput] | None = strawberry.field(description=_CHUNKS, default=None)
    model: str | None = strawberry.field(description=_MODEL, default=None)

    def to_domain(self) -> NewText:
        """As the services take it."""
        return _new_text(self.text, self.chunks, self.model)


@input_type
class AddVectorInput:
    """A vector to add to a thing, whose text is kept elsewhere or is no text at all."""

    thing_id: strawberry.ID = strawberry.field(description="The thing that it describes.")
    embedding: list[float] = strawberry.field(description=_VECTOR)
    role: KnowledgeRole = strawberry.field(description=_ROLE, default=KnowledgeRole.SUMMARY)
    source_field: str | None = strawberry.field(description=_SOURCE, default=None)
    text: str | None = strawberry.field(description="A text to show with it, at most 10,000 characters.", default=None)
    model: str | None = strawberry.field(description="The model that made the embedding.", default=None)
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewVector:
        """As the services take it."""
        return NewVector(self.thing_id, self.embedding, self.role, self.source_field, self.text, self.model)


@input_type
class ChunkEmbeddingInput:
    """The embedding of a chunk."""

    chunk_id: strawberry.ID = strawberry.field(description="The chunk.")
    embedding: list[float] = strawberry.field(description=_VECTOR)


@input_type
class SetEmbeddingsInput:
    """Embeddings of chunks of one document; they replace what was there."""

    document_id: strawberry.ID = strawberry.field(description="The document.")
    embeddings: list[ChunkEmbeddingInput] = strawberry.field(description="Up to 1,000 of them.")
    model: str | None = strawberry.field(description=_MODEL, default=None)

    def to_domain(self) -> list[ChunkEmbedding]:
        """As the services take it."""
        return [ChunkEmbedding(each.chunk_id, each.embedding) for each in self.embeddings]


@input_type
class RemoveKnowledgeInput:
    """A document to erase with its chunks, or a vector."""

    id: strawberry.ID = strawberry.field(description="The document or the vector.")


@input_type
class RetryEmbeddingsInput:
    """What to have embedded after all."""

    thing_id: strawberry.ID | None = strawberry.field(
        description="Only what describes this thing; null for everything that failed.", default=None
    )


@object_type
class AddDocumentSuccess:
    """The document was added, with its chunks."""

    document: Knowledge = strawberry.field(description="The new document.")


@object_type
class ReplaceDocumentSuccess:
    """The document has another text, and other chunks."""

    document: Knowledge = strawberry.field(description="The document after that.")


@object_type
class AddVectorSuccess:
    """The vector was added."""

    vector: Knowledge = strawberry.field(description="The new vector.")


@object_type
class SetEmbeddingsSuccess:
    """The chunks have these embeddings."""

    document: Knowledge = strawberry.field(description="The document that they are parts of.")


@object_type
class RemoveKnowledgeSuccess:
    """It was erased."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class RetryEmbeddingsSuccess:
    """What had failed waits again."""

    count: int = strawberry.field(description="How many chunks it is.")


AddDocumentResult: TypeAlias = Annotated[
    AddDocumentSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("AddDocumentResult", description="What addDocument answers."),
]
ReplaceDocumentResult: TypeAlias = Annotated[
    ReplaceDocumentSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("ReplaceDocumentResult", description="What replaceDocument answers."),
]
AddVectorResult: TypeAlias = Annotated[
    AddVectorSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("AddVectorResult", description="What addVector answers."),
]
SetEmbeddingsResult: TypeAlias = Annotated[
    SetEmbeddingsSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("SetEmbeddingsResult", description="What setEmbeddings answers."),
]
RemoveKnowledgeResult: TypeAlias = Annotated[
    RemoveKnowledgeSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("RemoveKnowledgeResult", description="What removeKnowledge answers."),
]
RetryEmbeddingsResult: TypeAlias = Annotated[
    RetryEmbeddingsSuccess | AuthError | ForbiddenError | ValidationError | NetworkError,
    strawberry.union("RetryEmbeddingsResult", description="What retryEmbeddings answers."),
]
