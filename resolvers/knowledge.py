"""Knowledge: what can be asked and done."""

from typing import Annotated, cast

import strawberry

from domain.errors import ValidationError
from domain.ids import NodeKind
from domain.knowledge import Within
from resolvers.answers import answering
from schema.arguments import INPUT, OfCategory, OfKnowledgeType
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.enums import CreationOrder
from schema.knowledge import EmbeddingStatus, Knowledge, Label, Similar, SimilarToInput
from schema.knowledge_changes import (
    AddDocumentInput,
    AddDocumentResult,
    AddDocumentSuccess,
    AddVectorInput,
    AddVectorResult,
    AddVectorSuccess,
    RemoveKnowledgeInput,
    RemoveKnowledgeResult,
    RemoveKnowledgeSuccess,
    ReplaceDocumentInput,
    ReplaceDocumentResult,
    ReplaceDocumentSuccess,
    RetryEmbeddingsInput,
    RetryEmbeddingsResult,
    RetryEmbeddingsSuccess,
    SetEmbeddingsInput,
    SetEmbeddingsResult,
    SetEmbeddingsSuccess,
)
from schema.paging import Connection, listed, paged
from services import knowledge
from services.validation import identifier


@object_type
class KnowledgeQueries:
    """Questions about knowledge."""

    @paged(CreationOrder.NEWEST_FIRST)
    def knowledge(
        self,
        type: OfKnowledgeType = None,  # noqa: A002
        thing_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what describes this thing.")
        ] = None,
        label: Annotated[
            str | None, strawberry.argument(description="Only what describes a thing with this label.")
        ] = None,
    ) -> Connection[Knowledge]:
        """Labels, documents, chunks and vectors of things that you may see."""
        if thing_id is not None and label is not None:
            raise ValidationError("label", "Give either thingId or label.")
        if thing_id is not None:
            return listed(knowledge.knowledge_of_thing(type), identifier("thingId", thing_id, NodeKind.THING))
        if label is not None:
            return listed(knowledge.knowledge_of_label(label, type))
        return listed(knowledge.all_knowledge(type))

    @paged(CreationOrder.OLDEST_FIRST)
    def labels(self, category: OfCategory = None) -> Connection[Label]:
        """The labels in use on things that you may see."""
        return listed(knowledge.labels(category))

    @field
    async def similar_to(  # noqa: PLR0917 - as the schema has them
        self,
        info: Info,
        to: Annotated[SimilarToInput, strawberry.argument(description="What to look near.")],
        first: Annotated[int, strawberry.argument(description="How many to answer, 1 to 100.")] = 10,
        group_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what describes things of this group itself.")
        ] = None,
        in_subtree_of: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only what describes things of this group and those below it."),
        ] = None,
        type: Annotated[  # noqa: A002
            str | None,
            strawberry.argument(description="Only what describes things of this type, such as `product`."),
        ] = None,
        label: Annotated[
            str | None, strawberry.argument(description="Only what describes things with this label.")
        ] = None,
    ) -> list[Similar] | None:
        """The chunks and vectors nearest to something, the nearest first; several may describe one thing.

        What describes an archived thing is left out.
        """
        within = Within(group_id, in_subtree_of, type, label)
        found = await info.context.services.knowledge.similar(info.context.caller, to.to_domain(), within, first)
        return cast("list[Similar]", found)

    @field
    async def embedding_status(self, info: Info) -> EmbeddingStatus | None:
        """How far the embeddings of the store are. For platform owners."""
        return cast("EmbeddingStatus", await info.context.services.knowledge.status(info.context.caller))


@object_type
class KnowledgeMutations:
    """Changes of knowledge."""

    @mutation
    @answering
    async def add_document(self, info: Info, input: Annotated[AddDocumentInput, INPUT]) -> AddDocumentResult:  # noqa: A002
        """Add a document to a thing, and split it into chunks, which wait for embeddings unless they are given."""
        changes, new = info.context.services.changes, input.to_domain()
        document = await changes.add_document(info.context.caller, new, input.idempotency_key)
        return AddDocumentSuccess(document=cast("Knowledge", document))

    @mutation
    @answering
    async def replace_document(
        self,
        info: Info,
        input: Annotated[ReplaceDocumentInput, INPUT],  # noqa: A002
    ) -> ReplaceDocumentResult:
        """Give a document another text. Its chunks are replaced, and what they had of embeddings goes with them."""
        changes, new = info.context.services.changes, input.to_domain()
        work = await changes.knowledge.replacing(info.context.caller, input.id, input.version, new)
        return ReplaceDocumentSuccess(document=cast("Knowledge", await changes.do(work)))

    @mutation
    @answering
    async def add_vector(self, info: Info, input: Annotated[AddVectorInput, INPUT]) -> AddVectorResult:  # noqa: A002
        """Add a vector to a thing."""
        changes, new = info.context.services.changes, input.to_domain()
        vector = await changes.add_vector(info.context.caller, new, input.idempotency_key)
        return AddVectorSuccess(vector=cast("Knowledge", vector))

    @mutation
    @answering
    async def set_embeddings(self, info: Info, input: Annotated[SetEmbeddingsInput, INPUT]) -> SetEmbeddingsResult:  # noqa: A002
        """Give chunks of a document the embeddings that you made of their texts."""
        changes, given = info.context.services.changes, input.to_domain()
        caller = info.context.caller
        work = await changes.knowledge.setting_embeddings(caller, input.document_id, given, input.model)
        return SetEmbeddingsSuccess(document=cast("Knowledge", await changes.do(work)))

    @mutation
    @answering
    async def remove_knowledge(
        self,
        info: Info,
        input: Annotated[RemoveKnowledgeInput, INPUT],  # noqa: A002
    ) -> RemoveKnowledgeResult:
        """Erase a document with its chunks, or a vector. A label is taken off with unlabelThing."""
        changes = info.context.services.changes
        work = changes.knowledge.removing(info.context.caller, input.id)
        return RemoveKnowledgeSuccess(id=strawberry.ID(await changes.do(work)))

    @mutation
    @answering
    async def retry_embeddings(
        self,
        info: Info,
        input: Annotated[RetryEmbeddingsInput, INPUT],  # noqa: A002
    ) -> RetryEmbeddingsResult:
        """Have what the endpoint gave no embedding for tried again."""
        count = await info.context.services.knowledge.retry(info.context.caller, input.thing_id)
        return RetryEmbeddingsSuccess(count=count)
