"""What happened to a connection, as events. A membership is somebody's access, so that there the log tells that too."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.access import AccessReason, Caller
from domain.connections import Connection
from domain.events import Event, EventType
from domain.people import MemberStatus
from domain.values import JSON
from services.connections import MEMBERSHIP, group_of
from services.journal import AccessChange, event

_ENTERED: Final[Mapping[MemberStatus, EventType]] = MappingProxyType(
    {MemberStatus.ACTIVE: EventType.USER_JOINED_GROUP, MemberStatus.PENDING: EventType.USER_INVITED_TO_GROUP}
)
_LEFT: Final[Mapping[MemberStatus, EventType]] = MappingProxyType(
    {
        MemberStatus.ACTIVE: EventType.USER_REMOVED_FROM_GROUP,
        MemberStatus.INACTIVE: EventType.USER_REMOVED_FROM_GROUP,
        MemberStatus.PENDING: EventType.INVITATION_REVOKED,
    }
)


def made_events(caller: Caller, connection: Connection, reason: AccessReason | None = None) -> list[Event]:
    """What happened when it was made: of a membership also that its person joined, was invited or asks to join.

    `reason` is what lets the caller, where no role there does.
    """
    made = EventType.CONNECTION_CREATED
    if connection.type != MEMBERSHIP:
        return [_of_itself(caller, made, connection)]
    if _asked_for(connection):
        asks = EventType.GROUP_JOIN_REQUESTED
        return [_of_itself(caller, made, connection), _of_person(caller, asks, connection)]
    access = AccessChange(after=_access(connection), reason=reason)
    entered = _ENTERED.get(_status(connection))
    if entered is None:
        return [_of_itself(caller, made, connection, access)]
    return [_of_itself(caller, made, connection), _of_person(caller, entered, connection, access)]


def ended_events(caller: Caller, connection: Connection) -> list[Event]:
    """What happened when it was ended: of a membership also that its person is a member or invited no longer."""
    happened = [_of_itself(caller, EventType.CONNECTION_ENDED, connection)]
    if connection.type == MEMBERSHIP and not _asked_for(connection):
        access = AccessChange(before=_access(connection))
        happened.append(_of_person(caller, _LEFT[_status(connection)], connection, access))
    return happened


def changed_events(
    caller: Caller, before: Connection, after: Connection, names: list[JSON], reason: AccessReason | None = None
) -> list[Event]:
    """What happened when some of it was changed; `reason` is what lets the caller, where no role there does."""
    was, now_is = _access(before), _access(after)
    access = AccessChange(was, now_is, reason=reason) if after.type == MEMBERSHIP and was != now_is else None
    updated = EventType.CONNECTION_UPDATED
    if access is not None and (was["status"], now_is["status"]) == (MemberStatus.PENDING, MemberStatus.ACTIVE):
        told, details = EventType.USER_JOINED_GROUP, None
    elif access is not None and was["role"] != now_is["role"]:
        told, details = EventType.MEMBER_ROLE_CHANGED, {"from": was["role"], "to": now_is["role"]}
    else:
        return [_of_itself(caller, updated, after, access, names)]
    return [_of_itself(caller, updated, after, changed=names), _of_person(caller, told, after, access, details)]


def _asked_for(connection: Connection) -> bool:
    """Whether it is a membership that its own person waits for."""
    return (
        connection.type == MEMBERSHIP
        and _status(connection) is MemberStatus.PENDING
        and connection.created_by == connection.from_id
    )


def _of_itself(
    caller: Caller,
    event_type: EventType,
    connection: Connection,
    access: AccessChange | None = None,
    changed: list[JSON] | None = None,
) -> Event:
    details: dict[str, JSON] = {"type": connection.type, "from": connection.from_id, "to": connection.to_id}
    if changed is not None:
        details["changed"] = changed
    return event(
        caller,
        event_type,
        target_id=connection.id,
        group_id=group_of(connection),
        properties=details,
        changes=access,
    )


def _of_person(
    caller: Caller,
    event_type: EventType,
    membership: Connection,
    access: AccessChange | None = None,
    properties: Mapping[str, JSON] | None = None,
) -> Event:
    return event(
        caller,
        event_type,
        target_id=membership.from_id,
        group_id=group_of(membership),
        properties=properties or {"role": membership.properties["role"]},
        changes=access,
    )


def _status(membership: Connection) -> MemberStatus:
    return MemberStatus(str(membership.properties["status"]))


def _access(membership: Connection) -> Mapping[str, JSON]:
    """What of a membership says what its person may do."""
    return {name: membership.properties.get(name) for name in ("role", "status")}
