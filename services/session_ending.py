"""Ending the sessions of others, as an operator does whose people's tokens may be in wrong hands."""

from collections.abc import Sequence
from typing import Final

from domain.access import Caller
from domain.errors import NotFoundError
from domain.events import Event, EventType
from domain.values import Clock, now, to_micros
from graph import credentials, events, sessions
from graph.store import Store, Transaction
from services import validation
from services.journal import AccessChange, event
from services.one_time_tokens import withdraw_begun

AT_ONCE: Final = 200
"""How many sessions end in one transaction where all of them end."""


async def end_sessions_of(store: Store, caller: Caller, email: str) -> int:
    """End all sessions of whoever has that address, and what was begun in their name; how many there were.

    NotFoundError where there is no such person.
    """
    address = validation.email("email", email)

    async def work(transaction: Transaction) -> int:
        person_id = (await credentials.find_taken(transaction, address, ""))["personId"]
        if person_id is None:
            raise NotFoundError("person", address)
        ended = await sessions.end_all(transaction, person_id)
        await withdraw_begun(transaction, person_id)
        await events.append(transaction, [_ended(caller, person_id, each) for each in ended])
        return len(ended)

    return await store.write(work)


async def end_all_sessions(store: Store, caller: Caller, clock: Clock = now) -> int:
    """End all sessions of everybody that began before now, and what was begun in their names; how many there were.

    Ended halfway, it can run again. What somebody begins meanwhile, who proved who they are, goes on.
    """
    until, total = to_micros(clock()), 0

    async def work(transaction: Transaction) -> Sequence[str]:
        ended = await sessions.end_some(transaction, until, AT_ONCE)
        for person_id in sorted({each["personId"] for each in ended}):
            await withdraw_begun(transaction, person_id)
        await events.append(transaction, [_ended(caller, each["personId"], each["id"]) for each in ended])
        return [each["id"] for each in ended]

    while await sessions.are_left(store, until):  # of some none may end here, which their people end just then
        total += len(await store.write(work))
    return total


def _ended(caller: Caller, person_id: str, session_id: str) -> Event:
    return event(
        caller,
        EventType.SESSION_REVOKED,
        target_id=person_id,
        group_id=None,
        properties={"revoked": session_id, "reason": "operator"},
        changes=AccessChange(before={"session": session_id}),
    )
