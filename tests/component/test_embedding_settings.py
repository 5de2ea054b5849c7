"""What the settings say about embedding: all that is needed, or one line about what is missing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedding import embedding
from app.settings import Settings, SettingsError, load_settings
from domain.errors import StoreError
from domain.values import JSON
from graph.vectors import has_index
from tests.embeddings import DIMENSION, KEY, Embeddings, embedding_server
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def server() -> Iterator[Embeddings]:
    with embedding_server() as found:
        yield found


def settings(**given: object) -> Settings:
    return load_settings(data=Path("/nowhere"), **{f"embedding_{name}": value for name, value in given.items()})


async def test_a_server_that_is_set_up_embeds_while_it_runs(world: World, server: Embeddings) -> None:
    thing = await world.thing("cats")
    chosen = settings(url=server.url, model="tiny", key=KEY, dimension=DIMENSION)
    assert KEY not in repr(chosen)
    async with embedding(chosen, world.store) as embedder:
        assert embedder is not None
        assert embedder.model == "tiny"
        assert await has_index(world.store, DIMENSION)
        status: JSON = None
        await world.api.change("addDocument", {"thingId": thing, "text": "cats purr"})
        for _ in range(100):
            status = (await world.api.ask("{ embeddingStatus { pending failed } }")).at("embeddingStatus")
            if status == {"pending": 0, "failed": 0}:
                break
            await asyncio.sleep(0.1)
        assert status == {"pending": 0, "failed": 0}
    assert server.authorizations == {f"Bearer {KEY}"}
    asked = len(server.asked)
    await world.api.change("addDocument", {"thingId": thing, "text": "dogs bark"})
    await asyncio.sleep(1.5)
    assert len(server.asked) == asked


async def test_without_an_endpoint_nothing_embeds(world: World) -> None:
    async with embedding(settings(dimension=4), world.store) as embedder:
        assert embedder is None
    assert await has_index(world.store, 4)


async def test_what_is_missing_is_said_in_one_line(world: World) -> None:
    url = "http://127.0.0.1:1/v1"
    with pytest.raises(SettingsError, match="Set ONE_EMBEDDING_MODEL"):
        async with embedding(settings(url=url, dimension=4), world.store):
            pass
    async with embedding(settings(dimension=4), world.store):
        pass
    with pytest.raises(StoreError, match="have 4 dimensions, and ONE_EMBEDDING_DIMENSION says 5"):
        async with embedding(settings(url=url, model="m", dimension=5), world.store):
            pass
    async with embedding(settings(url=url, model="m"), world.store) as embedder:
        assert embedder is not None  # the store says which dimension it is


async def test_an_endpoint_needs_a_dimension(world: World) -> None:
    with pytest.raises(StoreError, match="Set ONE_EMBEDDING_DIMENSION"):
        async with embedding(settings(url="http://127.0.0.1:1/v1", model="m"), world.store):
            pass


@pytest.mark.parametrize("given", [{"dimension": 0}, {"dimension": 4_097}, {"url": "ftp://x"}, {"model": ""}])
def test_a_setting_that_cannot_be_is_refused(given: dict[str, object]) -> None:
    [name] = given
    with pytest.raises(SettingsError, match=f"ONE_EMBEDDING_{name.upper()}"):
        settings(**given)
