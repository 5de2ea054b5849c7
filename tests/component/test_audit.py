"""The audit log: every change of who may do what, and everything that was refused, for those who look after a group."""

from collections.abc import Mapping
from typing import cast

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from tests.client import Answer, Api
from tests.worlds import World

ENTRY = """
    sequence type actor apiKeyId action objectId objectKind group { slug } before after leftOut hash previousHash
    access { allowed reason role neededRole path { slug } }
"""
LOG = f"""query ($filter: AuditFilter, $first: Int = 100) {{
    auditLog(first: $first, filter: $filter, order: oldest_first) {{ totalCount nodes {{ {ENTRY} }} }}
}}"""


async def log(api: Api, **filter_: JSON) -> list[Mapping[str, JSON]]:
    """Some of the audit log, the oldest first."""
    answer = await api.ask(LOG, filter=filter_)
    found = cast("list[Mapping[str, JSON]]", answer.at("auditLog.nodes"))
    assert answer.at("auditLog.totalCount") == len(found)
    return found


async def person_of(api: Api) -> str:
    return str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))


async def code_of(api: Api, **filter_: JSON) -> list[JSON]:
    answer: Answer = await api.ask(LOG, filter=filter_)
    return answer.codes


async def test_a_change_of_a_membership_tells_before_and_after_and_by_what_right(world: World) -> None:
    top = await world.group("top")
    below = await world.group("below", top)
    boss = await world.member(
        "boss", "top", role=PlatformRole.ORG_OWNER, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
    )
    guest = await person_of(await world.member("guest", "top"))
    given = {"type": "member_of", "fromId": guest, "toId": below, "properties": {"role": "editor"}}
    made = await boss.change("connect", given, "relationship { id }")
    connection = cast("Mapping[str, JSON]", made["relationship"])["id"]
    for properties in ({"role": "admin"}, {"role": "admin", "status": "inactive"}):
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
    right = {"allowed": True, "reason": "member_role", "role": "owner", "neededRole": None}
    assert [each["access"] for each in told] == [{**right, "path": [{"slug": "top"}, {"slug": "below"}]}] * 4
    assert {each["actor"] for each in told} == {await person_of(boss)}
    assert all(str(each["apiKeyId"]).startswith("key_") for each in told)
    assert [each["objectKind"] for each in told] == ["person", "person", "connection", "person"]


async def test_whoever_is_refused_is_told_to_those_who_look_after_the_group_alone(world: World) -> None:
    shop = await world.group("shop")
    thing = await world.thing("Poster", shop)
    boss = await world.member("boss", "shop", member_role=MemberRole.ADMIN)
    reader = await world.member("reader", "shop", scope=KeyScope.WRITE)
    stranger = await world.member("stranger", "home", scope=KeyScope.WRITE)
    given: Mapping[str, JSON] = {"id": thing, "version": 1}
    before = await world.count()
    assert (await reader.change("archiveThing", given))["__typename"] == "ForbiddenError"
    assert (await stranger.change("archiveThing", given))["__typename"] == "NotFoundError"
    assert await world.count() == before

    refused = {"allowed": False, "path": []}
    expected = [
        (
            await person_of(reader),
            {**refused, "reason": "role_too_low", "role": "viewer", "neededRole": "editor", "path": [{"slug": "shop"}]},
        ),
        (await person_of(stranger), {**refused, "reason": "not_visible", "role": None, "neededRole": None}),
    ]
    for manager in (boss, world.api):
        told = await log(manager, groupId=shop, allowed=False)
        assert [(each["actor"], each["access"]) for each in told] == expected
        assert {
            (each["type"], each["action"], each["objectId"], cast("Mapping[str, JSON]", each["group"])["slug"])
            for each in told
        } == {("access_denied", "archive_thing", thing, "shop")}
    # Who may not manage it is refused, or sees nothing where they do not see the group.
    assert await code_of(reader, groupId=shop) == ["FORBIDDEN"]
    assert await log(stranger, groupId=shop) == []
    assert await code_of(stranger) == await code_of(boss) == ["FORBIDDEN"]
    # Nothing of it is among what happens in the group.
    seen = await boss.ask("{ events(first: 100, filter: {type: access_denied}) { totalCount } }")
    assert seen.at("events.totalCount") == 0
