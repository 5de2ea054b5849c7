"""Types that evolve while they are written to, and the columns by which their things are found."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from services.filling import fill_standard_filters
from tests.component.registered_types import GUIDE, REGISTERED, filters, register, thing_type
from tests.refusals import conflict, invalid, refused
from tests.worlds import World, new_thing

pytestmark = pytest.mark.slow


async def test_a_schema_changes_where_all_things_fit(world: World) -> None:
    await register(world, **thing_type("guide"))
    guide = await world.thing("Rome", type_="guide", properties={"city": "Rome", "pages": 3})
    journal = await world.journal()
    schema: JSONObject = {**GUIDE, "required": ["city", "pages"]}
    answer = await world.api.change(
        "evolveThingType",
        {"name": "guide", "version": 1, "schema": schema, "filterable": ["city", "pages"]},
        REGISTERED,
    )
    evolved = cast("Mapping[str, JSON]", answer["thingType"])
    assert (evolved["version"], evolved["filterable"]) == (
        2,
        [{"path": "city", "kind": "text", "ready": True}, {"path": "pages", "kind": "number", "ready": True}],
    )
    assert await filters(world, guide) == ["Rome", 3, None, None]
    [(kind, _, _, told)] = await journal.read()
    assert (kind, told) == (
        "thing_type_evolved",
        {"name": "guide", "version": 2, "changed": ["schema", "filterable"]},
    )
    short: JSONObject = {"groupId": world.home, "type": "guide", "name": "G", "properties": {"city": "Oslo"}}
    assert await refused(world, "createThing", short) == invalid("properties")


async def test_a_schema_that_things_do_not_fit_is_refused_with_their_ids(world: World) -> None:
    await register(world, **thing_type("guide"))
    at = await world.make(
        **{f"g{n}": new_thing(world.home, "guide", "G", city="Rome" if n else "Ulaanbaatar") for n in range(25)}
    )
    schema: JSONObject = {**GUIDE, "properties": {"city": {"type": "string", "maxLength": 5}}}
    answer = await world.api.ask(
        """mutation ($input: EvolveThingTypeInput!) { evolveThingType(input: $input) {
            __typename ... on MisfitError { total misfits { thingId path message } } } }""",
        input={"name": "guide", "version": 1, "schema": schema},
    )
    assert answer.at("evolveThingType.total") == 1
    assert answer.at("evolveThingType.misfits.0.thingId") == at["g0"]
    assert answer.at("evolveThingType.misfits.0.path") == "properties.city"
    # It stayed as it was.
    await world.thing("Long", type_="guide", properties={"city": "Antananarivo"})
    found = await world.api.ask("{ ontology { thingTypes { name version } } }")
    assert {"name": "guide", "version": 1} in cast("list[JSON]", found.at("ontology.thingTypes"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filterable": []}, "filterable"),
        ({"filterable": ["pages", "city"]}, "filterable"),
        ({"filterable": ["city", "nope"]}, "filterable.1"),
        ({"schema": {"type": "object", "properties": {"city": {"type": "number"}}}}, "schema"),
        ({"schema": None}, "schema"),
        ({"description": ""}, "description"),
        ({"version": 0}, "version"),
    ],
)
async def test_what_is_filterable_stays_what_and_where_it_is(world: World, changes: JSONObject, field: str) -> None:
    found = await world.api.change("registerThingType", thing_type("kept"))
    assert found["__typename"] in {"RegisterThingTypeSuccess", "ConflictError"}
    given: JSONObject = {"name": "kept", "version": 1, **changes}
    assert await refused(world, "evolveThingType", given) == invalid(field)


async def test_an_old_version_a_standard_type_and_an_unknown_one_are_refused(world: World) -> None:
    await register(world, **thing_type("aged"))
    given: JSONObject = {"name": "aged", "version": 1, "description": "Aged."}
    assert (await world.api.change("evolveThingType", given))["__typename"] == "EvolveThingTypeSuccess"
    assert await refused(world, "evolveThingType", given) == conflict("version")
    standard: JSONObject = {"name": "product", "version": 1}
    assert await refused(world, "evolveThingType", standard) == invalid("name")
    unknown: JSONObject = {"name": "nowhere", "version": 1}
    answer = await refused(world, "evolveThingType", unknown)
    assert (answer["__typename"], answer["resource"]) == ("NotFoundError", "thing type")


async def test_no_thing_slips_past_a_type_that_evolves(world: World) -> None:
    """Writers and evolutions side by side: afterwards every thing fits the schema that holds."""
    schema: JSONObject = {"type": "object", "properties": {"size": {"type": "integer"}}}
    await register(world, **thing_type("box", schema=schema, filterable=["size"]))

    async def write(number: int) -> None:
        given: dict[str, JSON] = {"groupId": world.home, "type": "box", "name": f"Box {number}"}
        answer = await world.api.change("createThing", {**given, "properties": {"size": number}})
        assert answer["__typename"] in {"CreateThingSuccess", "ValidationError"}

    async def evolve(limit: int) -> JSON:
        narrower: JSONObject = {"type": "object", "properties": {"size": {"type": "integer", "maximum": limit}}}
        answer = await world.api.change("evolveThingType", {"name": "box", "version": 1, "schema": narrower})
        return answer["__typename"]

    answers = await asyncio.gather(
        *(write(number) for number in range(20)), evolve(10), evolve(30), *(write(n) for n in range(20, 40))
    )
    evolved = [answer for answer in answers if answer is not None]
    assert evolved.count("EvolveThingTypeSuccess") <= 1
    assert set(evolved) <= {"EvolveThingTypeSuccess", "MisfitError", "ConflictError"}
    found = await world.api.ask(
        "{ ontology { thingTypes { name schema } } things(first: 100) { nodes { type properties } } }"
    )
    holds = next(
        cast("dict[str, dict[str, dict[str, int]]]", each["schema"])
        for each in cast("list[dict[str, JSON]]", found.at("ontology.thingTypes"))
        if each["name"] == "box"
    )
    limit = holds["properties"]["size"].get("maximum", 1_000)
    sizes = [
        cast("dict[str, int]", each["properties"])["size"]
        for each in cast("list[dict[str, JSON]]", found.at("things.nodes"))
        if each["type"] == "box"
    ]
    assert sizes
    assert max(sizes) <= limit


async def test_the_columns_of_a_standard_type_are_filled_after_an_upgrade(world: World) -> None:
    price: dict[str, JSON] = {"category": "course", "price": {"amount": 5, "currency": "EUR"}}
    product = (await world.make(it=new_thing(world.home, "product", "It", "draft", **price)))["it"]
    assert await filters(world, product) == ["course", None, 5, "EUR"]
    forget: Statement[int] = Statement(
        "forget", "MATCH (thing:Product) SET thing.filter1 = null, thing.filter3 = 9 RETURN count(*) AS row"
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(forget, {})

    await world.store.write(work)
    await fill_standard_filters(world.store)
    assert await filters(world, product) == ["course", None, 5, "EUR"]
    await world.store.write(work)
    await fill_standard_filters(world.store)  # nothing of this version is new
    assert await filters(world, product) == [None, None, 9, "EUR"]
