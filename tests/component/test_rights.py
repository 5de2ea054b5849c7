"""Who may change what: every mutation of what is in a group, by whom, and where, as docs/access.md prints it."""

import asyncio
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from domain.access import Caller, KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.vectors import fix_dimension
from services.keys import Keys
from tests.client import Api
from tests.component.sites import MUTATIONS, OF_ORDERS, Place, Site, Sites
from tests.component.test_access import FOR_ONESELF, FOR_SOME, OF_ALL, OF_BUYERS, OF_ONES_MEMBERSHIP
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(400)]

OF_OTHERS = ("_group", "_service_account", "_webhook", "_webhook_secret")
PAGE = Path("docs/access.md").read_text()
CASES = [*itertools.product(PlatformRole, MemberRole)]
CASES = [case for case in CASES if case[0] is not PlatformRole.PLATFORM_OWNER or case[1] is MemberRole.OWNER]


def table(heading: str) -> Mapping[str, set[str]]:
    """A table of the page: for each row the columns with a yes."""
    part = PAGE.partition(f"{heading}\n")[2]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in _lines(part)]
    head = rows[0][1:]
    return {
        name: {column for column, cell in zip(head, cells, strict=True) if cell == "yes"}
        for row in rows[2:]
        for cells in [row[1:]]
        for name in re.findall(r"`(\w+)`", row[0])
    }


def _lines(text: str) -> Iterator[str]:
    found = itertools.dropwhile(lambda line: not line.startswith("|"), text.splitlines())
    return itertools.takewhile(lambda line: line.startswith("|"), found)


ROLES = table("### Which role it takes")
PLACES = table("### Where a role counts")


def allowed(mutation: str, platform: PlatformRole, role: MemberRole, place: Place) -> bool:
    """What the page says."""
    if place not in PLACES[platform]:
        return False
    if platform is PlatformRole.PLATFORM_OWNER:
        return True
    # What is moved leaves the group above it, in which it takes a role too.
    above = mutation != "moveGroup" or (place is Place.CHILD and platform is PlatformRole.ORG_OWNER)
    return role in ROLES[mutation] and above


@dataclass(frozen=True)
class Setting:
    """A world, the sites in it, and somebody of every kind with a key."""

    world: World
    sites: Sites
    people: Mapping[tuple[PlatformRole, MemberRole], tuple[str, Api]]


async def person_of(api: Api) -> str:
    """The id of whoever asks."""
    return str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))


@pytest.fixture(scope="module")
async def setting(shared_world: World) -> Setting:
    world = shared_world
    await fix_dimension(world.store, 3)
    await world.group("lobby")
    people: dict[tuple[PlatformRole, MemberRole], tuple[str, Api]] = {}
    for platform, role in CASES:
        api = world.api
        if platform is not PlatformRole.PLATFORM_OWNER:
            name = f"{platform}-{role}".replace("_", "-")
            api = await world.member(name, "lobby", role=platform, scope=KeyScope.WRITE)
        people[platform, role] = (await person_of(api), api)
    owner, heir = [await person_of(await world.member(name, "lobby")) for name in ("old-owner", "heir")]
    return Setting(world, Sites(world, owner, heir), people)


def test_every_mutation_of_what_is_in_a_group_has_a_row() -> None:
    others = OF_ALL | OF_ONES_MEMBERSHIP | OF_BUYERS
    assert set(MUTATIONS) == set(ROLES) == set(FOR_SOME) - set(FOR_ONESELF) - others
    assert set(PLACES) == set(PlatformRole)
    for roles in ROLES.values():  # whoever has more may do more
        assert roles in ({"owner"}, {"owner", "admin"}, {"owner", "admin", "editor"})


async def post(api: Api, given: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The outcome of several mutations in one request, by their names."""
    declared = ", ".join(f"${name}: {name[0].upper()}{name[1:]}Input!" for name in given)
    asked = " ".join(f"{name}(input: ${name}) {{ __typename }}" for name in given)
    answer = await api.ask(f"mutation ({declared}) {{ {asked} }}", given)
    return {name: cast("Mapping[str, JSON]", answer.data[name])["__typename"] for name in given}


@pytest.mark.parametrize(("platform", "role"), [case for case in CASES if case[0] is not PlatformRole.PLATFORM_OWNER])
async def test_what_is_denied_writes_nothing(setting: Setting, platform: PlatformRole, role: MemberRole) -> None:
    person, api = setting.people[platform, role]
    sites = await asyncio.gather(*(setting.sites.build(place, person, role, MUTATIONS) for place in Place))
    before, recorded = await setting.world.count(), await setting.world.denials()
    refusals: list[str] = []

    async def attempt(place: Place, site: Site) -> None:
        denied = {name: given(site) for name, given in MUTATIONS.items() if not allowed(name, platform, role, place)}
        hidden = place not in PLACES[platform] and platform is not PlatformRole.CUSTOMER
        refused = dict.fromkeys(denied, "NotFoundError" if hidden else "ForbiddenError")
        if platform is not PlatformRole.CUSTOMER and "applyChanges" in refused:
            refused["applyChanges"] = "ItemError"  # which names the change that was refused, and why
        told: dict[str, JSON] = dict.fromkeys(denied, None if hidden or platform is PlatformRole.CUSTOMER else False)
        if told.get("moveGroup") is False:
            told["moveGroup"] = role is MemberRole.OWNER  # from and to where is not known yet
        assert await told_before(api, denied, site) == told, place
        assert await post(api, denied) == refused, place
        refusals.extend(refused)

    await asyncio.gather(*(attempt(place, site) for place, site in zip(Place, sites, strict=True)))
    assert await setting.world.count() == before
    assert await setting.world.denials() == recorded + len(refusals), "each is told to those who look after the group"


@pytest.mark.parametrize(("platform", "role"), CASES)
async def test_what_is_allowed_is_done(setting: Setting, platform: PlatformRole, role: MemberRole) -> None:
    person, api = setting.people[platform, role]
    member = None if platform is PlatformRole.PLATFORM_OWNER else person

    async def do(name: str, place: Place) -> None:
        site = await setting.sites.build(place, member, role, [name])
        await prepare(setting.world, name, site)
        given = {name: MUTATIONS[name](site)}
        assert await told_before(api, given, site) == {name: True}, (name, place)
        [outcome] = (await post(api, given)).values()
        # What holds another group is deleted by nobody.
        full = name == "deleteGroup" and place is Place.PARENT
        expected = "DependedOnError" if full else f"{name[0].upper()}{name[1:]}Success"
        assert outcome == expected, (name, place)

    for name in MUTATIONS:
        await asyncio.gather(*(do(name, place) for place in Place if allowed(name, platform, role, place)))


_NAMED_BY = ("id", "groupId", "thingId", "documentId", "onId", "grantId", "orderId", "refundId", "parentId", "fromId")
"""What names the object of a mutation in its input."""


async def told_before(api: Api, given: Mapping[str, Mapping[str, JSON]], site: Site) -> Mapping[str, JSON]:
    """What the object of each mutation tells whether somebody may do that; None where they do not see the object."""
    asked = {
        name: next((str(each[key]) for key in _NAMED_BY if key in each), site.group) for name, each in given.items()
    }
    fields = " ".join(f'{name}: node(id: "{asked[name]}") {{ viewerCan(action: {ACTIONS[name]}) }}' for name in given)
    answer = await api.ask(f"{{ {fields} }}")
    return {
        name: None if each is None else cast("Mapping[str, JSON]", each)["viewerCan"]
        for name, each in answer.data.items()
    }


ACTIONS = {
    **{name: re.sub(r"(?=[A-Z])", "_", name).lower() for name in MUTATIONS},
    "unlabelThing": "label_thing",
    "createProduct": "create_thing",
    "updateProduct": "update_thing",
    "addDocument": "add_knowledge",
    "addVector": "add_knowledge",
}
PERMISSIONS = """query ($group: ID!, $thing: ID!) {
    group: node(id: $group) { ... on Group {
        viewerRole viewerPermissions update: viewerCan(action: update_group) register: viewerCan(action: register_type)
    } }
    thing: node(id: $thing) { ... on Thing {
        viewerPermissions update: viewerCan(action: update_thing) group: viewerCan(action: update_group)
    } }
}"""


@pytest.mark.parametrize(("platform", "role"), CASES)
async def test_what_may_be_done_is_told_before(setting: Setting, platform: PlatformRole, role: MemberRole) -> None:
    person, api = setting.people[platform, role]
    member = None if platform is PlatformRole.PLATFORM_OWNER else person
    sites = await asyncio.gather(*(setting.sites.build(place, member, role, ["updateThing"]) for place in Place))
    for place, site in zip(Place, sites, strict=True):
        answer = await api.ask(PERMISSIONS, group=site.group, thing=site.thing)
        if place not in PLACES[platform]:
            assert answer.data == {"group": None, "thing": None}
            continue
        # Where a group is moved from and to is not known yet.
        moves = role is MemberRole.OWNER and place in PLACES[platform]
        may = {ACTIONS[name] for name in MUTATIONS if allowed(name, platform, role, place)}
        may |= {"move_group"} if moves else set()
        may |= {"leave_group"} if place is Place.OWN and member is not None else set()
        of_group = cast("Mapping[str, JSON]", answer.at("group"))
        of_thing = cast("Mapping[str, JSON]", answer.at("thing"))
        permissions = cast("list[str]", of_group["viewerPermissions"])
        assert (set(permissions), len(permissions)) == (may, len(may)), place
        to_things = {each for each in may if not each.endswith(OF_OTHERS)} - {
            "create_thing",
            "apply_changes",
            "upload_file",
            "transfer_ownership",
            "end_support_access",
            *(ACTIONS[name] for name in OF_ORDERS),
        }
        assert set(cast("list[str]", of_thing["viewerPermissions"])) == to_things, place
        assert of_group["update"] is ("update_group" in may)
        assert of_thing["update"] is ("update_thing" in may)
        assert (of_group["register"], of_thing["group"]) == (False, False)
        counts = member is not None and (place is Place.OWN or platform is PlatformRole.ORG_OWNER)
        assert of_group["viewerRole"] == (role if counts else None)


async def test_a_key_for_reading_may_do_nothing(setting: Setting) -> None:
    site = await setting.sites.build(Place.OWN, None, MemberRole.OWNER, ["updateThing"])
    key = await Keys(setting.world.store).create(Caller(None), setting.world.owner.email, KeyScope.READ)
    answer = await setting.world.api.as_holder_of(key.secret).ask(PERMISSIONS, group=site.group, thing=site.thing)
    assert answer.at("group.viewerPermissions") == answer.at("thing.viewerPermissions") == []


async def prepare(world: World, name: str, site: Site) -> None:
    """Bring a site into the state that the mutation starts from."""
    if name == "restoreGroup":
        given: Mapping[str, JSON] = {"id": site.group, "version": 1, "withContents": True}
        assert (await world.api.change("archiveGroup", given))["__typename"] == "ArchiveGroupSuccess"
