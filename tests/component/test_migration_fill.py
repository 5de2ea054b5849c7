"""What a store held before versions, mentions and labels were kept is brought to what the code expects."""

from collections.abc import Mapping

import pytest

from domain.values import JSON
from graph.migrate import read_migrations
from graph.store import Statement
from tests.worlds import World

pytestmark = pytest.mark.slow

KEPT: Statement[Mapping[str, JSON]] = Statement(
    "kept",
    """
    MATCH (thing:Thing)
    RETURN {
        id: thing.id,
        labels: thing.labels,
        mentions: COLLECT { MATCH (thing)-[:MENTIONS]->(named) RETURN named.id ORDER BY named.id },
        edges: COLLECT { MATCH (thing)-[edge:HAS_KNOWLEDGE]->() RETURN [edge.label, edge.sortKey] ORDER BY edge.label }
    } AS row ORDER BY thing.id""",
)


async def test_an_older_store_is_filled_as_if_it_had_been_written_now(world: World) -> None:
    product = await world.thing(
        "P", type_="product", properties={"category": "course", "price": {"amount": 1, "currency": "USD"}}
    )
    lines: JSON = [{"productId": product, "quantity": 1}] * 2
    cart = await world.thing("C", type_="cart", properties={"lines": lines})
    await world.thing("N", properties={"text": product})
    for label in ("b:2", "a:1"):
        await world.api.change("labelThing", {"id": cart, "label": label})
    before = await world.store.read(KEPT, {})
    [fill] = [each for each in read_migrations() if each.title == "fill"]
    await world.store.define(fill.down)
    emptied = await world.store.read(KEPT, {})
    assert {str(each["labels"]) for each in emptied} == {"None"}
    assert [each["mentions"] for each in emptied] == [[]] * len(before)
    await world.store.define(fill.up)
    assert await world.store.read(KEPT, {}) == before
