"""What a router of federated graphs is answered: of each object the same as `node` answers whoever asks."""

from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest
from graphql import GraphQLObjectType, build_schema

from domain.ids import new_id
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from schema.federation import ENTITY_TYPES, MAX_ENTITIES
from tests.client import Api
from tests.component.test_reading_types import NODES, Setting, setting
from tests.component.test_rights import CASES
from tests.conftest import CHECKOUT, served

__all__ = ["setting"]

pytestmark = [pytest.mark.slow, pytest.mark.once]

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
ENTITIES = """query ($of: [_Any!]!) { _entities(representations: $of) {
    __typename ... on Thing { id } ... on Group { id } ... on Person { id }
    ... on Relationship { id } ... on Event { id } ... on Knowledge { id } } }"""


@pytest.fixture
async def federated(setting: Setting) -> AsyncIterator[Api]:
    """The API of a server that is a part of a larger graph, over the same store."""
    async with served(setting.world.store, federation=True) as http:
        yield Api(http)


def _secret(api: Api) -> str | None:
    return api.authorization.removeprefix("Bearer ") if api.authorization else None


def _codes(body: Mapping[str, JSON]) -> list[JSON]:
    errors = cast("list[Mapping[str, Mapping[str, JSON]]]", body.get("errors", []))
    return [each["extensions"]["code"] for each in errors]


@pytest.mark.parametrize("who", [*CASES, None], ids=str)
async def test_an_entity_is_what_node_answers_whoever_asks(
    setting: Setting, federated: Api, who: tuple[PlatformRole, MemberRole] | None
) -> None:
    api = setting.world.api.as_holder_of(None) if who is None else setting.people[who]
    through = federated.as_holder_of(_secret(api))
    seen = 0
    for nodes in setting.nodes.values():
        for name, identifier in nodes.items():
            expected = await api.ask(NODE, id=identifier)
            node = cast("Mapping[str, JSON]", expected.body["data"])["node"]
            actual = await through.ask(ENTITIES, of=[{"__typename": name, "id": identifier}])
            assert cast("Mapping[str, JSON]", actual.body["data"])["_entities"] == [node], name
            assert _codes(actual.body) == _codes(expected.body), name
            seen += node is not None
    assert seen or who is None or who[0] is PlatformRole.CUSTOMER


async def test_entities_come_in_the_order_in_which_they_are_named(setting: Setting, federated: Api) -> None:
    through = federated.as_holder_of(_secret(setting.world.api))
    named = [
        {"__typename": name, "id": identifier} for nodes in setting.nodes.values() for name, identifier in nodes.items()
    ]
    answer = await through.ask(ENTITIES, of=named)
    assert answer.at("_entities") == named
    assert {each["__typename"] for each in named} == set(NODES)


async def test_what_is_named_as_another_type_or_is_not_there_is_null(setting: Setting, federated: Api) -> None:
    through, nodes = federated.as_holder_of(_secret(setting.world.api)), next(iter(setting.nodes.values()))
    named: JSON = [
        {"__typename": "Order", "id": nodes["Product"]},
        {"__typename": "Product", "id": new_id("prd")},
        {"__typename": "Nothing", "id": nodes["Product"]},
        {"__typename": "Thing", "id": nodes["Product"]},
        {"__typename": "Product", "id": nodes["Product"], "price": 1},
    ]
    answer = await through.ask(ENTITIES, of=named)
    assert answer.at("_entities") == [None, None, None, None, {"__typename": "Product", "id": nodes["Product"]}]
    assert "errors" not in answer.body


@pytest.mark.parametrize("wrong", ["prd_1", 1, None, [], {}, {"__typename": "Product"}, {"id": "prd_1"}], ids=str)
async def test_what_names_nothing_is_refused_by_itself(setting: Setting, federated: Api, wrong: JSON) -> None:
    through, nodes = federated.as_holder_of(_secret(setting.world.api)), next(iter(setting.nodes.values()))
    right: JSON = {"__typename": "Group", "id": nodes["Group"]}
    answer = await through.ask(ENTITIES, of=[wrong, right])
    if wrong is None:  # the list takes none
        assert _codes(answer.body) == ["BAD_REQUEST"]
        return
    assert cast("Mapping[str, JSON]", answer.body["data"])["_entities"] == [None, right]
    [error] = cast("list[Mapping[str, JSON]]", answer.body["errors"])
    assert error["path"] == ["_entities", 0]
    assert cast("Mapping[str, JSON]", error["extensions"])["code"] == "VALIDATION"


async def test_a_router_asks_for_so_many_entities_at_once(setting: Setting, federated: Api) -> None:
    through, nodes = federated.as_holder_of(_secret(setting.world.api)), next(iter(setting.nodes.values()))
    group: JSON = {"__typename": "Group", "id": nodes["Group"]}
    answer = await through.ask(ENTITIES, of=[group] * MAX_ENTITIES)
    assert answer.at("_entities") == [group] * MAX_ENTITIES
    answer = await through.ask(ENTITIES, of=[group] * (MAX_ENTITIES + 1))
    assert _codes(answer.body) == ["VALIDATION"]


async def test_a_router_takes_in_every_type_that_has_an_id_as_an_entity(federated: Api) -> None:
    answer = await federated.ask("{ _service { sdl } }")
    sdl = str(answer.at("_service.sdl"))
    assert {f"type {name} " for name in NODES} == {
        line.partition("implements")[0] for line in sdl.splitlines() if line.endswith('@key(fields: "id") {')
    }
    assert "type PageInfo @shareable {" in sdl
    assert "_entities" not in sdl


async def test_no_router_is_answered_where_nobody_said_so(setting: Setting) -> None:
    for question in ("{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"):
        assert _codes((await setting.world.api.ask(question)).body) == ["BAD_REQUEST"]


def test_every_type_that_has_an_id_is_an_entity() -> None:
    schema = build_schema((CHECKOUT / "schema.graphql").read_text())
    objects = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    nodes = {each.name for each in objects if "Node" in {one.name for one in each.interfaces}}
    assert {each.__name__ for each in ENTITY_TYPES} == nodes
