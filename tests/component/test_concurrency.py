"""Many at once: whatever the order in which they come, the rules hold and nothing is written twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TypedDict, cast

import pytest
from neo4j.exceptions import TransientError

from domain.errors import NetworkError
from domain.values import JSON, JSONObject
from graph.store import Statement, Transaction
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = pytest.mark.slow


class GroupLine(TypedDict):
    """Where a group hangs, by its property, by its edges, and how long the way up is."""

    id: str
    parentId: str | None
    parents: list[str]
    cyclic: bool


TREE: Statement[GroupLine] = Statement(
    "tree",
    """
    MATCH (group:Group)
    RETURN {
        id: group.id,
        parentId: group.parentId,
        parents: COLLECT { MATCH (group)<-[:PARENT_OF]-(parent:Group) RETURN parent.id },
        cyclic: EXISTS { MATCH (group)-[:PARENT_OF*1..]->(below:Group) WHERE below = group }
    } AS row""",
)
ACTIVE_IN_ARCHIVED: Statement[str] = Statement(
    "active_in_archived",
    """
    MATCH (group:Group {status: 'archived'})
    MATCH (inside:Group|Thing)
    WHERE (inside.groupId = group.id OR inside.parentId = group.id) AND inside.status <> 'archived'
    RETURN inside.id AS row""",
)


async def outcomes(*changes: Awaitable[Mapping[str, JSON]]) -> Counter[JSON]:
    """How many of several mutations at once answered what, a conflict with its field."""
    answers = await asyncio.gather(*changes)
    return Counter(answer.get("conflict", answer["__typename"]) for answer in answers)


async def test_who_waits_for_a_lock_for_as_long_as_they_may_is_told_to_come_again(shared_world: World) -> None:
    lock: Statement[int] = Statement("lock", "MATCH (group:Group {id: $id}) REMOVE group._lock RETURN 1 AS row")
    given = {"id": shared_world.home}
    held, let_go = asyncio.Event(), asyncio.Event()

    async def hold(transaction: Transaction) -> None:
        await transaction.run(lock, given)
        held.set()
        await let_go.wait()

    holding = asyncio.create_task(shared_world.store.write(hold))
    await held.wait()
    try:
        with pytest.raises(NetworkError, match="too busy"):
            await shared_world.store.write(lambda transaction: transaction.run(lock, given), seconds=1)
    finally:
        let_go.set()
        await holding


async def test_of_fifty_updates_of_one_version_exactly_one_wins(shared_world: World) -> None:
    world, thing = shared_world, await shared_world.thing("Contended")
    before = await world.count()
    found = await outcomes(
        *(world.api.change("updateThing", {"id": thing, "version": 1, "name": f"n{n}"}) for n in range(50))
    )
    assert found == {"UpdateThingSuccess": 1, "version": 49}
    after = await world.count()
    assert after["Event"] == before["Event"] + 1
    answer = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { version } } }", id=thing)
    assert answer.at("node.version") == 2


async def test_of_updates_and_moves_of_one_version_of_a_group_exactly_one_wins(shared_world: World) -> None:
    world = shared_world
    at = await world.make(group=new_group("contended"), parent=new_group("contended-parent"))
    given: JSONObject = {"id": at["group"], "version": 1}
    found = await outcomes(
        *(world.api.change("updateGroup", {**given, "name": f"n{n}"}) for n in range(5)),
        *(world.api.change("moveGroup", {**given, "parentId": at["parent"]}) for _ in range(5)),
        *(world.api.change("archiveGroup", given) for _ in range(5)),
    )
    assert found.pop("version") == 14
    assert sum(found.values()) == 1


async def test_crossing_moves_never_make_a_cycle(shared_world: World) -> None:
    world, dice = shared_world, random.Random(20261124)
    made = await world.make(**{f"g{n}": new_group(f"cross-{n}") for n in range(12)})
    groups = list(made.values())

    async def client(moves: list[tuple[str, str]]) -> Counter[JSON]:
        answered: Counter[JSON] = Counter()
        for group, parent in moves:
            read = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Group { version } } }", id=group)
            given: JSONObject = {"id": group, "version": read.at("node.version"), "parentId": parent}
            answered[(await world.api.change("moveGroup", given))["__typename"]] += 1
        return answered

    pairs = [cast("tuple[str, str]", tuple(dice.sample(groups, 2))) for _ in range(40)]
    answered = sum(await asyncio.gather(*(client(pairs[n::8]) for n in range(8))), Counter[JSON]())
    assert answered["MoveGroupSuccess"] >= 8
    assert answered["ValidationError"] >= 1, "no move would have made a cycle: the dice prove nothing"
    assert set(answered) <= {"MoveGroupSuccess", "ValidationError", "ConflictError"}
    lines = await world.store.read(TREE, {})
    assert len(lines) >= 12
    for line in lines:
        assert not line["cyclic"]
        assert line["parents"] == ([] if line["parentId"] is None else [line["parentId"]])


async def test_two_moves_that_would_close_a_circle_do_not_both_happen(shared_world: World) -> None:
    world = shared_world
    for attempt in range(5):
        at = await world.make(one=new_group(f"circle-{attempt}-1"), two=new_group(f"circle-{attempt}-2"))
        found = await outcomes(
            world.api.change("moveGroup", {"id": at["one"], "version": 1, "parentId": at["two"]}),
            world.api.change("moveGroup", {"id": at["two"], "version": 1, "parentId": at["one"]}),
        )
        assert found == {"MoveGroupSuccess": 1, "ValidationError": 1}


async def test_an_archived_group_holds_nothing_that_is_active_whoever_came_first(shared_world: World) -> None:
    world = shared_world
    for attempt in range(6):
        slug = f"race-{attempt}"
        at = await world.make(top=new_group(slug), other=new_group(f"{slug}-other"))
        at |= await world.make(below=new_group(f"{slug}-below", at["top"]))
        at |= await world.make(thing=new_thing(at["below"], "video", "V"))
        changes = [
            world.api.change("createThing", {"groupId": at["below"], "type": "video", "name": "V"}),
            world.api.change(*new_group(f"{slug}-new", at["below"])),
            world.api.change("moveGroup", {"id": at["other"], "version": 1, "parentId": at["below"]}),
            world.api.change("updateThing", {"id": at["thing"], "version": 1, "name": "W"}),
        ]
        archive = world.api.change("archiveGroup", {"id": at["top"], "version": 1, "withContents": True})
        changes.insert(attempt % (len(changes) + 1), archive)
        found = await outcomes(*changes)
        assert found["ArchiveGroupSuccess"] == 1
        assert set(found) <= {
            "ArchiveGroupSuccess", "CreateThingSuccess", "CreateGroupSuccess", "MoveGroupSuccess", "UpdateThingSuccess",
            "groupId", "parentId", "version",
        }  # fmt: skip
        read = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { version } } }", id=at["thing"])
        assert read.at("node.version") == 2 + found["UpdateThingSuccess"], "two changes were given the same version"
    assert await world.store.read(ACTIVE_IN_ARCHIVED, {}) == []


async def test_a_pair_that_many_connect_at_once_gets_one_connection(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    before = await world.count()
    change = new_connection("references", at["one"], at["two"])
    assert await outcomes(*(world.api.change(*change) for _ in range(10))) == {"ConnectSuccess": 1, "toId": 9}
    after = await world.count()
    assert after["REFERENCES"] == before.get("REFERENCES", 0) + 1
    assert after["Event"] == before["Event"] + 1


async def test_a_connection_that_many_end_at_once_ends_once(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    connection = await world.connect("part_of", at["one"], at["two"])
    before = await world.count()
    found = await outcomes(*(world.api.change("disconnect", {"id": connection}) for _ in range(10)))
    assert found == {"DisconnectSuccess": 1, "validTo": 9}
    assert (await world.count())["Event"] == before["Event"] + 1


async def test_what_is_erased_while_others_wait_for_it_is_not_there_for_them(shared_world: World) -> None:
    world = shared_world
    for attempt in range(5):
        thing, group = await world.thing("Doomed"), await world.group(f"doomed-{attempt}")
        changes = [
            *(world.api.change("updateThing", {"id": thing, "version": 1, "name": f"n{n}"}) for n in range(4)),
            *(world.api.change("labelThing", {"id": thing, "label": f"a:{n}"}) for n in range(2)),
            *(world.api.change("updateGroup", {"id": group, "version": 1, "name": f"n{n}"}) for n in range(4)),
        ]
        changes.insert(attempt, world.api.change("deleteThing", {"id": thing, "version": 1}))
        changes.insert(attempt, world.api.change("deleteGroup", {"id": group, "version": 1}))
        found = await outcomes(*changes)
        assert set(found) <= {
            "DeleteThingSuccess", "UpdateThingSuccess", "LabelThingSuccess", "DeleteGroupSuccess", "UpdateGroupSuccess",
            "NotFoundError", "version",
        }  # fmt: skip
        assert found["DeleteGroupSuccess"] + found["UpdateGroupSuccess"] == 1


async def test_a_slug_that_many_want_at_once_is_given_once(shared_world: World) -> None:
    found = await outcomes(*(shared_world.api.change(*new_group(slug)) for slug in ("wanted", "WANTED") * 5))
    assert found == {"CreateGroupSuccess": 1, "slug": 9}


async def test_of_two_owners_who_leave_at_once_one_stays(shared_world: World) -> None:
    world = shared_world
    await world.member("leaver", "home")
    people = (await world.api.ask("{ people(first: 9) { nodes { id } } }")).each("people.nodes", "id")
    for attempt in range(4):
        group = await world.group(f"left-{attempt}")
        at = await world.make(
            **{f"p{n}": new_connection("member_of", str(each), group, role="owner") for n, each in enumerate(people)}
        )
        found = await outcomes(*(world.api.change("disconnect", {"id": each}) for each in at.values()))
        assert found == {"DisconnectSuccess": len(people) - 1, "id": 1}


async def test_work_that_the_driver_repeats_is_written_once(
    shared_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, write = shared_world, shared_world.store.write
    runs: list[str] = []

    async def stumbling(work: Callable[[Transaction], Awaitable[object]], *, seconds: float | None = None) -> object:
        async def stumble(transaction: Transaction) -> object:
            done = await work(transaction)
            runs.append("run")
            if len(runs) % 2:
                raise TransientError("The first attempt fails once all of it is done.")
            return done

        return await write(stumble, seconds=seconds)

    one = await world.thing("One")
    journal, before = await world.journal(), await world.count()
    monkeypatch.setattr(world.store, "write", stumbling)
    group = await world.group("once")
    thing = await world.thing("Once", group)
    connection = await world.connect("member_of", world.owner.id, group, {"role": "owner"})
    owns = await world.connect("part_of", thing, one)
    changes: list[tuple[str, JSONObject]] = [
        ("updateGroup", {"id": group, "version": 1, "name": "Again"}),
        ("moveGroup", {"id": group, "version": 2, "parentId": world.home}),
        ("updateThing", {"id": thing, "version": 1, "name": "Again"}),
        ("disconnect", {"id": owns}),
        ("archiveThing", {"id": thing, "version": 2}),
        ("archiveGroup", {"id": group, "version": 3}),
    ]
    for field, given in changes:
        assert (await world.api.change(field, given))["__typename"] == f"{field[0].upper()}{field[1:]}Success"
    monkeypatch.undo()
    assert len(runs) == 2 * 11, "ten changes, and that the world lets itself be helped"
    person = world.owner.id
    assert [(happened, target) for happened, target, _, _ in await journal.read()] == [
        ("group_created", group),
        ("thing_created", thing),
        ("connection_created", connection),
        ("user_joined_group", person),
        ("connection_created", owns),
        ("group_updated", group),
        ("group_moved", group),
        ("thing_updated", thing),
        ("connection_ended", owns),
        ("thing_archived", thing),
        ("group_archived", group),
    ]
    after = await world.count()
    assert (after["Group"], after["Thing"]) == (before["Group"] + 1 + 4, before["Thing"] + 1 + 3)


async def test_a_deadlock_is_solved_and_every_change_written_once(shared_world: World) -> None:
    world = shared_world
    at = await world.make(one=new_thing(world.home, "video", "1"), two=new_thing(world.home, "video", "2"))
    runs: list[str] = []
    both = asyncio.Barrier(2)
    set_name: Statement[int] = Statement("set", "MATCH (thing:Entity {id: $id}) SET thing.name = $name RETURN 1 AS row")
    event: Statement[int] = Statement("event", "CREATE (:Event {id: $name}) RETURN 1 AS row")

    async def cross(name: str, first: str, second: str) -> None:
        async def work(transaction: Transaction) -> None:
            runs.append(name)
            await transaction.run(set_name, {"id": first, "name": name})
            await transaction.run(event, {"name": f"evt of {name}"})
            if len(runs) <= 2:
                await both.wait()
            await transaction.run(set_name, {"id": second, "name": name})

        await world.store.write(work)

    before = await world.count()
    await asyncio.gather(cross("a", at["one"], at["two"]), cross("b", at["two"], at["one"]))
    assert len(runs) > 2, "there was no deadlock: this proves nothing"
    after = await world.count()
    assert after["Event"] == before["Event"] + 2
