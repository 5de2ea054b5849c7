"""Embedding as the settings say: by an endpoint, in the background for as long as the server runs, or not at all."""

import contextlib
from collections.abc import AsyncIterator

from app.embedding_endpoint import Endpoint
from app.settings import Settings, SettingsError
from app.workers import beside
from domain.errors import StoreError
from graph.store import Store
from graph.vectors import fix_dimension
from services.embedding import Embedder, EmbeddingWorker
from services.vectors import Dimension


@contextlib.asynccontextmanager
async def embedding(settings: Settings, store: Store) -> AsyncIterator[Embedder | None]:
    """What embeds texts, while it embeds those in the store too; None where the settings name no endpoint.

    SettingsError where they are not complete, StoreError where the store has another dimension.
    """
    dimension = await fix_dimension(store, settings.embedding_dimension)
    if settings.embedding_url is None:
        yield None
        return
    if settings.embedding_model is None:
        raise SettingsError("Set ONE_EMBEDDING_MODEL, the model to ask the endpoint at ONE_EMBEDDING_URL for.")
    if dimension is None:
        raise StoreError("Set ONE_EMBEDDING_DIMENSION to how many numbers a vector of ONE_EMBEDDING_MODEL has.")
    key = settings.embedding_key
    endpoint = Endpoint(
        settings.embedding_url, settings.embedding_model, None if key is None else key.get_secret_value()
    )
    try:
        async with beside(EmbeddingWorker(store, endpoint, Dimension(store)).run()):
            yield endpoint
    finally:
        await endpoint.close()
