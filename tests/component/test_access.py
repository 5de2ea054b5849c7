"""Access: nobody reaches what no rule gives them, by whatever way, and a rule is missing nowhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from domain.access import Caller, KeyScope
from domain.ids import new_id
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, now
from graph.store import Statement, Transaction
from resolvers.schema import schema
from services.access import ALLOWED_ROLES, MEMBER_ROLES, OF_MEMBERS, OPEN, OWN, SENSITIVE, Action
from services.keys import Keys
from tests.client import Answer, Api, Attached
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

SUSPEND: Statement[int] = Statement(
    "suspend", "MATCH (person:Person {email: $email}) SET person.status = $status RETURN 1 AS row"
)
LINE: Mapping[str, JSON] = {"name": "L", "unitPrice": 1, "quantity": 1}
ORDER: Mapping[str, JSON] = {"number": "1", "state": "paid", "currency": "USD", "placedAt": "2026-01-01T00:00:00Z"}

RECORDING = {
    "place_of_entity",
    "place_of_knowledge",
    "fetch_connections",
    "standing",
    "lock_audit_head",
    "append_audited_events",
}
"""What is done about a change that was refused."""


@dataclass(frozen=True)
class Town:
    """Organization `org` with `team` and `sibling` below it, `squad` below the team, and `strange` beside it all."""

    world: World
    ids: Mapping[str, str]
    mia: Api
    """A member of the team, like ben, whose key and membership nobody else has."""
    ben: Api

    async def as_mia(self, query: str, **names: str) -> Answer:
        declared = f"query ({', '.join(f'${name}: ID!' for name in names)})" if names else ""
        return await self.mia.ask(f"{declared} {query}", {name: self.ids[of] for name, of in names.items()})


@pytest.fixture(scope="module")
async def town(shared_world: World) -> Town:
    world = shared_world
    at = {"home": world.home, **await world.make(org=new_group("org"), strange=new_group("strange"))}
    at |= await world.make(team=new_group("team", at["org"]), sibling=new_group("sibling", at["org"]))
    at |= await world.make(squad=new_group("squad", at["team"]))
    mia, ben = await world.member("mia", "team"), await world.member("ben", "team", member_role=MemberRole.OWNER)
    await world.member("sam", "squad")
    await world.member("sue", "sibling")
    for name, api in (("mia", mia), ("ben", ben)):
        answer = await api.ask("{ viewer { person { id } apiKey { id } } }")
        at |= {name: str(answer.at("viewer.person.id")), f"{name}Key": str(answer.at("viewer.apiKey.id"))}
    people = await world.api.ask("{ people(first: 20) { nodes { username id } } }")
    for username, person in zip(*(people.each("people.nodes", key) for key in ("username", "id")), strict=True):
        at[str(username)] = str(person)
    places = ("org", "team", "sibling", "squad", "strange")
    at |= await world.make(**{f"{place}Thing": new_thing(at[place], "video", place) for place in places})
    hidden = await world.make(
        orgProduct=new_thing(at["org"], "product", "Hidden", category="course", price={"amount": 1, "currency": "USD"}),
    )
    at |= hidden
    lines: list[JSON] = [{**LINE, "productId": at["orgProduct"]}]
    at |= await world.make(
        order=new_thing(at["team"], "order", "Order", "active", **ORDER, lines=lines, customerId=at["sue"]),
        down=new_connection("references", at["teamThing"], at["squadThing"]),
        up=new_connection("references", at["teamThing"], at["orgThing"]),
        across=new_connection("references", at["teamThing"], at["strangeThing"]),
        into=new_connection("references", at["siblingThing"], at["teamThing"]),
        owned=new_connection("owns", at["org"], at["teamThing"]),
    )
    return Town(world, at, mia, ben)


def root_fields(name: str) -> Mapping[str, GraphQLField]:
    defined: GraphQLNamedType = schema._schema.type_map[name]  # noqa: SLF001 - Strawberry has no public way to it
    fields: Mapping[str, GraphQLField] = cast("GraphQLObjectType", defined).fields
    return fields


def some(type_: GraphQLInputType, name: str) -> JSON:
    """A value that is right as GraphQL."""
    if isinstance(type_, GraphQLNonNull):
        return some(type_.of_type, name)
    if isinstance(type_, GraphQLList):
        return [some(type_.of_type, name)]
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        given = {
            key: some(each.type, key) for key, each in type_.fields.items() if isinstance(each.type, GraphQLNonNull)
        }
        # Of one whose fields are all optional exactly one is given.
        first, only = next(iter(type_.fields.items()))
        given = given or {first: some(cast("GraphQLInputType", only.type), first)}
        return given | ({"parentId": None} if "parentId" in type_.fields else {})
    values: dict[str, JSON] = {
        "ID": new_id("grp"),
        "Int": 1,
        "Float": 1.0,
        "Decimal": "1",
        "Boolean": False,
        "Upload": Attached.of(b"x"),
        "DateTime": "2026-01-01T00:00:00Z",
    }
    return values.get(str(get_named_type(type_)), "x")


def call(operation: str, name: str) -> tuple[str, dict[str, JSON]]:
    """An operation of one root field with the least of arguments."""
    field = root_fields(operation.capitalize())[name]
    wanted = {
        key: each.type for key, each in field.args.items() if isinstance(each.type, GraphQLNonNull) or key == "first"
    }
    wanted.pop("order", None)
    declared = ", ".join(f"${key}: {type_}" for key, type_ in wanted.items())
    given = ", ".join(f"{key}: ${key}" for key in wanted)
    head = f"{operation} ({declared})" if wanted else operation
    answered = f"{name}({given})" if wanted else name
    selected = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"{head} {{ answer: {answered}{selected} }}", {key: some(each, key) for key, each in wanted.items()}


PUBLIC = {"node", "nodes", "group", "publicGroups", "publicThings"}
"""What anybody may ask, for what is public: tests/component/test_public.py says what that is."""


@pytest.mark.parametrize("name", [name for name in root_fields("Query") if name not in PUBLIC])
async def test_every_question_of_nobody_is_refused_before_the_store_is_asked(
    town: Town, statements: list[str], name: str
) -> None:
    answer = await town.world.api.as_holder_of(None).ask(*call("query", name))
    if name == "viewer":
        assert answer.data == {"answer": None}
    elif name == "signInProviders":
        assert answer.data == {"answer": []}
    elif name == "cart":
        assert answer.data == {"answer": {"__typename": "ShoppingCart"}}
    else:
        assert answer.codes == ["UNAUTHENTICATED"]
        assert answer.body["data"] in ({"answer": None}, None)
    assert statements == []


def action_of(mutation: str) -> Action | None:
    """The action of a mutation's own name, where it has one."""
    name = re.sub(r"(?=[A-Z])", "_", mutation).lower()
    return Action(name) if name in set(Action) else None


FOR_ANYBODY = [name for name in root_fields("Mutation") if action_of(name) in OPEN]
FOR_ONESELF = [name for name in root_fields("Mutation") if action_of(name) in OWN]
FOR_SOME = [name for name in root_fields("Mutation") if name not in FOR_ANYBODY]
OF_ALL = {
    "beginSupportAccess",
    "retryEmbeddings",
    "registerThingType",
    "registerConnectionType",
    "evolveThingType",
    "replayMail",
}
"""What is in no group, and a platform owner's alone."""
OF_ONES_MEMBERSHIP = {"joinGroup", "leaveGroup"}
"""What takes no role in a group, and is tested in tests/component/test_joining.py."""
OF_BUYERS = {"placeOrder", "cancelOrder", "requestRefund", "claimCart", "checkout"}
"""What everybody does for themselves, and is tested in tests/component/test_orders.py and test_carts.py."""


@pytest.mark.parametrize("name", FOR_SOME)
async def test_every_change_by_nobody_is_refused_before_the_store_is_asked(
    town: Town, statements: list[str], name: str
) -> None:
    before = await town.world.count()
    statements.clear()
    answer = await town.world.api.as_holder_of(None).ask(*call("mutation", name))
    if name == "uploadFile":  # it is refused before its body is read
        assert answer.status == 401
    else:
        assert answer.at("answer.__typename") == "AuthError"
    assert statements == []
    assert await town.world.count() == before


@pytest.fixture(scope="module")
async def unentitled(town: Town) -> Mapping[str, Api]:
    """The platform owner with a key for reading, and owners of a group of the other roles with one for writing."""
    reading = await Keys(town.world.store).create(Caller(None), "owner@one.example", KeyScope.READ)
    others = [role for role in PlatformRole if role is not PlatformRole.PLATFORM_OWNER]
    return {
        "reader": town.world.api.as_holder_of(reading.secret),
        **{
            role.value: await town.world.member(
                role.value, "team", role=role, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
            )
            for role in others
        },
    }


@pytest.mark.parametrize("name", FOR_SOME)
async def test_every_change_by_somebody_without_the_right_is_forbidden(
    unentitled: Mapping[str, Api], town: Town, statements: list[str], name: str
) -> None:
    before = await town.world.count()
    # What members may do where their role allows it is in test_rights.
    never = {"reader"} if name in {"leaveGroup", *OF_BUYERS} else {"reader", PlatformRole.CUSTOMER}
    for api in (api for who, api in unentitled.items() if who in never or name in OF_ALL or name in FOR_ONESELF):
        statements.clear()
        answer = await api.ask(*call("mutation", name))
        assert answer.at("answer.__typename") == "ForbiddenError"
        assert set(statements) <= RECORDING, "it only records that it was refused"
    assert await town.world.count() == before


@pytest.mark.parametrize("name", FOR_ONESELF)
async def test_no_api_key_changes_the_account_of_its_person(town: Town, statements: list[str], name: str) -> None:
    before = await town.world.count()
    statements.clear()
    answer = await town.world.api.ask(*call("mutation", name))
    assert answer.at("answer.__typename") == "ForbiddenError"
    assert set(statements) <= RECORDING, "it only records that it was refused"
    assert await town.world.count() == before


def test_every_action_has_one_rule() -> None:
    assert sorted([*ALLOWED_ROLES, *OPEN, *OWN]) == sorted(Action)
    assert SENSITIVE <= OWN
    assert {action_of(name) for name in FOR_ANYBODY} == OPEN
    assert {action_of(name) for name in FOR_ONESELF} == OWN
    assert set(MEMBER_ROLES) <= set(ALLOWED_ROLES)
    of_members = {PlatformRole.PLATFORM_OWNER, PlatformRole.ORG_OWNER, PlatformRole.ORG_USER}
    everybodys = {Action.LEAVE_GROUP, *(Action(re.sub(r"(?=[A-Z])", "_", name).lower()) for name in OF_BUYERS)}
    assert all(ALLOWED_ROLES[action] == set(PlatformRole) for action in everybodys)
    for action in set(ALLOWED_ROLES) - everybodys:
        allowed = of_members if action in OF_MEMBERS else {PlatformRole.PLATFORM_OWNER}
        assert ALLOWED_ROLES[action] == allowed


async def test_a_member_finds_in_every_list_what_is_in_their_group_and_below(town: Town) -> None:
    answer = await town.as_mia(
        "{ groups(first: 50) { nodes { slug } totalCount } people(first: 50) { nodes { username } totalCount } "
        'things(first: 50, filter: {type: "video"}) { nodes { name } totalCount } '
        "all: things(first: 50) { nodes { type } } "
        'orders: things(first: 50, filter: {type: "order"}) { totalCount } '
        "org: things(first: 50, filter: {groupId: $org}) { nodes { name } totalCount } "
        "team: things(first: 50, filter: {groupId: $team}) { nodes { name } totalCount } "
        "events(first: 100) { nodes { group { slug } actor } totalCount } "
        "ofOrg: events(first: 50, filter: {groupId: $org}) { nodes { id } totalCount } "
        "ofOrgThing: events(first: 50, filter: {targetId: $orgThing}) { nodes { id } totalCount } }",
        org="org",
        team="team",
        orgThing="orgThing",
    )
    assert answer.each("groups.nodes", "slug") == ["team", "squad"]
    assert answer.at("groups.totalCount") == 2
    assert {"mia", "ben", "sam"} <= set(answer.each("people.nodes", "username"))
    assert not {"sue", "owner"} & set(answer.each("people.nodes", "username"))
    assert answer.at("people.totalCount") == len(answer.each("people.nodes", "username"))
    assert answer.each("things.nodes") == ["squad", "team"]
    assert answer.at("things.totalCount") == 2
    assert sorted(map(str, answer.each("all.nodes", "type"))) == ["order", "video", "video"]
    assert answer.at("orders.totalCount") == 1
    assert answer.at("org") == {"nodes": [], "totalCount": 0}
    assert answer.at("team.totalCount") == 2
    assert {str(event) for event in answer.each("events.nodes", "group")} == {"{'slug': 'team'}", "{'slug': 'squad'}"}
    assert answer.at("events.totalCount") == len(answer.each("events.nodes", "actor"))
    assert answer.at("ofOrg") == answer.at("ofOrgThing") == {"nodes": [], "totalCount": 0}


async def test_what_a_member_may_not_see_is_not_there_by_its_id_either(town: Town) -> None:
    hidden = ["org", "sibling", "strange", "home", "owner", "sue", "orgThing", "siblingThing", "strangeThing"]
    hidden += ["up", "across", "into", "owned", "benKey"]
    shown = ["team", "squad", "mia", "ben", "sam", "teamThing", "squadThing", "order", "down", "miaKey"]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = await town.mia.ask(query, ids=[town.ids[name] for name in hidden + shown])
    found = cast("list[dict[str, JSON] | None]", answer.at("nodes"))
    assert found == [None] * len(hidden) + [{"id": town.ids[name]} for name in shown]
    everything = await town.world.api.ask(query, ids=[town.ids[name] for name in hidden + shown])
    assert None not in cast("list[JSON]", everything.at("nodes"))
    for slug in ("org", "sibling", "strange"):
        assert (await town.as_mia(f'{{ group(slug: "{slug}") {{ id }} }}')).data == {"group": None}


async def test_an_event_is_seen_where_it_happened_or_by_who_did_it(town: Town) -> None:
    query = "query ($id: ID!) { events(first: 9, filter: {targetId: $id}) { nodes { id type } } }"
    of = {
        name: (await town.world.api.ask(query, id=town.ids[name])).each("events.nodes", "id")
        for name in ("orgThing", "teamThing", "sue", "mia")
    }
    for name, expected in (("orgThing", False), ("teamThing", True)):
        answer = await town.mia.ask("query ($id: ID!) { node(id: $id) { id } }", id=of[name][0])
        assert (answer.at("node") is not None) is expected
    answer = await town.as_mia("{ node(id: $id) { ... on Person { events(first: 9) { nodes { type } } } } }", id="mia")
    assert answer.each("node.events.nodes", "type") == ["user_joined_group"]  # she was registered in no group


async def test_nested_fields_of_a_visible_group_show_nothing_above_it(town: Town) -> None:
    answer = await town.as_mia(
        "{ node(id: $id) { ... on Group { parent { id } ancestors { id } children(first: 9) { nodes { slug } } "
        "descendants(first: 9) { nodes { slug } totalCount } connections(first: 50) { nodes { type fromId } } } } }",
        id="team",
    )
    assert answer.at("node.parent") is None
    assert answer.at("node.ancestors") == []
    assert answer.each("node.children.nodes", "slug") == answer.each("node.descendants.nodes", "slug") == ["squad"]
    assert set(answer.each("node.connections.nodes", "type")) == {"member_of"}
    squad = await town.as_mia("{ node(id: $id) { ... on Group { ancestors { slug } parent { slug } } } }", id="squad")
    assert squad.at("node") == {"ancestors": [{"slug": "team"}], "parent": {"slug": "team"}}


async def test_nested_fields_of_a_visible_thing_show_no_hidden_end(town: Town) -> None:
    answer = await town.as_mia(
        "{ node(id: $id) { ... on Thing { owner { id } connections(first: 9) { nodes { id target { id } } totalCount } "
        "related(first: 9) { nodes { name } totalCount } } } "
        "order: node(id: $order) { ... on Order { customer { id } lines { name product { id } } } } }",
        id="teamThing",
        order="order",
    )
    assert answer.at("node.owner") is None
    assert answer.at("node.connections") == {
        "nodes": [{"id": town.ids["down"], "target": {"id": town.ids["squadThing"]}}],
        "totalCount": 1,
    }
    assert answer.at("node.related") == {"nodes": [{"name": "squad"}], "totalCount": 1}
    assert answer.at("order") == {"customer": None, "lines": [{"name": "L", "product": None}]}


async def test_the_key_of_somebody_else_is_not_there_for_their_fellow_members(town: Town) -> None:
    answer = await town.as_mia(
        '{ things(first: 9, filter: {type: "api_key"}) { nodes { id } totalCount } '
        "ben: node(id: $ben) { ... on Person { related(first: 9) { nodes { id } totalCount } "
        'connections(first: 9, filter: {types: ["owns"]}) { nodes { id } totalCount } } } '
        'team: node(id: $team) { ... on Group { things(first: 9, filter: {type: "api_key"}) '
        "{ nodes { id } totalCount } } } "
        "events(first: 9, filter: {targetId: $key}) { totalCount } "
        "told: events(first: 50, filter: {groupId: $team, type: thing_created}) { nodes { targetId target { id } } } }",
        ben="ben",
        team="team",
        key="benKey",
    )
    mine = {"nodes": [{"id": town.ids["miaKey"]}], "totalCount": 1}
    assert answer.at("things") == answer.at("team.things") == mine
    assert answer.at("ben") == {
        "related": {"nodes": [], "totalCount": 0},
        "connections": {"nodes": [], "totalCount": 0},
    }
    assert answer.at("events.totalCount") == 0
    assert answer.each("told.nodes", "targetId") == [town.ids["order"], town.ids["teamThing"]]


WHO = "{ viewer { groups { slug } } groups(first: 9) { nodes { slug } } }"


async def refused(api: Api) -> bool:
    answer = await api.ask(WHO)
    if answer.status == 200:
        return False
    assert (answer.status, answer.codes, answer.headers["www-authenticate"]) == (401, ["UNAUTHENTICATED"], "Bearer")
    assert "data" not in answer.body
    return True


async def test_a_suspended_person_is_out_with_the_next_request_and_back_in_afterwards(town: Town) -> None:
    api = await town.world.member("leaving", "team")
    for status in ("active", "suspended", "active"):
        parameters = {"email": "leaving@one.example", "status": status}

        async def work(transaction: Transaction, given: Mapping[str, str] = parameters) -> None:
            await transaction.run(SUSPEND, given)

        await town.world.store.write(work)
        assert await refused(api) is (status == "suspended")


async def test_an_ended_membership_gives_nothing_any_more(town: Town) -> None:
    api = await town.world.member("ending", "team")
    answer = await api.ask(
        '{ viewer { person { connections(first: 2, filter: {type: "member_of"}) { nodes { id } } } groups { slug } } }'
    )
    assert answer.each("viewer.groups", "slug") == ["team"]
    [membership] = answer.each("viewer.person.connections.nodes", "id")
    assert (await town.world.api.change("disconnect", {"id": membership}))["__typename"] == "DisconnectSuccess"
    assert (await api.ask(WHO)).data == {"viewer": {"groups": []}, "groups": {"nodes": []}}


async def test_a_membership_that_is_not_in_force_gives_nothing(town: Town) -> None:
    api = await town.world.member("waiting", "squad")
    person = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    for slug, status in (("strange", "pending"), ("sibling", "inactive")):
        given = {"role": "owner", "status": status}
        await town.world.connect("member_of", person, town.ids[slug], given)
    assert (await api.ask(WHO)).each("groups.nodes", "slug") == ["squad"]


@pytest.mark.parametrize("way", ["archived", "disowned", "drafted"])
async def test_a_key_that_was_taken_back_opens_nothing(town: Town, way: str) -> None:
    api = await town.world.member(f"taken-{way}", "team")
    answer = await api.ask(
        '{ viewer { apiKey { id } person { connections(first: 2, filter: {types: ["owns"]}) { nodes { id } } } } }'
    )
    key, [owns] = answer.at("viewer.apiKey.id"), answer.each("viewer.person.connections.nodes", "id")
    field, given = {
        "archived": ("archiveThing", {"id": key, "version": 1}),
        "disowned": ("disconnect", {"id": owns}),
        "drafted": ("updateThing", {"id": key, "version": 1, "status": "draft"}),
    }[way]
    assert not await refused(api)
    assert "Success" in str((await town.world.api.change(field, given))["__typename"])
    assert await refused(api)


async def test_a_key_expires(town: Town) -> None:
    keys = Keys(town.world.store)
    for hours, expected in ((1, False), (-1, True)):
        created = await keys.create(
            Caller(None), "ben@one.example", KeyScope.READ, expires_at=now() + timedelta(hours=hours)
        )
        assert await refused(town.world.api.as_holder_of(created.secret)) is expected


@pytest.mark.parametrize("secret", ["one_", "one_wrong", "wrong", "", "one_é", "one_" + "a" * 100_000])
async def test_a_secret_of_nobody_is_refused(town: Town, secret: str) -> None:
    header = b"Bearer " + secret.encode()
    response = await town.world.api.http.post("/graphql", json={"query": WHO}, headers=[(b"authorization", header)])
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize("header", ["Basic b3duZXI6eA==", "one_key", "", "Bearer", "bearer", "Token one_x"])
async def test_another_scheme_is_refused(town: Town, header: str) -> None:
    response = await town.world.api.http.post("/graphql", json={"query": WHO}, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
