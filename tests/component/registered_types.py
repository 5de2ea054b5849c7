"""Types of one's own, as tests register them."""

from collections.abc import Mapping

from domain.values import JSON, JSONObject
from graph.store import Statement
from tests.worlds import World

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
