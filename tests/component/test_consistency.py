"""Consistency: every rule is broken behind the server's back, found with its ids, planned, and mended or left."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from app.checking import check
from domain.access import Caller, KeyScope
from domain.consistency import Outcome, Violation
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.people import PlatformRole
from graph import knowledge
from graph.checks.subjects import PAGE
from graph.migrate import lacking, read_migrations
from graph.store import Statement, Transaction
from services.checking import RULES, Checking
from services.keys import Keys
from services.ontology import Ontology
from services.people import NewPerson
from services.registration import register
from tests.client import Api
from tests.component.broken import BREAKS, INVENTED, Break
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

Names = Mapping[str, str]


async def run(world: World, text: str, names: Names) -> None:
    """Write past every rule."""
    statement: Statement[int] = Statement("break", text if "RETURN" in text else f"{text} RETURN 1 AS row")

    async def work(transaction: Transaction) -> None:
        await transaction.run(statement, {name: names[name] for name in re.findall(r"\$(\w+)", text)})

    await world.store.write(work)


@pytest.fixture
async def town(world: World) -> Names:
    """One of everything: each name with its id."""
    at = {"home": world.home, "person": world.owner.id, **INVENTED}
    at |= await world.make(shelf=new_group("shelf"), attic=new_group("attic"))
    at |= await world.make(box=new_group("box", at["attic"]))
    price = {"amount": 5, "currency": "USD"}
    at |= await world.make(
        alone=new_thing(world.home, "video", "Alone"),
        video=new_thing(world.home, "video", "Video"),
        boxed=new_thing(at["box"], "video", "Boxed"),
        product=new_thing(world.home, "product", "Product", category="course", price=price),
    )
    line = {"productId": at["product"], "name": "Line", "unitPrice": 5, "quantity": 3, "discount": "0.5"}
    order = {"number": "1", "state": "paid", "currency": "USD", "placedAt": "2026-01-01T00:00:00Z", "lines": [line]}
    at |= await world.make(
        order=new_thing(world.home, "order", "Order", **order),
        edge=new_connection("references", at["video"], at["product"]),
    )
    stray = NewPerson("stray@one.example", "Stray", "Stray", PlatformRole.CUSTOMER)
    at["stray"] = (await register(world.store, stray, None, "viewer")).id  # type: ignore[arg-type] # joins nothing
    at["label"] = new_id(KNOWLEDGE_PREFIX)
    link: knowledge.LabelLink = {"thingId": at["video"], "label": "topic:x", "knowledgeId": at["label"]}
    await world.store.write(lambda transaction: knowledge.add_labels(transaction, [link], 1))
    answer = await world.api.ask(
        """query ($id: ID!) { events(last: 1) { nodes { id } }
        node(id: $id) { ... on Group { connections(first: 1, types: ["member_of"]) { nodes { id } } } } }""",
        id=world.home,
    )
    at["key"] = (await Keys(world.store).create(Caller(None), world.owner.email, KeyScope.READ)).key.id
    at["event"] = str(answer.at("events.nodes.0.id"))
    at["member"] = str(answer.at("node.connections.nodes.0.id"))
    return at


@pytest.fixture
async def mended_schema(world: World) -> AsyncIterator[None]:
    """Whatever becomes of the store's schema, it is there again afterwards."""
    yield
    missing = await lacking(world.store, read_migrations())
    if missing:
        await run(world, "MATCH (n:Group) WITH n SET n.slug = n.id", {})
    for wanted in missing:
        await world.store.define([wanted.statement])


async def found(world: World) -> list[Violation]:
    checking = Checking(world.store, Ontology(world.store))
    return [case.violation async for case in checking.cases()]


WAYS = [pytest.param(name, way, id=f"{name}-{index}") for name in RULES for index, way in enumerate(BREAKS[name])]


def test_every_rule_is_broken_below_and_nothing_else_is() -> None:
    assert list(BREAKS.keys() ^ RULES.keys()) == []


@pytest.mark.usefixtures("mended_schema")
@pytest.mark.parametrize(("name", "way"), WAYS)
async def test_a_broken_rule_is_found_planned_and_mended(world: World, town: Names, name: str, way: Break) -> None:
    assert await found(world) == []
    if way.schema:
        await world.store.define([way.schema])
    await run(world, way.text, town)
    broken = [each for each in await found(world) if each.rule.name not in way.others]
    assert {each.rule.name for each in broken} == {name}, broken
    first = broken[0]
    assert sorted(first.ids) == sorted(town[each] for each in way.ids)
    assert way.ids == () or first.ids[0] == town[way.ids[0]] or name in {"store_unique", "group_tree"}
    assert first.repair.by_machine is way.mended
    assert first.repair.does
    assert first.detail

    journal, before = await world.journal(), await world.count()
    assert not await check(world.store, repair=True, yes=False, as_json=True) or name == "knowledge_described"
    assert await world.count() == before, "a plan changed something"
    clean = await check(world.store, repair=True, yes=True, as_json=True)
    left = {each.rule.name for each in await found(world)}
    if way.mended:
        assert clean
        assert left == set()
        told = [event async for event in system_events(world, journal.cursor)]
        assert {"rule": name, "does": first.repair.does} in [properties for type_, properties in told]
    else:
        assert not clean
        assert name in left
        assert left <= {name, *way.others}


async def system_events(world: World, after: object) -> AsyncIterator[tuple[str, object]]:
    answer = await world.api.ask(
        """query ($after: String) {
            events(first: 100, order: oldest_first, after: $after) { nodes { type actor properties } }
        }""",
        after=str(after),
    )
    for event in answer.at("events.nodes"):  # type: ignore[union-attr] # a list
        assert event["actor"] == "system"  # type: ignore[index, call-overload] # of objects
        yield event["type"], event["properties"]  # type: ignore[index, call-overload, misc] # of objects
