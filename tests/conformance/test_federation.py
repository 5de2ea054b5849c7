"""This graph as a part of a larger one, as Apollo's composition of federated schemas sees it."""

from pathlib import Path

import httpx2
import pytest
from graphql import ObjectTypeDefinitionNode, parse

from graph.store import Store
from tests.conformance.programs import FOLDER, INSTALLING, run
from tests.e2e.servers import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]

REVIEWS = FOLDER / "federation" / "reviews.graphql"


@pytest.fixture
async def sdl(store: Store, store_address: tuple[str, str, str], tmp_path: Path) -> str:  # noqa: ARG001 - an empty one
    """What a server says that a router may take in."""
    uri, user, password = store_address
    settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_FEDERATION": "true"}
    async with (
        serving("--store", uri, "--data", str(tmp_path), "--no-demo", settings=settings) as served,
        httpx2.AsyncClient(base_url=served.url, timeout=30) as client,
    ):
        answer = await client.post("/graphql", json={"query": "{ _service { sdl } }"})
    told: str = answer.json()["data"]["_service"]["sdl"]
    return told


async def test_a_supergraph_is_made_of_it_and_of_another_that_adds_to_its_products(
    node: str, sdl: str, tmp_path: Path
) -> None:
    (tmp_path / "one.graphql").write_text(sdl)
    supergraph = parse(await _composed(node, tmp_path / "one.graphql"))
    types = {each.name.value: each for each in supergraph.definitions if isinstance(each, ObjectTypeDefinitionNode)}
    product = types["Product"]
    assert {"name", "price", "reviews"} <= {each.name.value for each in product.fields or ()}
    joined = [each for each in product.directives or () if each.name.value == "join__type"]
    keys = {argument.value.to_dict()["value"] for each in joined for argument in each.arguments or ()}
    assert keys == {"ONE", "REVIEWS", "id"}
    roots = {name: {field.name.value for field in types[name].fields or ()} for name in ("Query", "Mutation")}
    assert {"node", "things", "review"} <= roots["Query"]
    assert {"createThing", "writeReview"} <= roots["Mutation"]
    assert {field.name.value for field in types["Subscription"].fields or ()} == {"events", "orderUpdates"}


async def test_none_is_made_where_it_has_no_entities(node: str, sdl: str, tmp_path: Path) -> None:
    (tmp_path / "one.graphql").write_text(
        sdl.replace('type Product implements Thing & Node @key(fields: "id")', "type Product implements Thing & Node")
    )
    with pytest.raises(AssertionError, match="Product"):
        await _composed(node, tmp_path / "one.graphql")


async def _composed(node: str, ours: Path) -> str:
    return await run(node, "federation/compose.mjs", f"one={ours}", f"reviews={REVIEWS}")
