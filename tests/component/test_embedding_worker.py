"""Embedding in the background, against a real endpoint that fails in every way: nothing is lost, nothing done twice."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import cast

import pytest

from app.embedding_endpoint import Endpoint
from domain.values import JSON, JSONObject
from graph.store import Statement, Store, Transaction
from services import embedding
from services.embedding import EmbeddingWorker
from services.vectors import Dimension
from tests.client import Api
from tests.component.vectors import with_dimension
from tests.conftest import served
from tests.embeddings import DIMENSION, KEY, Embeddings, embedding_server
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

NAP = 0.01
CHUNKS = """{ knowledge(first: 100, type: chunk, order: oldest_first) {
    nodes { text embeddingState embeddingModel embeddingError }
} embeddingStatus { dimension model pending failed } }"""
MAKE_DUE: Statement[int] = Statement(
    "make_due",
    "MATCH (n:Knowledge) WHERE n.embeddingState = 'pending' SET n.embeddingDue = 1 RETURN count(n) AS row",
)


@pytest.fixture
def server() -> Iterator[Embeddings]:
    with embedding_server() as found:
        yield found


@pytest.fixture
async def endpoint(server: Embeddings) -> AsyncIterator[Endpoint]:
    found = Endpoint(server.url, "tiny", KEY, seconds=0.5)
    yield found
    await found.close()


@pytest.fixture
async def library(world: World, endpoint: Endpoint) -> AsyncIterator[World]:
    """The world, on a server that embeds texts to look for."""
    await with_dimension(world, DIMENSION)
    async with served(world.store, embedder=endpoint) as http:
        secret = world.api.authorization.removeprefix("Bearer ")
        yield World(world.store, Api(http, secret), world.owner, world.home)


def worker_of(world: World, endpoint: Endpoint) -> EmbeddingWorker:
    return EmbeddingWorker(world.store, endpoint, Dimension(world.store), pause=NAP)


async def add(world: World, *texts: str) -> None:
    for text in texts:
        thing = await world.thing(text.split(maxsplit=1)[0])
        answer = await world.api.change("addDocument", {"thingId": thing, "text": text})
        assert answer["__typename"] == "AddDocumentSuccess", answer


async def chunks(world: World) -> list[Mapping[str, JSON]]:
    answer = await world.api.ask(CHUNKS)
    return cast("list[Mapping[str, JSON]]", answer.at("knowledge.nodes"))


async def states(world: World) -> list[JSON]:
    return [each["embeddingState"] for each in await chunks(world)]


async def make_due(store: Store) -> None:
    """Let the time pass that everything still has to wait."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(MAKE_DUE, {})

    await store.write(work)


async def found(world: World, text: str) -> list[JSON]:
    answer = await world.api.ask(
        "query ($text: String!) { similarTo(to: {text: $text}, first: 1) { thing { name } } }", text=text
    )
    rows = cast("list[Mapping[str, Mapping[str, JSON]]]", answer.at("similarTo"))
    return [row["thing"]["name"] for row in rows]


async def test_what_waits_is_embedded_and_found_by_its_words(
    library: World, endpoint: Endpoint, server: Embeddings
) -> None:
    await add(library, "cats purr softly", "trains run on rails", "bread is baked")
    assert await states(library) == ["pending"] * 3
    assert await found(library, "cats purr") == []
    worker = worker_of(library, endpoint)
    assert await worker.step() == 0
    assert await worker.step() == embedding.IDLE
    assert [(each["embeddingState"], each["embeddingModel"]) for each in await chunks(library)] == [
        ("done", "tiny")
    ] * 3
    assert await found(library, "rails and trains") == ["trains"]
    assert await found(library, "cats purr") == ["cats"]
    assert server.authorizations == {f"Bearer {KEY}"}
    answer = await library.api.ask(CHUNKS)
    assert answer.at("embeddingStatus") == {"dimension": DIMENSION, "model": "tiny", "pending": 0, "failed": 0}


async def test_a_worker_that_runs_embeds_what_comes(library: World, endpoint: Endpoint) -> None:
    task = asyncio.create_task(worker_of(library, endpoint).run())
    await add(library, "cats purr")
    for _ in range(200):
        if await states(library) == ["done"]:
            break
        await asyncio.sleep(0.05)
    assert await states(library) == ["done"]
    task.cancel()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("500", "the endpoint answered 500"),
        ("401", "the endpoint answered 401"),
        ("404", "the endpoint answered 404"),
        ("hang", "the endpoint gave no answer within 0.5 seconds"),
        ("short", f"The endpoint's vector has 1 numbers, and every vector of this store has {DIMENSION}."),
        ("zeros", "The endpoint's vector is all zeros, which is no direction."),
        ("few", "the endpoint gave 1 embeddings for 2 texts"),
        ("text", "the endpoint's answer is no list of embeddings"),
        ("redirect", "the endpoint answered 307"),
    ],
)
async def test_a_failure_is_told_and_tried_again(  # noqa: PLR0917
    library: World,
    endpoint: Endpoint,
    server: Embeddings,
    failure: str,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await add(library, "cats purr", "dogs bark")
    server.failures = [failure]
    worker = worker_of(library, endpoint)
    with caplog.at_level(logging.DEBUG):
        assert 0 < await worker.step() <= NAP
    assert [(each["embeddingState"], each["embeddingError"]) for each in await chunks(library)] == [
        ("pending", reason)
    ] * 2
    assert reason in caplog.text
    assert KEY not in caplog.text
    await make_due(library.store)
    assert await worker.step() == 0
    assert [(each["embeddingState"], each["embeddingError"]) for each in await chunks(library)] == [("done", None)] * 2


async def test_what_fails_too_often_is_given_up_until_somebody_says_so(
    library: World, endpoint: Endpoint, server: Embeddings
) -> None:
    await add(library, "cats purr")
    server.failures = ["500"] * embedding.TRIES
    worker = worker_of(library, endpoint)
    for number in range(embedding.TRIES):
        assert await states(library) == ["pending"], number
        await make_due(library.store)
        await worker.step()
    [chunk] = await chunks(library)
    assert (chunk["embeddingState"], chunk["embeddingError"]) == ("failed", "the endpoint answered 500")
    assert await worker.step() == embedding.IDLE
    assert (await library.api.ask(CHUNKS)).at("embeddingStatus.failed") == 1
    again = (
        "mutation ($id: ID) { retryEmbeddings(input: { thingId: $id }) { ... on RetryEmbeddingsSuccess { count } } }"
    )
    assert (await library.api.ask(again, id=await library.thing("other"))).at("retryEmbeddings.count") == 0
    assert (await library.api.ask(again)).at("retryEmbeddings.count") == 1
    assert (await library.api.ask(again)).at("retryEmbeddings.count") == 0
    await worker.step()
    assert await states(library) == ["done"]


@pytest.mark.parametrize(("status", "after"), [("429", "7"), ("429", None), ("503", "7")])
async def test_being_told_to_wait_counts_as_no_try(
    library: World, endpoint: Endpoint, server: Embeddings, status: str, after: str | None
) -> None:
    await add(library, "cats purr")
    server.waits = {} if after is None else {status: after}
    server.failures = [status] * 3 * embedding.TRIES
    worker = worker_of(library, endpoint)
    for _ in range(2 * embedding.TRIES):
        assert await worker.step() == (1 if after is None else 7)
        assert await worker.step() == embedding.IDLE  # it is not due before that
        await make_due(library.store)
    assert await states(library) == ["pending"]


async def test_a_text_that_spoils_its_batch_fails_alone(library: World, endpoint: Endpoint, server: Embeddings) -> None:
    await add(library, *(f"word{number} {'poison' if number == 5 else ''}" for number in range(9)))
    server.poison = "poison"
    assert await worker_of(library, endpoint).step() == 0
    assert await states(library) == ["done"] * 5 + ["failed"] + ["done"] * 3
    assert len(server.asked) <= 2 * 4 + 1


async def test_three_workers_share_the_work(
    library: World, endpoint: Endpoint, server: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(library, *(f"word{number}" for number in range(12)))
    server.delay = 0.1
    monkeypatch.setattr(embedding, "BATCH", 3)
    workers = [worker_of(library, endpoint) for _ in range(3)]
    for _ in range(4):
        await asyncio.gather(*(worker.step() for worker in workers))
    assert await states(library) == ["done"] * 12
    assert sorted(text for texts in server.asked for text in texts) == sorted(f"word{number}" for number in range(12))


async def test_what_a_dead_worker_had_claimed_is_due_when_its_lease_ends(
    library: World, endpoint: Endpoint, server: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(library, "cats purr")
    server.failures = ["hang"]
    monkeypatch.setattr(embedding, "LEASE", timedelta(seconds=0.3))
    worker = worker_of(library, endpoint)
    dying = asyncio.create_task(worker.step())
    await asyncio.to_thread(server.began.wait)
    dying.cancel()
    assert await worker.step() == embedding.IDLE
    await asyncio.sleep(0.3)
    assert await worker.step() == 0
    assert await states(library) == ["done"]


async def test_an_embedding_that_comes_too_late_is_dropped(
    library: World, endpoint: Endpoint, server: Embeddings
) -> None:
    """For a text that was replaced, a document that was removed, and a chunk that a client embedded meanwhile."""
    await add(library, "cats purr", "dogs bark", "cows moo")
    answer = await library.api.ask(
        "{ knowledge(first: 9, type: document, order: oldest_first) {"
        " nodes { id chunks(first: 1) { nodes { id } } } } }"
    )
    cats, dogs, cows = cast("list[Mapping[str, JSON]]", answer.at("knowledge.nodes"))
    [chunk] = cast("Mapping[str, list[Mapping[str, JSON]]]", cows["chunks"])["nodes"]
    server.delay = 0.3
    late = asyncio.create_task(worker_of(library, endpoint).step())
    await asyncio.to_thread(server.began.wait)
    changes: list[tuple[str, JSONObject]] = [
        ("replaceDocument", {"id": cats["id"], "version": 1, "text": "other words"}),
        ("removeKnowledge", {"id": dogs["id"]}),
        (
            "setEmbeddings",
            {"documentId": cows["id"], "embeddings": [{"chunkId": chunk["id"], "embedding": [1.0] * DIMENSION}]},
        ),
    ]
    for mutation, given in changes:
        assert "Success" in str((await library.api.change(mutation, given))["__typename"])
    await late
    assert [(each["text"], each["embeddingState"], each["embeddingModel"]) for each in await chunks(library)] == [
        ("cows moo", "done", None),
        ("other words", "pending", None),
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [("500", "UNAVAILABLE"), ("hang", "UNAVAILABLE"), ("short", "UNAVAILABLE"), ("400", "VALIDATION")],
)
async def test_a_question_by_text_says_that_the_endpoint_fails(
    library: World, server: Embeddings, failure: str, code: str
) -> None:
    server.failures = [failure]
    answer = await library.api.ask('{ similarTo(to: {text: "cats"}) { score } }')
    assert answer.codes == [code]
    assert KEY not in str(answer.body)


async def test_an_endpoint_that_is_not_there_fails_as_one_that_is_down(library: World) -> None:
    nowhere = Endpoint("http://127.0.0.1:1/v1", "tiny", None)
    await add(library, "cats purr")
    await worker_of(library, nowhere).step()
    [chunk] = await chunks(library)
    assert chunk["embeddingError"] == "the endpoint cannot be reached (ConnectError)"
    await nowhere.close()
