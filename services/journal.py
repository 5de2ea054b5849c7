"""What happened, as events that the transaction which did it records."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from domain.access import Caller
from domain.changes import KEEP
from domain.events import SYSTEM_ACTOR, Event, EventType
from domain.ids import EVENT_PREFIX, new_id
from domain.values import JSON, now
from services.validation import client_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def event(
    caller: Caller,
    event_type: EventType,
    *,
    target_id: str | None,
    group_id: str | None,
    properties: Mapping[str, JSON] | None = None,
    actor: str | None = None,
) -> Event:
    """Something that the caller does now; the key or the session that it used is noted beside what happened.

    `actor` is who did it where the caller comes to be known only by that, as by signing in.
    """
    details = dict(properties or {})
    if caller.viewer is not None and caller.viewer.key_id is not None:
        details["apiKey"] = caller.viewer.key_id
    if caller.viewer is not None and caller.viewer.session is not None:
        details["session"] = caller.viewer.session.id
    if actor is None:
        actor = SYSTEM_ACTOR if caller.viewer is None else caller.viewer.person_id
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
    )


def system_event(
    event_type: EventType,
    *,
    target_id: str | None,
    group_id: str | None,
    properties: Mapping[str, JSON] | None = None,
) -> Event:
    """Something that nobody asked for, and the system does now."""
    return event(Caller(viewer=None), event_type, target_id=target_id, group_id=group_id, properties=properties)


def changed_names(changes: "DataclassInstance") -> list[JSON]:
    """What a partial update sets, in the names that clients know."""
    return [client_name(field.name) for field in fields(changes) if getattr(changes, field.name) is not KEEP]
