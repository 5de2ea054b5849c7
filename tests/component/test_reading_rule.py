"""The reading rule: whoever is a member reads their own groups, and an org_owner those below too, by every list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.vectors import make_index
from services.keys import Keys
from tests.client import Api
from tests.component.vectors import document, with_dimension
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow

PLACES = ("org", "team", "squad", "deep", "pod")
"""Each below the one before it; the user is in team and deep, and so is the owner."""

PLACED = "2026-01-01T00:00:00Z"
LISTS = """query ($team: ID!, $squad: ID!, $deep: ID!) {
  groups(first: 20) { nodes { slug } totalCount }
  groupsBelow: groups(first: 20, filter: {inSubtreeOf: $team}) { nodes { slug } totalCount }
  things(first: 20, filter: {type: "video"}) { nodes { name } totalCount }
  thingsBelow: things(first: 20, filter: {inSubtreeOf: $team, type: "video"}) { nodes { name } totalCount }
  thingsBelowOnce: things(first: 20, filter: {inSubtreeOf: $team, label: "topic:x"}) { nodes { name } totalCount }
  people(first: 20) { nodes { username } totalCount }
  peopleBelow: people(first: 20, filter: {inSubtreeOf: $team}) { nodes { username } totalCount }
  editorsBelow: people(first: 20, filter: {inSubtreeOf: $team, memberRole: editor}) { nodes { username } totalCount }
  eventsBelow: events(first: 99, filter: {inSubtreeOf: $team, type: thing_created}) {
    nodes { group { slug } } totalCount
  }
  labels(first: 9) { nodes { label count } }
  search(text: "needle", first: 20, type: "video") { nodes { ... on Thing { name } } totalCount }
  searchBelow: search(text: "needle", first: 20, type: "video", inSubtreeOf: $team) {
    nodes { ... on Thing { name } } totalCount
  }
  similarTo(to: {vector: [1, 0, 0]}) { thing { name } }
  similarBelow: similarTo(to: {vector: [1, 0, 0]}, inSubtreeOf: $team) { thing { name } }
  team: node(id: $team) { ... on Group {
    children(first: 9) { nodes { slug } totalCount }
    descendants(first: 9) { nodes { slug } totalCount }
    things(first: 20, filter: {type: "video"}, includeDescendants: true) { nodes { name } totalCount }
    people(first: 20, includeDescendants: true) { nodes { username } totalCount }
    editors: people(first: 20, includeDescendants: true, filter: {memberRole: editor}) {
      nodes { username } totalCount
    }
    connections(first: 20, includeDescendants: true, filter: {type: "references"}) { totalCount }
    events(first: 99, includeDescendants: true, filter: {type: thing_created}) { nodes { group { slug } } totalCount }
    statistics(includeDescendants: true) { groups people things { type total } connections }
    orderTotals { orders }
  } }
  squad: node(id: $squad) { id }
  deep: node(id: $deep) { ... on Group {
    parent { slug }
    ancestors { slug }
    below: isDescendantOf(id: $team)
    belowSquad: isDescendantOf(id: $squad)
  } }
}"""


@dataclass(frozen=True)
class Office:
    """A chain of groups with a video, an order, an editor and a document in each."""

    world: World
    ids: Mapping[str, str]
    user: Api
    owner: Api


@pytest.fixture(scope="module")
async def office(shared_world: World) -> Office:
    world = await with_dimension(shared_world)
    await make_index(world.store, 3)
    ids: dict[str, str] = {}
    above: str | None = None
    for place in PLACES:
        ids |= await world.make(**{place: new_group(place, above)})
        above = ids[place]
    price: JSON = {"amount": 1, "currency": "USD"}
    for place in PLACES:
        product = new_thing(ids[place], "product", place, category="course", price=price)
        video = new_thing(ids[place], "video", f"needle {place}", "active")
        ids |= await world.make(**{f"{place}Thing": video, f"{place}Product": product})
        line: JSON = {"productId": ids[f"{place}Product"], "name": "L", "unitPrice": 1, "quantity": 1}
        order: JSONObject = {"number": place, "state": "paid", "currency": "USD", "placedAt": PLACED, "lines": [line]}
        ids |= await world.make(**{f"{place}Order": new_thing(ids[place], "order", place, "active", **order)})
        thing = ids[f"{place}Thing"]
        await world.api.change("labelThing", {"id": thing, "label": "topic:x"})
        await document(world, thing, [1, 0, 0])
        await world.member(f"editor-{place}", place, role=PlatformRole.ORG_USER, member_role=MemberRole.EDITOR)
    await world.make(
        shown=new_connection("references", ids["teamThing"], ids["deepThing"]),
        half=new_connection("references", ids["teamThing"], ids["squadThing"]),
    )
    apis = []
    for name, role in (("user", PlatformRole.ORG_USER), ("owner.of.team", PlatformRole.ORG_OWNER)):
        api = await world.member(name, "team", role=role)
        person = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
        await world.connect("member_of", person, ids["deep"], {"role": "viewer"})
        apis.append(api)
    return Office(world, ids, *apis)


def found(answer: Mapping[str, JSON], name: str, key: str) -> list[str]:
    """What a list answers, in alphabetical order, given that its count says as much."""
    at: JSON = answer
    for step in name.split("."):
        at = cast("Mapping[str, JSON]", at)[step]
    shown = cast("Mapping[str, JSON]", at)
    nodes = cast("list[Mapping[str, JSON]]", shown["nodes"])
    assert shown["totalCount"] == len(nodes), name
    return sorted(
        str(cast("Mapping[str, JSON]", node["group"])["slug"] if key == "group" else node[key]) for node in nodes
    )


async def check(office: Office, api: Api, places: list[str], *themselves: str) -> None:
    """That somebody reads what is in those places below the organization, and nothing else, by every list.

    They are no member there where they are among those who see `themselves`.
    """
    ids = {name: office.ids[name] for name in ("team", "squad", "deep")}
    answer = (await api.ask(LISTS, ids)).data
    needles = sorted(f"needle {place}" for place in places)
    editors = sorted(f"editor-{place}" for place in places)
    everybody = sorted([*editors, "owner.of.team", "user"])
    for name in ("groups", "groupsBelow"):
        assert found(answer, name, "slug") == sorted(places), name
    for name in ("things", "thingsBelow", "thingsBelowOnce", "search", "searchBelow", "team.things"):
        assert found(answer, name, "name") == needles, name
    assert found(answer, "people", "username") == sorted([*everybody, *themselves])
    for name in ("peopleBelow", "team.people"):
        assert found(answer, name, "username") == everybody, name
    for name in ("editorsBelow", "team.editors"):
        assert found(answer, name, "username") == editors, name
    for name in ("eventsBelow", "team.events"):
        happened = found(answer, name, "group")
        assert set(happened) == set(places), name
    for name in ("similarTo", "similarBelow"):
        near = cast("list[Mapping[str, Mapping[str, JSON]]]", answer[name])
        assert sorted(str(each["thing"]["name"]) for each in near) == needles, name
    assert answer["labels"] == {"nodes": [{"label": "topic:x", "count": len(places)}]}
    below = [place for place in places if place != "team"]
    assert found(answer, "team.children", "slug") == [place for place in below if place == "squad"]
    assert found(answer, "team.descendants", "slug") == sorted(below)
    team = cast("Mapping[str, JSON]", answer["team"])
    references = 1 + ("squad" in places)
    assert team["connections"] == {"totalCount": references}
    assert team["orderTotals"] == [{"orders": len(places)}]
    statistics = cast("Mapping[str, JSON]", team["statistics"])
    assert (statistics["groups"], statistics["people"]) == (len(places), len(everybody))
    counted = {str(each["type"]): each["total"] for each in cast("list[Mapping[str, JSON]]", statistics["things"])}
    assert counted == dict.fromkeys(("video", "order", "product"), len(places))
    assert (answer["squad"] is not None) is ("squad" in places)
    parents: list[JSON] = [{"slug": place} for place in ("squad", "team") if place in places]
    assert answer["deep"] == {
        "parent": parents[0] if "squad" in places else None,
        "ancestors": parents,
        "below": True,
        "belowSquad": "squad" in places,
    }


async def membership_of(api: Api) -> str:
    """The id of somebody's only membership."""
    mine = await api.ask("{ viewer { person { connections(first: 9) { nodes { id type } } } } }")
    edges = cast("list[Mapping[str, str]]", mine.at("viewer.person.connections.nodes"))
    [membership] = [each["id"] for each in edges if each["type"] == "member_of"]
    return membership


async def test_a_user_reads_their_own_groups_and_not_those_below_or_between(office: Office) -> None:
    await check(office, office.user, ["team", "deep"])


async def test_an_org_owner_reads_what_is_below_their_groups_too(office: Office) -> None:
    await check(office, office.owner, ["team", "squad", "deep", "pod"])


@pytest.mark.parametrize("role", [PlatformRole.ORG_USER, PlatformRole.ORG_OWNER])
@pytest.mark.parametrize("below", [False, True])
async def test_who_was_granted_a_group_reads_that_and_only_where_it_says_so_what_is_below(
    office: Office, role: PlatformRole, *, below: bool
) -> None:
    name = f"guest-{role}-{below}".replace("_", "-").lower()
    api = await office.world.member(name, "org", role=role)
    person = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    await office.world.api.change("disconnect", {"id": await membership_of(api)})
    for place in ("team", "deep"):
        given: JSONObject = {"toPersonId": person, "onId": office.ids[place], "role": "viewer", "below": below}
        assert (await office.world.api.change("grantAccess", given))["__typename"] == "GrantAccessSuccess"
    await check(office, api, ["team", "squad", "deep", "pod"] if below else ["team", "deep"], name)


async def test_who_was_granted_a_thing_reads_that_by_every_list_and_not_its_group(office: Office) -> None:
    api = await office.world.member("borrower", "pod", role=PlatformRole.ORG_OWNER)
    person = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    given: JSONObject = {"toPersonId": person, "onId": office.ids["squadThing"], "role": "viewer"}
    assert (await office.world.api.change("grantAccess", given))["__typename"] == "GrantAccessSuccess"
    answer = await api.ask(
        """query ($id: ID!) {
          things(first: 20, filter: {type: "video"}) { nodes { name } totalCount }
          labelled: things(first: 20, filter: {type: "video", label: "topic:x"}) { nodes { name } totalCount }
          search(text: "needle", first: 20, type: "video") { nodes { ... on Thing { name } } totalCount }
          similarTo(to: {vector: [1, 0, 0]}) { thing { name } }
          groups(first: 20) { nodes { slug } totalCount }
          node(id: $id) { ... on Thing { group { slug } knowledge(first: 9, type: document) { totalCount } } }
        }""",
        id=office.ids["squadThing"],
    )
    for name in ("things", "labelled", "search"):
        assert found(answer.data, name, "name") == ["needle pod", "needle squad"], name
    near = cast("list[Mapping[str, Mapping[str, JSON]]]", answer.data["similarTo"])
    assert sorted(str(each["thing"]["name"]) for each in near) == ["needle pod", "needle squad"]
    assert found(answer.data, "groups", "slug") == ["pod"]
    assert answer.data["node"] == {"group": None, "knowledge": {"totalCount": 1}}
    await office.world.api.change("disconnect", {"id": await membership_of(api)})


@pytest.mark.parametrize(
    ("person", "expected"),
    [("user", ["deep"]), ("owner.of.team", ["deep", "pod", "squad"]), ("owner", ["deep", "pod", "squad"])],
)
async def test_a_confined_key_opens_of_what_its_person_reads_what_is_in_its_groups(
    office: Office, person: str, expected: list[str]
) -> None:
    found_person = await office.world.api.ask("{ people(first: 50) { nodes { username email id } } }")
    email = next(
        str(each["email"])
        for each in cast("list[Mapping[str, JSON]]", found_person.at("people.nodes"))
        if each["username"] == person
    )
    created = await Keys(office.world.store).create(Caller(None), email, KeyScope.READ)
    await office.world.api.change(
        "updateThing",
        {
            "id": created.key.id,
            "version": 1,
            "properties": {**created.key.properties, "groupIds": [office.ids["squad"]]},
        },
    )
    api = office.world.api.as_holder_of(created.secret)
    answer = await api.ask(
        '{ groups(first: 9) { nodes { slug } } things(first: 9, filter: {type: "video"}) { nodes { name } } }'
    )
    assert sorted(map(str, answer.each("groups.nodes", "slug"))) == expected
    assert sorted(map(str, answer.each("things.nodes", "name"))) == [f"needle {place}" for place in expected]
