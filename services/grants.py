"""Explicit grants: a role on a group or a thing for a person, or for the members of a group, with an end or none.

A grant is made, changed and ended by whoever is an administrator there as a member: what somebody was granted lets
them give nothing on. Nobody gives more than they hold, and the role of an owner is not given at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, connection_prefix, connection_type_of, kind_of, new_id
from domain.people import MemberRole, PersonStatus
from domain.things import ThingStatus
from domain.values import JSON, now
from graph import connections, events, grants, locks
from graph.locks import LockedRow
from graph.store import Transaction
from services import validation
from services.access import MEMBERS, Action
from services.changes import connection_again
from services.connections import GRANT
from services.grant_rights import require
from services.idempotency import Making
from services.journal import AccessChange, event
from services.rights import Rights
from services.work import Work

_KIND: Final = CONNECTION_TYPES[GRANT]
GRANT_ACCESS: Final[Making[Connection]] = Making("grantAccess", lambda made: made.id, connection_again)


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant to make: to one person, or to the active members of one group."""

    to_person_id: str | None
    to_group_id: str | None
    on_id: str
    role: MemberRole
    below: bool = False
    expires_at: datetime | None = None


def granting(caller: Caller, new: NewGrant) -> Work[Connection]:
    """Give somebody a role, or change the one that they were given there: the grant.

    ForbiddenError where the caller's own membership there is less, NotFoundError for what they do not see,
    ConflictError where an end is archived or suspended.
    """
    rights = Rights.of(caller, Action.GRANT_ACCESS)
    holder_id = _holder(new)
    validation.identifier("onId", new.on_id, NodeKind.GROUP, NodeKind.THING)
    properties = _properties(new)
    if holder_id == new.on_id:
        raise ValidationError("toGroupId", "The members of a group need no grant on it.")

    async def work(transaction: Transaction) -> Connection:
        # Who sees an end only as everybody does is not let know who is there.
        reach = replace(rights.reach, public=False)
        locked = await locks.lock(transaction, reach, [holder_id, new.on_id])
        target = locked.get(new.on_id)
        if target is None:
            raise NotFoundError(str(kind_of(new.on_id)), new.on_id)
        if holder_id not in locked:
            raise NotFoundError(str(kind_of(holder_id)), holder_id)
        await require(transaction, rights, new.on_id, target, new.role)
        _check_in_use(locked, holder_id, new.on_id)
        if locked[holder_id]["kind"] is not None:  # whoever makes a key of it would have more than they hold
            raise ValidationError("toPersonId", "A service account is granted nothing: make it a member.")
        platform_role, found = await grants.fetch_holder(transaction, holder_id, new.on_id)
        if platform_role is not None and platform_role not in MEMBERS:
            raise ValidationError(
                "toPersonId", f"Grants are for people of the roles {' and '.join(sorted(MEMBERS))}; theirs is another."
            )
        if found is not None:
            before = MemberRole(str(found.properties["role"]))
            await require(transaction, rights, new.on_id, target, before)
            if found.properties == properties:
                return found
            granted = replace(found, properties=properties)
            await connections.save(transaction, granted, _KIND)
            told = _told(caller, EventType.ACCESS_CHANGED, granted, target, (found.properties, properties))
        else:
            granted = _new(holder_id, new.on_id, properties, rights.viewer.person_id)
            await connections.create(transaction, (granted, _KIND))
            told = _told(caller, EventType.ACCESS_GRANTED, granted, target, (None, properties))
        await events.append(transaction, [told])
        return granted

    return work


def revoking(caller: Caller, grant_id: str) -> Work[Connection]:
    """End a grant; it is kept, with the time at which it ended. ConflictError where it has ended already."""
    rights = Rights.of(caller, Action.REVOKE_ACCESS)
    validation.identifier("grantId", grant_id, NodeKind.CONNECTION)
    if connection_type_of(grant_id) != GRANT:
        raise ValidationError("grantId", "grantId takes the id of a grant: a connection of type granted.")

    async def work(transaction: Transaction) -> Connection:
        reach = replace(rights.reach, public=False)
        grant = await connections.lock(transaction, reach, grant_id)
        if grant is None:
            raise NotFoundError("grant", grant_id)
        target = (await locks.peek(transaction, reach, [grant.to_id])).get(grant.to_id)
        if target is None:
            raise NotFoundError("grant", grant_id)
        await require(transaction, rights, grant.to_id, target, MemberRole(str(grant.properties["role"])))
        if grant.valid_to is not None:
            raise ConflictError("This grant has ended already.", field="grantId")
        ended = replace(grant, valid_to=max(now(), grant.valid_from))
        await connections.save(transaction, ended, _KIND)
        told = _told(caller, EventType.ACCESS_REVOKED, ended, target, (grant.properties, None))
        await events.append(transaction, [told])
        return ended

    return work


def _holder(new: NewGrant) -> str:
    named = []
    if new.to_person_id is not None:
        named.append(validation.identifier("toPersonId", new.to_person_id, NodeKind.PERSON))
    if new.to_group_id is not None:
        named.append(validation.identifier("toGroupId", new.to_group_id, NodeKind.GROUP))
    if len(named) != 1:
        raise ValidationError("toPersonId", "Name either a person, as toPersonId, or a group, as toGroupId.")
    return named[0]


def _properties(new: NewGrant) -> Mapping[str, JSON]:
    if new.role is MemberRole.OWNER:
        raise ValidationError("role", "The role owner is not granted: owners are members.")
    if new.below and kind_of(new.on_id) is not NodeKind.GROUP:
        raise ValidationError("below", "below is for a group: there is nothing below a thing.")
    until = None if new.expires_at is None else validation.moment("expiresAt", new.expires_at)
    if until is not None and until <= now():
        raise ValidationError("expiresAt", "expiresAt takes a time to come.")
    return {"role": new.role.value, "below": new.below, "expiresAt": None if until is None else until.isoformat()}


def _check_in_use(locked: Mapping[str, LockedRow], holder_id: str, on_id: str) -> None:
    field = "toPersonId" if kind_of(holder_id) is NodeKind.PERSON else "toGroupId"
    if kind_of(holder_id) is NodeKind.PERSON and locked[holder_id]["status"] != PersonStatus.ACTIVE:
        raise ConflictError("That account is not in use.", field=field)
    for identifier, name in ((holder_id, field), (on_id, "onId")):
        if locked[identifier]["status"] == ThingStatus.ARCHIVED:
            raise ConflictError(f"That {kind_of(identifier)} is archived: nothing new is granted.", field=name)


def _new(holder_id: str, on_id: str, properties: Mapping[str, JSON], created_by: str) -> Connection:
    at = now()
    return Connection(
        id=new_id(connection_prefix(GRANT)),
        type=GRANT,
        from_id=holder_id,
        to_id=on_id,
        properties=properties,
        strength=None,
        valid_from=at,
        valid_to=None,
        metadata={},
        created_at=at,
        created_by=created_by,
    )


def _told(
    caller: Caller,
    event_type: EventType,
    grant: Connection,
    target: LockedRow,
    before_after: tuple[Mapping[str, JSON] | None, Mapping[str, JSON] | None],
) -> Event:
    """What happened to the group or the thing that it is about, for those who look after it."""
    details: Mapping[str, JSON] = {"grant": grant.id, "to": grant.from_id}
    before, after = (None if each is None else {**details, **each} for each in before_after)
    return event(
        caller,
        event_type,
        target_id=grant.to_id,
        group_id=target["groupId"] or grant.to_id,
        properties=details,
        changes=AccessChange(before, after),
    )
