"""Who may do what, as whole lists: what they say is what a change, a question and an explanation say one by one."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.store import Statement, Transaction
from tests.client import Api
from tests.worlds import World, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

ACTIONS: Final = ("create_thing", "update_group", "delete_group", "update_thing", "delete_thing")
OF_ONESELF: Final = {"join_group", "leave_group"}
"""What takes no role in a group."""
KINDS: Final = ("video", "order", "invitation")
WHO = """query ($object: ID!, $action: Action, $first: Int!, $after: String) {
  whoCanAccess(objectId: $object, action: $action, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { reason role heldIn { slug } person { username } }
  }
}"""
WHAT = """query ($person: ID!, $within: ID!, $first: Int!, $after: String) {
  whatCanPersonAccess(personId: $person, within: $within, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { reason role heldIn { slug } group { slug } permissions }
  }
}"""
SUSPEND: Statement[bool] = Statement(
    "suspend", "MATCH (person:Person {id: $id}) SET person.status = 'suspended' RETURN true AS row"
)
Node = Mapping[str, JSON]


@dataclass(frozen=True)
class Town:
    """A random tree of groups with random members, some of whom are suspended."""

    world: World
    groups: Mapping[str, str]
    things: Mapping[str, str]
    people: Mapping[str, str]
    apis: Mapping[str, Api]
    suspended: frozenset[str]


@pytest.fixture(scope="module")
async def town(shared_world: World) -> Town:
    world, dice = shared_world, Random(20261126)
    groups = {"home": world.home}
    for number in range(5):
        above = dice.choice([*groups.values(), None])
        groups |= await world.make(**{f"g{number}": new_group(f"g{number}", above)})
    things: dict[str, str] = {}
    lines: list[JSON] = []
    for slug, group in groups.items():
        price: JSON = {"amount": 1, "currency": "USD"}
        [product] = (await world.make(p=new_thing(group, "product", slug, category="course", price=price))).values()
        lines = [{"productId": product, "name": "L", "unitPrice": 1, "quantity": 1}]
        more: dict[str, Mapping[str, JSON]] = {
            "video": {},
            "order": {
                "number": slug, "state": "paid", "currency": "USD", "placedAt": "2026-01-01T00:00:00Z", "lines": lines,
            },
            "invitation": {"role": "viewer", "state": "pending"},
        }  # fmt: skip
        for kind in KINDS:
            things |= await world.make(**{f"{slug}_{kind}": new_thing(group, kind, slug, "active", **more[kind])})
    people, apis = {"owner": world.owner.id}, {"owner": world.api}
    for number, platform in enumerate(itertools.islice(itertools.cycle(list(PlatformRole)), 9)):
        name = f"person{number}"
        apis[name] = await world.member(
            name, dice.choice(list(groups)) if number else "home", role=platform, scope=KeyScope.WRITE,
            member_role=dice.choice(list(MemberRole)),
        )  # fmt: skip
        people[name] = str((await apis[name].ask("{ viewer { person { id } } }")).at("viewer.person.id"))
        held = await apis[name].ask("{ viewer { person { connections(first: 9) { nodes { toId } } } } }")
        elsewhere = sorted(set(groups.values()) - set(map(str, held.each("viewer.person.connections.nodes", "toId"))))
        for group in dice.sample(elsewhere, k=2):
            given: Mapping[str, JSON] = {
                "role": dice.choice(list(MemberRole)), "status": dice.choice(["active", "active", "pending"]),
            }  # fmt: skip
            answer = await world.api.change(
                "connect", {"type": "member_of", "fromId": people[name], "toId": group, "properties": given}
            )
            assert answer["__typename"] in {"ConnectSuccess", "ConflictError"}, answer
    await grant(world, groups, things, people)
    suspended = frozenset(dice.sample([name for name in people if name != "owner"], k=2))
    for name in suspended:

        async def suspend(transaction: Transaction, person: str = people[name]) -> None:
            await transaction.run(SUSPEND, {"id": person})

        await world.store.write(suspend)
    return Town(world, groups, things, people, apis, suspended)


async def grant(world: World, groups: Mapping[str, str], things: Mapping[str, str], people: Mapping[str, str]) -> None:
    """Give random people and the members of random groups random roles on groups and things."""
    dice, given = Random(20261127), 0
    while given < 12:
        holder = dice.choice(["toPersonId", "toGroupId"])
        to = dice.choice(list((people if holder == "toPersonId" else groups).values()))
        on = dice.choice([*groups.values(), *groups.values(), *things.values()])
        role = dice.choice([MemberRole.VIEWER, MemberRole.EDITOR, MemberRole.ADMIN])
        below = on in groups.values() and dice.random() < 0.6
        answer = await world.api.change(
            "grantAccess", {holder: to, "onId": on, "role": role, "below": below}, "grant { id }"
        )
        # Refused are customers and platform owners, and a group on itself.
        assert answer["__typename"] in {"GrantAccessSuccess", "ValidationError"}, answer
        given += answer["__typename"] == "GrantAccessSuccess"


async def everything(api: Api, query: str, field: str, **given: JSON) -> list[Node]:
    """All nodes of a list, page by page, given that it counts as many."""
    nodes: list[Node] = []
    after: JSON = None
    while True:
        answer = await api.ask(query, first=5, after=after, **given)
        page = cast("Mapping[str, JSON]", answer.at(field))
        nodes += cast("list[Node]", page["nodes"])
        info = cast("Mapping[str, JSON]", page["pageInfo"])
        if not info["hasNextPage"]:
            assert page["totalCount"] == len(nodes)
            return nodes
        after = info["endCursor"]


async def test_who_may_do_something_is_everybody_of_whom_it_is_explained_that_they_may(town: Town) -> None:
    objects = {**town.groups, **town.things}
    some = 0
    for (name, identifier), action in itertools.product(objects.items(), ACTIONS):
        if (action.endswith("_group") or action == "create_thing") is not (name in town.groups):
            continue
        found = await everything(town.world.api, WHO, "whoCanAccess", object=identifier, action=action)
        asked = " ".join(
            f'{who}: accessExplanation(personId: "{person}", action: {action}, objectId: "{identifier}") {{ ...Why }}'
            for who, person in town.people.items()
        )
        why = "fragment Why on AccessExplanation { allowed reason role path { slug } }"
        explained = cast("Mapping[str, Node]", (await town.world.api.ask(f"{{ {asked} }} {why}")).data)
        expected = {
            who: (each["reason"], each["role"], cast("list[Node]", each["path"])[:1])
            for who, each in explained.items()
            if each["allowed"]
        }
        told = {
            str(cast("Node", each["person"])["username"]): (
                each["reason"], each["role"], [each["heldIn"]] if each["heldIn"] else [],
            )
            for each in found
        }  # fmt: skip
        platform = {who for who, each in expected.items() if each[0] == "platform_owner"}
        assert set(told) == set(expected), (name, action)
        assert {who: told[who] for who in told if who not in platform} == {
            who: expected[who] for who in expected if who not in platform
        }, (name, action)
        some += len(told)
    assert some > 60


async def test_who_reads_something_is_everybody_who_can(town: Town) -> None:
    for name, identifier in {**town.groups, **town.things}.items():
        found = await everything(town.world.api, WHO, "whoCanAccess", object=identifier, action=None)
        readers = set()
        for who, api in town.apis.items():
            if who not in town.suspended:
                answer = await api.ask("query ($id: ID!) { node(id: $id) { id } }", id=identifier)
                readers |= {who} if answer.at("node") else set()
        assert {cast("Node", each["person"])["username"] for each in found} == readers, name


async def test_where_somebody_may_do_something_is_where_they_are_told_that_they_may(town: Town) -> None:
    below = """query ($id: ID!) { groups(first: 50, filter: {inSubtreeOf: $id}) { nodes { slug } } }"""
    mine = "{ groups(first: 50) { nodes { slug viewerRole viewerPermissions } } }"
    for within in town.groups.values():
        subtree = set((await town.world.api.ask(below, id=within)).each("groups.nodes", "slug"))
        for who, person in town.people.items():
            found = await everything(town.world.api, WHAT, "whatCanPersonAccess", person=person, within=within)
            told = {
                cast("Node", each["group"])["slug"]: (each["role"], set(cast("list[str]", each["permissions"])))
                for each in found
            }
            if who in town.suspended:
                assert told == {}
                continue
            seen = cast("list[Node]", (await town.apis[who].ask(mine)).at("groups.nodes"))
            expected = {
                each["slug"]: (each["viewerRole"], set(cast("list[str]", each["viewerPermissions"])) - OF_ONESELF)
                for each in seen
                if each["slug"] in subtree
            }
            assert told == expected, (who, within)


async def test_an_administrator_is_told_of_all_and_who_those_are_whom_they_see(world: World) -> None:
    at = await world.make(org=new_group("org"))
    at |= await world.make(team=new_group("team", at["org"]))
    at |= await world.make(video=new_thing(at["team"], "video", "V"))
    boss = await world.member("boss", "org", member_role=MemberRole.OWNER)
    lead = await world.member("lead", "team", role=PlatformRole.ORG_USER, member_role=MemberRole.ADMIN)
    editor = await world.member("ed", "team", role=PlatformRole.ORG_USER, member_role=MemberRole.EDITOR)
    found = await everything(lead, WHO, "whoCanAccess", object=at["video"], action="update_thing")
    hidden: Node = {"reason": "support", "role": None, "heldIn": None, "person": None}
    above: Node = {"reason": "member_role", "role": "owner", "heldIn": None, "person": None}
    here: JSON = {"slug": "team"}
    seen: list[Node] = [
        {"reason": "member_role", "role": role, "heldIn": here, "person": {"username": name}}
        for name, role in (("lead", "admin"), ("ed", "editor"))
    ]
    assert found == [hidden, above, *seen]
    assert len(await everything(boss, WHO, "whoCanAccess", object=at["video"], action="update_thing")) == 4
    refused = await editor.ask(WHO, object=at["video"], action="update_thing", first=3)
    assert refused.codes == ["FORBIDDEN"]
    ed = str((await editor.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    own = await everything(editor, WHAT, "whatCanPersonAccess", person=ed, within=at["team"])
    assert [(each["group"], each["role"]) for each in own] == [(here, "editor")]
    person = str((await lead.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    assert (await editor.ask(WHAT, person=person, within=at["team"], first=3)).codes == ["FORBIDDEN"]


async def test_of_what_is_hidden_nothing_is_listed(world: World) -> None:
    at = await world.make(team=new_group("team"), strange=new_group("strange"))
    at |= await world.make(video=new_thing(at["strange"], "video", "V"))
    lead = await world.member("lead", "team", member_role=MemberRole.OWNER)
    for identifier in (at["strange"], at["video"]):
        assert await everything(lead, WHO, "whoCanAccess", object=identifier, action=None) == []
    given = {"person": world.owner.id, "within": at["team"]}
    assert await everything(lead, WHAT, "whatCanPersonAccess", **given) == []


async def test_a_key_is_read_by_its_person_and_by_platform_owners(world: World) -> None:
    team = await world.group("team")
    lead = await world.member("lead", "team", member_role=MemberRole.OWNER)
    ed = await world.member("ed", "team", role=PlatformRole.CUSTOMER)
    key = str((await ed.ask("{ viewer { apiKey { id } } }")).at("viewer.apiKey.id"))
    found = await everything(world.api, WHO, "whoCanAccess", object=key, action=None)
    assert [(each["reason"], each["person"]) for each in found] == [
        ("platform_owner", {"username": "owner"}),
        ("oneself", {"username": "ed"}),
    ]
    changed = await everything(world.api, WHO, "whoCanAccess", object=key, action="update_thing")
    assert [each["reason"] for each in changed] == ["support"]
    assert await everything(lead, WHO, "whoCanAccess", object=key, action=None) == []
    assert await everything(lead, WHO, "whoCanAccess", object=team, action="delete_group") != []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"object": "x"}, "objectId"),
        ({"action": "sign_in"}, "action"),
        ({"action": "register_type"}, "action"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
    ],
)
async def test_what_cannot_be_asked_is_refused(world: World, given: Mapping[str, JSON], field: str) -> None:
    asked: Mapping[str, JSON] = {"object": world.home, "first": 3, **given}
    answer = await world.api.ask(WHO, asked)
    assert answer.errors[0]["extensions"] == {"code": "VALIDATION", "field": field}


async def test_a_page_takes_the_same_round_trips_however_many_are_on_it(world: World, statements: list[str]) -> None:
    asked: list[list[str]] = []
    for number in range(3):
        await world.member(f"member{number}", "home", member_role=MemberRole.EDITOR)
        statements.clear()
        answer = await world.api.ask(WHO, object=world.home, action="create_thing", first=20)
        assert answer.at("whoCanAccess.totalCount") == number + 2
        asked.append([*statements])
    assert asked[1:] == asked[:-1]
