"""Replacing and ending API keys: one's own, and those of the service accounts that one manages."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind
from domain.things import Thing, ThingStatus
from domain.values import Clock
from graph import events, keys
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.journal import AccessChange
from services.key_holders import Wanted
from services.new_keys import CreatedKey, Draft, key_access, of_key, renewed, told_of

OVERLAP: Final = timedelta(days=1)
"""For how long a key that was rotated is good beside its successor, unless somebody says otherwise."""

MAX_OVERLAP: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RotatedKey:
    """A new key, and the one that it replaces, which expires soon."""

    created: CreatedKey
    replaced: Thing


class KeyRotation:
    """What can be done to a key that there is."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def rotate(
        self,
        caller: Caller,
        key_id: str,
        overlap: timedelta = OVERLAP,
        expires_at: datetime | None = None,
        account_id: str | None = None,
    ) -> RotatedKey:
        """Make a successor of one's own key, or of a service account's, which is good for the overlap beside it.

        It may do the same, and unless `expires_at` says otherwise it lasts as long as the other was to. NotFoundError
        where one has no such key in use, ConflictError where it has expired, or one has too many keys. For a service
        account it takes what making a key of it does.
        """
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.ROTATE_API_KEY, at)
        validation.identifier("id", key_id, NodeKind.THING)
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            most = int(MAX_OVERLAP.total_seconds())
            raise ValidationError("overlapSeconds", f"overlapSeconds takes 0 to {most}.")
        wanted = Wanted.of(caller, viewer, account_id)
        home = await wanted.own_home(self._store)

        async def work(transaction: Transaction) -> RotatedKey:
            holder = await wanted.who_gets(transaction, home, "id")
            key = await _lock(transaction, holder.person_id, key_id)
            ends = _expiry(key)
            if ends is not None and ends <= at:
                raise ConflictError("This API key has expired: make a new one.", field="id")
            lasts = expires_at or (None if ends is None else at + (ends - key.created_at))
            made = Draft.of(replace(renewed(key), expires_at=lasts)).made(caller, holder, at)
            last = at + overlap if ends is None else min(ends, at + overlap)
            replaced = replace(
                key,
                properties={**key.properties, "expiresAt": last.isoformat()},
                updated_at=at,
                version=key.version + 1,
            )
            access = AccessChange(
                key_access(key), {"replaced": key_access(replaced), "new": key_access(made.created.key)}
            )
            changed = of_key(caller, EventType.THING_UPDATED, replaced, {"changed": ["properties"]})
            await keys.save(transaction, replaced, changed.id)
            await made.write(transaction)
            told = {"key": made.created.key.id, "replaced": key.id}
            rotated = told_of(caller, EventType.API_KEY_ROTATED, holder, told, access)
            await events.append(transaction, [changed, rotated])
            return RotatedKey(made.created, replaced)

        return await self._store.write(work)

    async def revoke(self, caller: Caller, key_id: str, account_id: str | None = None) -> Thing:
        """Take one's own key, or a service account's, out of use, from the next request on.

        NotFoundError where there is no such key in use.
        """
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.REVOKE_API_KEY, at)
        validation.identifier("id", key_id, NodeKind.THING)
        wanted = Wanted.of(caller, viewer, account_id)

        async def work(transaction: Transaction) -> Thing:
            holder = await wanted.who_loses(transaction)
            key = await _lock(transaction, holder.person_id, key_id)
            revoked = replace(key, status=ThingStatus.ARCHIVED, archived_at=at, updated_at=at, version=key.version + 1)
            archived = of_key(caller, EventType.THING_ARCHIVED, revoked, {})
            await keys.save(transaction, revoked, archived.id)
            access = AccessChange(before=key_access(key))
            told = told_of(caller, EventType.API_KEY_REVOKED, holder, {"key": key.id}, access)
            await events.append(transaction, [archived, told])
            return revoked

        return await self._store.write(work)


async def _lock(transaction: Transaction, person_id: str, key_id: str) -> Thing:
    key = await keys.lock(transaction, person_id, key_id)
    if key is None or key.status is not ThingStatus.ACTIVE:
        raise NotFoundError("API key in use", key_id)
    return key


def _expiry(key: Thing) -> datetime | None:
    stored = key.properties.get("expiresAt")
    return datetime.fromisoformat(stored) if isinstance(stored, str) else None
