"""Documents, their chunks and vectors: written with their event or not at all, and read back as they are."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from domain.ids import new_id
from domain.values import JSON, JSONObject
from graph.vectors import fix_dimension
from services.exporting import export_store
from services.restoring import import_export
from tests.component.vectors import DOCUMENT, document, with_dimension
from tests.conftest import wipe
from tests.refusals import conflict, invalid, not_found, refused
from tests.worlds import World

pytestmark = pytest.mark.slow

READ = """query ($id: ID!) { node(id: $id) { id ... on Knowledge {
    type role text sourceField version chunkCount position embeddingState embeddingModel
    thing { id } document { id }
    chunks(first: 100) { totalCount nodes { id type role text position embeddingState embeddingModel document { id } } }
} } }"""
TEXT = "The first paragraph.\n\n" + "A sentence of some words. " * 100 + "\n\nThe end."


async def node(world: World, identifier: str) -> Mapping[str, JSON]:
    answer = await world.api.ask(READ, id=identifier)
    return cast("Mapping[str, JSON]", answer.data["node"])


async def added(world: World, given: JSONObject) -> str:
    answer = await world.api.change("addDocument", given, DOCUMENT)
    assert "document" in answer, answer
    return str(cast("Mapping[str, JSON]", answer["document"])["id"])


async def test_a_document_is_split_into_chunks_that_wait_for_embeddings(world: World) -> None:
    thing = await world.thing("Post")
    journal = await world.journal()
    identifier = await added(
        world, {"thingId": thing, "text": TEXT, "role": "caption", "sourceField": "properties.body"}
    )
    found = dict(await node(world, identifier))
    chunks = cast("Mapping[str, JSON]", found.pop("chunks"))
    assert found == {
        "id": identifier,
        "type": "document",
        "role": "caption",
        "text": TEXT,
        "sourceField": "properties.body",
        "version": 1,
        "chunkCount": 3,
        "position": None,
        "embeddingState": None,
        "embeddingModel": None,
        "thing": {"id": thing},
        "document": None,
    }
    nodes = cast("list[Mapping[str, JSON]]", chunks["nodes"])
    assert chunks["totalCount"] == 3
    assert "".join(str(each["text"]) for each in nodes) == TEXT
    assert [(each["position"], each["type"], each["role"], each["embeddingState"]) for each in nodes] == [
        (0, "chunk", "chunk_of", "pending"),
        (1, "chunk", "chunk_of", "pending"),
        (2, "chunk", "chunk_of", "pending"),
    ]
    assert {str(each["document"]) for each in nodes} == {str({"id": identifier})}
    assert await journal.read() == [
        (
            "knowledge_added",
            thing,
            world.home,
            {"knowledge": identifier, "type": "document", "role": "caption", "chunks": 3},
        )
    ]


async def test_a_client_can_cut_a_document_and_embed_its_chunks(world: World) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    text = "Cats and dogs. Trains."
    chunks: list[JSON] = [{"text": "Cats and dogs.", "embedding": [2, 0, 0]}, {"text": "Trains."}]
    identifier = await added(world, {"thingId": thing, "text": text, "chunks": chunks, "model": "mine"})
    found = cast("Mapping[str, JSON]", (await node(world, identifier))["chunks"])
    nodes = cast("list[Mapping[str, JSON]]", found["nodes"])
    assert [(each["text"], each["embeddingState"], each["embeddingModel"]) for each in nodes] == [
        ("Cats and dogs.", "done", "mine"),
        ("Trains.", "pending", None),
    ]
    given: JSONObject = {
        "documentId": identifier,
        "model": "other",
        "embeddings": [{"chunkId": nodes[1]["id"], "embedding": [0, 1, 0]}],
    }
    answer = await world.api.change("setEmbeddings", given, "document { id }")
    assert answer["document"] == {"id": identifier}
    chunk = await node(world, str(nodes[1]["id"]))
    assert (chunk["embeddingState"], chunk["embeddingModel"]) == ("done", "other")


async def test_a_document_is_replaced_with_its_chunks(world: World) -> None:
    thing = await world.thing("Post")
    identifier = await added(world, {"thingId": thing, "text": TEXT})
    before = await world.count()
    journal = await world.journal()
    given: JSONObject = {"id": identifier, "version": 1, "text": "Short."}
    answer = await world.api.change("replaceDocument", given, DOCUMENT)
    assert cast("Mapping[str, JSON]", answer["document"])["version"] == 2
    found = await node(world, identifier)
    assert (found["text"], found["version"], found["chunkCount"]) == ("Short.", 2, 1)
    assert cast("Mapping[str, JSON]", found["chunks"])["totalCount"] == 1
    after = await world.count()
    assert after["Knowledge"] - before["Knowledge"] == -2 + 1  # two chunks less, a version more
    details = {"knowledge": identifier, "type": "document", "version": 2, "chunks": 1}
    assert await journal.read() == [("knowledge_updated", thing, world.home, details)]
    assert await refused(world, "replaceDocument", given) == conflict("version")


async def test_a_vector_without_a_text(world: World) -> None:
    await with_dimension(world)
    thing = await world.thing("Picture")
    given: JSONObject = {"thingId": thing, "embedding": [0.5, 0.5, 0], "role": "keyword", "model": "clip"}
    answer = await world.api.change("addVector", given, "vector { id }")
    identifier = str(cast("Mapping[str, JSON]", answer["vector"])["id"])
    found = await node(world, identifier)
    assert (found["type"], found["role"], found["text"], found["embeddingState"]) == (
        "vector_only",
        "keyword",
        None,
        "done",
    )


async def test_knowledge_is_removed_with_its_chunks_and_the_thing_stays_as_it_is(world: World) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    before = await world.count()
    first = await document(world, thing, [1, 0, 0], [0, 1, 0])
    answer = await world.api.change("addVector", {"thingId": thing, "embedding": [1, 1, 1]}, "vector { id }")
    second = str(cast("Mapping[str, JSON]", answer["vector"])["id"])
    journal = await world.journal()
    for identifier in (first, second):
        assert (await world.api.change("removeKnowledge", {"id": identifier}, "id"))["id"] == identifier
        assert (await world.api.ask(READ, id=identifier)).at("node") is None
    assert [(kind, target) for kind, target, _, _ in await journal.read()] == [("knowledge_removed", thing)] * 2
    after = await world.count()
    told = {"Event": 0, "Unsequenced": 0}
    assert {**after, **told} == {**before, **told}


async def test_deleting_a_thing_erases_its_documents_and_keeps_labels(world: World) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    await world.api.change("labelThing", {"id": thing, "label": "topic:cats"})
    label = (await world.count())["Knowledge"]
    await document(world, thing, [1, 0, 0], [0, 1, 0])
    assert (await world.api.change("deleteThing", {"id": thing, "version": 2}, "id"))["id"] == thing
    after = await world.count()
    assert after["Knowledge"] == label
    assert "HAS_KNOWLEDGE" not in after


async def test_the_same_key_adds_a_document_once(world: World) -> None:
    thing = await world.thing("Post")
    given: JSONObject = {"thingId": thing, "text": TEXT, "idempotencyKey": "one"}
    ids = await asyncio.gather(*(added(world, given) for _ in range(5)))
    assert len(set(ids)) == 1
    assert (await world.count())["Knowledge"] == 4 + 1  # and a version


LISTS = """query ($thing: ID!) {
    all: knowledge(first: 10) { totalCount nodes { id } }
    documents: knowledge(first: 10, type: document) { totalCount nodes { id } }
    ofThing: knowledge(first: 10, thingId: $thing, type: chunk) { totalCount nodes { id } }
    ofLabel: knowledge(first: 10, label: "topic:cats", type: document) { totalCount nodes { id } }
    node(id: $thing) { ... on Thing { knowledge(first: 10) { totalCount nodes { type } } } }
}"""


async def test_knowledge_by_thing_by_label_and_by_type(world: World) -> None:
    await with_dimension(world)
    cat, dog = await world.thing("Cat"), await world.thing("Dog")
    for thing, label in ((cat, "topic:cats"), (cat, "topic:pets"), (dog, "topic:pets")):
        await world.api.change("labelThing", {"id": thing, "label": label})
    first = await document(world, cat, [1, 0, 0], [0, 1, 0])
    second = await document(world, dog, [1, 0, 0])
    answer = await world.api.ask(LISTS, thing=cat)
    assert answer.at("all.totalCount") == 2 + 3 + 2
    assert set(answer.each("documents.nodes", "id")) == {first, second}
    assert answer.at("ofThing.totalCount") == 2
    assert answer.each("ofLabel.nodes", "id") == [first]
    assert sorted(map(str, answer.each("node.knowledge.nodes", "type"))) == [
        "chunk",
        "chunk",
        "document",
        "label",
        "label",
    ]


async def test_labels_in_use_with_their_counts(world: World) -> None:
    below = await world.group("below", world.home)
    cat, dog = await world.thing("Cat"), await world.thing("Dog", below)
    for thing, label in ((cat, "topic:cats"), (cat, "skill:x"), (dog, "topic:cats"), (dog, "topic:dogs")):
        await world.api.change("labelThing", {"id": thing, "label": label})
    await world.api.change("unlabelThing", {"id": dog, "label": "topic:dogs"})
    query = """query ($home: ID!) {
        labels(first: 10, category: "Topic") { totalCount nodes { label count } }
        all: labels(first: 1) { totalCount nodes { label count } pageInfo { hasNextPage } }
        node(id: $home) { ... on Group { labels(first: 10) { totalCount nodes { label count } } } }
    }"""
    answer = await world.api.ask(query, home=world.home)
    assert answer.at("labels") == {"totalCount": 1, "nodes": [{"label": "topic:cats", "count": 2}]}
    assert answer.at("all.totalCount") == 2
    assert answer.at("all.pageInfo.hasNextPage") is True
    assert answer.at("node.labels") == {
        "totalCount": 2,
        "nodes": [{"label": "topic:cats", "count": 1}, {"label": "skill:x", "count": 1}],
    }


async def test_a_page_of_things_reads_their_knowledge_at_once(world: World, statements: list[str]) -> None:
    for name in ("a", "b", "c"):
        await added(world, {"thingId": await world.thing(name), "text": "Some text."})
    statements.clear()
    answer = await world.api.ask(
        "{ things(first: 10) { nodes { name knowledge(first: 5, type: document) { nodes { text } } } } }"
    )
    assert len(answer.each("things.nodes")) == 3
    assert statements == ["list_things", "list_knowledge_of_thing", "fetch_knowledge_texts"]


BAD: list[tuple[str, JSONObject, dict[str, JSON]]] = [
    ("addDocument", {"text": ""}, invalid("text")),
    ("addDocument", {"text": " \n\t "}, invalid("text")),
    ("addDocument", {"text": "a\u0000b"}, invalid("text")),
    ("addDocument", {"text": "a", "role": "label"}, invalid("role")),
    ("addDocument", {"text": "a", "role": "chunk_of"}, invalid("role")),
    ("addDocument", {"text": "a", "sourceField": ""}, invalid("sourceField")),
    ("addDocument", {"text": "a", "chunks": []}, invalid("chunks")),
    ("addDocument", {"text": "a", "chunks": [{"text": "b"}]}, invalid("chunks.0.text")),
    ("addDocument", {"text": "a b", "chunks": [{"text": "b"}, {"text": "a"}]}, invalid("chunks.1.text")),
    ("addDocument", {"text": "a b", "chunks": [{"text": " "}]}, invalid("chunks.0.text")),
    ("addDocument", {"text": "a", "chunks": [{"text": "a", "embedding": [1, 2]}]}, invalid("chunks.0.embedding")),
    ("addDocument", {"text": "a", "chunks": [{"text": "a", "embedding": [0, 0, 0]}]}, invalid("chunks.0.embedding")),
    ("addDocument", {"text": "a", "chunks": [{"text": "a"}] * 1_001}, invalid("chunks")),
    ("addVector", {"embedding": []}, invalid("embedding")),
    ("addVector", {"embedding": [1, 2, 3, 4]}, invalid("embedding")),
    ("addVector", {"embedding": [0, 0.0, -0.0]}, invalid("embedding")),
    ("addVector", {"embedding": [1, 2, 3], "text": "a\u0000"}, invalid("text")),
]


@pytest.mark.parametrize(("mutation", "given", "expected"), BAD)
async def test_bad_input_is_refused_by_its_field(
    world: World, mutation: str, given: JSONObject, expected: dict[str, JSON]
) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    assert await refused(world, mutation, {"thingId": thing, **given}) == expected


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "-Infinity"])
async def test_a_number_that_is_not_finite_is_refused(world: World, number: str) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    before = await world.count()
    body = (
        '{"query": "mutation ($e: [Float!]!) { addVector(input: {thingId: \\"' + thing + '\\", embedding: $e}) '
        '{ __typename } }", "variables": {"e": [1, 2, ' + number + "]}}"
    )
    headers = {"Authorization": world.api.authorization, "Content-Type": "application/json"}
    response = await world.api.http.post("/graphql", content=body, headers=headers)
    assert "Success" not in response.text
    assert response.status_code in {200, 400}
    assert await world.count() == before


@pytest.mark.parametrize("vector", [[1e308, 1e308, -1e308], [5e-324, 0, 0], [1e-200, 2e-200, 0]])
async def test_a_vector_of_any_length_is_as_good_as_another(world: World, vector: list[float]) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    await document(world, thing, vector)
    answer = await world.api.ask(
        "query ($v: [Float!]!) { similarTo(to: {vector: $v}) { score } }", v=cast("JSON", vector)
    )
    [score] = answer.each("similarTo", "score")
    assert score == pytest.approx(1)


async def test_a_document_that_is_too_long_is_refused(world: World) -> None:
    thing = await world.thing("Post")
    text = "a " * 450_000
    given: JSONObject = {"thingId": thing, "text": text}
    assert "document" in await world.api.change("addDocument", given, DOCUMENT)
    chunks: list[JSON] = [{"text": "a"}] * 1_000
    assert "document" in await world.api.change("addDocument", {**given, "text": "a a", "chunks": chunks}, DOCUMENT)


async def test_without_a_dimension_vectors_are_refused_and_texts_are_not(world: World) -> None:
    thing = await world.thing("Post")
    assert await refused(world, "addVector", {"thingId": thing, "embedding": [1]}) == invalid("embedding")
    await added(world, {"thingId": thing, "text": "Some text."})
    answer = await world.api.ask("{ similarTo(to: {vector: [1]}) { score } }")
    assert answer.codes == ["VALIDATION"]


async def test_what_is_not_there_or_archived_or_of_another_type_is_refused(world: World) -> None:
    await with_dimension(world)
    gone, nobody = new_id("thg"), new_id("kno")
    assert await refused(world, "addDocument", {"thingId": gone, "text": "a"}) == not_found("thing", gone)
    assert await refused(world, "addDocument", {"thingId": world.home, "text": "a"}) == invalid("thingId")
    assert await refused(world, "removeKnowledge", {"id": nobody}) == not_found("knowledge", nobody)
    thing = await world.thing("Post")
    await world.api.change("labelThing", {"id": thing, "label": "topic:cats"})
    identifier = await document(world, thing, [1, 0, 0])
    answer = await world.api.ask("{ knowledge(first: 5) { nodes { id type } } }")
    ids = {
        str(each["type"]): str(each["id"]) for each in cast("list[Mapping[str, JSON]]", answer.at("knowledge.nodes"))
    }
    for kind in ("label", "chunk"):
        assert await refused(world, "removeKnowledge", {"id": ids[kind]}) == invalid("id")
        assert await refused(world, "replaceDocument", {"id": ids[kind], "version": 1, "text": "a"}) == invalid("id")
    other = await document(world, thing, [1, 0, 0])
    stray: JSONObject = {"documentId": other, "embeddings": [{"chunkId": ids["chunk"], "embedding": [1, 0, 0]}]}
    assert await refused(world, "setEmbeddings", stray) == not_found("chunk of this document", ids["chunk"])
    await world.api.change("archiveThing", {"id": thing, "version": 2})
    for mutation, given in (
        ("addDocument", {"thingId": thing, "text": "a"}),
        ("removeKnowledge", {"id": identifier}),
        ("replaceDocument", {"id": identifier, "version": 1, "text": "a"}),
    ):
        assert await refused(world, mutation, cast("JSONObject", given)) == conflict("status")


async def test_clients_who_replace_a_document_at_once_leave_one_text(world: World) -> None:
    thing = await world.thing("Post")
    identifier = await added(world, {"thingId": thing, "text": TEXT})
    answers = await asyncio.gather(
        *(
            world.api.change("replaceDocument", {"id": identifier, "version": 1, "text": f"Text {number}."}, DOCUMENT)
            for number in range(8)
        )
    )
    assert sorted(str(each["__typename"]) for each in answers) == ["ConflictError"] * 7 + ["ReplaceDocumentSuccess"]
    found = await node(world, identifier)
    [chunk] = cast("list[Mapping[str, JSON]]", cast("Mapping[str, JSON]", found["chunks"])["nodes"])
    assert chunk["text"] == found["text"]


async def test_an_export_takes_documents_vectors_and_their_dimension_along(world: World, tmp_path: Path) -> None:
    await with_dimension(world)
    thing = await world.thing("Post")
    identifier = await document(world, thing, [1, 0, 0], [0, 1, 0])
    await world.api.change("addDocument", {"thingId": thing, "text": "It waits."})
    before = await node(world, identifier), await world.count()
    path, again = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    await export_store(world.store, path)
    await wipe(world.store)
    assert (await import_export(world.store, path)).refused_total == 0
    assert await fix_dimension(world.store, None) == 3
    assert (await node(world, identifier), await world.count()) == before
    answer = await world.api.ask("{ similarTo(to: {vector: [0, 1, 0]}, first: 1) { knowledge { text } } }")
    assert answer.at("similarTo.0.knowledge.text") == "word1"
    assert (await world.api.ask("{ embeddingStatus { pending } }")).at("embeddingStatus.pending") == 1
    await export_store(world.store, again)
    assert again.read_bytes() == path.read_bytes()
