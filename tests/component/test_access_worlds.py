"""Access in worlds made at random: every way of asking agrees with an oracle that was written apart from the rules."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from domain.values import JSON
from graph.store import Store
from tests.client import Api
from tests.component.access_oracle import MEMBERS, OF_GROUPS, OF_THINGS, Model
from tests.component.access_worlds import models, secret_of, write
from tests.conftest import served, wipe

NIGHTLY: Final = bool(os.environ.get("TESTS_NIGHTLY"))
WORLDS: Final = 150 if NIGHTLY else 4
AT_LEAST: Final = 100_000 if NIGHTLY else 3_000
"""How many questions are asked."""

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(7_200 if NIGHTLY else 900)]

often = settings(
    max_examples=WORLDS,
    deadline=None,
    derandomize=not NIGHTLY,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink] if NIGHTLY else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)


OF_BUYERS: Final = {"cancel_order": "order", "place_order": "product"}
"""What is about buying, and the type of thing that it is done to."""


def _asked(actions: Iterable[str]) -> str:
    return " ".join(f"{action}: viewerCan(action: {action})" for action in actions)


SEEN: Final = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id
    ... on Group {{ {_asked(OF_GROUPS)} viewerRole }}
    ... on Thing {{ {_asked([*OF_THINGS, *OF_BUYERS])} }}
    ... on Person {{ {_asked(["connect"])} }}
    ... on Relationship {{ {_asked(["update_connection", "disconnect", "revoke_access"])} }}
}} }}"""
LISTS: Final = """query {
    groups(first: 100) { nodes { id } totalCount }
    people(first: 100) { nodes { id } totalCount }
    things(first: 100) { nodes { id } totalCount }
    keys: things(first: 100, filter: {type: "api_key"}) { nodes { id } totalCount }
    orders: things(first: 100, filter: {type: "order"}) { nodes { id } totalCount }
    events(first: 100) { nodes { id } totalCount }
    members: connections(first: 100, filter: {type: "member_of"}) { nodes { id } totalCount }
    grants: connections(first: 100, filter: {type: "granted"}) { nodes { id } totalCount }
    references: connections(first: 100, filter: {type: "references"}) { nodes { id } totalCount }
    reports: connections(first: 100, filter: {type: "reports_to"}) { nodes { id } totalCount }
    publicGroups(first: 100) { nodes { id } totalCount }
    publicThings(first: 100) { nodes { id } totalCount }
    search(text: "needle", first: 100) { nodes { ... on Node { id } } totalCount }
    shown: search(text: "needle", first: 100, public: true) { nodes { ... on Node { id } } totalCount }
}"""
BELOW: Final = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Group {
    things(first: 100) { nodes { id } totalCount }
    below: things(first: 100, includeDescendants: true) { nodes { id } totalCount }
    descendants(first: 100) { nodes { id } totalCount }
    events(first: 100) { nodes { id } totalCount }
    people(first: 100) { nodes { id } totalCount }
    statistics { thingTotal }
} } }"""
Node = Mapping[str, JSON]


@dataclass
class Count:
    """How many questions were asked."""

    questions: int = 0


@pytest.fixture(scope="module")
async def server(migrated_store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """A server for all the worlds."""
    async with served(migrated_store) as client:
        yield client


@pytest.fixture(scope="module")
def count() -> Count:
    """Counts over all worlds."""
    return Count()


@dataclass
class Asking:
    """Somebody asks about a world, and is answered as the model has it."""

    model: Model
    who: int
    api: Api
    count: Count

    async def check(self) -> None:
        """Ask everything."""
        await self._objects()
        await self._lists()
        await self._below()

    def _agree(self, about: str, told: object, expected: object) -> None:
        self.count.questions += 1
        assert told == expected, (about, self.model.people[self.who])

    async def _objects(self) -> None:
        model, who = self.model, self.who
        expected: dict[str, Node | None] = {}
        for index, group in enumerate(model.groups):
            seen = model.sees_group(who, index) or model.public_group(index)
            can = {action: model.may_in_group(who, action, index) for action in OF_GROUPS}
            # The role of whoever needs none, or whose roles count nowhere, is told and decides nothing.
            held = {"viewerRole": model.role(who, index)} if model.people[who].role in MEMBERS else {}
            expected[group.id] = {**can, **held} if seen else None
        for index, thing in enumerate(model.things):
            seen = model.sees_thing(who, index) or model.public_thing(index)
            can = {action: model.may_to_thing(who, action, index) for action in OF_THINGS}
            can |= {action: may_buy(model, who, action, index) for action in OF_BUYERS}
            expected[thing.id] = can if seen else None
        for index, person in enumerate(model.people):
            connect = model.may_connect(who, index)
            expected[person.id] = {"connect": connect} if model.sees_person(who, index) else None
        for index, event in enumerate(model.events):
            expected[event.id] = {} if model.sees_event(who, index) else None
        expected |= self._connections()
        ids = [*expected]
        for start in range(0, len(ids), 100):
            some = ids[start : start + 100]
            answer = await self.api.ask(SEEN, ids=cast("list[JSON]", some))
            for identifier, told in zip(some, cast("list[Node | None]", answer.at("nodes")), strict=True):
                wanted = expected[identifier]
                self._agree(identifier, told is not None, wanted is not None)
                for name, value in (wanted or {}).items():
                    self._agree(f"{name} {identifier}", (told or {})[name], value)

    def _connections(self) -> dict[str, Node | None]:
        model, who = self.model, self.who
        expected: dict[str, Node | None] = {}
        for link in model.links:
            may = model.may_link(who, link)
            told = {"update_connection": may, "disconnect": may, "revoke_access": False}
            expected[link.id] = told if model.sees_link(who, link) else None
        for member in model.memberships:
            told = {
                "update_connection": model.may_change_membership(who, member),
                "disconnect": model.may_end_membership(who, member),
                "revoke_access": False,
            }
            expected[member.id] = told if model.sees_membership(who, member) else None
        for grant in model.grants:
            told = {"update_connection": False, "disconnect": False, "revoke_access": model.may_revoke(who, grant)}
            expected[grant.id] = told if model.sees_grant(who, grant) else None
        return expected

    def _listed(self, about: str, told: JSON, expected: Iterable[str]) -> None:
        page, wanted = cast("Node", told), sorted(expected)
        self._agree(about, sorted(str(each["id"]) for each in cast("list[Node]", page["nodes"])), wanted)
        self._agree(f"count of {about}", page["totalCount"], len(wanted))

    async def _lists(self) -> None:
        model, who = self.model, self.who
        groups = [each.id for index, each in enumerate(model.groups) if model.sees_group(who, index)]
        people = [each.id for index, each in enumerate(model.people) if model.sees_person(who, index)]
        things = [each for index, each in enumerate(model.things) if model.sees_thing(who, index)]
        plain = [each.id for each in things if each.keeper is None]
        fronts = [each.id for index, each in enumerate(model.groups) if model.public_group(index)]
        shown = [each.id for index, each in enumerate(model.things) if model.public_thing(index)]
        own_keys = [each.id for each in things if each.keeper == who]
        links = [each for each in model.links if model.sees_link(who, each)]
        expected: Mapping[str, Iterable[str]] = {
            "groups": groups,
            "people": people,
            "things": plain,
            "keys": [each.id for each in things if each.keeper is not None],
            "orders": [each.id for each in things if each.type == "order"],
            "events": [each.id for index, each in enumerate(model.events) if model.sees_event(who, index)],
            "members": [each.id for each in model.memberships if model.sees_membership(who, each)],
            "grants": [each.id for each in model.grants if model.sees_grant(who, each)],
            "references": [each.id for each in links if not each.people],
            "reports": [each.id for each in links if each.people],
            "publicGroups": fronts,
            "publicThings": shown,
            "search": [*groups, *people, *plain, *own_keys],
            "shown": [*fronts, *shown],
        }
        answer = await self.api.ask(LISTS)
        for name, wanted in expected.items():
            self._listed(name, answer.data[name], wanted)

    async def _below(self) -> None:
        model, who = self.model, self.who
        seen = [index for index in range(len(model.groups)) if model.sees_group(who, index)]
        if not seen:
            return
        answer = await self.api.ask(BELOW, ids=[model.groups[index].id for index in seen])
        for index, told in zip(seen, cast("list[Node]", answer.at("nodes")), strict=True):
            below = [each for each in seen if index in model.above(each)]
            mine = [
                (each.id, each.group)
                for number, each in enumerate(model.things)
                if each.keeper is None and model.sees_thing(who, number)
            ]
            members = [each for each in model.memberships if each.group == index and each.status == "active"]
            events = [each.id for each in model.events if model.things[each.thing].group == index]
            self._listed("things of a group", told["things"], [one for one, group in mine if group == index])
            self._listed("things below", told["below"], [one for one, group in mine if group in below])
            self._listed(
                "groups below", told["descendants"], [model.groups[each].id for each in below if each != index]
            )
            self._listed("events of a group", told["events"], events)
            self._listed("members", told["people"], [model.people[each.person].id for each in members])
            held = sum(each.group == index and each.keeper is None for each in model.things)
            self._agree("statistics", cast("Node", told["statistics"])["thingTotal"], held)


WHO: Final = "totalCount nodes { role person { id } }"


async def check_access_lists(model: Model, api: Api, count: Count) -> None:
    """Whole lists of who may and where somebody may, as a platform owner reads them, who sees everybody."""
    active = [index for index, each in enumerate(model.people) if each.active]
    wanted: dict[str, tuple[str, set[str]]] = {}

    def ask(identifier: str, action: str | None, may: Iterable[int]) -> None:
        given = "" if action is None else f", action: {action}"
        field = f'whoCanAccess(objectId: "{identifier}"{given}, first: 50) {{ {WHO} }}'
        wanted[f"a{len(wanted)}"] = (field, {model.people[each].id for each in may})

    for index, group in enumerate(model.groups):
        ask(group.id, None, (each for each in active if model.sees_group(each, index)))
        for action in OF_GROUPS:
            ask(group.id, action, (each for each in active if model.may_in_group(each, action, index)))
    for index, thing in enumerate(model.things):
        ask(thing.id, None, (each for each in active if model.sees_thing(each, index)))
        for action in OF_THINGS:
            ask(thing.id, action, (each for each in active if model.may_to_thing(each, action, index)))
        # Of what is public the lists have those who see it anyway.
        for action in (each for each in OF_BUYERS if OF_BUYERS[each] == thing.type):
            of_list = (each for each in active if model.sees_thing(each, index) or action != "place_order")
            ask(thing.id, action, (each for each in of_list if may_buy(model, each, action, index)))
    names = [*wanted]
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        answer = await api.ask(f"{{ {' '.join(f'{name}: {wanted[name][0]}' for name in some)} }}")
        for name in some:
            page = cast("Node", answer.data[name])
            told = [cast("Node", each["person"])["id"] for each in cast("list[Node]", page["nodes"])]
            assert (sorted(map(str, told)), page["totalCount"]) == (
                sorted(wanted[name][1]),
                len(wanted[name][1]),
            ), wanted[name][0]
            count.questions += 2
    await _check_places(model, api, active, count)


async def _check_places(model: Model, api: Api, active: list[int], count: Count) -> None:
    roots = [index for index, each in enumerate(model.groups) if each.parent is None]
    for who in active:
        fields = " ".join(
            f'a{root}: whatCanPersonAccess(personId: "{model.people[who].id}", within: "{model.groups[root].id}", '
            "first: 50) { totalCount nodes { role group { id } } }"
            for root in roots
        )
        answer = await api.ask(f"{{ {fields} }}")
        for root in roots:
            page = cast("Node", answer.data[f"a{root}"])
            told = {str(cast("Node", each["group"])["id"]): each["role"] for each in cast("list[Node]", page["nodes"])}
            below = [index for index in range(len(model.groups)) if root in model.above(index)]
            expected = {
                model.groups[index].id: None if model.everything(who) else model.role(who, index)
                for index in below
                if model.sees_group(who, index)
            }
            if not model.everything(who):
                assert told == expected
            assert (set(told), page["totalCount"]) == (set(expected), len(expected))
            count.questions += 2


async def check_explanations(model: Model, api: Api, count: Count) -> None:
    """What a platform owner is told about each person and each object: of reading, and of one thing done to it."""
    for who, person in enumerate(model.people):
        wanted: dict[str, tuple[str, bool]] = {}
        for index, group in enumerate(model.groups):
            action = tuple(OF_GROUPS)[(who + index) % len(OF_GROUPS)]
            wanted[group.id] = (action, model.may_in_group(who, action, index))
        for index, thing in enumerate(model.things):
            to_type = [*OF_THINGS, *(each for each in OF_BUYERS if OF_BUYERS[each] == thing.type)]
            action = to_type[(who + index) % len(to_type)]
            buys = action in OF_BUYERS
            may = may_buy(model, who, action, index) if buys else model.may_to_thing(who, action, index)
            wanted[thing.id] = (action, may)
        names = [*wanted]
        for start in range(0, len(names), 25):
            some = names[start : start + 25]
            fields = (
                f'{name}: accessExplanation(personId: "{person.id}", objectId: "{name}") {{ allowed }} '
                f'{name}_: accessExplanation(personId: "{person.id}", objectId: "{name}", action: {wanted[name][0]}) '
                "{ allowed reason }"
                for name in some
            )
            answer = await api.ask(f"{{ {' '.join(fields)} }}")
            for name in some:
                read, done = cast("Node", answer.data[name]), cast("Node", answer.data[f"{name}_"])
                assert read["allowed"] is (person.active and model.may_read(who, name)), (person, name)
                assert done["allowed"] is (person.active and wanted[name][1]), (person, name, wanted[name], done)
                count.questions += 2


def may_buy(model: Model, who: int, action: str, thing: int) -> bool:
    """Whether somebody may do something to a thing that is about buying it; no other thing is for that."""
    if model.things[thing].type != OF_BUYERS[action]:
        return False
    return model.may_cancel(who, thing) if action == "cancel_order" else model.may_read(who, model.things[thing].id)


@given(model=models())
@often
async def test_every_way_of_asking_agrees_with_the_oracle(
    migrated_store: Store, server: httpx2.AsyncClient, count: Count, model: Model
) -> None:
    await wipe(migrated_store)
    await write(migrated_store, model)
    for who, person in enumerate(model.people):
        if person.active:
            await Asking(model, who, Api(server, secret_of(person)), count).check()
    operator = Api(server, secret_of(model.people[0]))
    await check_access_lists(model, operator, count)
    await check_explanations(model, operator, count)


def test_many_questions_were_asked(count: Count) -> None:
    assert count.questions >= AT_LEAST
    print(f"{count.questions:,} questions")  # noqa: T201 - what a nightly run reports
