"""Types as data: what the catalogue says, registering types, and letting them evolve under writers."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from domain.connection_types import CONNECTION_TYPES, REGISTERED_RELATIONSHIP
from domain.events import EventType
from domain.people import PlatformRole
from domain.thing_types import THING_TYPES
from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from services.filling import fill_standard_filters
from tests.client import Api
from tests.conftest import served
from tests.refusals import conflict, invalid, refused
from tests.worlds import World, new_thing

pytestmark = pytest.mark.slow

GUIDE: JSONObject = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 100},
        "pages": {"type": "integer", "minimum": 1},
        "out": {"type": "string", "format": "date-time"},
        "sold": {"$ref": "#/$defs/sold"},
    },
    "required": ["city"],
    "$defs": {"sold": {"type": "object", "properties": {"copies": {"type": "number"}}}},
}
REGISTERED = "thingType { name version registered filterable { path kind ready } fields { name types required } }"
FILTERS: Statement[Mapping[str, object]] = Statement(
    "filters", "MATCH (thing:Entity:Thing {id: $id}) RETURN properties(thing) AS row"
)


def thing_type(name: str, **more: JSON) -> JSONObject:
    return {"name": name, "description": "About a place.", "schema": GUIDE, "filterable": ["city"], **more}


def connection_type(name: str, **more: JSON) -> JSONObject:
    return {"name": name, "description": "How two relate.", "sources": ["person"], "targets": ["person"], **more}


async def register(world: World, **given: JSON) -> None:
    field = "registerThingType" if "filterable" in given else "registerConnectionType"
    answer = await world.api.change(field, given)
    assert answer["__typename"] == f"{field[0].upper()}{field[1:]}Success", answer


async def filters(world: World, thing_id: str) -> list[object]:
    [row] = await world.store.read(FILTERS, {"id": thing_id})
    return [row.get(f"filter{number}") for number in range(1, 5)]


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


class TestConnections:
    async def test_a_registered_type_joins_what_it_says(self, world: World) -> None:
        kinds: JSONObject = connection_type(
            "cites", sources=["thing"], targets=["thing", "group"], targetTypes=["product"], sourceTypes=["blog_post"]
        )
        await register(world, **kinds)
        price: dict[str, JSON] = {"category": "course", "price": {"amount": 1, "currency": "EUR"}}
        at = await world.make(
            post=new_thing(world.home, "blog_post", "Post"),
            course=new_thing(world.home, "product", "Course", "draft", **price),
            video=new_thing(world.home, "video", "Video"),
        )
        found = await world.connect("cites", at["post"], at["course"], {"why": "it helps"})
        assert found.startswith("con_cites_")
        await world.connect("cites", at["post"], world.home)
        for source, target, field in (
            (at["post"], at["video"], "toId"),
            (at["video"], at["course"], "fromId"),
            (world.owner.id, at["course"], "fromId"),
            (at["post"], world.owner.id, "toId"),
            (at["post"], at["post"], "toId"),
        ):
            given: JSONObject = {"type": "cites", "fromId": source, "toId": target}
            assert await refused(world, "connect", given) == invalid(field)
        again: JSONObject = {"type": "cites", "fromId": at["post"], "toId": at["course"]}
        assert await refused(world, "connect", again) == conflict("toId")
        answer = await world.api.ask(
            """query ($id: ID!, $post: ID!) { node(id: $id) { ... on Relationship { type properties } }
            post: node(id: $post) { ... on Thing {
                all: connections(first: 9) { nodes { type } }
                some: connections(first: 9, filter: {types: ["cites"]}) { nodes { type toId } }
                none: connections(first: 9, filter: {types: ["owns", "cites"], direction: incoming}) { nodes { type } }
                related(first: 9, path: [{types: ["cites"]}]) { nodes { name } }
            } } }""",
            id=found,
            post=at["post"],
        )
        assert answer.at("node") == {"type": "cites", "properties": {"why": "it helps"}}
        assert answer.each("post.all.nodes", "type") == ["cites", "cites"]
        assert sorted(answer.each("post.some.nodes", "toId"), key=str) == sorted([at["course"], world.home])
        assert answer.each("post.none.nodes", "type") == []
        assert answer.each("post.related.nodes") == ["Course"]
        ended = await world.api.change("disconnect", {"id": found}, "relationship { validTo }")
        assert ended["__typename"] == "DisconnectSuccess"
        await world.connect("cites", at["post"], at["course"])

    async def test_types_of_the_same_relationship_are_told_apart(self, world: World) -> None:
        for name in ("likes", "knows"):
            await register(world, **connection_type(name, targets=["thing"]))
        video = await world.thing("Video", type_="video")
        await world.connect("likes", world.owner.id, video)
        await world.connect("knows", world.owner.id, video)
        answer = await world.api.ask(
            """query ($id: ID!) { node(id: $id) { ... on Thing {
                connections(first: 9, filter: {types: ["likes"], direction: incoming}) { totalCount nodes { type } }
                other: connections(first: 9, filter: {types: ["owns"], direction: incoming}) { totalCount }
            } } }""",
            id=video,
        )
        assert answer.at("node.connections") == {"totalCount": 1, "nodes": [{"type": "likes"}]}
        assert answer.at("node.other.totalCount") == 0

    @pytest.mark.parametrize(
        ("cardinality", "second", "field"),
        [
            ("one_to_one", ("a", "y"), "fromId"),
            ("one_to_one", ("b", "x"), "toId"),
            ("many_to_one", ("a", "y"), "fromId"),
            ("one_to_many", ("b", "x"), "toId"),
        ],
    )
    async def test_the_store_itself_keeps_the_cardinality(
        self, world: World, cardinality: str, second: tuple[str, str], field: str
    ) -> None:
        name = f"{cardinality}_{field.lower()}"
        await register(world, **connection_type(name, sources=["thing"], targets=["thing"], cardinality=cardinality))
        at = await world.make(**{each: new_thing(world.home, "video", each) for each in "abxy"})
        first = await world.connect(name, at["a"], at["x"])
        given: JSONObject = {"type": name, "fromId": at[second[0]], "toId": at[second[1]]}
        assert await refused(world, "connect", given) == conflict(field)
        assert (await world.api.change("disconnect", {"id": first}))["__typename"] == "DisconnectSuccess"
        await world.connect(name, at[second[0]], at[second[1]])

    async def test_a_pair_has_one_without_a_direction_once(self, world: World) -> None:
        await register(world, **connection_type("married_to", sources=["thing"], targets=["thing"], directed=False))
        at = await world.make(a=new_thing(world.home, "video", "A"), b=new_thing(world.home, "video", "B"))
        await world.connect("married_to", at["a"], at["b"])
        back: JSONObject = {"type": "married_to", "fromId": at["b"], "toId": at["a"]}
        assert await refused(world, "connect", back) == conflict("toId")

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"sources": []}, "sources"),
            ({"targets": ["event"]}, "targets"),
            ({"sourceTypes": ["product"]}, "sourceTypes"),
            ({"targets": ["thing"], "targetTypes": ["nothing"]}, "targetTypes.0"),
            ({"several": True, "cardinality": "one_to_one"}, "several"),
            ({"directed": False, "cardinality": "one_to_one"}, "cardinality"),
            ({"directed": False, "targets": ["thing"]}, "directed"),
            ({"schema": {"type": "array"}}, "schema.type"),
            ({"description": " "}, "description"),
        ],
    )
    async def test_a_shape_that_contradicts_itself_is_refused(self, world: World, more: JSONObject, field: str) -> None:
        given = connection_type("crooked", **more)
        assert await refused(world, "registerConnectionType", given) == invalid(field)

    async def test_no_name_becomes_a_relationship_type(self, world: World) -> None:
        await register(world, **connection_type("shouts_at", targets=["thing"]))
        video = await world.thing("Video", type_="video")
        await world.connect("shouts_at", world.owner.id, video)
        kinds = set(await world.count())
        assert REGISTERED_RELATIONSHIP in kinds
        assert "SHOUTS_AT" not in kinds


class TestEvolving:
    async def test_a_schema_changes_where_all_things_fit(self, world: World) -> None:
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

    async def test_a_schema_that_things_do_not_fit_is_refused_with_their_ids(self, world: World) -> None:
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
    async def test_what_is_filterable_stays_what_and_where_it_is(
        self, world: World, changes: JSONObject, field: str
    ) -> None:
        found = await world.api.change("registerThingType", thing_type("kept"))
        assert found["__typename"] in {"RegisterThingTypeSuccess", "ConflictError"}
        given: JSONObject = {"name": "kept", "version": 1, **changes}
        assert await refused(world, "evolveThingType", given) == invalid(field)

    async def test_an_old_version_a_standard_type_and_an_unknown_one_are_refused(self, world: World) -> None:
        await register(world, **thing_type("aged"))
        given: JSONObject = {"name": "aged", "version": 1, "description": "Aged."}
        assert (await world.api.change("evolveThingType", given))["__typename"] == "EvolveThingTypeSuccess"
        assert await refused(world, "evolveThingType", given) == conflict("version")
        standard: JSONObject = {"name": "product", "version": 1}
        assert await refused(world, "evolveThingType", standard) == invalid("name")
        unknown: JSONObject = {"name": "nowhere", "version": 1}
        answer = await refused(world, "evolveThingType", unknown)
        assert (answer["__typename"], answer["resource"]) == ("NotFoundError", "thing type")

    async def test_no_thing_slips_past_a_type_that_evolves(self, world: World) -> None:
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
