"""The log of events: dense places in an order that cause and effect agree with, whoever writes and numbers at once."""

import asyncio

import pytest

from domain.events import Event, EventType
from domain.ids import new_id
from domain.values import now
from graph import event_log, events
from graph.store import Statement, Store, Transaction
from services.event_log import EventLog

pytestmark = [pytest.mark.slow]


def happened(name: str = "", identifier: str | None = None) -> Event:
    """An event that says its name."""
    return Event(
        identifier or new_id("evt"), EventType.THING_CREATED, "system", None, None, now(), None, None, {"name": name}
    )


async def record(store: Store, *recorded: Event) -> None:
    """Commit events in one transaction."""

    async def work(transaction: Transaction) -> None:
        await events.append(transaction, recorded)

    await store.write(work)


async def run(store: Store, text: str, **given: object) -> None:
    """Do something behind the log's back."""

    async def work(transaction: Transaction) -> None:
        statement: Statement[object] = Statement("tamper", text)
        await transaction.run(statement, given)

    await store.write(work)


async def numbered(store: Store) -> list[tuple[int, str]]:
    """All events in the log by their places and their names, once none waits."""
    while await event_log.number(store):
        pass
    return [(each.position, str(each.event.properties["name"])) for each in await event_log.read(store, 0, 100_000)]


def dense(*names: str) -> list[tuple[int, str]]:
    return list(enumerate(names, 1))


async def test_what_follows_from_something_comes_after_it_whatever_their_ids(store: Store) -> None:
    later, earlier = new_id("evt"), new_id("evt")
    assert later < earlier
    await record(store, happened("cause", earlier))
    await record(store, happened("effect", later))
    assert await numbered(store) == dense("cause", "effect")


async def test_a_log_that_starts_is_past_all_that_was_recorded_before(store: Store) -> None:
    """What a server wrote as it started, such as the demo world, is not news to whoever then follows from now on."""
    await record(store, *(happened(str(number)) for number in range(3)))
    log = EventLog(store)
    await log.start()
    await record(store, happened("news"))
    await log.advance()
    assert [each.event.properties["name"] for each in log.since(log.position - 1, 9) or ()] == ["news"]
    assert log.position == 4


async def test_what_commits_late_gets_a_place_after_all_that_was_read(store: Store) -> None:
    recorded, commit = asyncio.Event(), asyncio.Event()

    async def slow(transaction: Transaction) -> None:
        await events.append(transaction, [happened("slow")])
        recorded.set()
        await commit.wait()

    writing = asyncio.create_task(store.write(slow))
    await recorded.wait()
    await record(store, happened("fast"))
    assert await numbered(store) == dense("fast")
    commit.set()
    await writing
    assert await numbered(store) == dense("fast", "slow")


async def test_events_of_one_transaction_keep_their_order(store: Store) -> None:
    names = [f"{place:03}" for place in range(300)]
    await record(store, *map(happened, names))
    assert await numbered(store) == dense(*names)


async def test_many_writers_and_several_who_number_give_each_event_one_place(store: Store) -> None:
    writers, each = 8, 15
    over = asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(each):
            await record(store, happened(f"{writer} {turn:02} a"), happened(f"{writer} {turn:02} b"))

    async def sequence() -> None:
        while not over.is_set():
            await event_log.number(store)
            await asyncio.sleep(0)

    sequencing = [asyncio.create_task(sequence()) for _ in range(3)]
    await asyncio.gather(*(write(writer) for writer in range(writers)))
    over.set()
    await asyncio.gather(*sequencing)
    found = await numbered(store)
    assert [place for place, _ in found] == list(range(1, 2 * writers * each + 1))
    for writer in range(writers):
        own = [name for _, name in found if name.startswith(f"{writer} ")]
        assert own == sorted(own)
        assert len(own) == 2 * each


async def test_a_numbering_that_is_cut_short_leaves_nothing(store: Store) -> None:
    await record(store, happened("first"), happened("second"))

    class CrashError(Exception):
        """Whoever numbers dies before the commit."""

    async def dies(transaction: Transaction) -> None:
        await event_log.number_in(transaction)
        raise CrashError

    with pytest.raises(CrashError):
        await store.write(dies)
    assert await event_log.read(store, 0, 10) == []
    assert await numbered(store) == dense("first", "second")


async def test_a_reader_waits_for_a_place_that_is_being_given(store: Store) -> None:
    await record(store, happened("first"), happened("second"), happened("third"))
    await numbered(store)
    emptied, fill = asyncio.Event(), asyncio.Event()
    await run(store, "MATCH (n:Event {position: 2}) SET n.later = 2 REMOVE n.position")

    async def numbering(transaction: Transaction) -> None:
        await transaction.run(event_log.LOCK_LOG, {})
        emptied.set()
        await fill.wait()
        again: Statement[object] = Statement(
            "again", "MATCH (n:Event) WHERE n.later = 2 SET n.position = 2 REMOVE n.later"
        )
        await transaction.run(again, {})

    giving = asyncio.create_task(store.write(numbering))
    await emptied.wait()
    reading = asyncio.create_task(event_log.read(store, 0, 10))
    await asyncio.sleep(0.2)
    assert not reading.done()
    fill.set()
    assert [each.position for each in await reading] == [1, 2, 3]
    await giving


async def test_the_place_of_an_event_that_is_gone_is_passed_and_given_to_no_other(store: Store) -> None:
    await record(store, happened("first"), happened("second"), happened("third"))
    await numbered(store)
    await run(store, "MATCH (n:Event) WHERE n.position IN [2, 3] DELETE n")
    await record(store, happened("fourth"))
    assert await numbered(store) == [(1, "first"), (4, "fourth")]


async def test_events_of_before_there_was_a_log_come_first_in_order_of_their_ids(store: Store) -> None:
    old = [happened(f"{place:04}") for place in range(1_500)]
    for start in range(0, len(old), 500):
        await record(store, *reversed(old[start : start + 500]))
    await run(store, "MATCH (n:Unsequenced) REMOVE n:Unsequenced, n.recordedAt")
    await run(store, "MERGE (log:Setting {name: 'event_log'}) SET log.position = 0, log.oldAfter = ''")
    await record(store, happened("new"))
    assert await numbered(store) == dense(*(f"{place:04}" for place in range(1_500)), "new")


async def test_a_log_that_was_read_back_goes_on_after_its_last_place(store: Store) -> None:
    await record(store, happened("first"), happened("second"))
    await numbered(store)
    await run(store, "MATCH (log:Setting {name: 'event_log'}) SET log.position = 1")
    await record(store, happened("third"))
    assert await numbered(store) == dense("first", "second", "third")


async def test_the_log_is_read_once_however_many_follow_it(store: Store, statements: list[str]) -> None:
    log = EventLog(store, kept=3)
    await log.start()
    await record(store, *map(happened, "abcde"))
    statements.clear()
    await log.advance()
    assert statements == [
        *("any_unsequenced", "lock_event_log", "find_unsequenced", "find_unsequenced", "number_events"),
        *("read_event_log", "read_event_log", "any_unsequenced", "read_event_log"),
    ]
    assert log.position == 5
    assert [each.position for each in log.since(2, 2) or ()] == [3, 4]
    assert log.since(1, 10) is None  # further back than is kept
    assert log.since(5, 10) == []
    statements.clear()
    await log.advance()
    assert statements == ["any_unsequenced", "read_event_log"]


async def test_a_commit_that_recorded_events_wakes_the_log_and_no_other_does(store: Store) -> None:
    woken: list[str] = []
    store.announced = lambda: woken.append("woken")
    try:
        await run(store, "MERGE (n:Setting {name: 'x'}) SET n.value = 1")
        assert woken == []
        await record(store, happened())
        assert woken == ["woken"]
        with pytest.raises(ZeroDivisionError):
            await store.write(_fails)
        assert woken == ["woken"]
    finally:
        store.announced = lambda: None


async def _fails(transaction: Transaction) -> None:
    await events.append(transaction, [happened()])
    raise ZeroDivisionError
