"""The audit log: every change of who may do what, and everything that was refused, for those who look after a group."""

from collections.abc import Mapping
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from services.keys import Keys
from tests.client import Api
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

ENTRY = """
    sequence eventId type actor apiKeyId action objectId objectKind group { slug } before after leftOut
    hash previousHash access { allowed reason role neededRole path { slug } }
"""
LOG = f"""query ($filter: AuditFilter, $first: Int = 100) {{
    auditLog(first: $first, filter: $filter, order: oldest_first) {{ totalCount nodes {{ {ENTRY} }} }}
}}"""
PAGE = """query ($filter: AuditFilter, $after: String) {
    auditLog(first: 2, filter: $filter, after: $after) {
        nodes { sequence } pageInfo { hasNextPage endCursor }
    }
}"""

Entry = Mapping[str, JSON]


async def log(api: Api, **filter_: JSON) -> list[Entry]:
    """Some of the audit log, the oldest first."""
    answer = await api.ask(LOG, filter=filter_)
    found = cast("list[Entry]", answer.at("auditLog.nodes"))
    assert answer.at("auditLog.totalCount") == len(found)
    return found


async def person_of(api: Api) -> str:
    return str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))


async def code_of(api: Api, **filter_: JSON) -> list[JSON]:
    return (await api.ask(LOG, filter=filter_)).codes


def access(reason: str, role: str | None = None, needed: str | None = None, *path: str) -> JSON:
    allowed = reason in {"member_role", "platform_owner", "support", "oneself", "system"}
    named: list[JSON] = [{"slug": slug} for slug in path]
    return {"allowed": allowed, "reason": reason, "role": role, "neededRole": needed, "path": named}


async def test_a_change_of_a_membership_tells_before_and_after_and_by_what_right(world: World) -> None:
    top = await world.group("top")
    below = await world.group("below", top)
    owner = MemberRole.OWNER
    boss = await world.member("boss", "top", role=PlatformRole.ORG_OWNER, scope=KeyScope.WRITE, member_role=owner)
    guest = await person_of(await world.member("guest", "top"))
    given: Entry = {"type": "member_of", "fromId": guest, "toId": below, "properties": {"role": "editor"}}
    made = await boss.change("connect", given, "relationship { id }")
    connection = cast("Entry", made["relationship"])["id"]
    changes: list[Entry] = [{"role": "admin"}, {"role": "admin", "status": "inactive"}]
    for properties in changes:
        changed = await boss.change("updateConnection", {"id": connection, "properties": properties})
        assert changed["__typename"] == "UpdateConnectionSuccess", changed
    assert (await boss.change("disconnect", {"id": connection}))["__typename"] == "DisconnectSuccess"

    told = await log(boss, groupId=below)
    editor, admin, resting = (
        {"role": role, "status": status}
        for role, status in (("editor", "active"), ("admin", "active"), ("admin", "inactive"))
    )
    assert [(each["type"], each["action"], each["objectId"], each["before"], each["after"]) for each in told] == [
        ("user_joined_group", "connect", guest, None, editor),
        ("member_role_changed", "update_connection", guest, editor, admin),
        ("connection_updated", "update_connection", connection, admin, resting),
        ("user_removed_from_group", "disconnect", guest, resting, None),
    ]
    assert [each["access"] for each in told] == [access("member_role", "owner", None, "top", "below")] * 4
    assert {each["actor"] for each in told} == {await person_of(boss)}
    assert all(str(each["apiKeyId"]).startswith("key_") for each in told)
    assert [each["objectKind"] for each in told] == ["person", "person", "connection", "person"]


async def test_groups_keys_and_accounts_that_change_are_told_to_whom_they_concern(world: World) -> None:
    top, other = await world.group("top"), await world.group("other")
    role = PlatformRole.ORG_OWNER
    boss = await world.member("boss", "top", role=role, scope=KeyScope.WRITE, member_role=MemberRole.OWNER)
    made = await boss.change(
        "createGroup", {"slug": "new", "name": "New", "type": "business", "parentId": top}, "group { id version }"
    )
    new = cast("Entry", made["group"])
    assert [(each["type"], each["after"], each["access"]) for each in await log(boss, groupId=new["id"])] == [
        ("user_joined_group", {"role": "owner", "status": "active"}, access("member_role", "owner", None, "top"))
    ]
    changed = await boss.change("updateGroup", {"id": new["id"], "version": 1, "joinPolicy": "open"})
    assert changed["__typename"] == "UpdateGroupSuccess", changed
    await boss.change("updateGroup", {"id": new["id"], "version": 2, "name": "Newer"})
    await world.api.change("moveGroup", {"id": new["id"], "version": 3, "parentId": other})
    told = await log(world.api, groupId=new["id"], types=["group_updated", "group_moved"])
    assert [(each["before"], each["after"], each["access"]) for each in told] == [
        (
            {"visibility": "private", "joinPolicy": "invite_only"},
            {"visibility": "private", "joinPolicy": "open"},
            access("member_role", "owner", None, "new"),
        ),
        ({"parentId": top}, {"parentId": other}, access("support", None, None, "top", "new")),
    ]
    # A key is its person's alone: only a platform owner reads of it.
    person = await person_of(boss)
    of_boss = await log(world.api, objectId=person, types=["user_registered", "api_key_created"])
    assert [each["access"] for each in of_boss] == [access("system")] * 2
    assert of_boss[0]["after"] == {"role": "org_owner", "status": "active"}
    key = cast("Entry", of_boss[1]["after"])
    assert (key["scope"], key["status"], of_boss[1]["group"]) == ("write", "active", None)
    assert await log(boss, groupId=top, types=["api_key_created"]) == []
    archived = await world.api.change("archiveThing", {"id": key["key"], "version": 1})
    assert archived["__typename"] == "ArchiveThingSuccess", archived
    [taken] = await log(world.api, objectId=key["key"])
    assert (taken["before"], taken["after"]) == (key, {**key, "status": "archived"})


async def test_whoever_is_refused_is_told_to_those_who_look_after_the_group_alone(world: World) -> None:
    shop = await world.group("shop")
    thing = await world.thing("Poster", shop)
    boss = await world.member("boss", "shop", role=PlatformRole.ORG_USER, member_role=MemberRole.ADMIN)
    reader = await world.member("reader", "shop", scope=KeyScope.WRITE)
    stranger = await world.member("stranger", "home", scope=KeyScope.WRITE)
    given: Entry = {"id": thing, "version": 1}
    before = await world.count()
    assert (await reader.change("archiveThing", given))["__typename"] == "ForbiddenError"
    assert (await stranger.change("archiveThing", given))["__typename"] == "NotFoundError"
    assert (await Api(world.api.http).change("archiveThing", given))["__typename"] == "AuthError"
    assert await world.count() == before
    assert await world.denials() == 2, "nobody has no name to be told"

    expected = [
        (await person_of(reader), access("role_too_low", "viewer", "editor", "shop")),
        (await person_of(stranger), access("not_visible")),
    ]
    for manager in (boss, world.api):
        told = await log(manager, groupId=shop, allowed=False)
        assert [(each["actor"], each["access"]) for each in told] == expected
        common = {(each["type"], each["action"], each["objectId"]) for each in told}
        assert common == {("access_denied", "archive_thing", thing)}
        assert [each["group"] for each in told] == [{"slug": "shop"}] * 2
    # Who may not manage it is refused, or sees nothing where they do not see the group.
    assert await code_of(reader, groupId=shop) == ["FORBIDDEN"]
    assert await log(stranger, groupId=shop) == []
    assert await code_of(stranger) == await code_of(boss) == ["FORBIDDEN"]
    assert await code_of(boss, groupId=shop, includeBelow=True) == ["FORBIDDEN"]
    # Nothing of it is among what happens in the group.
    seen = await boss.ask("{ events(first: 100, filter: {type: access_denied}) { totalCount } }")
    assert seen.at("events.totalCount") == 0


async def test_what_is_hidden_and_what_is_not_there_are_the_same_to_whoever_knocks(
    world: World, statements: list[str]
) -> None:
    shop = await world.group("shop")
    thing = await world.thing("Poster", shop)
    stranger = await world.member("stranger", "home", scope=KeyScope.WRITE)
    answers, asked, seen = [], [], []
    for identifier in (thing, "thg_" + "0" * 32):
        statements.clear()
        answer = await stranger.change("archiveThing", {"id": identifier, "version": 1})
        asked.append([*statements])
        answers.append({name: str(value).replace(identifier, "…") for name, value in answer.items()})
    mine = await stranger.ask(
        "{ events(first: 9, filter: {type: access_denied}) { nodes { properties group { id } } } }"
    )
    seen = cast("list[Entry]", mine.at("events.nodes"))
    assert answers[0] == answers[1]
    assert asked[0] == asked[1]
    assert seen[0] == seen[1]
    # Only what is there is somebody's to look after.
    told = await log(world.api, allowed=False)
    assert [each["group"] for each in told] == [{"slug": "shop"}, None]
    assert len(await log(world.api, groupId=shop, allowed=False)) == 1


async def test_a_key_its_bounds_and_each_change_of_many_are_told(world: World) -> None:
    thing = await world.thing("Poster")
    key = await Keys(world.store).create(Caller(None), world.owner.email, KeyScope.READ)
    reading = world.api.as_holder_of(key.secret)
    await reading.change("archiveThing", {"id": thing, "version": 1})
    [told] = await log(world.api, allowed=False)
    assert (told["apiKeyId"], told["access"]) == (key.key.id, access("key_bounds", "owner", None, "home"))

    guest = await world.member("guest", "home", scope=KeyScope.WRITE)
    changes: list[JSON] = [
        {"archiveThing": {"id": thing, "version": 1}},
        {"createThing": {"groupId": world.home, "type": "blog_post", "name": "Mine"}},
        {"deleteThing": {"id": "thg_" + "0" * 32, "version": 1}},
    ]
    new: list[Entry] = []
    for mode, expected in (
        ("all_or_nothing", ["archive_thing"]),
        ("each", ["archive_thing", "create_thing", "delete_thing"]),
    ):
        before = len(await log(world.api))
        await guest.change("applyChanges", {"changes": changes, "mode": mode})
        new = (await log(world.api))[before:]
        assert [each["action"] for each in new] == expected
        assert {each["type"] for each in new} == {"access_denied"}
    assert [each["objectId"] for each in new] == [thing, world.home, "thg_" + "0" * 32]


async def test_the_log_is_filtered_and_paged_without_a_gap(world: World) -> None:
    top = await world.group("top")
    below = await world.group("below", top)
    await world.group("aside")
    role = PlatformRole.ORG_OWNER
    boss = await world.member("boss", "top", role=role, scope=KeyScope.WRITE, member_role=MemberRole.OWNER)
    for slug in ("top", "below", "aside"):
        for name in ("ann", "bob"):
            await world.member(f"{name}-{slug}", slug)
    joined: Entry = {"groupId": top, "includeBelow": True, "types": ["user_joined_group"]}
    everything = [each["sequence"] for each in await log(boss, **joined)]
    assert len(everything) == 5
    assert len(await log(boss, groupId=top)) == 3
    assert len(await log(boss, groupId=below)) == 2
    assert await log(boss, groupId=top, actor="system", actions=["connect"]) == []
    assert await log(boss, groupId=top, at={"before": "2020-01-01T00:00:00Z"}) == []
    assert len(await log(boss, groupId=top, at={"from": "2020-01-01T00:00:00Z"})) == 3

    found: list[JSON] = []
    after: JSON = None
    more: JSON = True
    while more:
        answer = await boss.ask(PAGE, filter=joined, after=after)
        found += answer.each("auditLog.nodes", "sequence")
        after, more = answer.at("auditLog.pageInfo.endCursor"), answer.at("auditLog.pageInfo.hasNextPage")
        await world.member(f"late-{len(found)}", "top")  # what is new stands before what was read
    assert found == everything[::-1]


async def test_a_page_takes_as_many_reads_however_much_is_on_it(world: World, statements: list[str]) -> None:
    shop = await world.group("shop")
    boss = await world.member("boss", "shop", scope=KeyScope.WRITE, member_role=MemberRole.OWNER)
    asked = []
    for name in ("ann", "bob", "cid"):
        await world.member(name, "shop")
        statements.clear()
        answer = await boss.ask(LOG.replace("totalCount", ""), filter={"groupId": shop})
        assert answer.data
        asked.append(list(statements))
    assert asked[0] == asked[1] == asked[2]
    assert asked[0].count("list_audit_of_group") == 1
    assert "count_audit_of_group" not in asked[0]
