"""Joining and leaving: by a group's policy, by an invitation, and what administrators decide."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from tests.client import Api
from tests.worlds import World, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

JOINED = "status relationship { id properties }"
AUDIT = """query ($group: ID!) { auditLog(first: 20, order: oldest_first, filter: {groupId: $group}) {
    nodes { type actor action before after access { allowed reason } }
} }"""


@dataclass(frozen=True)
class Clubs:
    """Three public groups of different policies and a private one, an administrator of all, and somebody else."""

    world: World
    ids: Mapping[str, str]
    admin: Api
    guest: Api
    person: str

    async def join(self, name: str, api: Api | None = None) -> Mapping[str, JSON]:
        return await (api or self.guest).change("joinGroup", {"groupId": self.ids[name]}, JOINED)

    async def leave(self, name: str, api: Api | None = None) -> Mapping[str, JSON]:
        return await (api or self.guest).change("leaveGroup", {"groupId": self.ids[name]}, "relationship { validTo }")

    async def seen(self, name: str) -> int:
        """How many things the guest sees there."""
        query = "query ($id: ID!) { things(first: 9, filter: {groupId: $id}) { totalCount } }"
        return cast("int", (await self.guest.ask(query, id=self.ids[name])).at("things.totalCount"))

    async def members(self, name: str) -> list[JSON]:
        query = "query ($id: ID!) { node(id: $id) { ... on Group { people(first: 9) { nodes { username } } } } }"
        return (await self.world.api.ask(query, id=self.ids[name])).each("node.people.nodes", "username")


@pytest.fixture
async def clubs(world: World) -> Clubs:
    public = {"visibility": "public"}
    at = await world.make(
        open=new_group("open", joinPolicy="open", **public),
        asking=new_group("asking", joinPolicy="approval_required", **public),
        closed=new_group("closed", joinPolicy="invite_only", **public),
        hidden=new_group("hidden", joinPolicy="open"),
        home=new_group("guesthouse"),
    )
    await world.make(
        **{f"{name}Draft": new_thing(at[name], "video", name) for name in ("open", "asking", "closed", "hidden")}
    )
    write = KeyScope.WRITE
    admin = await world.member("admin", "open", role=PlatformRole.ORG_USER, scope=write, member_role=MemberRole.ADMIN)
    boss = str((await admin.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    for name in ("asking", "closed", "hidden"):
        await world.connect("member_of", boss, at[name], {"role": "admin"})
    guest = await world.member("guest", "guesthouse", role=PlatformRole.ORG_USER, scope=write)
    person = str((await guest.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    return Clubs(world, at, admin, guest, person)


async def test_an_open_group_is_joined_at_once_and_left_again(clubs: Clubs) -> None:
    assert await clubs.seen("open") == 0
    joined = await clubs.join("open")
    assert joined["status"] == "active"
    assert cast("Mapping[str, JSON]", joined["relationship"])["properties"] == {"role": "viewer", "status": "active"}
    assert (await clubs.seen("open"), await clubs.members("open")) == (1, ["admin", "guest"])
    again = await clubs.join("open")
    assert (again["__typename"], again["message"]) == ("ConflictError", "You are a member of this group already.")
    left = await clubs.leave("open")
    assert left["__typename"] == "LeaveGroupSuccess"
    assert (await clubs.seen("open"), await clubs.members("open")) == (0, ["admin"])
    assert (await clubs.leave("open"))["__typename"] == "NotFoundError"
    told = cast(
        "list[Mapping[str, JSON]]", (await clubs.world.api.ask(AUDIT, group=clubs.ids["open"])).at("auditLog.nodes")
    )
    mine = [each for each in told if each["actor"] == clubs.person and each["type"] != "access_denied"]
    in_force: JSONObject = {"role": "viewer", "status": "active"}
    assert [(each["type"], each["before"], each["after"]) for each in mine] == [
        ("user_joined_group", None, in_force),
        ("user_removed_from_group", in_force, None),
    ]
    assert mine[0]["access"] == {"allowed": True, "reason": "join_policy"}


async def test_where_each_is_decided_about_one_waits_and_is_let_in_or_withdraws(clubs: Clubs) -> None:
    waiting = await clubs.join("asking")
    assert waiting["status"] == "pending"
    assert (await clubs.seen("asking"), await clubs.members("asking")) == (0, ["admin"])
    assert "administrator" in str((await clubs.join("asking"))["message"])
    relationship = str(cast("Mapping[str, JSON]", waiting["relationship"])["id"])
    listed = """query ($id: ID!) { connections(first: 9, filter: {
        type: "member_of", toId: $id, memberStatus: pending
    }) {
        nodes { id source { ... on Person { username } } }
    } }"""
    shown = await clubs.admin.ask(listed, id=clubs.ids["asking"])
    assert shown.at("connections.nodes") == [{"id": relationship, "source": {"username": "guest"}}]
    given: JSONObject = {"id": relationship, "properties": {"role": "viewer", "status": "active"}}
    assert (await clubs.guest.change("updateConnection", given))["__typename"] == "NotFoundError"
    assert (await clubs.admin.change("updateConnection", given))["__typename"] == "UpdateConnectionSuccess"
    assert (await clubs.seen("asking"), await clubs.members("asking")) == (1, ["admin", "guest"])
    told = (await clubs.world.api.ask(AUDIT, group=clubs.ids["asking"])).each("auditLog.nodes", "type")
    assert told[-1] == "user_joined_group"
    assert (await clubs.leave("asking"))["__typename"] == "LeaveGroupSuccess"
    assert (await clubs.join("asking"))["status"] == "pending"
    assert (await clubs.leave("asking"))["__typename"] == "LeaveGroupSuccess"
    assert (await clubs.admin.ask(listed, id=clubs.ids["asking"])).at("connections.nodes") == []


async def test_an_administrator_refuses_by_ending_the_request(clubs: Clubs) -> None:
    waiting = cast("Mapping[str, JSON]", (await clubs.join("asking"))["relationship"])
    assert (await clubs.admin.change("disconnect", {"id": waiting["id"]}))["__typename"] == "DisconnectSuccess"
    assert (await clubs.leave("asking"))["__typename"] == "NotFoundError"


async def test_by_invitation_alone_takes_one_and_gives_the_role_in_it(clubs: Clubs) -> None:
    before = await clubs.world.count()
    refused = await clubs.join("closed")
    assert (refused["__typename"], await clubs.world.count()) == ("ForbiddenError", before)
    await clubs.world.connect("member_of", clubs.person, clubs.ids["closed"], {"role": "editor", "status": "pending"})
    assert await clubs.seen("closed") == 0
    assert (await clubs.join("closed"))["status"] == "active"
    made = await clubs.guest.change("createThing", {"groupId": clubs.ids["closed"], "type": "video", "name": "Mine"})
    assert made["__typename"] == "CreateThingSuccess"


@pytest.mark.parametrize("by", ["admin", "guest"])
async def test_an_invitation_is_told_and_so_is_that_it_was_taken_back_or_declined(clubs: Clubs, by: str) -> None:
    invited = await clubs.world.api.change(
        "connect",
        {
            "type": "member_of",
            "fromId": clubs.person,
            "toId": clubs.ids["closed"],
            "properties": {"role": "viewer", "status": "pending"},
        },
        "relationship { id }",
    )
    if by == "admin":
        made = cast("Mapping[str, JSON]", invited["relationship"])
        assert (await clubs.admin.change("disconnect", {"id": made["id"]}))["__typename"] == "DisconnectSuccess"
    else:
        assert (await clubs.leave("closed"))["__typename"] == "LeaveGroupSuccess"
    told = (await clubs.world.api.ask(AUDIT, group=clubs.ids["closed"])).at("auditLog.nodes")
    waiting: JSONObject = {"role": "viewer", "status": "pending"}
    of_guest = [each for each in cast("list[Mapping[str, JSON]]", told) if "invit" in str(each["type"])]
    assert [(each["type"], each["before"], each["after"]) for each in of_guest] == [
        ("user_invited_to_group", None, waiting),
        ("invitation_revoked", waiting, None),
    ]
    assert (await clubs.join("closed"))["__typename"] == "ForbiddenError"


async def test_an_invitation_that_was_taken_back_is_not_accepted_by_who_was_quick(clubs: Clubs) -> None:
    given = {"role": "viewer", "status": "pending"}
    for _ in range(6):
        invitation = await clubs.world.connect("member_of", clubs.person, clubs.ids["closed"], given)
        back, _joined = await asyncio.gather(clubs.admin.change("disconnect", {"id": invitation}), clubs.join("closed"))
        assert back["__typename"] == "DisconnectSuccess"
        assert await clubs.seen("closed") == 0
        assert await clubs.members("closed") == ["admin"]


async def test_a_hidden_group_is_joined_by_an_invitation_and_otherwise_not_there(clubs: Clubs) -> None:
    assert (await clubs.join("hidden"))["__typename"] == "NotFoundError"
    await clubs.world.connect("member_of", clubs.person, clubs.ids["hidden"], {"role": "viewer", "status": "pending"})
    assert (await clubs.join("hidden"))["status"] == "active"
    assert await clubs.seen("hidden") == 1


async def test_who_was_put_out_of_force_does_not_come_back_by_themselves(clubs: Clubs) -> None:
    await clubs.world.connect("member_of", clubs.person, clubs.ids["open"], {"role": "viewer", "status": "inactive"})
    refused = await clubs.join("open")
    assert refused["__typename"] == "ConflictError"
    assert await clubs.seen("open") == 0


async def test_a_customer_joins_nothing_and_may_leave(clubs: Clubs) -> None:
    customer = await clubs.world.member("customer", "open", role=PlatformRole.CUSTOMER, scope=KeyScope.WRITE)
    assert (await clubs.join("asking", customer))["__typename"] == "ForbiddenError"
    assert (await clubs.leave("open", customer))["__typename"] == "LeaveGroupSuccess"


async def test_an_archived_group_takes_nobody(clubs: Clubs) -> None:
    await clubs.world.connect("member_of", clubs.person, clubs.ids["closed"], {"role": "viewer", "status": "pending"})
    archived: JSONObject = {"id": clubs.ids["closed"], "version": 1, "withContents": True}
    await clubs.world.api.change("archiveGroup", archived)
    assert (await clubs.join("closed"))["__typename"] == "ConflictError"


async def test_who_joins_twice_at_once_is_a_member_once(clubs: Clubs) -> None:
    answers = await asyncio.gather(*(clubs.join("open") for _ in range(5)))
    kinds = sorted(str(each["__typename"]) for each in answers)
    assert kinds == ["ConflictError"] * 4 + ["JoinGroupSuccess"]
    assert await clubs.members("open") == ["admin", "guest"]


async def test_of_two_owners_who_leave_at_once_one_stays(clubs: Clubs) -> None:
    apis = [
        await clubs.world.member(
            name, "guesthouse", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
        )
        for name in ("one", "two")
    ]
    await clubs.leave("home", clubs.world.api)
    answers = await asyncio.gather(*(clubs.leave("home", api) for api in apis))
    assert sorted(str(each["__typename"]) for each in answers) == ["ConflictError", "LeaveGroupSuccess"]
    query = """query ($id: ID!) { node(id: $id) { ... on Group {
        people(first: 9, filter: {memberRole: owner}) { totalCount }
    } } }"""
    left = await clubs.world.api.ask(query, id=clubs.ids["home"])
    assert left.at("node.people.totalCount") == 1
