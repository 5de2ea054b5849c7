"""Support access: what a platform owner may change in a group that others own, and only while its owners know."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from tests.accounts import Accounts
from tests.client import Api
from tests.letters import Letters
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

REASON = "Asked to mend the blog."
PROMOTE: Statement[int] = Statement(
    "promote", "MATCH (person:Person {email: $email}) SET person.role = $role RETURN 1 AS row"
)
CALL_OFF: Statement[int] = Statement("end_help", "MATCH ()-[edge:SUPPORTS]->() DELETE edge RETURN count(*) AS row")
PASS: Statement[int] = Statement(
    "pass_time", "MATCH ()-[edge:SUPPORTS {id: $id}]->() SET edge.expiresAt = 1 RETURN 1 AS row"
)
ACCESS = "supportAccess { id reason active personName endedAt }"
COVERS = """query ($id: ID!) { node(id: $id) { ... on Group { supportAccess(first: 9) {
    totalCount nodes { id reason active personName personId person { id } group { slug } endedAt } } } } }"""
EXPLAIN = """query ($person: ID!, $object: ID!) {
    accessExplanation(personId: $person, action: update_thing, objectId: $object) {
        allowed reason grantId path { slug } } }"""


@dataclass(frozen=True)
class Site:
    """`shop` above `stand`, owned by olga; `other`, owned by oscar; a thing in each; pia is a platform owner."""

    world: World
    accounts: Accounts
    pia: Api
    person: str
    apis: Mapping[str, Api]
    at: Mapping[str, str]
    refresh: str

    async def begin(self, group: str = "shop", **more: JSON) -> Mapping[str, JSON]:
        given: dict[str, JSON] = {"groupId": self.at[group], "reason": REASON, **more}
        return await self.pia.change("beginSupportAccess", given, ACCESS)

    async def began(self, group: str = "shop", **more: JSON) -> str:
        answer = await self.begin(group, **more)
        assert answer["__typename"] == "BeginSupportAccessSuccess", answer
        return str(cast("Mapping[str, JSON]", answer["supportAccess"])["id"])

    async def end(self, access: str, api: Api) -> JSON:
        return (await api.change("endSupportAccess", {"supportId": access}, ACCESS))["__typename"]

    async def write(self, group: str) -> JSON:
        """What the platform owner is answered who makes a thing there."""
        given = {"groupId": self.at[group], "type": "video", "name": "New"}
        return (await self.pia.change("createThing", given))["__typename"]

    async def refused(self, group: str) -> None:
        before = await self.world.count()
        assert await self.write(group) == "ForbiddenError"
        assert await self.world.count() == before

    async def pass_time(self, access: str) -> None:
        async def work(transaction: Transaction) -> None:
            await transaction.run(PASS, {"id": access})

        await self.world.store.write(work)


@pytest.fixture
async def site(accounts: Accounts) -> Site:
    world = await World.create(accounts.store, accounts.api)
    pia = await accounts.join("pia")
    await accounts.run(PROMOTE, email="pia@one.example", role="platform_owner")
    at = {"shop": await world.group("shop"), "other": await world.group("other"), "free": await world.group("free")}
    at["stand"] = await world.group("stand", at["shop"])
    apis = {}
    for name, group, role in (
        ("olga", "shop", MemberRole.OWNER),
        ("ed", "shop", MemberRole.EDITOR),
        ("oscar", "other", MemberRole.OWNER),
    ):
        apis[name] = await world.member(name, group, role=PlatformRole.ORG_USER, member_role=role, scope=KeyScope.WRITE)
    at["thing"] = await world.thing("Thing", at["stand"])

    async def alone(transaction: Transaction) -> None:
        await transaction.run(CALL_OFF, {})

    await accounts.store.write(alone)
    person = str((await pia.api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    return Site(world, accounts, pia.api, person, apis, at, pia.refresh)


async def test_what_others_own_is_changed_with_support_access_alone(site: Site) -> None:
    for group in ("shop", "stand", "other"):
        await site.refused(group)
    assert await site.write("free") == "CreateThingSuccess"
    await site.began()
    assert await site.write("shop") == await site.write("stand") == "CreateThingSuccess"
    await site.refused("other")


async def test_the_refusal_says_what_to_do_and_is_recorded_for_the_owners(site: Site) -> None:
    answer = await site.pia.change(
        "createThing", {"groupId": site.at["shop"], "type": "video", "name": "N"}, "thing { id }"
    )
    assert "beginSupportAccess" in str(answer["message"])
    log = await site.apis["olga"].ask(
        "query ($id: ID!) { auditLog(first: 1, filter: {groupId: $id}) { nodes { type access { reason } } } }",
        id=site.at["shop"],
    )
    assert log.at("auditLog.nodes") == [{"type": "access_denied", "access": {"reason": "support_needed"}}]


async def test_reading_takes_no_support_access(site: Site) -> None:
    answer = await site.pia.ask("query ($id: ID!) { node(id: $id) { ... on Thing { name } } }", id=site.at["thing"])
    assert answer.at("node") == {"name": "Thing"}


async def test_it_ends_by_itself_and_can_begin_again(site: Site) -> None:
    access = await site.began()
    assert (await site.begin())["__typename"] == "ConflictError"
    await site.pass_time(access)
    await site.refused("shop")
    assert await site.end(access, site.pia) == "ConflictError"
    assert await site.began() != access
    assert await site.write("shop") == "CreateThingSuccess"


@pytest.mark.parametrize("who", ["olga", "pia"])
async def test_an_owner_and_whoever_has_it_end_it_early(site: Site, who: str) -> None:
    access = await site.began()
    for other in ("ed", "oscar"):
        assert await site.end(access, site.apis[other]) in {"ForbiddenError", "NotFoundError"}
    assert await site.write("shop") == "CreateThingSuccess"
    assert await site.end(access, site.pia if who == "pia" else site.apis[who]) == "EndSupportAccessSuccess"
    await site.refused("shop")


async def test_it_is_visible_to_owners_and_to_nobody_else(site: Site) -> None:
    access = await site.began()
    for group in ("shop", "stand"):
        found = await site.pia.ask(COVERS, id=site.at[group])
        assert found.at("node.supportAccess.nodes") == [
            {
                "id": access,
                "reason": REASON,
                "active": True,
                "personName": "Pia",
                "personId": site.person,
                "person": {"id": site.person},
                "group": {"slug": "shop"},
                "endedAt": None,
            }
        ]
    seen = await site.apis["olga"].ask(COVERS, id=site.at["shop"])
    [node] = cast("list[Mapping[str, JSON]]", seen.at("node.supportAccess.nodes"))
    assert (node["id"], node["personName"], node["person"]) == (access, "Pia", None)
    assert (await site.apis["ed"].ask(COVERS, id=site.at["shop"])).codes == ["FORBIDDEN"]
    assert (await site.apis["oscar"].ask(COVERS, id=site.at["shop"])).at("node") is None
    await site.end(access, site.pia)
    ended = (await site.apis["olga"].ask(COVERS, id=site.at["shop"])).at("node.supportAccess.nodes")
    assert [(each["active"], each["endedAt"] is None) for each in cast("list[Mapping[str, JSON]]", ended)] == [
        (False, False)
    ]


async def test_the_owners_get_a_mail_and_the_group_has_events(site: Site, letters: Letters) -> None:
    access = await site.began()
    await site.end(access, site.apis["olga"])
    events = await site.apis["olga"].ask(
        """query ($id: ID!) { events(first: 9, filter: {groupId: $id, types:
            [support_access_began, support_access_ended]}) { nodes { type properties } } }""",
        id=site.at["shop"],
    )
    assert events.each("events.nodes", "type") == ["support_access_ended", "support_access_began"]
    told = cast("list[Mapping[str, JSON]]", events.each("events.nodes", "properties"))
    assert [(each["reason"], each["support"]) for each in told] == [(REASON, access)] * 2
    sent = await letters.last("olga")
    assert REASON in sent.text
    assert "Pia" in sent.text


async def test_the_audit_log_and_explanations_name_it(site: Site) -> None:
    asked = {"person": site.person, "object": site.at["thing"]}
    lacking = await site.pia.ask(EXPLAIN, asked)
    assert lacking.at("accessExplanation.reason") == "support_needed"
    can = "query ($id: ID!) { node(id: $id) { ... on Thing { viewerCan(action: update_thing) } } }"
    assert (await site.pia.ask(can, id=site.at["thing"])).at("node.viewerCan") is False
    access = await site.began()
    assert (await site.pia.ask(can, id=site.at["thing"])).at("node.viewerCan") is True
    path = [{"slug": "shop"}, {"slug": "stand"}]
    assert (await site.pia.ask(EXPLAIN, asked)).at("accessExplanation") == {
        "allowed": True, "reason": "support", "grantId": access, "path": path
    }  # fmt: skip
    olga = str((await site.apis["olga"].ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    given: JSONObject = {
        "type": "member_of",
        "fromId": olga,
        "toId": site.at["stand"],
        "properties": {"role": "viewer"},
    }
    assert (await site.pia.change("connect", given))["__typename"] == "ConnectSuccess"
    log = await site.pia.ask(
        """query ($id: ID!) { auditLog(first: 1, filter: {groupId: $id}) {
            nodes { access { reason grantId path { slug } } } } }""",
        id=site.at["stand"],
    )
    assert log.at("auditLog.nodes") == [{"access": {"reason": "support", "grantId": access, "path": path}}]


async def test_by_it_no_platform_owner_becomes_an_owner(site: Site) -> None:
    await site.began()
    given: JSONObject = {
        "type": "member_of",
        "fromId": site.person,
        "toId": site.at["shop"],
        "properties": {"role": "owner"},
    }
    assert (await site.pia.change("connect", given))["__typename"] == "ForbiddenError"


async def test_an_end_and_a_change_at_once_are_one_after_the_other(site: Site) -> None:
    for _ in range(5):
        access = await site.began()
        ended, made = await asyncio.gather(site.end(access, site.apis["olga"]), site.write("shop"))
        assert ended == "EndSupportAccessSuccess"
        assert made in {"CreateThingSuccess", "ForbiddenError"}
        await site.refused("shop")


async def test_two_who_begin_it_at_once_get_one(site: Site) -> None:
    answers = await asyncio.gather(*(site.begin() for _ in range(5)))
    assert sorted(str(each["__typename"]) for each in answers) == ["BeginSupportAccessSuccess", *["ConflictError"] * 4]


async def test_under_a_key_it_begins_once(site: Site) -> None:
    first, again = await site.began(idempotencyKey="k"), await site.began(idempotencyKey="k")
    assert first == again
    assert (await site.begin(idempotencyKey="k", minutes=5))["__typename"] == "ConflictError"


async def begin_as(api: Api, group: str) -> JSON:
    return (await api.change("beginSupportAccess", {"groupId": group, "reason": REASON}))["__typename"]


async def test_it_takes_a_platform_owner_a_session_and_a_fresh_proof(site: Site) -> None:
    before = await site.world.count()
    for api in (site.world.api, site.apis["olga"]):
        assert await begin_as(api, site.at["shop"]) == "ForbiddenError"
    assert await site.world.count() == before
    site.accounts.clock.forward(minutes=30)
    later = site.accounts.signed_in(await site.accounts.refresh(site.refresh))
    assert await begin_as(later.api, site.at["shop"]) == "ReauthenticationError"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reason": " too short"}, "reason"), ({"reason": "x" * 501}, "reason"), ({"minutes": 0}, "minutes"),
     ({"minutes": 481}, "minutes"), ({"groupId": "x"}, "groupId")],
)  # fmt: skip
async def test_what_cannot_begin_is_refused(site: Site, given: Mapping[str, JSON], field: str) -> None:
    before = await site.world.count()
    asked = {"groupId": site.at["shop"], "reason": REASON, **given}
    answer = await site.pia.change("beginSupportAccess", asked, ACCESS)
    assert answer["__typename"] == "ValidationError", (answer, field)
    assert await site.world.count() == before


async def test_no_other_mutation_writes_it(site: Site) -> None:
    access = await site.began()
    given: JSONObject = {"type": "supports", "fromId": site.person, "toId": site.at["other"], "properties": {}}
    assert (await site.pia.change("connect", given))["__typename"] == "ValidationError"
    for field, more in (("updateConnection", {"strength": 0.5}), ("disconnect", {})):
        assert (await site.pia.change(field, {"id": access, **more}))["__typename"] == "ForbiddenError"
