"""Types as data: what the catalogue says, and registering types."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from domain.connection_types import CONNECTION_TYPES
from domain.events import EventType
from domain.people import PlatformRole
from domain.thing_types import THING_TYPES
from domain.values import JSON, JSONObject
from tests.client import Api
from tests.component.registered_types import REGISTERED, connection_type, filters, register, thing_type
from tests.conftest import served
from tests.refusals import conflict, invalid, refused
from tests.worlds import World

pytestmark = pytest.mark.slow


async def test_the_catalogue_describes_every_type(world: World) -> None:
    answer = await world.api.ask(
        """{ ontology {
            thingTypes { name objectType creatable registered description schema fields { name types required } }
            connectionTypes { name sources targets several reflexive directed cardinality registered }
            eventTypes { name description }
        } }"""
    )
    standard = {cast("str", each) for each in answer.each("ontology.thingTypes")}
    assert standard >= set(THING_TYPES)
    assert set(answer.each("ontology.connectionTypes")) >= set(CONNECTION_TYPES)
    assert answer.each("ontology.eventTypes") == [str(each) for each in EventType]
    of = {item["name"]: item for item in cast("list[dict[str, JSON]]", answer.at("ontology.thingTypes"))}
    assert of["product"]["objectType"] == "Product"
    assert of["blog_post"]["objectType"] == "GenericThing"
    assert of["api_key"]["creatable"] is False
    assert {"name": "price", "types": ["object"], "required": True} in cast("list[JSON]", of["product"]["fields"])
    owns = next(
        each
        for each in cast("list[dict[str, JSON]]", answer.at("ontology.connectionTypes"))
        if each["name"] == "member_of"
    )
    assert (owns["sources"], owns["targets"], owns["cardinality"]) == (["person"], ["group"], "many_to_many")


async def test_nobody_in_particular_is_told_no_types(world: World) -> None:
    answer = await Api(world.api.http).ask("{ ontology { thingTypes { name } } }")
    assert answer.codes == ["UNAUTHENTICATED"]


async def test_a_registered_type_works_at_once_and_on_every_server(world: World) -> None:
    journal = await world.journal()
    async with served(world.store) as other:
        elsewhere = Api(other).as_holder_of(world.api.authorization.removeprefix("Bearer "))
        assert (await elsewhere.ask("{ things(first: 1) { totalCount } }")).data
        answer = await world.api.change("registerThingType", thing_type("travel_guide"), REGISTERED)
        assert answer["thingType"] == {
            "name": "travel_guide",
            "version": 1,
            "registered": True,
            "filterable": [{"path": "city", "kind": "text", "ready": True}],
            "fields": [
                {"name": "city", "types": ["string"], "required": True},
                {"name": "pages", "types": ["integer"], "required": False},
                {"name": "out", "types": ["string"], "required": False},
                {"name": "sold", "types": [], "required": False},
            ],
        }
        [(kind, target, group, told)] = await journal.read()
        assert (kind, target, group, told) == ("thing_type_registered", None, None, {"name": "travel_guide"})
        given: dict[str, JSON] = {"groupId": world.home, "type": "travel_guide", "name": "Lisbon"}
        made = await elsewhere.change(
            "createThing", {**given, "properties": {"city": "Lisbon"}}, "thing { __typename id type properties }"
        )
        thing = cast("Mapping[str, JSON]", made["thing"])
        assert (thing["__typename"], thing["type"]) == ("GenericThing", "travel_guide")
        assert await filters(world, str(thing["id"])) == ["Lisbon", None, None, None]
        without = await elsewhere.change("createThing", {**given, "properties": {"city": 3}})
        assert without["field"] == "properties.city"


async def test_filterable_values_follow_every_write(world: World) -> None:
    await register(world, **thing_type("guide", filterable=["city", "pages", "out", "sold.copies"]))
    at = "2026-01-31T09:30:00+01:00"
    guide = await world.thing("Guide", type_="guide", properties={"city": "Rome", "pages": 3, "out": at})
    assert await filters(world, guide) == ["Rome", 3, 1769848200000000, None]
    changed = await world.api.change(
        "updateThing", {"id": guide, "version": 1, "properties": {"city": "Oslo", "sold": {"copies": 1.5}}}
    )
    assert changed["__typename"] == "UpdateThingSuccess"
    assert await filters(world, guide) == ["Oslo", None, None, 1.5]
    too_long: JSONObject = {"groupId": world.home, "type": "guide", "name": "G", "properties": {"city": "x" * 101}}
    assert await refused(world, "createThing", too_long) == invalid("properties.city")


async def test_a_filterable_text_fits_into_an_index(world: World) -> None:
    schema: JSONObject = {"type": "object", "properties": {"body": {"type": "string"}}}
    await register(world, **thing_type("essay", schema=schema, filterable=["body"]))
    given: dict[str, JSON] = {"groupId": world.home, "type": "essay", "name": "E"}
    await world.thing("Essay", type_="essay", properties={"body": "\U0001f600" * 1000})
    long: JSONObject = {**given, "properties": {"body": "x" * 1001}}
    assert await refused(world, "createThing", long) == invalid("properties.body")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Travel", "name"),
        ("travel guide", "name"),
        ("travel__guide", "name"),
        ("_travel", "name"),
        ("1st", "name"),
        ("tr\u0430vel", "name"),
        ("travel`) DETACH DELETE n //", "name"),
        ("", "name"),
        ("x" * 61, "name"),
    ],
)
async def test_a_name_that_is_none_is_refused(world: World, name: str, field: str) -> None:
    assert await refused(world, "registerThingType", thing_type(name)) == invalid(field)
    assert await refused(world, "registerConnectionType", connection_type(name)) == invalid(field)


@pytest.mark.parametrize("name", ["product", "blog_post", "group", "person", "thing", "event", "knowledge", "blogpost"])
async def test_a_name_that_is_taken_is_refused(world: World, name: str) -> None:
    if name == "blogpost":  # a label of its own, though it reads like one: Blogpost is not BlogPost
        await register(world, **thing_type(name))
    assert await refused(world, "registerThingType", thing_type(name)) == conflict("name")


async def test_names_that_make_the_same_label_clash(world: World) -> None:
    await register(world, **thing_type("plan_2"))
    assert await refused(world, "registerThingType", thing_type("plan2")) == conflict("name")


@pytest.mark.parametrize("name", ["owns", "member_of"])
async def test_a_standard_connection_type_is_not_registered_again(world: World, name: str) -> None:
    assert await refused(world, "registerConnectionType", connection_type(name)) == conflict("name")


async def test_of_those_who_register_a_name_at_once_one_succeeds(world: World) -> None:
    kinds: tuple[tuple[str, JSONObject], ...] = (
        ("registerThingType", thing_type("race")),
        ("registerConnectionType", connection_type("race")),
    )
    answers = await asyncio.gather(
        *(world.api.change(field, given) for field, given in kinds for _ in range(8)),
    )
    names = [answer["__typename"] for answer in answers]
    assert (names.count("RegisterThingTypeSuccess"), names.count("RegisterConnectionTypeSuccess")) == (1, 1)
    assert names.count("ConflictError") == 14


async def test_only_a_platform_owner_adds_and_changes_types(world: World) -> None:
    member = await world.member("mona", "home", role=PlatformRole.ORG_OWNER)
    before = await world.count()
    attempts: tuple[tuple[str, JSONObject], ...] = (
        ("registerThingType", thing_type("mine")),
        ("registerConnectionType", connection_type("mine")),
        ("evolveThingType", {"name": "mine", "version": 1}),
    )
    for field, given in attempts:
        assert (await member.change(field, given))["__typename"] == "ForbiddenError"
        assert (await Api(world.api.http).change(field, given))["__typename"] == "AuthError"
    assert await world.count() == before


BOMB: JSONObject = {
    "type": "object",
    "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 4} for n in range(20)} | {"d20": {}},
    "properties": {"a": {"$ref": "#/$defs/d0"}},
}
NESTED: dict[str, JSON] = {}
for _ in range(40):
    NESTED = {"not": NESTED}


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ([], "schema"),
        ("object", "schema"),
        ({}, "schema.type"),
        ({"type": "string"}, "schema.type"),
        ({"type": ["object"]}, "schema.type"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "schema.$schema"),
        ({"type": "object", "minProperties": -1}, "schema.minProperties"),
        ({"type": "object", "properties": []}, "schema.properties"),
        ({"type": "object", "properties": {"a": {"type": "objekt"}}}, "schema.properties.a.type"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "schema.properties.a.pattern"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}}, "schema.properties.a.pattern"),
        ({"type": "object", "properties": {"a": {"pattern": "((a{1000}){1000}){9}"}}}, "schema.properties.a.pattern"),
        ({"type": "object", "properties": {"a": {"format": "phone"}}}, "schema.properties.a.format"),
        ({"type": "object", "properties": {"__proto__": {}}}, "schema.properties"),
        ({"type": "object", "properties": {"@type": {}}}, "schema.properties"),
        ({"type": "object", "properties": {"constructor": {}}}, "schema.properties"),
        ({"type": "object", "properties": {"a b": {}}}, "schema.properties"),
        ({"type": "object", "properties": {"a": {"properties": {"n\u0430me": {}}}}}, "schema.properties.a.properties"),
        ({"type": "object", "$ref": "#"}, "schema.$ref"),
        ({"type": "object", "$ref": "#/$defs/none"}, "schema.$ref"),
        ({"type": "object", "$ref": "https://example.com/schema"}, "schema.$ref"),
        ({"type": "object", "$ref": "file:///etc/passwd"}, "schema.$ref"),
        ({"type": "object", "$id": "https://example.com/schema"}, "schema.$id"),
        ({"type": "object", "properties": {"a": {"$dynamicRef": "#a"}}}, "schema.properties.a.$dynamicRef"),
        ({"type": "object", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, "schema.$defs.a.items.$ref"),
        (BOMB, "schema"),
        (NESTED | {"type": "object"}, "schema" + ".not" * 32),
        ({"type": "object", "description": "x" * 70_000}, "schema"),
    ],
)
async def test_a_schema_that_is_none_or_could_be_turned_against_us_is_refused(
    world: World, schema: JSON, field: str
) -> None:
    given = thing_type("broken", schema=schema, filterable=[])
    assert await refused(world, "registerThingType", given) == invalid(field)


@pytest.mark.parametrize(
    ("filterable", "field"),
    [
        (["nope"], "filterable.0"),
        (["city", "city"], "filterable.1"),
        (["sold"], "filterable.0"),
        (["city.length"], "filterable.0"),
        ([""], "filterable.0"),
        (["city`"], "filterable.0"),
        (["city"] * 9, "filterable"),
    ],
)
async def test_what_cannot_be_found_by_is_not_filterable(world: World, filterable: list[JSON], field: str) -> None:
    given = thing_type("unfound", filterable=filterable)
    assert await refused(world, "registerThingType", given) == invalid(field)
