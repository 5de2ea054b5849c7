"""An attacker's suite: the ids of another tenant, in every argument that takes one, are ids of nothing at all.

Whoever owns one tree of groups asks and changes with the ids of another, and with ids that nobody has. Both have the
same answer, by the same statements: neither what is said, nor a count, nor the work that it takes tells them apart.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeAlias, cast

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, get_named_type

from domain.access import KeyScope
from domain.ids import new_id
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.vectors import fix_dimension
from tests.client import Answer, Api
from tests.component.sites import MUTATIONS, Given, Place, Site, Sites
from tests.component.test_access import call, root_fields
from tests.component.test_rights import person_of
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(600)]

Path: TypeAlias = tuple[str | int, ...]

ALSO: Final[Mapping[str, Given]] = {
    "joinGroup": lambda at: {"groupId": at.group},
    "leaveGroup": lambda at: {"groupId": at.group},
    "setCartLine": lambda at: {"productId": at.product, "quantity": 1},
    "placeOrder": lambda at: {"lines": [{"productId": at.product, "quantity": 1}], "idempotencyKey": at.slug()},
    "cancelOrder": lambda at: {"orderId": at.order},
    "requestRefund": lambda at: {
        "orderId": at.order,
        "of": {"whole": True},
        "reason": "R",
        "idempotencyKey": at.slug(),
    },
}
"""What takes no role in a group, and takes ids."""
FAULTS: Final = re.compile("BAD_REQUEST|INTERNAL|UNAUTHENTICATED")
"""With what an answer would say nothing about an id."""


@dataclass(frozen=True)
class Tenants:
    """What Mallory owns, and the same of somebody else: each name with its id."""

    world: World
    mallory: Api
    person: str
    mine: Site
    theirs: Site

    def ids(self) -> Mapping[str, str]:
        """The ids of the other tenant."""
        found = {each.name: getattr(self.theirs, each.name) for each in fields(self.theirs) if each.name != "slugs"}
        return {name: value for name, value in found.items() if value}


@pytest.fixture(scope="module")
async def tenants(shared_world: World) -> Tenants:
    world = shared_world
    await fix_dimension(world.store, 3)
    await world.group("lobby")
    await world.group("house")
    house = {name: await person_of(await world.member(name, "house")) for name in ("ann", "bob", "cid", "dan")}
    mallory = await world.member("mallory", "lobby", role=PlatformRole.ORG_OWNER, scope=KeyScope.WRITE)
    person = await person_of(mallory)
    # Her membership of the lobby would show her those who own what is not hers.
    held = await world.api.ask(
        """query ($id: ID!) { connections(first: 9, filter: { fromId: $id, type: "member_of" }) { nodes { id } } }""",
        id=person,
    )
    for edge in held.each("connections.nodes", "id"):
        await world.api.change("disconnect", {"id": edge})
    mine, theirs = (
        Sites(world, house["ann"], house["bob"]),
        Sites(world, house["cid"], house["dan"], itertools.count(9)),
    )
    tenants = Tenants(
        world,
        mallory,
        person,
        await mine.build(Place.OWN, person, MemberRole.OWNER, MUTATIONS),
        await theirs.build(Place.STRANGER, None, MemberRole.OWNER, MUTATIONS),
    )
    await tenants.mallory.ask("{ __typename }")  # so that who they are by now is known to the server
    return tenants


def paths(value: JSON, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in an input, with the way to it."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from paths(each, (*at, key))
    elif isinstance(value, Sequence):
        for index, each in enumerate(value):
            yield from paths(each, (*at, index))


def put(value: JSON, at: Path, new: JSON) -> JSON:
    """The value with another one at that place in it."""
    if not at:
        return new
    first, rest = at[0], at[1:]
    if isinstance(first, int):
        items = list(cast("Sequence[JSON]", value))
        items[first] = put(items[first], rest, new)
        return items
    given = dict(cast("Mapping[str, JSON]", value or {}))
    given[first] = put(given.get(first), rest, new)
    return given


def nobodys(identifier: str) -> str:
    """An id of the same kind that nothing has."""
    return new_id(identifier.rpartition("_")[0])


def said(answer: Answer, identifier: str) -> str:
    """All that an answer says, whatever the id that was asked with."""
    return json.dumps(answer.body, sort_keys=True).replace(identifier, "…")


def takes_id(type_: object, at: Path = ()) -> Iterator[Path]:
    """The ways to every id in an argument."""
    named = get_named_type(type_)  # type: ignore[call-overload] # it is a type of some argument
    if str(named) == "ID":
        yield (*at, 0) if "[" in str(type_) else at
    if isinstance(named, GraphQLInputObjectType):
        for key, each in named.fields.items():
            if key not in {"and", "or", "not"}:  # which take the same again
                yield from takes_id(each.type, (*at, 0, key) if "[" in str(type_) else (*at, key))


ASKED: Final = [
    (name, argument, at)
    for name, each in root_fields("Query").items()
    for argument, taken in each.args.items()
    for at in takes_id(taken.type)
]


def question(tenants: Tenants, name: str, argument: str, at: Path, identifier: str) -> tuple[str, JSONObject]:
    """A question of Mallory's about what is hers, but for one id in it."""
    _, given = call("query", name)
    own: Mapping[str, JSON] = {
        "personId": tenants.person,
        "objectId": tenants.mine.group,
        "groupId": tenants.mine.group,
        "within": tenants.mine.group,
        "id": tenants.mine.group,
        "first": 9,
    }
    given = {key: own.get(key, value) for key, value in given.items()}
    field = root_fields("Query")[name]
    takes = get_named_type(field.args[argument].type)
    # Of what is optional altogether one is given, and it is this.
    alone = isinstance(takes, GraphQLInputObjectType) and not any(
        isinstance(each.type, GraphQLNonNull) for each in takes.fields.values()
    )
    filled: JSON = [] if at[:1] == (0,) else None if alone else given.get(argument)
    # A list is given with one element, and an object with what it takes to be right.
    for depth, step in enumerate(at):
        if step == 0:
            filled = put(filled, at[:depth], [None])
    given[argument] = put(filled, at, identifier)
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in given)
    passed = ", ".join(f"{key}: ${key}" for key in given)
    answer = get_named_type(field.type)
    counted = isinstance(answer, GraphQLObjectType) and "totalCount" in answer.fields
    selected = "{ totalCount nodes { __typename } }" if counted else "{ __typename }"
    return f"query ({declared}) {{ {name}({passed}) {'' if not hasattr(answer, 'fields') else selected} }}", given


@pytest.mark.parametrize(("name", "argument", "at"), ASKED, ids=str)
async def test_what_another_tenant_has_is_answered_as_what_is_not_there(
    tenants: Tenants, statements: list[str], name: str, argument: str, at: Path
) -> None:
    for kind, stolen in tenants.ids().items():
        outcomes = []
        for identifier in (stolen, nobodys(stolen)):
            query, given = question(tenants, name, argument, at, identifier)
            statements.clear()
            answer = await tenants.mallory.ask(query, given)
            outcomes.append((said(answer, identifier), sorted(statements)))
        assert outcomes[0] == outcomes[1], kind
        assert not FAULTS.search(outcomes[0][0]), (kind, outcomes[0][0])


# After the questions: who was refused a change sees that they were, in the events of what they named.
@pytest.mark.parametrize("name", [*MUTATIONS, *ALSO])
async def test_what_another_tenant_has_is_changed_as_little_as_what_is_not_there(
    tenants: Tenants, statements: list[str], name: str
) -> None:
    given = {**MUTATIONS, **ALSO}[name]
    mine, theirs = given(tenants.mine), dict(paths(given(tenants.theirs)))
    title = f"{name[0].upper()}{name[1:]}"
    of_item = "... on ItemError { error { __typename message } }" if name == "applyChanges" else ""
    asked = f"""mutation ($input: {title}Input!) {{ answer: {name}(input: $input) {{
        __typename ... on AppError {{ message }} {of_item}
    }} }}"""
    attacked = 0
    before = await tenants.world.count()
    for at, value in paths(mine):
        stolen = theirs.get(at, value)
        if stolen == value or stolen not in tenants.ids().values():
            continue
        outcomes = []
        for identifier in (stolen, nobodys(stolen)):
            statements.clear()
            answer = await tenants.mallory.ask(asked, input=put(mine, at, identifier))
            outcomes.append((said(answer, identifier), [*statements]))
        assert outcomes[0] == outcomes[1], at
        assert "Success" not in outcomes[0][0], (at, outcomes[0])
        assert not FAULTS.search(outcomes[0][0]), (at, outcomes[0])
        attacked += 1
    assert attacked
    assert await tenants.world.count() == before


def test_every_argument_that_takes_an_id_is_asked() -> None:
    assert {("node", "id"), ("nodes", "ids"), ("whoCanAccess", "objectId"), ("things", "filter")} <= {
        (name, argument) for name, argument, _ in ASKED
    }
    assert len(ASKED) > 30


async def test_a_cursor_of_somebody_elses_list_leads_to_nothing_but_ones_own(tenants: Tenants) -> None:
    page = "query ($after: String) { things(first: 3, after: $after) { nodes { id } pageInfo { endCursor } } }"
    own = set((await tenants.mallory.ask("{ things(first: 100) { nodes { id } } }")).each("things.nodes", "id"))
    after: JSON = None
    for _ in range(6):
        everybodys = await tenants.world.api.ask(page, after=after)
        after = everybodys.at("things.pageInfo.endCursor")
        hers = await tenants.mallory.ask(page, after=after)
        assert set(hers.each("things.nodes", "id")) <= own


async def test_what_is_written_beside_an_input_or_into_properties_gives_nothing(tenants: Tenants) -> None:
    given: JSONObject = {"groupId": tenants.mine.group, "type": "video", "name": "N"}
    for extra in ("privateTo", "ownerId", "createdBy", "customerId", "id"):
        answer = await tenants.mallory.ask(
            "mutation ($input: CreateThingInput!) { createThing(input: $input) { __typename } }",
            input={**given, extra: tenants.person},
        )
        assert answer.codes == ["BAD_REQUEST"], extra
    smuggled: JSONObject = {"groupId": tenants.theirs.group, "privateTo": tenants.person, "status": "published"}
    made = await tenants.mallory.change("createThing", {**given, "properties": smuggled}, "thing { id status }")
    thing = cast("Mapping[str, JSON]", made["thing"])
    assert thing["status"] == "draft"
    seen = await tenants.world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Thing { group { id } } } }", id=thing["id"]
    )
    assert seen.at("node.group.id") == tenants.mine.group
