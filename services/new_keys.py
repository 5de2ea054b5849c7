"""What a new API key is: a secret that is shown once, of which only a hash is kept, and what the key may do."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast

from domain.access import Caller, KeyScope
from domain.connection_types import CONNECTION_TYPES
from domain.errors import ValidationError
from domain.events import Event, EventType
from domain.ids import new_id, thing_prefix
from domain.things import Thing, ThingStatus
from domain.values import JSON
from graph import connections, events, keys
from graph.store import Transaction
from services import validation
from services.access import KEY_ACTIONS, Action
from services.connections import NewConnection, new_connection
from services.hashes import hash_of
from services.journal import AccessChange, event
from services.key_holders import Holder

PREFIX: Final = "one_"
"""Every secret starts so, so that a scanner for leaked secrets can tell what it found."""

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
class Draft:
    """A key that was found to be right, and whose holder is not known yet."""

    name: str
    properties: Mapping[str, JSON]
    secret: str = field(repr=False)

    @classmethod
    def of(cls, new: NewKey) -> "Draft":
        """Check a new key. ValidationError where it cannot be one."""
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        properties: dict[str, JSON] = {"scope": new.scope, "hint": secret[: len(PREFIX) + 4]}
        if new.expires_at is not None:
            properties["expiresAt"] = validation.moment("expiresAt", new.expires_at).isoformat()
        if new.group_ids is not None:
            properties["groupIds"] = sorted(set(new.group_ids))
        if new.actions is not None:
            properties["actions"] = _checked_actions(new.actions)
        return cls(validation.name("name", new.name), properties, secret)

    def made(self, caller: Caller, holder: Holder, at: datetime) -> "Made":
        """The key, made at that time."""
        key = Thing(
            id=new_id(thing_prefix("api_key")),
            type="api_key",
            name=self.name,
            status=ThingStatus.ACTIVE,
            group_id=holder.home,
            properties=self.properties,
            created_at=at,
            updated_at=at,
            archived_at=None,
            version=1,
        )
        return Made(caller, holder, CreatedKey(key, self.secret))


@dataclass(frozen=True, slots=True)
class Made:
    """A key that is about to be written."""

    caller: Caller
    holder: Holder
    created: CreatedKey

    def told(self) -> Event:
        """What those are told who look after it."""
        key = self.created.key
        told = {"key": key.id, "scope": key.properties["scope"]}
        return told_of(self.caller, EventType.API_KEY_CREATED, self.holder, told, AccessChange(after=key_access(key)))

    async def write(self, transaction: Transaction) -> None:
        """Add the key, its person's ownership of it, and what is told of it."""
        key, person_id = self.created.key, self.holder.person_id
        owns = new_connection(NewConnection("owns", person_id, key.id), _OWNS, created_by=None)
        details = {"type": "api_key", "scope": key.properties["scope"], "person": person_id}
        happened = of_key(self.caller, EventType.THING_CREATED, key, details)
        await keys.create(transaction, key, happened.id, person_id, hash_of(self.created.secret))
        await connections.create(transaction, (owns, _OWNS))
        await events.append(transaction, [happened])


def renewed(key: Thing) -> NewKey:
    """A key that may do what another may."""
    group_ids, actions = key.properties.get("groupIds"), key.properties.get("actions")
    return NewKey(
        name=key.name,
        scope=KeyScope(str(key.properties["scope"])),
        group_ids=None if group_ids is None else cast("list[str]", group_ids),
        actions=None if actions is None else [Action(each) for each in cast("list[str]", actions)],
    )


def of_key(caller: Caller, event_type: EventType, key: Thing, details: Mapping[str, JSON]) -> Event:
    """What happens to a key: it is its person's alone, and so is the news of it."""
    return event(caller, event_type, target_id=key.id, group_id=None, properties={**details, "version": key.version})


def told_of(
    caller: Caller, event_type: EventType, holder: Holder, details: Mapping[str, JSON], changes: AccessChange
) -> Event:
    """What happens to somebody's access by a key: of a service account it is told in the group that manages it."""
    return event(
        caller,
        event_type,
        target_id=holder.person_id,
        group_id=holder.managed_by,
        properties=details,
        changes=changes,
    )


def key_access(key: Thing) -> Mapping[str, JSON]:
    """What of an API key says what may be done with it."""
    named = ("scope", "expiresAt", "groupIds", "actions")
    return {"key": key.id, "status": key.status, **{name: key.properties.get(name) for name in named}}


def _checked_actions(actions: Sequence[Action]) -> list[JSON]:
    for index, action in enumerate(actions):
        if action not in KEY_ACTIONS:
            raise ValidationError(f"actions.{index}", f"No API key may do {action}.")
    return [str(action) for action in sorted(set(actions))]
