"""Why somebody may do something, or may not: what the API says of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.store import Statement
from tests.client import Api
from tests.worlds import World, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

PLACED = "2026-01-01T00:00:00Z"
EXPLAIN = """query ($person: ID!, $action: Action, $object: ID!) {
    answer: accessExplanation(personId: $person, action: $action, objectId: $object) {
        allowed reason role neededRole path { slug }
    }
}"""
SUSPEND: Statement[bool] = Statement(
    "suspend", "MATCH (person:Person {id: $id}) SET person.status = 'suspended' RETURN true AS row"
)


@dataclass(frozen=True)
class Firm:
    """Organization `org` with `team` below it, and `strange`; a boss of the organization, and people of the team."""

    world: World
    at: Mapping[str, str]
    apis: Mapping[str, Api]

    async def explained(self, by: str, person: str, action: str | None, of: str) -> JSON:
        answer = await self.apis[by].ask(EXPLAIN, person=self.at[person], action=action, object=self.at[of])
        return answer.at("answer")


@pytest.fixture(scope="module")
async def firm(shared_world: World) -> Firm:
    world = shared_world
    at = {"operator": world.owner.id, **await world.make(org=new_group("org"), strange=new_group("strange"))}
    at |= await world.make(team=new_group("team", at["org"]))
    price: JSON = {"amount": 1, "currency": "USD"}
    at |= await world.make(
        video=new_thing(at["team"], "video", "V"),
        mug=new_thing(at["team"], "product", "Mug", "published", category="physical", price=price),
        front=new_group("front", at["org"], visibility="public", joinPolicy="open"),
    )
    at |= await world.make(poster=new_thing(at["front"], "video", "Poster", "published"))
    apis = {"operator": world.api}
    for name, group, platform, role in (
        ("boss", "org", PlatformRole.ORG_OWNER, MemberRole.OWNER),
        ("lead", "team", PlatformRole.ORG_USER, MemberRole.ADMIN),
        ("ed", "team", PlatformRole.ORG_USER, MemberRole.EDITOR),
        ("buyer", "team", PlatformRole.CUSTOMER, MemberRole.OWNER),
        ("gone", "team", PlatformRole.ORG_USER, MemberRole.OWNER),
        ("guest", "strange", PlatformRole.ORG_USER, MemberRole.VIEWER),
    ):
        apis[name] = await world.member(name, group, role=platform, scope=KeyScope.WRITE, member_role=role)
        answer = await apis[name].ask("{ viewer { person { id } apiKey { id } } }")
        at |= {name: str(answer.at("viewer.person.id")), f"{name}Key": str(answer.at("viewer.apiKey.id"))}
    line: JSON = {"productId": at["mug"], "name": "Mug", "unitPrice": 1, "quantity": 1}
    order: dict[str, JSON] = {"number": "1", "state": "pending", "currency": "USD", "lines": [line]}
    bought = new_thing(at["team"], "order", "1", "active", placedAt=PLACED, customerId=at["buyer"], **order)
    at |= await world.make(order=bought)
    given: dict[str, JSON] = {"toPersonId": at["guest"], "onId": at["video"], "role": "editor"}
    assert (await world.api.change("grantAccess", given))["__typename"] == "GrantAccessSuccess"
    await world.store.write(lambda transaction: transaction.run(SUSPEND, {"id": at["gone"]}))
    return Firm(world, at, apis)


def answer(reason: str, role: str | None, needed: str | None, *path: str, allowed: bool = False) -> Mapping[str, JSON]:
    slugs: list[JSON] = [{"slug": each} for each in path]
    return {"allowed": allowed, "reason": reason, "role": role, "neededRole": needed, "path": slugs}


TOO_LOW = answer("role_too_low", "editor", "admin", "team")


@pytest.mark.parametrize(
    ("person", "action", "of", "expected"),
    [
        ("operator", "delete_thing", "video", answer("support", None, "admin", "org", "team", allowed=True)),
        ("boss", "delete_thing", "video", answer("member_role", "owner", "admin", "org", "team", allowed=True)),
        ("ed", "update_thing", "video", answer("member_role", "editor", "editor", "team", allowed=True)),
        ("ed", "delete_thing", "video", TOO_LOW),
        ("ed", "create_thing", "org", answer("no_membership", None, "editor")),
        ("boss", "update_group", "strange", answer("no_membership", None, "admin")),
        ("buyer", "update_thing", "video", answer("platform_role", "owner", "editor", "team")),
        ("gone", "update_thing", "video", answer("suspended", "owner", "editor", "team")),
        ("boss", "update_thing", "edKey", answer("own_mutations", "owner", "editor", "org", "team")),
        ("boss", "update_group", "video", answer("other_object", "owner", "admin", "org", "team")),
        ("boss", "register_type", "team", answer("other_object", "owner", None, "org", "team")),
        ("operator", None, "video", answer("platform_owner", None, "viewer", allowed=True)),
        ("boss", None, "video", answer("member_role", "owner", "viewer", "org", "team", allowed=True)),
        ("ed", None, "org", answer("no_membership", None, "viewer")),
        ("guest", None, "video", answer("grant", "editor", "viewer", allowed=True)),
        ("guest", "update_thing", "video", answer("grant", "editor", "editor", allowed=True)),
        ("guest", None, "mug", answer("no_membership", None, "viewer")),
        ("guest", None, "poster", answer("public", None, "viewer", allowed=True)),
        ("guest", None, "front", answer("public", None, "viewer", allowed=True)),
        ("buyer", None, "video", answer("platform_role", "owner", "viewer", "team")),
        ("buyer", None, "order", answer("oneself", "owner", "viewer", "team", allowed=True)),
        ("gone", None, "video", answer("suspended", "owner", "viewer", "team")),
        ("ed", None, "edKey", answer("oneself", None, None, allowed=True)),
        ("boss", None, "edKey", answer("private", None, None)),
        ("ed", "place_order", "mug", answer("member_role", "editor", "viewer", "team", allowed=True)),
        ("guest", "place_order", "mug", answer("no_membership", None, "viewer")),
        ("ed", "place_order", "video", answer("other_object", "editor", "viewer", "team")),
        ("buyer", "cancel_order", "order", answer("oneself", "owner", "owner", "team", allowed=True)),
        ("boss", "cancel_order", "order", answer("member_role", "owner", "owner", "org", "team", allowed=True)),
        ("ed", "request_refund", "order", answer("role_too_low", "editor", "owner", "team")),
        ("operator", "request_refund", "order", answer("support", None, "owner", "org", "team", allowed=True)),
        ("guest", "join_group", "front", answer("join_policy", None, None, allowed=True)),
        ("guest", "join_group", "team", answer("not_visible", None, None)),
        ("boss", "join_group", "team", answer("no_membership", "owner", None, "org", "team")),
        ("ed", "join_group", "team", answer("state", "editor", None, "team")),
        ("buyer", "join_group", "front", answer("platform_role", None, None)),
        ("ed", "leave_group", "team", answer("oneself", "editor", None, "team", allowed=True)),
        ("guest", "leave_group", "team", answer("no_membership", None, None)),
        ("operator", "begin_support_access", "team", answer("platform_owner", None, None, allowed=True)),
        ("boss", "begin_support_access", "team", answer("platform_role", "owner", None, "org", "team")),
    ],
)
async def test_an_operator_is_told(
    firm: Firm, person: str, action: str | None, of: str, expected: Mapping[str, JSON]
) -> None:
    assert await firm.explained("operator", person, action, of) == expected


async def test_an_administrator_is_told_as_far_as_they_see(firm: Firm) -> None:
    assert await firm.explained("lead", "ed", "delete_thing", "video") == answer(
        "role_too_low", "editor", "admin", "team"
    )
    await firm.world.connect("member_of", firm.at["boss"], firm.at["team"], {"role": "viewer"})
    told = answer("member_role", "owner", "admin", "team", allowed=True)
    assert await firm.explained("lead", "boss", "delete_thing", "video") == told


async def test_everybody_is_told_of_themselves_and_nobody_else_of_others(firm: Firm) -> None:
    assert await firm.explained("ed", "ed", "delete_thing", "video") == answer(
        "role_too_low", "editor", "admin", "team"
    )
    refused = await firm.apis["ed"].ask(EXPLAIN, person=firm.at["lead"], action="delete_thing", object=firm.at["video"])
    assert refused.codes == ["FORBIDDEN"]


async def test_what_everybody_sees_is_explained_to_whoever_asks_about_themselves(firm: Firm) -> None:
    assert await firm.explained("guest", "guest", None, "poster") == answer("public", None, "viewer", allowed=True)
    assert await firm.explained("guest", "guest", None, "mug") is None


async def test_of_what_is_hidden_nothing_is_told(firm: Firm) -> None:
    assert await firm.explained("lead", "ed", "update_group", "strange") is None
    assert await firm.explained("lead", "operator", "update_thing", "video") is None
