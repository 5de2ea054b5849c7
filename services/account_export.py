"""All that there is of somebody, as a document that they can keep: Regulation (EU) 2016/679, articles 15 and 20."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.connections import Connection
from domain.errors import AuthError
from domain.events import Event
from domain.identities import SignInMethod
from domain.mail import Mail
from domain.people import Person
from domain.sessions import Session
from domain.things import Thing
from domain.values import JSON, Clock, JSONObject
from graph import accounts, identities, people, second_factors, sessions
from graph.store import Store
from services.access import authorize_account, reach_of, viewer_of
from services.orders import ORDER, PAYMENT

MOST: Final = 10_000
"""How many connections, purchases, mails, and events of each kind, are in a document at the most."""


class AccountExport:
    """What somebody asks for who wants to see all that there is of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of_viewer(self, caller: Caller) -> JSONObject:
        """The caller's own document; no secret is in it. ForbiddenError to a key that is confined."""
        viewer = viewer_of(caller)
        authorize_account(viewer)
        person_id, at = viewer.person_id, self._clock()
        found = await people.fetch(self._store, reach_of(caller), [person_id])
        if person_id not in found:
            raise AuthError("This session is over: sign in again.")
        related = await accounts.all_connections(self._store, person_id, MOST)
        bought = await accounts.all_purchases(self._store, person_id, MOST)
        happened = await accounts.all_events(self._store, person_id, [each.id for each in bought], MOST)
        mails = await accounts.all_mails(self._store, person_id, MOST)
        factor = await second_factors.fetch(self._store, person_id)
        return {
            "exportedAt": at.isoformat(),
            "profile": _profile(found[person_id]),
            "signInMethods": [_method(each) for each in await identities.fetch_ways(self._store, person_id)],
            "secondFactor": {
                "enabledAt": _iso(factor.enabled_at),
                "recoveryCodesLeft": factor.recovery_codes_left,
            },
            "sessions": [_session(each) for each in await sessions.fetch(self._store, person_id, at)],
            "apiKeys": [_thing(each) for each in await accounts.all_keys(self._store, person_id)],
            "orders": [_thing(each) for each in bought if each.type == ORDER],
            "payments": [_thing(each) for each in bought if each.type == PAYMENT],
            "mails": [_mail(each) for each in mails],
            "connections": [_connection(each) for each in related],
            "events": [_event(each) for each in happened],
            "complete": all(len(each) < MOST for each in (related, bought, happened, mails)),
        }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _profile(person: Person) -> Mapping[str, JSON]:
    return {
        "id": person.id,
        "email": person.email,
        "emailVerifiedAt": _iso(person.email_verified_at),
        "username": person.username,
        "displayName": person.display_name,
        "role": person.role,
        "status": person.status,
        "kind": person.kind,
        "managedBy": person.managed_by,
        "bio": person.bio,
        "avatarUrl": person.avatar_url,
        "locale": person.locale,
        "timezone": person.timezone,
        "wallets": [{"address": each.address, "verifiedAt": _iso(each.verified_at)} for each in person.wallets],
        "settings": person.settings,
        "createdAt": person.created_at.isoformat(),
        "updatedAt": person.updated_at.isoformat(),
    }


def _method(method: SignInMethod) -> Mapping[str, JSON]:
    return {
        "kind": method.kind,
        "id": method.id,
        "provider": method.provider,
        "name": method.name,
        "address": method.address,
        "createdAt": method.created_at.isoformat(),
        "lastUsedAt": _iso(method.last_used_at),
    }


def _session(session: Session) -> Mapping[str, JSON]:
    return {
        "id": session.id,
        "userAgent": session.user_agent,
        "address": session.address,
        "createdAt": session.created_at.isoformat(),
        "lastUsedAt": session.last_used_at.isoformat(),
        "expiresAt": session.expires_at.isoformat(),
    }


def _thing(thing: Thing) -> Mapping[str, JSON]:
    return {
        "id": thing.id,
        "name": thing.name,
        "status": thing.status,
        "group": thing.group_id,
        "properties": thing.properties,
        "createdAt": thing.created_at.isoformat(),
        "updatedAt": thing.updated_at.isoformat(),
    }


def _mail(mail: Mail) -> Mapping[str, JSON]:
    return {
        "id": mail.id,
        "template": mail.template,
        "address": mail.address,
        "status": mail.status,
        "createdAt": mail.created_at.isoformat(),
        "sentAt": _iso(mail.sent_at),
        "delivery": mail.delivery,
    }


def _connection(connection: Connection) -> Mapping[str, JSON]:
    return {
        "id": connection.id,
        "type": connection.type,
        "from": connection.from_id,
        "to": connection.to_id,
        "properties": connection.properties,
        "metadata": connection.metadata,
        "validFrom": connection.valid_from.isoformat(),
        "validTo": _iso(connection.valid_to),
    }


def _event(event: Event) -> Mapping[str, JSON]:
    return {
        "id": event.id,
        "type": event.type,
        "actor": event.actor,
        "target": event.target_id,
        "group": event.group_id,
        "at": event.at.isoformat(),
        "properties": event.properties,
    }
