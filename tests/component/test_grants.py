"""Explicit grants: what they let be read and done, who may make and end them, and that nothing is had beyond them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from graph.values import to_json
from services.access import reach_of
from services.keys import Keys
from tests.client import Api
from tests.worlds import World, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

EXPIRE: Statement[bool] = Statement(
    "expire", "MATCH ()-[edge:GRANTED {id: $id}]->() SET edge.expiresAt = 1 RETURN true AS row"
)
CONFINE: Statement[bool] = Statement(
    "confine_key", "MATCH (key:ApiKey {id: $id}) SET key.properties = $properties RETURN true AS row"
)
LIVE: Statement[int] = Statement(
    "live_grants", "MATCH ()-[edge:GRANTED]->() WHERE edge.validTo IS NULL RETURN count(edge) AS row"
)
SEEN = """{ things(first: 20) { nodes { name } totalCount } groups(first: 20) { nodes { slug } totalCount }
    search(text: "paper", first: 20) { totalCount } }"""
EXPLAIN = """query ($person: ID!, $action: Action!, $object: ID!) {
    accessExplanation(personId: $person, action: $action, objectId: $object) {
        allowed reason role grantId throughGroupId path { slug }
    } }"""


@dataclass(frozen=True)
class Site:
    """`top` above `low`, each with a paper; an admin and an editor of `top`; guests in `guests`, who are elsewhere."""

    world: World
    at: Mapping[str, str]
    apis: Mapping[str, Api]

    async def grant(self, who: str = "admin", **given: JSON) -> Mapping[str, JSON]:
        return await self.apis[who].change("grantAccess", given, "grant { id properties validTo }")

    async def granted(self, who: str = "admin", **given: JSON) -> str:
        answer = await self.grant(who, **given)
        assert answer["__typename"] == "GrantAccessSuccess", answer
        return str(cast("Mapping[str, JSON]", answer["grant"])["id"])

    async def revoke(self, grant: str, who: str = "admin") -> JSON:
        return (await self.apis[who].change("revokeAccess", {"grantId": grant}))["__typename"]

    async def seen(self, who: str) -> set[JSON]:
        """What somebody reads of the two groups, and that lists, counts and the search agree."""
        answer = await self.apis[who].ask(SEEN)
        things, groups = answer.each("things.nodes", "name"), answer.each("groups.nodes", "slug")
        assert answer.at("things.totalCount") == len(things)
        assert answer.at("groups.totalCount") == len(groups)
        assert answer.at("search.totalCount") == len({each for each in things if "paper" in str(each)})
        return {*things, *groups} & {"top", "low", "top paper", "low paper"}

    async def rename(self, who: str, thing: str) -> JSON:
        found = await self.world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { version } } }", id=thing)
        given: JSONObject = {"id": thing, "version": found.at("node.version"), "status": "active"}
        return (await self.apis[who].change("updateThing", given))["__typename"]

    async def refused(self, who: str, kind: str, **given: JSON) -> None:
        before = await self.world.count()
        assert (await self.grant(who, **given))["__typename"] == kind
        assert await self.world.count() == before


@pytest.fixture
async def site(world: World) -> Site:
    at = {"home": world.home, **await world.make(top=new_group("top"), guests=new_group("guests"))}
    at |= await world.make(low=new_group("low", at["top"]))
    at |= await world.make(
        topPaper=new_thing(at["top"], "blog_post", "top paper"), lowPaper=new_thing(at["low"], "blog_post", "low paper")
    )
    apis = {"owner": world.api}
    for name, group, platform, role in (
        ("admin", "top", PlatformRole.ORG_USER, MemberRole.ADMIN),
        ("editor", "top", PlatformRole.ORG_USER, MemberRole.EDITOR),
        ("guest", "guests", PlatformRole.ORG_USER, MemberRole.VIEWER),
        ("boss", "guests", PlatformRole.ORG_OWNER, MemberRole.OWNER),
        ("buyer", "guests", PlatformRole.CUSTOMER, MemberRole.VIEWER),
    ):
        apis[name] = await world.member(name, group, role=platform, scope=KeyScope.WRITE, member_role=role)
        at[name] = str((await apis[name].ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    # The administrator sees the guests, as a viewer among them.
    at["adminAmongGuests"] = await world.connect("member_of", at["admin"], at["guests"], {"role": "viewer"})
    return Site(world, at, apis)


@pytest.mark.parametrize("who", ["guest", "boss"])
async def test_a_grant_on_a_group_is_of_that_group_alone_unless_it_flows(site: Site, who: str) -> None:
    person, top = site.at[who], site.at["top"]
    assert await site.seen(who) == set()
    grant = await site.granted(toPersonId=person, onId=top, role="viewer")
    assert await site.seen(who) == {"top", "top paper"}
    assert await site.granted(toPersonId=person, onId=top, role="viewer", below=True) == grant
    assert await site.seen(who) == {"top", "low", "top paper", "low paper"}
    assert await site.rename(who, site.at["lowPaper"]) == "ForbiddenError"
    await site.granted(toPersonId=person, onId=top, role="editor", below=True)
    assert await site.rename(who, site.at["lowPaper"]) == "UpdateThingSuccess"
    assert await site.revoke(grant) == "RevokeAccessSuccess"
    assert await site.seen(who) == set()
    assert await site.rename(who, site.at["topPaper"]) == "NotFoundError"
    assert await site.revoke(grant) == "ConflictError"


async def test_what_has_expired_is_no_longer_granted(site: Site) -> None:
    for on in ("top", "topPaper"):
        until = "2999-01-01T00:00:00Z"
        grant = await site.granted(toPersonId=site.at["guest"], onId=site.at[on], role="editor", expiresAt=until)
        assert await site.rename("guest", site.at["topPaper"]) == "UpdateThingSuccess"

        async def expire(transaction: Transaction, grant: str = grant) -> None:
            await transaction.run(EXPIRE, {"id": grant})

        await site.world.store.write(expire)
        assert await site.seen("guest") == set()
        assert await site.rename("guest", site.at["topPaper"]) == "NotFoundError"


@pytest.mark.parametrize("who", ["guest", "boss"])
async def test_a_grant_on_a_thing_shows_that_thing_alone(site: Site, who: str) -> None:
    paper, person = site.at["topPaper"], site.at[who]
    grant = await site.granted(toPersonId=person, onId=paper, role="editor")
    assert await site.seen(who) == {"top paper"}
    answer = await site.apis[who].ask(
        """query ($id: ID!) { node(id: $id) { ... on Thing { group { id } viewerPermissions
            can: viewerCan(action: update_thing) cannot: viewerCan(action: delete_thing)
            events(first: 9) { nodes { type targetId } } } } }""",
        id=paper,
    )
    assert (answer.at("node.group"), answer.at("node.can"), answer.at("node.cannot")) == (None, True, False)
    assert set(answer.each("node.events.nodes", "type")) == {"thing_created", "access_granted"}
    assert await site.rename(who, paper) == "UpdateThingSuccess"
    for field in ("deleteThing", "moveThing", "restoreThing"):
        more: JSONObject = {"groupId": site.at["guests"]} if field == "moveThing" else {}
        assert (await site.apis[who].change(field, {"id": paper, "version": 2, **more}))["__typename"] in {
            "ForbiddenError",
            "NotFoundError",
        }
    found = (await site.apis["admin"].ask(EXPLAIN, person=person, action="update_thing", object=paper)).at(
        "accessExplanation"
    )
    assert found == {
        "allowed": True, "reason": "grant", "role": "editor", "grantId": grant, "throughGroupId": None, "path": []
    }  # fmt: skip
    assert await site.revoke(grant) == "RevokeAccessSuccess"
    assert await site.seen(who) == set()


async def test_the_active_members_of_a_group_have_what_it_was_granted(site: Site) -> None:
    grant = await site.granted(toGroupId=site.at["guests"], onId=site.at["top"], role="editor")
    assert await site.seen("guest") == {"top", "top paper"}
    assert await site.seen("buyer") == set()
    late = await site.world.member("late", "home", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE)
    person = str((await late.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    site = Site(site.world, site.at, {**site.apis, "late": late})
    assert await site.seen("late") == set()
    membership = await site.world.connect("member_of", person, site.at["guests"], {"role": "viewer"})
    assert await site.seen("late") == {"top", "top paper"}
    explained = await site.apis["admin"].ask(EXPLAIN, person=person, action="update_thing", object=site.at["topPaper"])
    assert explained.at("accessExplanation") == {
        "allowed": True, "reason": "grant", "role": "editor", "grantId": grant, "throughGroupId": site.at["guests"],
        "path": [{"slug": "top"}],
    }  # fmt: skip
    who = await site.apis["admin"].ask(
        """query ($id: ID!) { whoCanAccess(objectId: $id, action: update_thing, first: 20) {
            totalCount nodes { reason person { username } } } }""",
        id=site.at["topPaper"],
    )
    listed = cast("list[dict[str, JSON]]", who.at("whoCanAccess.nodes"))
    by_grant = [each["person"] for each in listed if each["reason"] == "grant"]
    assert by_grant == [{"username": name} for name in ("guest", "boss", "late")], listed
    what = await site.apis["owner"].ask(
        """query ($person: ID!, $top: ID!) { whatCanPersonAccess(personId: $person, within: $top, first: 9) {
            nodes { reason role group { slug } } } }""",
        person=person,
        top=site.at["top"],
    )
    assert what.at("whatCanPersonAccess.nodes") == [{"reason": "grant", "role": "editor", "group": {"slug": "top"}}]
    assert (await site.world.api.change("disconnect", {"id": membership}))["__typename"] == "DisconnectSuccess"
    assert await site.seen("late") == set()


async def test_nobody_grants_more_than_they_hold_or_by_what_they_were_granted(site: Site) -> None:
    at, guest = site.at, site.at["guest"]
    await site.refused("editor", "NotFoundError", toPersonId=guest, onId=at["top"], role="viewer")
    await site.refused("editor", "ForbiddenError", toPersonId=at["admin"], onId=at["top"], role="viewer")
    await site.refused("admin", "ValidationError", toPersonId=guest, onId=at["top"], role="owner")
    await site.refused("admin", "ValidationError", toPersonId=at["buyer"], onId=at["top"], role="viewer")
    await site.refused("admin", "ValidationError", toPersonId=guest, onId=at["topPaper"], role="viewer", below=True)
    await site.refused("admin", "ValidationError", toGroupId=at["top"], onId=at["top"], role="viewer")
    await site.refused("admin", "ValidationError", onId=at["top"], role="viewer")
    await site.refused(
        "admin", "ValidationError", toPersonId=guest, toGroupId=at["guests"], onId=at["top"], role="admin"
    )
    past = "2020-01-01T00:00:00Z"
    await site.refused("admin", "ValidationError", toPersonId=guest, onId=at["top"], role="admin", expiresAt=past)
    key = str((await site.apis["guest"].ask("{ viewer { apiKey { id } } }")).at("viewer.apiKey.id"))
    await site.refused("owner", "ForbiddenError", toPersonId=at["admin"], onId=key, role="viewer")
    grant = await site.granted(toPersonId=guest, onId=at["top"], role="admin", below=True)
    await site.refused("guest", "ForbiddenError", toPersonId=at["boss"], onId=at["top"], role="viewer")
    assert await site.revoke(grant, "guest") == "ForbiddenError"
    given: JSONObject = {"type": "member_of", "fromId": at["boss"], "toId": at["top"], "properties": {"role": "viewer"}}
    assert (await site.apis["guest"].change("connect", given))["__typename"] == "ForbiddenError"
    can = await site.apis["guest"].ask(
        """query ($id: ID!) { node(id: $id) { ... on Group { viewerRole grant: viewerCan(action: grant_access)
            update: viewerCan(action: update_group) } } }""",
        id=at["top"],
    )
    assert can.at("node") == {"viewerRole": "admin", "grant": False, "update": True}
    assert await site.revoke(grant, "editor") in {"ForbiddenError", "NotFoundError"}


async def test_grants_are_changed_by_their_own_mutations_alone(site: Site) -> None:
    given: JSONObject = {"role": "viewer", "below": False, "expiresAt": None}
    wanted: JSONObject = {"type": "granted", "fromId": site.at["guest"], "toId": site.at["top"], "properties": given}
    grant = await site.granted(toPersonId=site.at["guest"], onId=site.at["top"], role="viewer")
    before = await site.world.count()
    for field, each in (
        ("connect", wanted),
        ("updateConnection", {"id": grant, "properties": {**given, "role": "admin"}}),
        ("disconnect", {"id": grant}),
    ):
        answer = await site.world.api.change(field, cast("JSONObject", each))
        assert answer["message"] == "Grants have their own mutations: grantAccess and revokeAccess."
    assert await site.world.count() == before


async def test_of_grants_that_race_one_is_left(site: Site) -> None:
    roles = ["viewer", "editor", "admin"] * 3
    made = await asyncio.gather(
        *(site.granted(toPersonId=site.at["guest"], onId=site.at["top"], role=role) for role in roles)
    )
    assert len(set(made)) == 1
    assert await site.world.store.read(LIVE, {}) == [1]


async def test_a_key_that_is_confined_has_nothing_of_grants(site: Site) -> None:
    await site.granted(toPersonId=site.at["guest"], onId=site.at["top"], role="admin", below=True)
    await site.granted(toPersonId=site.at["guest"], onId=site.at["topPaper"], role="editor")
    api = site.apis["guest"]
    keys = Keys(site.world.store)
    viewer = await keys.authenticate(str(api.secret))
    assert {each.target_id for each in viewer.granted} == {site.at["top"], site.at["topPaper"]}

    async def confine(transaction: Transaction) -> None:
        properties = to_json({"scope": "write", "groupIds": [site.at["guests"]]})
        await transaction.run(CONFINE, {"id": viewer.key_id, "properties": properties})

    await site.world.store.write(confine)
    assert reach_of(Caller(await keys.authenticate(str(api.secret)))).roots == (site.at["guests"],)
    assert await site.seen("guest") == set()
    assert await site.rename("guest", site.at["topPaper"]) == "NotFoundError"


async def test_each_change_stands_in_the_audit_log_with_its_ground(site: Site) -> None:
    grant = await site.granted(toPersonId=site.at["guest"], onId=site.at["top"], role="viewer")
    await site.granted(toPersonId=site.at["guest"], onId=site.at["top"], role="editor")
    assert await site.revoke(grant) == "RevokeAccessSuccess"
    answer = await site.apis["admin"].ask(
        """query ($id: ID!) { auditLog(first: 20, order: oldest_first, filter: {groupId: $id}) {
            nodes { type actor before after access { reason role } } } }""",
        id=site.at["top"],
    )
    nodes = cast("list[dict[str, JSON]]", answer.at("auditLog.nodes"))
    told = [
        (
            each["type"],
            *(cast("dict[str, JSON]", each[at] or {}).get("role") for at in ("before", "after")),
            each["access"],
        )
        for each in nodes
        if each["type"] in {"access_granted", "access_changed", "access_revoked"}
    ]
    ground = {"reason": "member_role", "role": "admin"}
    assert told == [
        ("access_granted", None, "viewer", ground),
        ("access_changed", "viewer", "editor", ground),
        ("access_revoked", "editor", None, ground),
    ]
