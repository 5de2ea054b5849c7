"""The tree under many clients at once: whatever they do and in whatever order, it stays a tree of legal states."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import TypedDict, cast

import pytest

from domain.values import JSON, JSONObject
from graph.store import Statement
from tests.worlds import World, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLIENTS = 8
STEPS = 30
MOST_STEPS = 300
WANTED = {"createGroup", "createThing", "moveGroup", "moveThing", "archiveGroup", "restoreGroup", "deleteGroup"}
"""What must have succeeded before the clients may stop: some of it is refused most of the time."""


class Line(TypedDict):
    """Where a group hangs by its property and by its edges, and what is below it although it is archived."""

    id: str
    parentId: str | None
    parents: list[str]
    cyclic: bool
    misplaced: list[str]
    inside: list[str]


TREE: Statement[Line] = Statement(
    "tree",
    """
    MATCH (group:Group)
    RETURN {
        id: group.id,
        parentId: group.parentId,
        parents: COLLECT { MATCH (group)<-[:PARENT_OF]-(parent:Group) RETURN parent.id },
        cyclic: EXISTS { MATCH (group)-[:PARENT_OF*1..]->(below:Group) WHERE below = group },
        misplaced: COLLECT {
            MATCH (group)<-[edge:IN_GROUP]-(thing:Thing)
            WHERE thing.groupId <> group.id OR edge.thingId <> thing.id OR COUNT { (thing)-[:IN_GROUP]->() } <> 1
            RETURN thing.id
        },
        inside: COLLECT {
            MATCH (group)-[:PARENT_OF|IN_GROUP]-(inside:Entity)
            WHERE group.status = 'archived' AND inside.status <> 'archived'
                AND (inside.groupId = group.id OR inside.parentId = group.id)
            RETURN inside.id
        }
    } AS row""",
)
READ = """query ($ids: [ID!]!) { nodes(ids: $ids) {
    ... on Group { id version groupStatus: status } ... on Thing { id version status } } }"""


async def check(world: World) -> None:
    """That the tree is one, and that what is archived holds nothing in use."""
    for line in await world.store.read(TREE, {}):
        assert not line["cyclic"], line
        assert line["parents"] == ([] if line["parentId"] is None else [line["parentId"]]), line
        assert line["misplaced"] == [], line
        assert line["inside"] == [], line


def id_of(answer: Mapping[str, JSON], what: str) -> str:
    return str(cast("Mapping[str, JSON]", answer[what])["id"])


def succeeded(answered: Counter[str]) -> set[str]:
    """The mutations of which one at least succeeded."""
    return {each.partition(" ")[0] for each in answered if each.endswith("Success")}


class Client:
    """Somebody who changes the tree at random; what they know of it may be stale by the time they use it."""

    def __init__(self, world: World, number: int, groups: list[str], things: list[str], answered: Counter[str]) -> None:
        self._world = world
        self._number = number
        self._dice = random.Random(20261124 + number)
        self._groups = groups
        self._things = things
        self._answered = answered
        self._made = 0

    async def live(self) -> None:
        """Do some steps, and more where not everything wanted was done by somebody; count what was answered."""
        for step in range(MOST_STEPS):
            if step >= STEPS and succeeded(self._answered) >= WANTED:
                return
            field, given = await self._change()
            what = "group" if field == "createGroup" else "thing"
            answer = await self._world.api.change(field, given, f"{what} {{ id }}" if "create" in field else "")
            self._answered[f"{field} {answer['__typename']}"] += 1
            if answer["__typename"] == "CreateGroupSuccess":
                self._groups.append(id_of(answer, "group"))
            if answer["__typename"] == "CreateThingSuccess":
                self._things.append(id_of(answer, "thing"))

    async def _change(self) -> tuple[str, JSONObject]:
        group, other, thing = (*self._dice.choices(self._groups, k=2), self._dice.choice(self._things))
        read = await self._world.api.ask(READ, ids=[group, thing])
        seen = [each or {} for each in cast("list[Mapping[str, JSON] | None]", read.at("nodes"))]
        on_group: JSONObject = {"id": group, "version": seen[0].get("version", 1)}
        on_thing: JSONObject = {"id": thing, "version": seen[1].get("version", 1)}
        self._made += 1
        wanted: list[tuple[str, JSONObject]] = [
            *[new_group(f"tree-{self._number}-{self._made}", other)] * 2,
            *[new_thing(other, "video", "V", "active")] * 2,
            *[("moveGroup", {**on_group, "parentId": other})] * 2,
            ("moveGroup", {**on_group, "parentId": None}),
            ("moveThing", {**on_thing, "groupId": other}),
            ("archiveGroup", {**on_group, "withContents": self._dice.random() < 0.5}),
            *[("restoreGroup", on_group)] * 2,
            ("archiveThing", on_thing),
            ("restoreThing", on_thing),
            ("deleteGroup", on_group),
        ]
        return self._dice.choice(wanted)


async def test_many_clients_who_change_the_tree_at_random_leave_a_tree(shared_world: World) -> None:
    world = shared_world
    made = await world.make(**{f"g{n}": new_group(f"tree-{n}") for n in range(8)})
    groups = list(made.values())
    made = await world.make(**{f"t{n}": new_thing(group, "video", "V", "active") for n, group in enumerate(groups)})
    things = list(made.values())
    answered: Counter[str] = Counter()
    clients = [Client(world, number, groups, things, answered) for number in range(CLIENTS)]
    await asyncio.gather(*(client.live() for client in clients))
    expected = ("Success", "ConflictError", "ValidationError", "NotFoundError", "DependedOnError")
    assert {each for each in answered if not each.endswith(expected)} == set()
    assert succeeded(answered) >= WANTED, f"the dice prove nothing: {answered}"
    await check(world)


async def test_a_group_made_below_one_that_is_archived_meanwhile_ends_in_one_of_two_states(
    shared_world: World,
) -> None:
    world = shared_world
    for attempt in range(8):
        at = await world.make(top=new_group(f"meanwhile-{attempt}"))
        at |= await world.make(below=new_group(f"meanwhile-{attempt}-below", at["top"]))
        changes = [
            world.api.change(*new_group(f"meanwhile-{attempt}-new", at["below"]), "group { id }"),
            world.api.change("archiveGroup", {"id": at["top"], "version": 1, "withContents": True}),
        ]
        created, archived = await asyncio.gather(*changes)
        assert archived["__typename"] == "ArchiveGroupSuccess"
        if created["__typename"] == "CreateGroupSuccess":
            read = await world.api.ask(READ, ids=[id_of(created, "group")])
            assert read.at("nodes.0.groupStatus") == "archived"
        else:
            assert created["conflict"] == "parentId"
    await check(world)
