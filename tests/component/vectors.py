"""Vectors for tests: a store with a dimension, and documents whose chunks have embeddings."""

from collections.abc import Mapping, Sequence
from typing import cast

from domain.values import JSON
from graph.vectors import fix_dimension
from tests.worlds import World

DOCUMENT = "document { id type role version chunkCount sourceField }"


async def with_dimension(world: World, dimension: int = 3) -> World:
    """The same world, whose vectors have that many numbers."""
    await fix_dimension(world.store, dimension)
    return world


async def document(world: World, thing: str, *vectors: Sequence[float], **more: JSON) -> str:
    """The id of a new document with a chunk for each of the vectors."""
    words = [f"word{number}" for number in range(len(vectors))]
    chunks: list[JSON] = [
        {"text": word, "embedding": list(vector)} for word, vector in zip(words, vectors, strict=True)
    ]
    given: dict[str, JSON] = {"thingId": thing, "text": " ".join(words), "chunks": chunks, **more}
    answer = await world.api.change("addDocument", given, DOCUMENT)
    assert "document" in answer, answer
    return str(cast("Mapping[str, JSON]", answer["document"])["id"])


async def vector(world: World, thing: str, values: Sequence[float]) -> str:
    """The id of a new vector without a text."""
    given: dict[str, JSON] = {"thingId": thing, "embedding": list(values)}
    answer = await world.api.change("addVector", given, "vector { id }")
    assert "vector" in answer, answer
    return str(cast("Mapping[str, JSON]", answer["vector"])["id"])
