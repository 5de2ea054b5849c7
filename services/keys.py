"""API keys: a secret that is shown once, of which only a hash is kept.

A key acts in a person's name, and never reaches further than they do: it may be confined to groups, of which it reaches
what its person reaches at the time, and to some of the things that can be done.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, cast

from domain.access import Caller, KeyScope, Viewer
from domain.connection_types import CONNECTION_TYPES
from domain.errors import AuthError, ConflictError, NetworkError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, new_id, thing_prefix
from domain.people import Person
from domain.things import Thing, ThingStatus
from domain.values import JSON, Clock, now
from graph import connections, events, groups, keys, people
from graph.store import Store, Transaction
from services import validation
from services.access import KEY_ACTIONS, Action, authorize_account, authorize_oneself, reach_of, viewer_of
from services.connections import NewConnection, new_connection
from services.groups import check_id
from services.hashes import hash_of
from services.journal import AccessChange, event

PREFIX: Final = "one_"
"""Every secret starts so, so that a scanner for leaked secrets can tell what it found."""

MAX_KEYS: Final = 50
"""How many keys a person may have at once."""

MAX_GROUPS: Final = 100
"""To how many groups a key may be confined."""

OVERLAP: Final = timedelta(days=1)
"""For how long a key that was rotated is good beside its successor, unless somebody says otherwise."""

MAX_OVERLAP: Final = timedelta(days=7)

TOUCHED_EVERY: Final = timedelta(minutes=5)
"""How exact the time is at which a key was last used."""

_SECRET_BYTES: Final = 32
_OWNS: Final = CONNECTION_TYPES["owns"]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to make. It expires at `expires_at`, and reaches no further than `group_ids` and `actions` where given."""

    name: str
    scope: KeyScope
    expires_at: datetime | None = None
    group_ids: Sequence[str] | None = None
    actions: Sequence[Action] | None = None


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key with its secret, which nobody can ask for again."""

    key: Thing
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyOfPerson(CreatedKey):
    """A new key that an operator made for somebody."""

    person: Person


@dataclass(frozen=True, slots=True)
class RotatedKey:
    """A new key, and the one that it replaces, which expires soon."""

    created: CreatedKey
    replaced: Thing


class Keys:
    """What can be done about API keys."""

    def __init__(self, store: Store, clock: Clock = now) -> None:
        self._store = store
        self._clock = clock

    async def authenticate(self, secret: str) -> Viewer:
        """Who a secret stands for. AuthError where it is nobody's, or no longer."""
        at = self._clock()
        found = await keys.authenticate(self._store, hash_of(secret), at) if secret.startswith(PREFIX) else None
        if found is None or found.viewer.key_id is None:
            raise AuthError("This API key is not valid, or no longer: ask for a new one.")
        if at - found.last_used_at >= TOUCHED_EVERY:
            with suppress(NetworkError):  # the time of the last use is not worth a refusal
                await keys.touch(self._store, found.viewer.key_id, at)
        return await self._bounded(found)

    async def authenticate_again(self, ids: Sequence[str]) -> dict[str, Viewer]:
        """Who the keys of these ids stand for now; without those that expired or were revoked."""
        found = await keys.authenticate_again(self._store, ids, self._clock()) if ids else {}
        return {identifier: await self._bounded(each) for identifier, each in found.items()}

    async def _bounded(self, found: keys.KeyInUse) -> Viewer:
        """The viewer, who reaches no further than the key that they used."""
        actions, group_ids = found.properties.get("actions"), found.properties.get("groupIds")
        viewer = found.viewer
        if isinstance(actions, list):
            viewer = replace(viewer, actions=frozenset(map(str, actions)))
        if isinstance(group_ids, list):
            reach = reach_of(Caller(viewer))
            viewer = replace(viewer, within=await keys.confine(self._store, reach, list(map(str, group_ids))))
        return viewer

    async def create(
        self,
        caller: Caller,
        email: str,
        scope: KeyScope,
        *,
        name: str = "API key",
        expires_at: datetime | None = None,
    ) -> KeyOfPerson:
        """Make a key for the person with that e-mail address, kept in the first group that they joined.

        Only an operator does this, at the machine itself; no request reaches it.
        """
        address = validation.email("person", email)
        person = await people.fetch_by_email(self._store, address)
        if person is None:
            raise ValidationError("person", f"Nobody has the e-mail address {address}.")
        home = await keys.fetch_home(self._store, person.id)
        if home is None:
            raise ValidationError("person", f"{address} is a member of no group, and a key belongs to a group.")
        made = _Made.of(caller, person.id, home, NewKey(name, scope, expires_at), self._clock())

        async def work(transaction: Transaction) -> None:
            await made.write(transaction)
            await events.append(transaction, [made.told()])

        await self._store.write(work)
        return KeyOfPerson(made.created.key, made.created.secret, person)

    async def create_own(self, caller: Caller, new: NewKey) -> CreatedKey:
        """Make a key for oneself, kept in the first group that one joined.

        Takes a session and a fresh proof of who one is. ConflictError where one is in no group, or has too many keys.
        """
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.CREATE_API_KEY, at)
        await self._check_groups(caller, new.group_ids)
        home = await self._home(viewer)
        made = _Made.of(caller, viewer.person_id, home, new, at)

        async def work(transaction: Transaction) -> None:
            await _make_room(transaction, viewer, "name")
            await made.write(transaction)
            await events.append(transaction, [made.told()])

        await self._store.write(work)
        return made.created

    async def rotate(
        self, caller: Caller, key_id: str, overlap: timedelta = OVERLAP, expires_at: datetime | None = None
    ) -> RotatedKey:
        """Make a successor of one's own key, which is good for the overlap beside it.

        It may do the same, and unless `expires_at` says otherwise it lasts as long as the other was to. NotFoundError
        where one has no such key in use, ConflictError where it has expired, or one has too many keys.
        """
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.ROTATE_API_KEY, at)
        validation.identifier("id", key_id, NodeKind.THING)
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            most = int(MAX_OVERLAP.total_seconds())
            raise ValidationError("overlapSeconds", f"overlapSeconds takes 0 to {most}.")
        home = await self._home(viewer)

        async def work(transaction: Transaction) -> RotatedKey:
            await _make_room(transaction, viewer, "id")
            key = await self._lock(transaction, viewer, key_id)
            ends = _expiry(key)
            if ends is not None and ends <= at:
                raise ConflictError("This API key has expired: make a new one.", field="id")
            new = replace(
                _renewed(key), expires_at=expires_at or (None if ends is None else at + (ends - key.created_at))
            )
            made = _Made.of(caller, viewer.person_id, home, new, at)
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
            changed = _of_key(caller, EventType.THING_UPDATED, replaced, {"changed": ["properties"]})
            await keys.save(transaction, replaced, changed.id)
            await made.write(transaction)
            told = {"key": made.created.key.id, "replaced": key.id}
            await events.append(
                transaction, [changed, _told(caller, EventType.API_KEY_ROTATED, viewer.person_id, told, access)]
            )
            return RotatedKey(made.created, replaced)

        return await self._store.write(work)

    async def revoke(self, caller: Caller, key_id: str) -> Thing:
        """Take one's own key out of use, from the next request on. NotFoundError where one has no such key in use."""
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.REVOKE_API_KEY, at)
        validation.identifier("id", key_id, NodeKind.THING)

        async def work(transaction: Transaction) -> Thing:
            key = await self._lock(transaction, viewer, key_id)
            revoked = replace(key, status=ThingStatus.ARCHIVED, archived_at=at, updated_at=at, version=key.version + 1)
            archived = _of_key(caller, EventType.THING_ARCHIVED, revoked, {})
            await keys.save(transaction, revoked, archived.id)
            access = AccessChange(before=key_access(key))
            told = _told(caller, EventType.API_KEY_REVOKED, viewer.person_id, {"key": key.id}, access)
            await events.append(transaction, [archived, told])
            return revoked

        return await self._store.write(work)

    async def of_viewer(self, caller: Caller) -> list[Thing]:
        """The caller's own keys that nobody revoked, the latest first."""
        viewer = viewer_of(caller)
        authorize_account(viewer)
        return await keys.fetch_live(self._store, viewer.person_id)

    async def uses(self, caller: Caller, ids: Sequence[str]) -> dict[str, datetime]:
        """When those of the caller's keys were last used that ever were, to five minutes."""
        viewer = caller.viewer
        return {} if viewer is None else await keys.fetch_uses(self._store, viewer.person_id, ids)

    async def _home(self, viewer: Viewer) -> str:
        home = await keys.fetch_home(self._store, viewer.person_id)
        if home is None:
            raise ConflictError("An API key is kept in a group: join one, or make one, first.", field="name")
        return home

    async def _check_groups(self, caller: Caller, group_ids: Sequence[str] | None) -> None:
        if group_ids is None:
            return
        if not 1 <= len(group_ids) <= MAX_GROUPS:
            raise ValidationError("groupIds", f"groupIds takes 1 to {MAX_GROUPS} groups, or null for no bound.")
        for index, group_id in enumerate(group_ids):
            check_id(f"groupIds.{index}", group_id)
        found = await groups.fetch(self._store, reach_of(caller), list(group_ids))
        for group_id in group_ids:
            if group_id not in found:
                raise NotFoundError("group", group_id)

    @staticmethod
    async def _lock(transaction: Transaction, viewer: Viewer, key_id: str) -> Thing:
        key = await keys.lock(transaction, viewer.person_id, key_id)
        if key is None or key.status is not ThingStatus.ACTIVE:
            raise NotFoundError("API key in use", key_id)
        return key


@dataclass(frozen=True, slots=True)
class _Made:
    """A key that is about to be written."""

    caller: Caller
    person_id: str
    created: CreatedKey

    @classmethod
    def of(cls, caller: Caller, person_id: str, home: str, new: NewKey, at: datetime) -> "_Made":
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        properties: dict[str, JSON] = {"scope": new.scope, "hint": secret[: len(PREFIX) + 4]}
        if new.expires_at is not None:
            properties["expiresAt"] = validation.moment("expiresAt", new.expires_at).isoformat()
        if new.group_ids is not None:
            properties["groupIds"] = sorted(set(new.group_ids))
        if new.actions is not None:
            properties["actions"] = _checked_actions(new.actions)
        key = Thing(
            id=new_id(thing_prefix("api_key")),
            type="api_key",
            name=validation.name("name", new.name),
            status=ThingStatus.ACTIVE,
            group_id=home,
            properties=properties,
            created_at=at,
            updated_at=at,
            archived_at=None,
            version=1,
        )
        return cls(caller, person_id, CreatedKey(key, secret))

    def told(self) -> Event:
        """What its person is told."""
        key = self.created.key
        told = {"key": key.id, "scope": key.properties["scope"]}
        access = AccessChange(after=key_access(key))
        return _told(self.caller, EventType.API_KEY_CREATED, self.person_id, told, access)

    async def write(self, transaction: Transaction) -> None:
        """Add the key, its person's ownership of it, and what is told of it."""
        key = self.created.key
        owns = new_connection(NewConnection("owns", self.person_id, key.id), _OWNS, created_by=None)
        details = {"type": "api_key", "scope": key.properties["scope"], "person": self.person_id}
        happened = _of_key(self.caller, EventType.THING_CREATED, key, details)
        await keys.create(transaction, key, happened.id, self.person_id, hash_of(self.created.secret))
        await connections.create(transaction, (owns, _OWNS))
        await events.append(transaction, [happened])


async def _make_room(transaction: Transaction, viewer: Viewer, field_name: str) -> None:
    """Keep the viewer from getting any other key meanwhile. ConflictError where they have too many."""
    if await keys.lock_holder(transaction, viewer.person_id) >= MAX_KEYS:
        raise ConflictError(f"You have {MAX_KEYS} API keys: revoke one that is not needed.", field=field_name)


def _checked_actions(actions: Sequence[Action]) -> list[JSON]:
    for index, action in enumerate(actions):
        if action not in KEY_ACTIONS:
            raise ValidationError(f"actions.{index}", f"No API key may do {action}.")
    return [str(action) for action in sorted(set(actions))]


def _expiry(key: Thing) -> datetime | None:
    stored = key.properties.get("expiresAt")
    return datetime.fromisoformat(stored) if isinstance(stored, str) else None


def _renewed(key: Thing) -> NewKey:
    """A key that may do what another may."""
    group_ids, actions = key.properties.get("groupIds"), key.properties.get("actions")
    return NewKey(
        name=key.name,
        scope=KeyScope(str(key.properties["scope"])),
        group_ids=None if group_ids is None else cast("list[str]", group_ids),
        actions=None if actions is None else [Action(each) for each in cast("list[str]", actions)],
    )


def _of_key(caller: Caller, event_type: EventType, key: Thing, details: dict[str, JSON]) -> Event:
    # A key is its person's alone, and so is the news of it.
    return event(caller, event_type, target_id=key.id, group_id=None, properties={**details, "version": key.version})


def _told(
    caller: Caller, event_type: EventType, person_id: str, details: Mapping[str, JSON], changes: AccessChange
) -> Event:
    return event(caller, event_type, target_id=person_id, group_id=None, properties=details, changes=changes)


def key_access(key: Thing) -> Mapping[str, JSON]:
    """What of an API key says what may be done with it."""
    named = ("scope", "expiresAt", "groupIds", "actions")
    return {"key": key.id, "status": key.status, **{name: key.properties.get(name) for name in named}}
