"""What a change needs to be there: groups in use, and nodes that are named; all of it locked."""

from collections.abc import Mapping

from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.groups import GroupStatus
from domain.ids import ENTITIES, NodeKind, kind_of
from graph.locks import LockedRow

Locked = Mapping[str, LockedRow]


def check_active(locked: Locked, field: str, group_id: str) -> None:
    """See that a group is there and that things and groups may be put into it."""
    group = locked.get(group_id)
    if group is None:
        raise NotFoundError("group", group_id)
    if group["status"] == GroupStatus.ARCHIVED:
        raise ConflictError("That group is archived.", field=field)


def check_named(named: Mapping[str, str]) -> None:
    """See that what properties name by its id, path by path, can be named. ValidationError."""
    for path, identifier in named.items():
        if kind_of(identifier) not in ENTITIES:
            raise ValidationError(path, f"{path} takes the id of a person, a group or a thing.")


def check_there(locked: Locked, named: Mapping[str, str]) -> None:
    """See that what properties name is there, for the caller to see. NotFoundError."""
    for identifier in named.values():
        if identifier not in locked:
            raise NotFoundError(str(kind_of(identifier) or NodeKind.THING), identifier)
