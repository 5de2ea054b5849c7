"""Knowledge as clients see it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from schema.context import Info
from schema.define import field, object_type, one_of
from schema.enums import CreationOrder, EmbeddingState, KnowledgeRole, KnowledgeType
from schema.node import Node
from schema.paging import Connection, listed, paged
from services import knowledge
from services.knowledge import Target

if TYPE_CHECKING:
    from schema.things import Thing


@object_type
class Knowledge(Node):
    """What a thing means: a label, a document, a chunk of one, or a vector."""

    type: KnowledgeType = strawberry.field(description="What sort of knowledge it is.")
    role: KnowledgeRole = strawberry.field(description="What it is to the thing that it describes.")
    source_field: str | None = strawberry.field(
        description="Where in the thing its text comes from, such as `properties.description`."
    )
    position: int | None = strawberry.field(description="The place of a chunk in its document, counted from 0.")
    chunk_count: int | None = strawberry.field(description="How many chunks a document has.")
    version: int | None = strawberry.field(
        description="Of a document: goes up with every change of its text. Give it back with yours."
    )
    embedding_state: EmbeddingState | None = strawberry.field(
        description="How far the embedding of a chunk or a vector is."
    )
    embedding_model: str | None = strawberry.field(description="The model that made its embedding.")
    embedding_error: str | None = strawberry.field(description="Why it got no embedding when that was last tried.")
    created_at: datetime = strawberry.field(description="When it was added.")
    thing_id: strawberry.Private[str]
    document_id: strawberry.Private[str | None]
    short_text: strawberry.Private[str | None]

    @field
    async def text(self, info: Info) -> str | None:
        """Its text; of a label the label itself."""
        if self.type is not KnowledgeType.DOCUMENT:
            return self.short_text
        return await info.context.loaders.texts.load(self.id)

    @field
    async def thing(self, info: Info) -> Annotated["Thing", strawberry.lazy("schema.things")] | None:
        """The thing that it describes; null for a label, which any number of things share."""
        if self.type is KnowledgeType.LABEL:
            return None
        return cast("Thing | None", await info.context.loaders.things.load(self.thing_id))

    @field
    async def document(self, info: Info) -> "Knowledge | None":
        """The document that a chunk is a part of."""
        if self.document_id is None:
            return None
        return cast("Knowledge | None", await info.context.loaders.knowledge.load(self.document_id))

    @paged(CreationOrder.OLDEST_FIRST)
    def chunks(self) -> "Connection[Annotated[Knowledge, strawberry.lazy('schema.knowledge')]]":
        """The chunks of a document, in the order of its text; of anything else there are none."""
        return listed(knowledge.chunks_of_document(), self.id)


@object_type
class Label:
    """A label in use."""

    id: strawberry.ID = strawberry.field(description="Unique across the store, and opaque: `node(id:)` takes it.")
    label: str = strawberry.field(description="The label, `category:value`.")
    count: int = strawberry.field(description="How many things have it: of those that you may see, or of the group.")


@object_type
class Similar:
    """Knowledge near to what you asked for."""

    score: float = strawberry.field(
        description="How near: (1 + cosine) / 2, which is 1 for the same direction, 0.5 for nothing in common."
    )
    knowledge: Knowledge = strawberry.field(description="The chunk or the vector.")
    thing: Annotated["Thing", strawberry.lazy("schema.things")] = strawberry.field(
        description="The thing that it describes."
    )


@object_type
class EmbeddingStatus:
    """How far the embeddings of the store are."""

    dimension: int | None = strawberry.field(
        description="How many numbers every vector has; null where the operator has not chosen that yet."
    )
    model: str | None = strawberry.field(
        description="The model that this server computes embeddings with; null where it computes none."
    )
    pending: int = strawberry.field(description="How many chunks wait for an embedding.")
    failed: int = strawberry.field(description="How many chunks the endpoint gave none for.")


@one_of
class SimilarToInput:
    """What to look near."""

    text: strawberry.Maybe[str] = strawberry.field(
        description="A text, 1 to 10,000 characters, which the server embeds if it is set up to."
    )
    vector: strawberry.Maybe[list[float]] = strawberry.field(description="A vector of the store's dimension.")
    thing_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A thing: what lies in the middle of its vectors. It is not among the answers itself."
    )

    def to_domain(self) -> Target:
        """As the services take it."""
        return Target(
            text=None if self.text is None else self.text.value,
            vector=None if self.vector is None else self.vector.value,
            thing_id=None if self.thing_id is None else self.thing_id.value,
        )
