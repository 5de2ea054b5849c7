"""The log of events: every event gets a place in it once it is committed, in dense numbers from 1.

Transactions commit in another order than they make ids, so that a reader of ids would miss what commits late. Instead
an event is made with the label `Unsequenced` and with the time, by the store's clock, at which it was recorded. Whoever
then numbers holds the lock of the log, takes the store's time, and numbers what was recorded until then in that order.

What happened before something else comes before it: had an event not been committed when we looked, whatever follows
from it would be recorded later than the time that we took.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from domain.events import Event
from graph.events import EventRow, from_row
from graph.store import STORE_CLOCK, Statement, Store, Transaction, lock_clauses

LOG: Final = "event_log"
"""The Setting that holds the last place that was given."""

AT_ONCE: Final = 1_000
"""How many events get their places in one transaction."""


class LoggedRow(EventRow):
    """An event that has its place."""

    position: int


class LogRow(TypedDict):
    """The last place, by the Setting and by the events; the store's time; after which id old events have no place."""

    position: int
    last: list[int]
    now: int
    oldAfter: str | None


class OldRow(TypedDict):
    """An event of before there was a log, and whether it has no place yet."""

    id: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and its place."""

    position: int
    event: Event


LOGGED: Final = f"event {{{', '.join(f'.{column}' for column in LoggedRow.__annotations__)}}}"

ANY_UNSEQUENCED: Statement[bool] = Statement(
    "any_unsequenced",
    f"""
    RETURN EXISTS {{ MATCH (event:Unsequenced) WHERE event.recordedAt > 0 AND event.id > '' }}
        OR EXISTS {{ MATCH (log:Setting {{name: '{LOG}'}}) WHERE log.oldAfter IS NOT NULL }} AS row""",
)
LOCK_LOG: Statement[LogRow] = Statement(
    "lock_event_log",
    f"""
    MERGE (log:Setting {{name: '{LOG}'}})
    ON CREATE SET log.position = 0
    {lock_clauses("log")}
    RETURN {{
        position: log.position,
        last: COLLECT {{
            MATCH (event:Event) WHERE event.position > log.position
            RETURN event.position ORDER BY event.position DESC LIMIT 1
        }},
        now: {STORE_CLOCK},
        oldAfter: log.oldAfter
    }} AS row""",
    meant="Eager: of the one setting that it locks.",
)
FIND_UNSEQUENCED: Statement[str] = Statement(
    "find_unsequenced",
    """
    MATCH (event:Unsequenced) WHERE event.recordedAt <= $now AND event.id > ''
    WITH event ORDER BY event.recordedAt, event.id LIMIT $limit
    RETURN event.id AS row""",
)
FIND_OLD: Statement[OldRow] = Statement(
    "find_old_events",
    """
    MATCH (event:Event) WHERE event.id > $after
    WITH event ORDER BY event.id LIMIT $limit
    RETURN {id: event.id, waits: event.position IS NULL AND NOT event:Unsequenced} AS row""",
)
NUMBER_EVENTS: Statement[int] = Statement(
    "number_events",
    f"""
    MATCH (log:Setting {{name: '{LOG}'}})
    SET log.position = $position, log.oldAfter = $oldAfter
    WITH DISTINCT log
    UNWIND $numbers AS row
    MATCH (event:Event {{id: row.id}})
    SET event.position = row.position
    REMOVE event:Unsequenced, event.recordedAt
    RETURN count(event) AS row""",
    meant="Eager: every event is found before the first of them is numbered.",
)
READ_HEAD: Statement[int] = Statement(
    "read_event_log_head", f"MATCH (log:Setting {{name: '{LOG}'}}) RETURN log.position AS row"
)
READ_LOG: Statement[LoggedRow] = Statement(
    "read_event_log",
    f"""
    MATCH (event:Event) WHERE event.position > $position
    WITH event ORDER BY event.position LIMIT $limit
    RETURN {LOGGED} AS row""",
)


def logged(row: LoggedRow) -> Logged:
    """The event that a row holds, with its place."""
    return Logged(row["position"], from_row(row))


async def number(store: Store) -> bool:
    """Give places to the next events that have none, and answer whether there may be more of them.

    Several may do so at once: one works, the others wait for it and go on from there.
    """
    if not (await store.read(ANY_UNSEQUENCED, {}, latest=True))[0]:
        return False
    return await store.write(number_in)


async def number_in(transaction: Transaction) -> bool:
    """The same within a transaction."""
    [log] = await transaction.run(LOCK_LOG, {})
    before, old_after = log["oldAfter"], None
    if before is None:
        ids = await _committed(transaction, log["now"])
    else:
        page = await transaction.run(FIND_OLD, {"after": before, "limit": AT_ONCE})
        ids = [row["id"] for row in page if row["waits"]]
        old_after = page[-1]["id"] if page else None
    # An export may hold events that got their places after its settings were read.
    start = max((log["position"], *log["last"]))
    numbers = [{"id": each, "position": start + place} for place, each in enumerate(ids, 1)]
    given: Mapping[str, object] = {"numbers": numbers, "position": start + len(ids), "oldAfter": old_after}
    await transaction.run(NUMBER_EVENTS, given)
    return bool(ids) or before is not None


async def _committed(transaction: Transaction, until: int) -> list[str]:
    """The events that were recorded until then, the first of them first.

    The store shows what it commits piece by piece, so that it is looked at until two looks see the same: then all of
    what happened together is there.
    """
    given = {"now": until, "limit": AT_ONCE}
    seen = await transaction.run(FIND_UNSEQUENCED, given)
    while (again := await transaction.run(FIND_UNSEQUENCED, given)) != seen:
        seen = again
    return seen


async def head(store: Store) -> int:
    """The last place that was given; 0 where none was."""
    rows = await store.read(READ_HEAD, {}, latest=True)
    return rows[0] if rows else 0


async def read(store: Store, after: int, limit: int) -> Sequence[Logged]:
    """The next events after a place. None is left out that is there, also while another is being numbered."""
    given = {"position": after, "limit": limit}
    rows = await store.read(READ_LOG, given, latest=True)
    if rows and rows[-1]["position"] != after + len(rows):
        rows = await store.write(lambda transaction: _settled(transaction, given))
    return [logged(row) for row in rows]


async def settle(store: Store) -> None:
    """Wait until every place that was given is there for whoever looks, by whatever index.

    The store shows a commit piece by piece, and holds the lock of the log until all of it can be seen.
    """
    await store.write(lambda transaction: transaction.run(LOCK_LOG, {}))


async def _settled(transaction: Transaction, given: Mapping[str, object]) -> list[LoggedRow]:
    """What is there once nobody is numbering: a place that is empty then belongs to an event that is gone."""
    await transaction.run(LOCK_LOG, {})
    return await transaction.run(READ_LOG, given)
