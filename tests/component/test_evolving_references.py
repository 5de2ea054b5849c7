"""Types that evolve and come to mark ids: what things name from then on is known, and stays."""

import asyncio
from collections.abc import Mapping

import pytest

from domain.values import JSON, JSONObject
from graph.store import Statement
from services.checking import Checking
from services.ontology import Ontology
from tests.worlds import World, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

PLAIN: JSONObject = {"type": "object", "properties": {"author": {"type": "string"}}}
MARKED: JSONObject = {"type": "object", "properties": {"author": {"type": "string", "format": "node-id"}}}
MENTIONED: Statement[str] = Statement(
    "mentioned", "MATCH (:Entity:Thing {id: $id})-[:MENTIONS]->(named:Entity) RETURN named.id AS row"
)


async def register(world: World, schema: JSONObject) -> None:
    given: JSONObject = {"name": "guide", "description": "Of a place.", "schema": schema}
    assert (await world.api.change("registerThingType", given))["__typename"] == "RegisterThingTypeSuccess"


async def evolve(world: World, schema: JSONObject, version: int = 1) -> Mapping[str, JSON]:
    answer = await world.api.ask(
        """mutation ($input: EvolveThingTypeInput!) { evolveThingType(input: $input) {
            __typename ... on MisfitError { total misfits { thingId path message } } } }""",
        input={"name": "guide", "version": version, "schema": schema},
    )
    found = answer.at("evolveThingType")
    assert isinstance(found, dict)
    return found


async def mentioned(world: World, thing_id: str) -> list[str]:
    return await world.store.read(MENTIONED, {"id": thing_id})


async def broken_rules(world: World) -> list[str]:
    checking = Checking(world.store, Ontology(world.store))
    return [case.violation.rule.name async for case in checking.cases()]


async def test_what_things_name_already_is_noted_and_stays(world: World) -> None:
    await register(world, PLAIN)
    at = await world.make(author=new_thing(world.home, "video", "Author"))
    at |= await world.make(guide=new_thing(world.home, "guide", "Guide", author=at["author"]))
    assert await mentioned(world, at["guide"]) == []
    assert await evolve(world, MARKED) == {"__typename": "EvolveThingTypeSuccess"}
    assert await mentioned(world, at["guide"]) == [at["author"]]
    refused = await world.api.change("deleteThing", {"id": at["author"], "version": 1})
    assert refused["__typename"] == "DependedOnError"
    assert await broken_rules(world) == []


async def test_a_thing_that_names_what_is_not_there_does_not_fit(world: World) -> None:
    await register(world, PLAIN)
    at = await world.make(author=new_thing(world.home, "video", "Author"))
    at |= await world.make(
        right=new_thing(world.home, "guide", "Right", author=at["author"]),
        lost=new_thing(world.home, "guide", "Lost", author=world.home[:-1] + "x"),
    )
    answer = await evolve(world, MARKED)
    assert answer == {
        "__typename": "MisfitError",
        "total": 1,
        "misfits": [
            {
                "thingId": at["lost"],
                "path": "properties.author",
                "message": "properties.author takes the id of a person, a group or a thing.",
            }
        ],
    }
    assert await mentioned(world, at["right"]) == []
    assert await broken_rules(world) == []


async def test_marks_that_go_take_the_edges_with_them(world: World) -> None:
    await register(world, MARKED)
    at = await world.make(author=new_thing(world.home, "video", "Author"))
    at |= await world.make(guide=new_thing(world.home, "guide", "Guide", author=at["author"]))
    assert await mentioned(world, at["guide"]) == [at["author"]]
    assert await evolve(world, PLAIN) == {"__typename": "EvolveThingTypeSuccess"}
    assert await mentioned(world, at["guide"]) == []
    assert await broken_rules(world) == []


async def test_nothing_that_is_written_meanwhile_slips_past(world: World) -> None:
    await register(world, PLAIN)
    at = await world.make(**{f"author{n}": new_thing(world.home, "video", "Author") for n in range(10)})

    async def write(number: int) -> None:
        given = new_thing(world.home, "guide", f"Guide {number}", author=at[f"author{number}"])[1]
        await world.api.change("createThing", given)
        await world.api.change("deleteThing", {"id": at[f"author{(number + 1) % 10}"], "version": 1})

    _, *_ = await asyncio.gather(evolve(world, MARKED), *(write(number) for number in range(10)))
    assert await broken_rules(world) == []
