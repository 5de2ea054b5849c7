"""What happened, as events that the transaction which did it records."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from domain.access import Access, AccessReason, Caller
from domain.audit import AUDITED
from domain.changes import KEEP
from domain.events import SYSTEM_ACTOR, Audit, Event, EventType
from domain.ids import EVENT_PREFIX, new_id
from domain.people import Person, PlatformRole
from domain.values import JSON, now
from services.validation import client_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


DOING: Final[ContextVar[str | None]] = ContextVar("doing", default=None)
"""The action that is being done, for the audit log: nothing below a mutation's resolver needs to know of it."""


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What somebody's access was and is, by ids alone; None where there was none, or is none any more.

    `decided_in` is the group whose members may change it so, where it is not the one that it happened in; `reason` is
    what lets the actor, where it is not what they are.
    """

    before: Mapping[str, JSON] | None = None
    after: Mapping[str, JSON] | None = None
    decided_in: str | None = None
    reason: AccessReason | None = None


def changed_access(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> AccessChange | None:
    """The change from one to the other; None where there is none."""
    return None if before == after else AccessChange(before, after)


def account_of(person: Person) -> AccessChange:
    """What somebody new may do."""
    return AccessChange(after={"role": person.role, "status": person.status})


def event(
    caller: Caller,
    event_type: EventType,
    *,
    target_id: str | None,
    group_id: str | None,
    properties: Mapping[str, JSON] | None = None,
    actor: str | None = None,
    changes: AccessChange | None = None,
) -> Event:
    """Something that the caller does now; the key or the session that it used is noted beside what happened.

    `actor` is who did it where the caller comes to be known only by that, as by signing in. What `changes` somebody's
    access stands in the audit log; some types of event always do.
    """
    details = dict(properties or {})
    if caller.viewer is not None and caller.viewer.key_id is not None:
        details["apiKey"] = caller.viewer.key_id
    if caller.viewer is not None and caller.viewer.session is not None:
        details["session"] = caller.viewer.session.id
    if actor is None:
        actor = SYSTEM_ACTOR if caller.viewer is None else caller.viewer.person_id
    audit: Audit | None = None
    if changes is not None or event_type in AUDITED:
        changes = changes or AccessChange()
        access = Access(allowed=True, reason=changes.reason or _ground(caller, actor, target_id, group_id))
        audit = Audit(group_id, DOING.get(), access, changes.before, changes.after, changes.decided_in)
    return Event(
        id=new_id(EVENT_PREFIX),
        type=event_type,
        actor=actor,
        group_id=group_id,
        target_id=target_id,
        at=now(),
        request_id=caller.request_id,
        trace_id=None,
        properties=details,
        audit=audit,
    )


def system_event(
    event_type: EventType,
    *,
    target_id: str | None,
    group_id: str | None,
    properties: Mapping[str, JSON] | None = None,
    changes: AccessChange | None = None,
) -> Event:
    """Something that nobody asked for, and the system does now."""
    caller = Caller(viewer=None)
    return event(caller, event_type, target_id=target_id, group_id=group_id, properties=properties, changes=changes)


def _ground(caller: Caller, actor: str, target_id: str | None, group_id: str | None) -> AccessReason:
    """What lets somebody do this; where it is a role in a group, the store adds which, and where it is held."""
    if caller.viewer is None:
        return AccessReason.SYSTEM if actor == SYSTEM_ACTOR else AccessReason.ONESELF
    if group_id is None and target_id == caller.viewer.person_id:
        return AccessReason.ONESELF
    is_owner = caller.viewer.role is PlatformRole.PLATFORM_OWNER
    return AccessReason.PLATFORM_OWNER if is_owner else AccessReason.MEMBER_ROLE


def changed_names(changes: "DataclassInstance") -> list[JSON]:
    """What a partial update sets, in the names that clients know."""
    return [client_name(field.name) for field in fields(changes) if getattr(changes, field.name) is not KEEP]
