"""API keys: a secret that is shown once, of which only a hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from domain.access import Caller, KeyScope, Viewer
from domain.connection_types import CONNECTION_TYPES
from domain.errors import AuthError, ValidationError
from domain.events import EventType
from domain.ids import new_id, thing_prefix
from domain.people import Person
from domain.things import Thing, ThingStatus
from domain.values import JSON, now
from graph import connections, events, keys, people
from graph.store import Store, Transaction
from services import validation
from services.connections import NewConnection, new_connection
from services.journal import event

PREFIX = "one_"
"""Every secret starts so, so that a scanner for leaked secrets can tell what it found."""

_SECRET_BYTES = 32
_OWNS = CONNECTION_TYPES["owns"]


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key with its secret, which nobody can ask for again."""

    key: Thing
    person: Person
    secret: str = field(repr=False)


class Keys:
    """What can be done about API keys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def authenticate(self, secret: str) -> Viewer:
        """Who a secret stands for. AuthError where it is nobody's, or no longer."""
        viewer = await keys.authenticate(self._store, _hash(secret)) if secret.startswith(PREFIX) else None
        if viewer is None:
            raise AuthError("This API key is not valid, or no longer: ask for a new one.")
        return viewer

    async def create(
        self,
        caller: Caller,
        email: str,
        scope: KeyScope,
        *,
        name: str = "API key",
        expires_at: datetime | None = None,
    ) -> CreatedKey:
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
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        at = now()
        properties: dict[str, JSON] = {"scope": scope, "hint": secret[: len(PREFIX) + 4]}
        if expires_at is not None:
            properties["expiresAt"] = validation.moment("expiresAt", expires_at).isoformat()
        key = Thing(
            id=new_id(thing_prefix("api_key")),
            type="api_key",
            name=validation.name("name", name),
            status=ThingStatus.ACTIVE,
            group_id=home,
            properties=properties,
            created_at=at,
            updated_at=at,
            archived_at=None,
            version=1,
        )
        owns = new_connection(NewConnection("owns", person.id, key.id), _OWNS, created_by=None)

        happened = event(
            caller,
            EventType.THING_CREATED,
            target_id=key.id,
            group_id=None,  # a key is its person's alone, and so is the news of it
            properties={"type": "api_key", "version": key.version, "scope": scope, "person": person.id},
        )

        async def work(transaction: Transaction) -> None:
            await keys.create(transaction, key, happened.id, person.id, _hash(secret))
            await connections.create(transaction, (owns, _OWNS))
            await events.append(transaction, [happened])

        await self._store.write(work)
        return CreatedKey(key, person, secret)


def _hash(secret: str) -> str:
    # The secret is 256 random bits: a slow hash would protect it no better.
    return hashlib.sha256(secret.encode()).hexdigest()
