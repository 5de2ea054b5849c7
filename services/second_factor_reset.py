"""Turning off a second factor whose person lost it, as an operator does."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.values import now
from graph import credentials, events, passkeys, second_factors, sessions
from graph.store import Store, Transaction
from services import validation
from services.journal import AccessChange, event
from services.second_factor_proofs import told

CHANGES: Final[Mapping[EventType, AccessChange]] = MappingProxyType(
    {
        EventType.TWO_FACTOR_ENABLED: AccessChange({"secondFactor": False}, {"secondFactor": True}),
        EventType.TWO_FACTOR_DISABLED: AccessChange({"secondFactor": True}, {"secondFactor": False}),
    }
)
"""What turning one on and off changes of somebody's access."""


async def reset_second_factor(store: Store, caller: Caller, email: str) -> str:
    """Turn off the second factor of whoever has that address, end all of their sessions, and tell them; their id.

    Their passkeys go too: each is both factors, and may be on the device that was lost. For an operator whom they
    proved who they are: else nobody turns one off without it. NotFoundError where there is no such person,
    ConflictError where they have neither.
    """
    address = validation.email("email", email)

    async def work(transaction: Transaction) -> str:
        person = await credentials.find_taken(transaction, address, "")
        person_id = person["personId"]
        if person_id is None:
            raise NotFoundError("person", address)
        locked = await second_factors.lock(transaction, person_id)
        removed = await passkeys.delete_all(transaction, person_id)
        was_on = locked is not None and locked["factor"]["enabledAt"] is not None
        if not removed and not was_on:
            raise ConflictError("This person has no second factor and no passkey.")
        await second_factors.delete(transaction, person_id)
        ended = await sessions.end_all(transaction, person_id)
        off = event(
            caller,
            EventType.TWO_FACTOR_DISABLED,
            target_id=person_id,
            group_id=None,
            properties={"by": "operator", "sessionsEnded": len(ended)},
            changes=CHANGES[EventType.TWO_FACTOR_DISABLED],
        )
        gone = [
            event(
                caller,
                EventType.PASSKEY_REMOVED,
                target_id=person_id,
                group_id=None,
                properties={"passkey": each, "by": "operator"},
                changes=AccessChange(before={"passkey": each}),
            )
            for each in removed
        ]
        await events.append(transaction, [*([off] if was_on else []), *gone])
        await told(transaction, person_id, MailTemplate.TWO_FACTOR_DISABLED, now())
        return person_id

    return await store.write(work)
