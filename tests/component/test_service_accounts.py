"""Service accounts: programs of partners that a group manages, and by which nobody gets more than they have."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import cast

import pytest

from domain.access import Caller
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject, now
from graph.store import Statement
from services.people import NewPerson
from services.registration import register
from services.sessions import begin
from tests.client import Api
from tests.worlds import World, new_connection

pytestmark = [pytest.mark.slow, pytest.mark.once]

ACCOUNT = "serviceAccount { id kind version status displayName role managingGroup { id } }"
KEY = "secret apiKey { id name scope }"
SEEN = "{ groups(first: 20) { nodes { id } } }"
KEYS = "query ($id: ID!) { node(id: $id) { ... on Person { kind apiKeys { id name lastUsedAt } } } }"
WAYS: Statement[int] = Statement(
    "ways", "MATCH (n) WHERE n:Credential OR n:Session OR n:Mail OR n:OneTimeToken RETURN count(n) AS row"
)


@dataclass
class Office:
    """A group with an owner, an admin, an editor and a customer who is an admin, all signed in; and their ids."""

    world: World
    group: str
    slug: str
    ids: Mapping[str, str]
    sessions: Mapping[str, Api]
    numbers: "count[int]" = field(default_factory=count)

    def __getitem__(self, name: str) -> Api:
        return self.sessions[name]

    async def account(self, by: str = "admin", **given: JSON) -> str:
        """The id of a new service account of the group."""
        answer = await self[by].change(
            "createServiceAccount", {"groupId": self.group, "name": f"Partner {next(self.numbers)}", **given}, ACCOUNT
        )
        assert answer["__typename"] == "CreateServiceAccountSuccess", answer
        return str(cast("Mapping[str, JSON]", answer["serviceAccount"])["id"])

    async def mint(self, account: str, by: str = "admin", **given: JSON) -> Mapping[str, JSON]:
        return await self[by].change("createApiKey", {"name": "Key", "serviceAccountId": account, **given}, KEY)

    async def key(self, account: str, by: str = "admin", **given: JSON) -> Api:
        """The API as the program of the account sees it."""
        answer = await self.mint(account, by, **{"scope": "write", **given})
        assert answer["__typename"] == "CreateApiKeySuccess", answer
        return self.world.api.as_holder_of(str(answer["secret"]))


ROLES: Mapping[str, tuple[PlatformRole, MemberRole]] = {
    "owner": (PlatformRole.ORG_USER, MemberRole.OWNER),
    "admin": (PlatformRole.ORG_USER, MemberRole.ADMIN),
    "editor": (PlatformRole.ORG_USER, MemberRole.EDITOR),
    "customer": (PlatformRole.CUSTOMER, MemberRole.ADMIN),
}


async def open_office(world: World, slug: str) -> Office:
    group = await world.group(slug)
    ids: dict[str, str] = {}
    sessions: dict[str, Api] = {}
    for name, (platform, role) in ROLES.items():
        called = f"{slug}-{name}"
        person = await register(world.store, NewPerson(f"{called}@one.example", called, called, platform), slug, role)
        ids[name] = person.id
        sessions[name] = await signed_in(world, person.id)
    return Office(world, group, slug, ids, sessions)


async def signed_in(world: World, person_id: str) -> Api:
    begun = await world.store.write(lambda transaction: begin(transaction, Caller(None), person_id, now()))
    return world.api.as_holder_of(begun.tokens.access)


@pytest.fixture(scope="module")
async def office(shared_world: World) -> Office:
    return await open_office(shared_world, "office")


async def kind(api: Api, name: str, given: JSONObject) -> str:
    return str((await api.change(name, given))["__typename"])


async def version(api: Api, account: str) -> int:
    found = await api.ask("query ($id: ID!) { node(id: $id) { ... on Person { version } } }", id=account)
    return cast("int", found.at("node.version"))


async def test_a_service_account_is_a_member_like_anybody_and_acts_by_its_keys(office: Office) -> None:
    answer = await office["admin"].change(
        "createServiceAccount", {"groupId": office.group, "name": "Depot", "role": "editor"}, ACCOUNT
    )
    account = cast("Mapping[str, JSON]", answer["serviceAccount"])
    identifier = str(account["id"])
    assert account == {
        "id": identifier, "kind": "service", "version": 1, "status": "active", "displayName": "Depot",
        "role": "org_user", "managingGroup": {"id": office.group},
    }  # fmt: skip
    key = await office.key(identifier)
    made = await key.change("createThing", {"groupId": office.group, "type": "video", "name": "By a program"})
    assert made["__typename"] == "CreateThingSuccess"
    seen = await key.ask("{ viewer { scope person { id kind } groups { slug } } groups(first: 9) { nodes { slug } } }")
    assert seen.at("viewer.person") == {"id": identifier, "kind": "service"}
    assert seen.each("viewer.groups", "slug") == seen.each("groups.nodes", "slug") == ["office"]
    told = await office["admin"].ask(
        "query ($g: ID!) { events(first: 3, filter: { groupId: $g, type: thing_created }) { nodes { actor } } }",
        g=office.group,
    )
    assert told.each("events.nodes", "actor")[0] == identifier
    log = await office["admin"].ask(
        """query ($g: ID!, $a: ID!) { auditLog(first: 9, filter: { groupId: $g, objectId: $a }) {
        nodes { type actor access { allowed reason role } } } }""",
        g=office.group, a=identifier,
    )  # fmt: skip
    by_role = {"allowed": True, "reason": "member_role", "role": "admin"}
    entries = cast("list[dict[str, JSON]]", log.at("auditLog.nodes"))
    assert [(each["type"], each["actor"], each["access"]) for each in entries] == [
        (told, office.ids["admin"], by_role) for told in ("api_key_created", "user_joined_group", "user_registered")
    ]  # fmt: skip


async def test_it_is_listed_with_its_keys_and_their_last_use_to_those_who_manage_it(office: Office) -> None:
    account = await office.account()
    await (await office.key(account)).ask(SEEN)
    listed = """query ($g: ID!, $k: PersonKind!) { people(first: 50, filter: { groupId: $g, kind: $k }) {
        nodes { id kind apiKeys { name } } } }"""
    services = await office["admin"].ask(listed, g=office.group, k="service")
    assert account in services.each("people.nodes", "id")
    assert set(services.each("people.nodes", "kind")) == {"service"}
    humans = await office["admin"].ask(listed, g=office.group, k="human")
    assert sorted(map(str, humans.each("people.nodes", "id"))) == sorted(office.ids.values())
    assert set(map(str, humans.each("people.nodes", "apiKeys"))) == {"None"}
    for who, shown in (("owner", True), ("admin", True), ("editor", False)):
        found = await office[who].ask(KEYS, id=account)
        assert found.at("node.kind") == "service"
        assert (found.at("node.apiKeys") is not None) is shown, who
    found = await office.world.api.ask(KEYS, id=account)
    [key] = cast("list[Mapping[str, JSON]]", found.at("node.apiKeys"))
    assert key["name"] == "Key"
    for bounds, shown in (({}, True), ({"groupIds": [office.group]}, False)):
        made = await office["admin"].change("createApiKey", {"name": "Mine", **bounds}, "secret")
        of_key = await office.world.api.as_holder_of(str(made["secret"])).ask(KEYS, id=account)
        assert (of_key.at("node.apiKeys") is not None) is shown


@pytest.mark.parametrize("who", ["editor", "customer", "reader", "confined", "service"])
async def test_nobody_but_administrators_makes_changes_or_deletes_one(office: Office, who: str) -> None:
    world, account = office.world, await office.account(role="editor")
    if who in ("reader", "confined"):
        bounds: dict[str, JSON] = {"scope": "read"}
        if who == "confined":
            elsewhere = await world.group(f"elsewhere-{next(office.numbers)}")
            await world.connect("member_of", office.ids["admin"], elsewhere, {"role": "viewer"})
            bounds = {"scope": "write", "groupIds": [elsewhere]}
        made = await office["admin"].change("createApiKey", {"name": "Mine", **bounds}, "secret")
        api = world.api.as_holder_of(str(made["secret"]))
    else:
        api = await office.key(account) if who == "service" else office[who]
    before = await world.count()
    expected = "NotFoundError" if who == "confined" else "ForbiddenError"
    for name, given in (
        ("createServiceAccount", {"groupId": office.group, "name": "X"}),
        ("updateServiceAccount", {"id": account, "version": 1, "status": "suspended"}),
        ("deleteServiceAccount", {"id": account, "version": 1}),
    ):
        assert await kind(api, name, cast("JSONObject", given)) == expected, name
    assert await kind(api, "createApiKey", {"name": "K", "serviceAccountId": account}) == "ForbiddenError"
    assert await world.count() == before


async def test_to_whom_it_is_hidden_it_is_not_there(office: Office) -> None:
    account = await office.account()
    stranger = (await open_office(office.world, f"strange-{next(office.numbers)}"))["owner"]
    before = await office.world.count()
    given: JSONObject = {"id": account, "version": 1}
    assert await kind(stranger, "updateServiceAccount", given) == "NotFoundError"
    assert await kind(stranger, "deleteServiceAccount", given) == "NotFoundError"
    assert await kind(stranger, "createApiKey", {"name": "K", "serviceAccountId": account}) == "NotFoundError"
    made: JSONObject = {"groupId": office.group, "name": "X"}
    assert await kind(stranger, "createServiceAccount", made) == "NotFoundError"
    human: JSONObject = {"name": "K", "serviceAccountId": office.ids["editor"]}
    assert await kind(office["admin"], "createApiKey", human) == "NotFoundError"
    assert await office.world.count() == before


async def test_a_key_is_minted_by_who_has_the_role_of_the_account_everywhere(office: Office) -> None:
    world, account = office.world, await office.account()
    other = await world.group(f"other-{next(office.numbers)}")
    membership = await world.connect("member_of", account, other, {"role": "editor"})
    key = await office.mint(account, "admin")
    assert key["__typename"] == "ForbiddenError", "the admin is nothing in the other group"
    before = await world.count()
    await world.connect("member_of", office.ids["admin"], other, {"role": "viewer"})
    assert (await office.mint(account))["__typename"] == "ForbiddenError", "and less than the account there"
    await world.connect("member_of", office.ids["owner"], other, {"role": "editor"})
    assert (await office.mint(account, "owner"))["__typename"] == "CreateApiKeySuccess"
    assert (await world.count())["ApiKey"] == before["ApiKey"] + 2  # of which versions count too
    assert await kind(world.api, "disconnect", {"id": membership}) == "DisconnectSuccess"
    assert (await office.mint(account))["__typename"] == "CreateApiKeySuccess"


async def test_who_cannot_mint_a_key_can_still_end_one(office: Office) -> None:
    world, account = office.world, await office.account()
    made = await office.mint(account)
    identifier = cast("Mapping[str, JSON]", made["apiKey"])["id"]
    other = await world.group(f"other-{next(office.numbers)}")
    await world.connect("member_of", account, other, {"role": "viewer"})
    given: JSONObject = {"id": identifier, "serviceAccountId": account}
    assert await kind(office["admin"], "rotateApiKey", given) == "ForbiddenError"
    assert await kind(office["admin"], "revokeApiKey", {"id": identifier}) == "NotFoundError", "it is not one's own"
    assert await kind(office["editor"], "revokeApiKey", given) == "ForbiddenError"
    assert (await world.api.as_holder_of(str(made["secret"])).ask(SEEN)).status == 200
    assert await kind(office["admin"], "revokeApiKey", given) == "RevokeApiKeySuccess"
    assert (await world.api.as_holder_of(str(made["secret"])).ask(SEEN)).status == 401


async def test_a_rotated_key_is_good_beside_its_successor(office: Office) -> None:
    account = await office.account()
    first = await office.mint(account, scope="write", groupIds=[office.group])

    async def rotate(made: Mapping[str, JSON], seconds: int) -> Mapping[str, JSON]:
        identifier = cast("Mapping[str, JSON]", made["apiKey"])["id"]
        given: JSONObject = {"id": identifier, "overlapSeconds": seconds, "serviceAccountId": account}
        answer = await office["admin"].change("rotateApiKey", given, KEY)
        assert answer["__typename"] == "RotateApiKeySuccess", answer
        return answer

    second = await rotate(first, 3600)
    third = await rotate(second, 0)
    status = [
        (await office.world.api.as_holder_of(str(each["secret"])).ask(SEEN)).status for each in (first, second, third)
    ]
    assert status == [200, 401, 200]
    assert cast("Mapping[str, JSON]", third["apiKey"])["scope"] == "write"


async def test_a_suspended_account_is_out_with_the_next_request_and_back_in_afterwards(office: Office) -> None:
    account = await office.account()
    key = await office.key(account)
    for status, expected in (("suspended", 401), ("active", 200)):
        given: JSONObject = {"id": account, "version": await version(office["admin"], account), "status": status}
        assert await kind(office["admin"], "updateServiceAccount", given) == "UpdateServiceAccountSuccess"
        assert (await key.ask(SEEN)).status == expected
        minted = (await office.mint(account))["__typename"]
        assert minted == ("ConflictError" if status == "suspended" else "CreateApiKeySuccess")
    gone: JSONObject = {"id": account, "version": 3, "status": "deleted"}
    assert await kind(office["admin"], "updateServiceAccount", gone) == "ValidationError"
    old: JSONObject = {"id": account, "version": 1, "name": "X"}
    assert await kind(office["admin"], "updateServiceAccount", old) == "ConflictError"
    renamed: JSONObject = {"id": account, "version": 3, "name": "Depot two"}
    answer = await office["admin"].change("updateServiceAccount", renamed, ACCOUNT)
    assert cast("Mapping[str, JSON]", answer["serviceAccount"])["displayName"] == "Depot two"


async def test_a_deleted_account_keeps_its_name_and_nothing_else(office: Office) -> None:
    world, account = office.world, await office.account(name="Gone soon", role="editor")
    other = await world.group(f"other-{next(office.numbers)}")
    await world.connect("member_of", account, other, {"role": "viewer"})
    made = await office.mint(account, "owner")
    assert made["__typename"] == "ForbiddenError"  # they are nothing in the other group
    answer = await office["admin"].change(
        "deleteServiceAccount", {"id": account, "version": 1}, "id membershipsEnded keysRevoked"
    )
    assert (answer["membershipsEnded"], answer["keysRevoked"]) == (2, 0)
    keyed = await office.account(name="With a key")
    key = await office.key(keyed)
    answer = await office["admin"].change("deleteServiceAccount", {"id": keyed, "version": 1}, "keysRevoked")
    assert answer["keysRevoked"] == 1
    assert (await key.ask(SEEN)).status == 401
    found = await world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Person { displayName status apiKeys { id } "
        'connections(first: 9, filter: { type: "member_of" }) { totalCount } } } }',
        id=keyed,
    )
    assert found.at("node") == {
        "displayName": "With a key", "status": "deleted", "apiKeys": [], "connections": {"totalCount": 0}
    }  # fmt: skip
    before = await world.count()
    for name, given in (
        ("updateServiceAccount", {"id": keyed, "version": 2, "status": "active"}),
        ("deleteServiceAccount", {"id": keyed, "version": 2}),
    ):
        assert await kind(world.api, name, cast("JSONObject", given)) == "NotFoundError"
    assert await world.count() == before


async def test_it_goes_on_when_whoever_made_it_leaves(office: Office) -> None:
    world, name = office.world, f"leaver-{next(office.numbers)}"
    person = await register(
        world.store,
        NewPerson(f"{name}@one.example", name, "Leaver", PlatformRole.ORG_USER),
        office.slug,
        MemberRole.ADMIN,
    )
    leaver = Office(world, office.group, office.slug, {}, {"admin": await signed_in(world, person.id)})
    account = await leaver.account()
    key = await leaver.key(account)
    gone = await leaver["admin"].change("deleteAccount", {"username": name})
    assert gone["__typename"] == "DeleteAccountSuccess"
    assert (await key.ask(SEEN)).each("groups.nodes", "id") == [office.group]
    assert (await office.mint(account))["__typename"] == "CreateApiKeySuccess"


async def test_it_owns_no_group_in_whatever_way(office: Office) -> None:
    world, account = office.world, await office.account(role="admin")
    key = await office.key(account)
    other = await world.group(f"other-{next(office.numbers)}")
    owner: JSONObject = {"groupId": office.group, "name": "X", "role": "owner"}
    before = await world.count()
    assert await kind(office["owner"], "createServiceAccount", owner) == "ValidationError"
    asked = new_connection("member_of", account, other, role="owner")[1]
    assert await kind(world.api, "connect", asked) == "ConflictError"
    below: JSONObject = {"slug": "below-it", "name": "Below", "type": "dao", "parentId": office.group}
    assert await kind(key, "createGroup", below) == "ForbiddenError"
    told = await key.ask(
        """query ($slug: String!) { group(slug: $slug) {
            viewerRole viewerPermissions viewerCan(action: create_group) update: viewerCan(action: update_group) } }""",
        slug=office.slug,
    )
    assert (told.at("group.viewerRole"), told.at("group.update"), told.at("group.viewerCan")) == ("admin", True, False)
    assert "create_group" not in cast("list[str]", told.at("group.viewerPermissions"))
    said = await office["owner"].ask(
        """query ($account: ID!, $group: ID!) {
            accessExplanation(personId: $account, action: create_group, objectId: $group) { allowed reason }
            may: whoCanAccess(objectId: $group, action: create_group, first: 50) { nodes { person { id } } }
            update: whoCanAccess(objectId: $group, action: update_group, first: 50) { nodes { person { id } } }
            whatCanPersonAccess(personId: $account, within: $group, first: 9) { nodes { permissions } }
        }""",
        account=account,
        group=office.group,
    )
    assert said.at("accessExplanation") == {"allowed": False, "reason": "platform_role"}
    assert {"id": account} in said.each("update.nodes", "person")
    assert {"id": account} not in said.each("may.nodes", "person")
    assert "create_group" not in cast("list[str]", said.at("whatCanPersonAccess.nodes.0.permissions"))
    open_group = await world.group(f"open-{next(office.numbers)}", joinPolicy="open", visibility="public")
    joined = await world.count()
    assert await kind(key, "joinGroup", {"groupId": open_group}) == "ForbiddenError"
    assert await world.count() == joined
    edge = await world.connect("member_of", account, other, {"role": "viewer"})
    raised: JSONObject = {"id": edge, "properties": {"role": "owner"}}
    assert await kind(world.api, "updateConnection", raised) == "ConflictError"
    assert await kind(key, "leaveGroup", {"groupId": other}) == "LeaveGroupSuccess"
    assert before["Group"] + 2 <= (await world.count())["Group"]


async def test_it_stays_in_the_group_that_manages_it(office: Office) -> None:
    world, account = office.world, await office.account()
    key = await office.key(account)
    edges = await world.api.ask(
        'query ($id: ID!) { connections(first: 2, filter: { type: "member_of", fromId: $id }) { nodes { id } } }',
        id=account,
    )
    [edge] = edges.each("connections.nodes", "id")
    before = await world.count()
    assert await kind(key, "leaveGroup", {"groupId": office.group}) == "ConflictError"
    assert await kind(office["owner"], "disconnect", {"id": edge}) == "ConflictError"
    assert await world.count() == before


async def test_nobody_signs_in_as_one_or_writes_to_it(office: Office) -> None:
    world, account = office.world, await office.account()
    found = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Person { email } } }", id=account)
    email = str(found.at("node.email"))
    assert email.endswith("@service.invalid")
    before, nobody = await world.store.read(WAYS, {}), world.api.as_holder_of(None)
    password = "copper lantern 57 harbour"
    for name, given in (
        ("signIn", {"email": email, "password": password}),
        ("signUp", {"email": email, "password": password, "username": "sneaky", "displayName": "S"}),
        ("requestPasswordReset", {"email": email}),
        ("requestSignInLink", {"email": email}),
        ("requestEmailVerification", {"email": email}),
    ):
        answer = await nobody.change(name, cast("JSONObject", given), "__typename")
        assert (answer["__typename"], answer.get("field")) == ("ValidationError", "email"), name
    key = await office.key(account)
    assert await kind(key, "createApiKey", {"name": "X"}) == "ForbiddenError"
    assert await kind(key, "deleteAccount", {"username": "x"}) == "ForbiddenError"
    assert await world.store.read(WAYS, {}) == before


async def test_of_two_at_once_with_one_key_one_account_is_made(office: Office) -> None:
    given: JSONObject = {"groupId": office.group, "name": "Twice", "idempotencyKey": "twice"}
    before = await office.world.count()
    answers = await asyncio.gather(*(office["admin"].change("createServiceAccount", given, ACCOUNT) for _ in range(4)))
    made = {str(cast("Mapping[str, JSON]", each["serviceAccount"])["id"]) for each in answers}
    assert len(made) == 1
    assert (await office.world.count())["Person"] == before["Person"] + 2  # one, in version one
    other = await office["admin"].change("createServiceAccount", {**given, "name": "Other"})
    assert other["__typename"] == "ConflictError"


async def test_what_is_made_and_ended_at_once_leaves_no_key(office: Office) -> None:
    account = await office.account()
    answers = await asyncio.gather(
        *(office.mint(account) for _ in range(3)),
        office["owner"].change("deleteServiceAccount", {"id": account, "version": 1}),
    )
    assert answers[-1]["__typename"] == "DeleteServiceAccountSuccess"
    for each in answers[:-1]:
        assert each["__typename"] in {"CreateApiKeySuccess", "NotFoundError"}
        if "secret" in each:
            assert (await office.world.api.as_holder_of(str(each["secret"])).ask(SEEN)).status == 401


async def test_a_group_is_not_deleted_while_it_manages_one(office: Office) -> None:
    branch = await open_office(office.world, f"branch-{next(office.numbers)}")
    await branch.account("owner")
    answer = await branch["owner"].change("deleteGroup", {"id": branch.group, "version": 1})
    assert answer["__typename"] == "DependedOnError"


async def test_a_group_of_no_human_is_not_deleted_while_it_manages_one(office: Office) -> None:
    api = office.world.api
    empty = await office.world.group(f"empty-{next(office.numbers)}")
    made = await api.change("createServiceAccount", {"groupId": empty, "name": "Alone"}, "serviceAccount { id }")
    account = str(cast("Mapping[str, JSON]", made["serviceAccount"])["id"])
    assert (await api.change("deleteGroup", {"id": empty, "version": 1}))["__typename"] == "DependedOnError"
    gone = await api.change("deleteServiceAccount", {"id": account, "version": 1})
    assert gone["__typename"] == "DeleteServiceAccountSuccess"
    assert (await api.change("deleteGroup", {"id": empty, "version": 1}))["__typename"] == "DeleteGroupSuccess"


async def test_what_is_made_here_is_consistent(office: Office) -> None:
    report = await office.world.api.ask("{ consistency { total } }")
    assert set(report.each("consistency", "total")) == {0}
