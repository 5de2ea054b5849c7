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

EXPLAIN = """query ($person: ID!, $action: Action!, $object: ID!) {
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

    async def explained(self, by: str, person: str, action: str, of: str) -> JSON:
        answer = await self.apis[by].ask(EXPLAIN, person=self.at[person], action=action, object=self.at[of])
        return answer.at("answer")


@pytest.fixture(scope="module")
async def firm(shared_world: World) -> Firm:
    world = shared_world
    at = {"operator": world.owner.id, **await world.make(org=new_group("org"), strange=new_group("strange"))}
    at |= await world.make(team=new_group("team", at["org"]))
    at |= await world.make(video=new_thing(at["team"], "video", "V"))
    apis = {"operator": world.api}
    for name, group, platform, role in (
        ("boss", "org", PlatformRole.ORG_OWNER, MemberRole.OWNER),
        ("lead", "team", PlatformRole.ORG_USER, MemberRole.ADMIN),
        ("ed", "team", PlatformRole.ORG_USER, MemberRole.EDITOR),
        ("buyer", "team", PlatformRole.CUSTOMER, MemberRole.OWNER),
        ("gone", "team", PlatformRole.ORG_USER, MemberRole.OWNER),
    ):
        apis[name] = await world.member(name, group, role=platform, scope=KeyScope.WRITE, member_role=role)
        answer = await apis[name].ask("{ viewer { person { id } apiKey { id } } }")
        at |= {name: str(answer.at("viewer.person.id")), f"{name}Key": str(answer.at("viewer.apiKey.id"))}
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
    ],
)
async def test_an_operator_is_told(firm: Firm, person: str, action: str, of: str, expected: Mapping[str, JSON]) -> None:
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


async def test_of_what_is_hidden_nothing_is_told(firm: Firm) -> None:
    assert await firm.explained("lead", "ed", "update_group", "strange") is None
    assert await firm.explained("lead", "operator", "update_thing", "video") is None
