"""What members may do beyond the table of mutations: to members, keys, money, and what lies in several groups."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from tests.client import Api
from tests.worlds import World, new_connection, new_group, new_thing

AT = "2026-01-01T00:00:00Z"

pytestmark = [pytest.mark.slow, pytest.mark.once]


@dataclass(frozen=True)
class Office:
    """A group below `home`, with a member in each role, all of them org_users; each name with its id."""

    world: World
    at: dict[str, str]
    apis: Mapping[str, Api]

    async def outcome(self, who: str, field: str, given: JSONObject) -> JSON:
        """What came of somebody's change, which is to have written nothing where it was refused."""
        before = await self.world.count()
        found = (await self.apis[who].change(field, given))["__typename"]
        if not str(found).endswith("Success"):
            assert await self.world.count() == before
        return found

    async def membership(self, person: str, group: str = "office", at: Mapping[str, str] | None = None) -> str:
        """The id of a person's membership in a group."""
        answer = await self.world.api.ask(
            """query ($id: ID!) { node(id: $id) { ... on Person {
                connections(first: 9, filter: {types: ["member_of"]}) { nodes { id toId } } } } }""",
            id=self.at[person],
        )
        found = zip(*(answer.each("node.connections.nodes", key) for key in ("id", "toId")), strict=True)
        return next(str(edge) for edge, place in found if place == (at or self.at)[group])


@pytest.fixture
async def office(world: World) -> Office:
    at = {"home": world.home, **await world.make(office=new_group("office", world.home))}
    apis: dict[str, Api] = {}
    for role in MemberRole:
        apis[role] = await world.member(
            f"the-{role}", "office", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=role
        )
        answer = await apis[role].ask("{ viewer { person { id } apiKey { id } } }")
        at |= {str(role): str(answer.at("viewer.person.id")), f"{role}Key": str(answer.at("viewer.apiKey.id"))}
    for name in ("pat", "quinn"):
        await world.member(name, "office")
        people = await world.api.ask("{ people(first: 20) { nodes { username id } } }")
        ids = zip(*(people.each("people.nodes", key) for key in ("username", "id")), strict=True)
        at[name] = str(dict(ids)[name])
    return Office(world, at, apis)


async def test_only_an_owner_changes_a_role(office: Office) -> None:
    for role in (MemberRole.OWNER, MemberRole.ADMIN, MemberRole.VIEWER):
        given: JSONObject = {"id": await office.membership("quinn"), "properties": {"role": role}}
        assert await office.outcome("editor", "updateConnection", given) == "ForbiddenError"
        assert await office.outcome("admin", "updateConnection", given) == "ForbiddenError"
        assert await office.outcome("owner", "updateConnection", given) == "UpdateConnectionSuccess"


async def test_an_administrator_adds_members_up_to_administrators(office: Office) -> None:
    at = office.at | await office.world.make(annex=new_group("annex", office.at["office"]))
    await office.world.connect("member_of", at["admin"], at["annex"], {"role": "admin"})
    await office.world.connect("member_of", at["editor"], at["annex"], {"role": "editor"})

    async def adds(who: str, person: str, role: MemberRole) -> JSON:
        return await office.outcome(who, "connect", new_connection("member_of", at[person], at["annex"], role=role)[1])

    assert await adds("editor", "pat", MemberRole.VIEWER) == "ForbiddenError"
    assert await adds("owner", "pat", MemberRole.VIEWER) == "NotFoundError"  # an org_user's role stays where it is
    assert await adds("admin", "pat", MemberRole.OWNER) == "ForbiddenError"
    assert await adds("admin", "pat", MemberRole.ADMIN) == "ConnectSuccess"
    assert await adds("admin", "quinn", MemberRole.EDITOR) == "ConnectSuccess"


async def test_whoever_is_more_removes_a_member_and_everybody_may_leave(office: Office) -> None:
    edges = {name: await office.membership(name) for name in ("owner", "admin", "editor", "viewer", "pat")}
    assert await office.outcome("admin", "disconnect", {"id": edges["owner"]}) == "ForbiddenError"
    assert await office.outcome("viewer", "disconnect", {"id": edges["pat"]}) == "ForbiddenError"
    assert await office.outcome("viewer", "disconnect", {"id": edges["viewer"]}) == "DisconnectSuccess"
    assert await office.outcome("owner", "disconnect", {"id": edges["owner"]}) == "ConflictError"  # the last one
    assert await office.outcome("owner", "disconnect", {"id": edges["admin"]}) == "DisconnectSuccess"
    # It holds from the next request on.
    video = new_thing(office.at["office"], "video", "V")[1]
    assert await office.outcome("admin", "createThing", video) == "NotFoundError"
    assert await office.outcome("editor", "createThing", video) == "CreateThingSuccess"
    demoted: JSONObject = {"id": edges["editor"], "properties": {"role": "viewer"}}
    assert await office.outcome("owner", "updateConnection", demoted) == "UpdateConnectionSuccess"
    assert await office.outcome("editor", "createThing", video) == "ForbiddenError"


async def test_an_administrator_puts_no_other_out_of_force(office: Office) -> None:
    edges = {name: await office.membership(name) for name in ("owner", "admin", "editor", "pat")}
    await office.outcome("owner", "updateConnection", {"id": edges["pat"], "properties": {"role": "admin"}})
    for name, role, expected in (
        ("owner", "owner", "ForbiddenError"),
        ("pat", "admin", "ForbiddenError"),
        ("editor", "editor", "UpdateConnectionSuccess"),
    ):
        given: JSONObject = {"id": edges[name], "properties": {"role": role, "status": "inactive"}}
        assert await office.outcome("admin", "updateConnection", given) == expected, name


async def test_people_are_connected_by_their_administrators_or_themselves(office: Office) -> None:
    at = office.at
    reports = new_connection("reports_to", at["pat"], at["quinn"])[1]
    assert await office.outcome("editor", "connect", reports) == "ForbiddenError"
    assert await office.outcome("admin", "connect", reports) == "ConnectSuccess"
    follows = new_connection("following", at["viewer"], at["pat"])[1]
    assert await office.outcome("editor", "connect", follows) == "ForbiddenError"
    assert await office.outcome("viewer", "connect", follows) == "ConnectSuccess"


async def test_what_joins_two_groups_takes_a_role_in_each(office: Office) -> None:
    at = office.at | await office.world.make(annex=new_group("annex", office.at["office"]))
    at |= await office.world.make(
        here=new_thing(at["office"], "video", "Here"), there=new_thing(at["annex"], "video", "There")
    )
    joined = new_connection("references", at["here"], at["there"])[1]
    moved: JSONObject = {"id": at["here"], "version": 1, "groupId": at["annex"]}
    for field, given in (("connect", joined), ("moveThing", moved)):
        assert await office.outcome("editor", field, given) == "NotFoundError"
    await office.world.connect("member_of", at["editor"], at["annex"], {"role": "viewer"})
    for field, given in (("connect", joined), ("moveThing", moved)):
        assert await office.outcome("editor", field, given) == "ForbiddenError"
    archived: JSONObject = {"id": at["office"], "version": 1, "withContents": True}
    assert await office.outcome("owner", "archiveGroup", archived) == "ForbiddenError"
    membership = await office.membership("editor", "annex", at)
    await office.world.api.change("updateConnection", {"id": membership, "properties": {"role": "editor"}})
    for field, given in (("connect", joined), ("moveThing", moved)):
        assert str(await office.outcome("editor", field, given)).endswith("Success")
    await office.world.connect("member_of", at["owner"], at["annex"], {"role": "admin"})
    assert await office.outcome("owner", "archiveGroup", archived) == "ArchiveGroupSuccess"


async def test_each_of_many_changes_is_decided_for_itself(office: Office) -> None:
    at = office.at | await office.world.make(annex=new_group("annex", office.at["office"]))
    await office.world.connect("member_of", at["editor"], at["annex"], {"role": "viewer"})
    videos = [{"createThing": new_thing(at[group], "video", group)[1]} for group in ("office", "annex", "home")]
    answer = await office.apis["editor"].ask(
        """mutation ($input: ApplyChangesInput!) { applyChanges(input: $input) {
            ... on ApplyChangesSuccess { results { __typename } } } }""",
        input={"changes": videos, "mode": "each"},
    )
    kinds = answer.each("applyChanges.results", "__typename")
    assert kinds == ["CreateThingSuccess", "ForbiddenError", "NotFoundError"]


async def test_who_makes_a_group_below_theirs_owns_it(office: Office) -> None:
    at = office.at
    below: JSONObject = {"slug": "annex", "name": "Annex", "type": "business", "parentId": at["office"]}
    assert await office.outcome("editor", "createGroup", below) == "ForbiddenError"
    assert await office.outcome("admin", "createGroup", {**below, "parentId": None}) == "ForbiddenError"
    assert await office.outcome("admin", "createGroup", below) == "CreateGroupSuccess"
    answer = await office.apis["admin"].ask('{ group(slug: "annex") { id } viewer { groups { slug } } }')
    assert answer.each("viewer.groups", "slug") == ["annex", "office"]
    given: JSONObject = {"id": answer.at("group.id"), "version": 1, "plan": "pro"}
    assert await office.outcome("admin", "updateGroup", given) == "UpdateGroupSuccess"
    given = {"id": at["office"], "version": 1, "plan": "pro"}
    assert await office.outcome("admin", "updateGroup", given) == "ForbiddenError"
    assert await office.outcome("owner", "updateGroup", given) == "UpdateGroupSuccess"


async def test_orders_take_an_owner_and_invitations_an_administrator(office: Office) -> None:
    group = office.at["office"]
    price: JSON = {"amount": 1, "currency": "USD"}
    sold = await office.world.make(mug=new_thing(group, "product", "Mug", category="physical", price=price))
    line: JSON = {"name": "Mug", "unitPrice": 1, "quantity": 1, "productId": sold["mug"]}
    order = new_thing(group, "order", "1", number="1", state="paid", currency="USD", placedAt=AT, lines=[line])[1]
    invitation = new_thing(group, "invitation", "I", role="viewer", state="pending")[1]
    made = await office.world.make(order=("createThing", order))
    refers = new_connection("references", sold["mug"], made["order"])[1]
    assert await office.outcome("admin", "connect", refers) == "ForbiddenError"
    assert await office.outcome("owner", "connect", refers) == "ConnectSuccess"
    subscription = new_thing(group, "subscription", "S", state="active")[1]
    assert await office.outcome("owner", "createThing", order) == "ValidationError"
    for field in ("updateThing", "archiveThing", "deleteThing"):
        assert await office.outcome("owner", field, {"id": made["order"], "version": 1}) == "ForbiddenError"
    for given, may, may_not in ((subscription, "owner", "admin"), (invitation, "admin", "editor")):
        assert await office.outcome(may_not, "createThing", given) == "ForbiddenError"
        assert await office.outcome(may, "createThing", given) == "CreateThingSuccess"


async def test_nobody_makes_a_key_do_more_by_way_of_the_thing_that_it_is(office: Office) -> None:
    at = office.at
    for who in ("owner", "editor"):
        key = at[f"{who}Key"]
        more: JSONObject = {"id": key, "version": 1, "properties": {"scope": "write"}}
        taken = new_connection("owns", at["admin"], key)[1]
        archived: JSONObject = {"id": key, "version": 1}
        for field, given in (("updateThing", more), ("connect", taken), ("archiveThing", archived)):
            assert await office.outcome(who, field, given) == "ForbiddenError"


async def test_an_organization_is_owned_with_all_below_it(world: World) -> None:
    owner = await world.member(
        "boss", "home", role=PlatformRole.ORG_OWNER, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
    )
    at = await world.make(team=new_group("team", world.home))
    at |= await world.make(squad=new_group("squad", at["team"]), strange=new_group("strange"))
    for group, expected in (("squad", "CreateThingSuccess"), ("strange", "NotFoundError")):
        given = new_thing(at[group], "video", "V")[1]
        assert (await owner.change("createThing", given))["__typename"] == expected
    moved: JSONObject = {"id": at["squad"], "version": 1, "parentId": world.home}
    assert (await owner.change("moveGroup", moved))["__typename"] == "MoveGroupSuccess"
    given = {"id": world.home, "version": 1, "withContents": True}
    assert (await owner.change("archiveGroup", given))["__typename"] == "ArchiveGroupSuccess"


TOLD = """query ($group: ID!) {
    auditLog(first: 9, order: oldest_first, filter: {groupId: $group, types: [member_role_changed]}) {
        nodes { before after access { role } }
    }
}"""
OWNERS = """query ($id: ID!) { node(id: $id) { ... on Group {
    people(first: 9, filter: {memberRole: owner}) { nodes { username } }
} } }"""


async def test_an_owner_hands_the_group_over_and_is_told_to_have(office: Office) -> None:
    given: JSONObject = {"groupId": office.at["office"], "toPersonId": office.at["viewer"], "formerRole": "editor"}
    assert await office.outcome("admin", "transferOwnership", given) == "ForbiddenError"
    assert await office.outcome("owner", "transferOwnership", given) == "TransferOwnershipSuccess"
    audit = await office.world.api.ask(TOLD, group=office.at["office"])
    assert audit.each("auditLog.nodes", "before") == [
        {"role": "viewer", "status": "active"},
        {"role": "owner", "status": "active"},
    ]
    assert audit.each("auditLog.nodes", "after") == [
        {"role": "owner", "status": "active"},
        {"role": "editor", "status": "active"},
    ]
    assert audit.each("auditLog.nodes", "access") == [{"role": "owner"}] * 2
    back: JSONObject = {"groupId": office.at["office"], "toPersonId": office.at["owner"]}
    onwards: JSONObject = {"groupId": office.at["office"], "toPersonId": office.at["admin"]}
    assert await office.outcome("owner", "transferOwnership", onwards) == "ForbiddenError"
    assert await office.outcome("viewer", "transferOwnership", back) == "TransferOwnershipSuccess"


async def test_a_group_is_handed_over_by_an_owner_to_an_active_member_alone(office: Office) -> None:
    account = await office.world.api.change(
        "createServiceAccount", {"groupId": office.at["office"], "name": "Robot"}, "serviceAccount { id }"
    )
    at = office.at | {"robot": str(cast("Mapping[str, JSON]", account["serviceAccount"])["id"])}
    await office.world.connect("member_of", at["pat"], office.world.home, {"role": "viewer", "status": "active"})
    wrong: list[tuple[JSONObject, JSON]] = [
        ({"toPersonId": at["owner"]}, "ValidationError"),
        ({"toPersonId": at["admin"], "formerRole": "owner"}, "ValidationError"),
        ({"toPersonId": at["admin"], "fromPersonId": at["editor"]}, "ConflictError"),
        ({"toPersonId": at["robot"]}, "ConflictError"),
        ({"toPersonId": office.world.owner.id}, "ConflictError"),  # no member, and nobody whom an owner here sees
        ({"groupId": office.world.home, "toPersonId": at["pat"]}, "NotFoundError"),
    ]
    for given, expected in wrong:
        assert await office.outcome("owner", "transferOwnership", {"groupId": at["office"], **given}) == expected, given


async def test_of_two_who_are_to_be_the_owner_one_is_however_they_are_named_at_once(office: Office) -> None:
    await office.world.api.change("leaveGroup", {"groupId": office.at["office"]})
    answers = await asyncio.gather(
        *(
            office.apis["owner"].change(
                "transferOwnership", {"groupId": office.at["office"], "toPersonId": office.at[to]}
            )
            for to in ("admin", "editor", "viewer")
        )
    )
    assert sorted(str(each["__typename"]) for each in answers) == ["ForbiddenError"] * 2 + ["TransferOwnershipSuccess"]
    owners = (await office.world.api.ask(OWNERS, id=office.at["office"])).each("node.people.nodes", "username")
    assert len(owners) == 1


async def test_who_leaves_while_they_are_made_the_owner_is_one_or_gone_and_nothing_between(office: Office) -> None:
    await office.world.api.change("leaveGroup", {"groupId": office.at["office"]})
    handed, left = await asyncio.gather(
        office.apis["owner"].change(
            "transferOwnership", {"groupId": office.at["office"], "toPersonId": office.at["editor"]}
        ),
        office.apis["editor"].change("leaveGroup", {"groupId": office.at["office"]}),
    )
    owners = (await office.world.api.ask(OWNERS, id=office.at["office"])).each("node.people.nodes", "username")
    assert (handed["__typename"], left["__typename"], owners) in [
        ("TransferOwnershipSuccess", "ConflictError", ["the-editor"]),
        ("ConflictError", "LeaveGroupSuccess", ["the-owner"]),
    ]
