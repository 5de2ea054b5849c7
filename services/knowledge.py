"""Knowledge: reading it, and finding what is near to a text, a vector or a thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.access import Caller
from domain.errors import NetworkError, ValidationError
from domain.ids import NodeKind
from domain.knowledge import EmbeddingStatus, Knowledge, KnowledgeType, Label, Similar, Vector, Within
from domain.values import now, to_micros
from graph import documents, embeddings, knowledge, vectors
from graph.store import Store
from services import validation
from services.access import Action, authorize, authorize_overview, reach_of
from services.embedding import Embedder, EmbeddingFailure, checked
from services.lists import MAX_PAGE, NodeList
from services.ontology import Ontology
from services.vectors import Dimension, middle, unit

_MANY_VECTORS: Final = 1_000
"""As many of a thing's vectors say where it is."""

_RETRIED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """What to look near: exactly one of these."""

    text: str | None = None
    vector: Sequence[float] | None = None
    thing_id: str | None = None


def all_knowledge(knowledge_type: KnowledgeType | None) -> NodeList[documents.KnowledgeRow, Knowledge]:
    """All knowledge that the caller may see."""
    if knowledge_type is None:
        return NodeList("knowledge", documents.ALL_KNOWLEDGE)
    return NodeList("knowledge", documents.KNOWLEDGE_OF_TYPE, (("type", knowledge_type),))


def knowledge_of_thing(knowledge_type: KnowledgeType | None) -> NodeList[documents.KnowledgeRow, Knowledge]:
    """What describes a thing."""
    return NodeList("knowledge of thing", documents.KNOWLEDGE_OF_THING, (("type", knowledge_type),))


def knowledge_of_label(label: str, knowledge_type: KnowledgeType | None) -> NodeList[documents.KnowledgeRow, Knowledge]:
    """What describes the things with a label."""
    filters = (("label", validation.label("label", label)), ("type", knowledge_type))
    return NodeList("knowledge of label", documents.KNOWLEDGE_OF_LABEL, filters)


def chunks_of_document() -> NodeList[documents.KnowledgeRow, Knowledge]:
    """The chunks of a document, in the order of their positions."""
    return NodeList("chunks", documents.CHUNKS_OF_DOCUMENT)


def labels(category: str | None) -> NodeList[knowledge.LabelRow, Label]:
    """The labels in use."""
    return NodeList("labels", knowledge.LABELS, (("category", _category(category)),))


def labels_of_group(category: str | None) -> NodeList[knowledge.LabelRow, Label]:
    """The labels in use in a group itself."""
    return NodeList("labels of group", knowledge.LABELS_OF_GROUP, (("category", _category(category)),))


def _category(category: str | None) -> str | None:
    """What labels of a category begin with."""
    if category is None:
        return None
    return validation.name("category", category).lower().removesuffix(":") + ":"


class KnowledgeReader:
    """What can be asked about knowledge."""

    def __init__(self, store: Store, ontology: Ontology, dimension: Dimension, embedder: Embedder | None) -> None:
        self._store = store
        self._ontology = ontology
        self._dimension = dimension
        self._embedder = embedder

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Knowledge]:
        """That of the knowledge that the caller may see."""
        return await documents.fetch(self._store, reach_of(caller), ids)

    async def texts(self, ids: Sequence[str]) -> Mapping[str, str | None]:
        """The texts of knowledge that the caller was shown."""
        return await documents.fetch_texts(self._store, ids)

    async def similar(self, caller: Caller, to: Target, within: Within, first: int) -> list[Similar]:
        """The knowledge nearest to a text, a vector or a thing, the nearest first.

        NetworkError where the text cannot be embedded just now.
        """
        reach = reach_of(caller)
        if not 1 <= first <= MAX_PAGE:
            raise ValidationError("first", f"first takes a number from 1 to {MAX_PAGE}.")
        within = await self._checked(within)
        dimension = await self._dimension.needed("to")
        if to.text is not None:
            vector = await self._embed(to.text, dimension)
        elif to.vector is not None:
            vector = unit("to.vector", to.vector, dimension)
        else:
            thing_id = validation.identifier("to.thingId", to.thing_id or "", NodeKind.THING)
            found = await vectors.embeddings_of(self._store, reach, thing_id, _MANY_VECTORS)
            if not found:
                raise ValidationError("to.thingId", "Nothing that describes this thing has an embedding yet.")
            vector = unit("to.thingId", middle(found), dimension)
            within = Within(within.group_id, within.subtree_of, within.type, within.label, but=thing_id)
        return await vectors.nearest(self._store, reach, vector, within, first)

    async def _checked(self, within: Within) -> Within:
        for field, group_id in (("groupId", within.group_id), ("inSubtreeOf", within.subtree_of)):
            if group_id is not None:
                validation.identifier(field, group_id, NodeKind.GROUP)
        if within.type is not None:
            await self._ontology.thing_type("type", within.type)
        label = None if within.label is None else validation.label("label", within.label)
        return Within(within.group_id, within.subtree_of, within.type, label)

    async def _embed(self, text: str, dimension: int) -> Vector:
        text = validation.text("to.text", text)
        if not text.strip():
            raise ValidationError("to.text", "to.text is blank: say what to look for.")
        if self._embedder is None:
            raise ValidationError("to.text", "This server embeds no texts: give a vector or a thing instead.")
        try:
            [found] = await self._embedder.embed([text])
            return checked(found, dimension)
        except EmbeddingFailure as failure:
            if failure.hopeless:
                raise ValidationError("to.text", "The embedding endpoint does not take this text.") from failure
            raise NetworkError("The embedding endpoint gives no good answer just now. Try again later.") from failure

    async def status(self, caller: Caller) -> EmbeddingStatus:
        """How far the embeddings of the whole store are. Only a platform owner may ask."""
        authorize_overview(caller)
        found = await embeddings.status(self._store)
        model = None if self._embedder is None else self._embedder.model
        return EmbeddingStatus(await self._dimension(), model, found["pending"], found["failed"])

    async def retry(self, caller: Caller, thing_id: str | None) -> int:
        """Let what failed wait for an embedding again, all of it or what describes a thing; how much it was."""
        authorize(caller, Action.RETRY_EMBEDDINGS)
        if thing_id is not None:
            validation.identifier("thingId", thing_id, NodeKind.THING)
        total = 0
        while done := await embeddings.retry(self._store, thing_id, to_micros(now()), _RETRIED_AT_ONCE):
            total += done
        return total
