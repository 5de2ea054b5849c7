"""Reads that wait at the same time go together: who waits for whom, who goes with whom, and whose an error is."""

import asyncio
from collections.abc import Sequence

import pytest
from neo4j import Bookmarks

from domain.errors import NetworkError
from graph.shared_reads import PATIENCE, Joint, Read, Rows, SharedReads

TURNS = 3
"""Of the event loop: as many as a read takes until it has gone."""
TEXT = "UNWIND $ids AS id MATCH (n {id: id}) WHERE n.home IN $roots RETURN n LIMIT $limit"


class Road:
    """What the store is to those who send to it: it notes what went, and answers when it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.went: list[list[object]] = []
        self.broken: set[object] = set()

    async def alone(self, read: Read) -> Rows:
        self.went.append([read.parameters["ids"]])
        await self.open.wait()
        if read.parameters["ids"] in self.broken:
            raise NetworkError(str(read.parameters["ids"]))
        return [{"told": read.parameters["ids"]}]

    async def together(self, reads: Sequence[Read]) -> Sequence[Rows | Exception]:
        asked = [read.parameters["ids"] for read in reads]
        self.went.append(asked)
        await self.open.wait()
        if self.broken & set(asked):
            raise NetworkError("one of them")
        return [[{"told": each}] for each in asked]


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
def shared(road: Road) -> SharedReads:
    return SharedReads(road.alone, road.together)


def read(ids: str, *, limit: int = 10, together: int = 64, seen: str | None = None) -> Read:
    bookmarks = Bookmarks.from_raw_values([seen]) if seen else None
    return Read("fetch", TEXT, {"ids": ids, "roots": ["a"], "limit": limit}, together, bookmarks)


async def going(shared: SharedReads, *reads: Read) -> list[asyncio.Task[Rows]]:
    """Reads that come at once, and have gone as far as they go."""
    tasks = [asyncio.create_task(shared.read(each)) for each in reads]
    for _ in range(TURNS):
        await asyncio.sleep(0)
    return tasks


async def one_by_one(shared: SharedReads, *reads: Read) -> list[asyncio.Task[Rows]]:
    """Reads of which each comes when the one before has gone."""
    return [task for each in reads for task in await going(shared, each)]


async def test_who_comes_alone_goes_alone_and_the_others_together_when_that_is_back(
    shared: SharedReads, road: Road
) -> None:
    tasks = await one_by_one(shared, *(read(each) for each in "abcdef"))
    assert road.went == [["a"]]
    road.open.set()
    assert await asyncio.gather(*tasks) == [[{"told": each}] for each in "abcdef"]
    assert road.went == [["a"], ["b", "c", "d", "e", "f"]]


async def test_who_comes_at_once_goes_together(shared: SharedReads, road: Road) -> None:
    tasks = await going(shared, *(read(each) for each in "abcde"))
    assert road.went == [["a", "b", "c", "d", "e"]]
    road.open.set()
    assert await asyncio.gather(*tasks) == [[{"told": each}] for each in "abcde"]


async def test_no_more_than_may_go_together_do(shared: SharedReads, road: Road) -> None:
    tasks = await going(shared, *(read(each, together=3) for each in "abcdefgh"))
    road.open.set()
    await asyncio.gather(*tasks)
    assert [len(each) for each in road.went] == [3, 3, 2]


async def test_those_go_apart_who_differ_in_what_is_not_of_a_row(shared: SharedReads, road: Road) -> None:
    tasks = await going(
        shared,
        *(read(each) for each in "abcd"),
        *(read(each, limit=20) for each in "ef"),
        *(read(each, seen="x") for each in "gh"),
    )
    assert road.went == [["a", "b", "c", "d"], ["e", "f"], ["g", "h"]]
    road.open.set()
    await asyncio.gather(*tasks)


async def test_an_error_is_of_whom_it_is_of(shared: SharedReads, road: Road) -> None:
    road.broken = {"d"}
    tasks = await one_by_one(shared, *(read(each) for each in "abcdef"))
    road.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(each) if isinstance(each, Exception) else each[0]["told"] for each in answers] == list("abcdef")  # type: ignore[index] # no BaseException else
    assert road.went == [["a"], ["b", "c", "d", "e", "f"], ["b"], ["c"], ["d"], ["e"], ["f"]]


async def test_whoever_went_away_meanwhile_is_not_asked_for_and_holds_up_nobody(
    shared: SharedReads, road: Road
) -> None:
    tasks = await one_by_one(shared, *(read(each) for each in "abcde"))
    for index in (0, 2):  # one that is under way, and one that waits
        tasks[index].cancel()
    road.open.set()
    assert [await tasks[index] for index in (1, 3, 4)] == [[{"told": each}] for each in "bde"]
    assert road.went == [["a"], ["b", "d", "e"]]


async def test_what_takes_long_holds_up_nobody_for_long(shared: SharedReads, road: Road) -> None:
    tasks = await one_by_one(shared, *(read(each) for each in "abcd"))
    await asyncio.sleep(2 * PATIENCE)
    assert road.went == [["a"], ["b", "c", "d"]]
    road.open.set()
    await asyncio.gather(*tasks)


async def test_nothing_is_kept_of_who_was_answered(shared: SharedReads, road: Road) -> None:
    road.open.set()
    await asyncio.gather(*(shared.read(read(str(each), limit=each)) for each in range(100)))
    assert not shared._lanes  # noqa: SLF001 - what it must not fill the memory with
    assert not shared._tasks  # noqa: SLF001


def test_what_is_of_a_row_is_taken_from_it_and_a_limit_is_of_all() -> None:
    joint = Joint.of([read("a"), read("b")])
    assert joint.parameters == {
        "limit": 10,
        "calls": [{"ids": each, "roots": ["a"]} for each in "ab"],
    }
    assert "UNWIND given.ids AS id MATCH (n {id: id}) WHERE n.home IN given.roots RETURN n LIMIT $limit" in joint.text
