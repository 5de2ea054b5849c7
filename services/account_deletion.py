"""Deleting one's account: what is personal goes, and what others rely on, such as orders and events, names nobody.

The person stays as a node without a name, for ids lead to it: in orders, in events and in the audit log, all of which
hold ids and nothing else of anybody then. Of where an order went to only the country stays, by which it is taxed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AuthError, ConflictError, ValidationError
from domain.events import EventType
from domain.people import Person, PersonStatus, PlatformRole
from domain.values import Clock
from graph import accounts, erasure, events, identities, people
from graph.erasure import KeptRow
from graph.store import Store, Transaction
from graph.values import from_json, to_json
from services.access import Action, authorize_oneself
from services.account_ending import give_up_grants, leave_groups, revoke_keys
from services.journal import AccessChange, event
from services.key_holders import Holder
from services.one_time_tokens import TokenKind

NAME: Final = "Deleted account"
"""What others see of somebody who was."""

_KEY_NAME: Final = "API key"
_OVER: Final = "This session is over: sign in again."
_NOT_YOURS: Final = "This is not your username: give it to confirm that it is your account which you want to delete."
_LAST_PLATFORM_OWNER: Final = "You are the last one who runs the platform: make somebody else a platform_owner first."


@dataclass(frozen=True, slots=True)
class Deleted:
    """An account that was deleted, and how many of its memberships and keys ended with it."""

    person_id: str
    memberships: int
    keys: int


class AccountDeletion:
    """What somebody does who wants to be forgotten."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def delete(self, caller: Caller, username: str) -> Deleted:
        """Erase what is personal of the caller, and all that they could sign in with.

        ValidationError where that is not their username, ConflictError where they are the last owner of a group or the
        last platform owner; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.DELETE_ACCOUNT, self._clock())

        async def work(transaction: Transaction) -> Deleted:
            at = self._clock()
            if viewer.role is PlatformRole.PLATFORM_OWNER:
                others = set(await accounts.lock_platform_owners(transaction)) - {viewer.person_id}
                if not others:
                    raise ConflictError(_LAST_PLATFORM_OWNER)
            ways = await identities.lock_ways(transaction, viewer.person_id)
            person = await people.fetch_one(transaction, viewer.person_id)
            if ways is None or person is None:
                raise AuthError(_OVER)
            if username.strip().casefold() != person.username.casefold():
                raise ValidationError("username", _NOT_YOURS)
            left = await leave_groups(transaction, caller, person, at)
            given_up = await give_up_grants(transaction, caller, person.id, at)
            revoked = await revoke_keys(transaction, caller, Holder(person.id, ""), at, name=_KEY_NAME)
            await accounts.erase(transaction, person.id, list(TokenKind))
            await accounts.anonymize(transaction, _nobody(person, at))
            await _forget_places(transaction, person.id)
            gone = event(
                caller,
                EventType.ACCOUNT_DELETED,
                target_id=person.id,
                group_id=None,
                changes=AccessChange(
                    {"role": person.role, "status": person.status},
                    {"role": PlatformRole.CUSTOMER, "status": PersonStatus.DELETED},
                ),
            )
            await events.append(transaction, [*left.told, *given_up, *revoked.told, gone])
            return Deleted(person.id, left.count, revoked.count)

        return await self._store.write(work)


def _nobody(person: Person, at: datetime) -> Person:
    """What is left of a person: random where something has to be unique, so that nobody can take it before."""
    return replace(
        person,
        email=f"{secrets.token_hex(16)}@deleted.invalid",
        username=f"deleted-{secrets.token_hex(16)}",
        display_name=NAME,
        role=PlatformRole.CUSTOMER,
        status=PersonStatus.DELETED,
        bio=None,
        avatar_url=None,
        locale=None,
        timezone=None,
        wallets=(),
        settings={},
        updated_at=max(at, person.created_at),
        version=person.version + 1,
        email_verified_at=None,
    )


async def _forget_places(transaction: Transaction, person_id: str) -> None:
    """Have no order of somebody say where it went to, nor anything that is kept of what it was."""
    orders = await erasure.lock_orders(transaction, person_id)
    versions = await erasure.fetch_versions(transaction, [each["key"] for each in orders])
    await erasure.write(transaction, _without_place(orders), _without_place(versions))


def _without_place(rows: Sequence[KeptRow]) -> list[KeptRow]:
    """Those of the rows that say a place, with its country alone."""
    found = []
    for row in rows:
        properties = from_json(row["properties"])
        place = properties.get("shipTo")
        if isinstance(place, Mapping):
            left = {"shipTo": {"country": place["country"]}} if "country" in place else {}
            others = {name: value for name, value in properties.items() if name != "shipTo"}
            found.append(KeptRow(key=row["key"], properties=to_json(others | left)))
    return found
