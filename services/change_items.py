"""Changes as data: what one of many in a request asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.things import ThingStatus
from services.access import Action
from services.connections import ConnectionChanges, NewConnection
from services.things import NewThing, ThingChanges


class ChangeMode(StrEnum):
    """What becomes of the others when one of many changes fails."""

    ALL_OR_NOTHING = "all_or_nothing"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class CreateThing:
    """Add a thing."""

    new: NewThing


@dataclass(frozen=True, slots=True)
class UpdateThing:
    """Change some of a thing."""

    id: str
    version: int
    changes: ThingChanges


@dataclass(frozen=True, slots=True)
class ArchiveThing:
    """Take a thing out of use."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class RestoreThing:
    """Put a thing back into use."""

    id: str
    version: int
    status: ThingStatus | None


@dataclass(frozen=True, slots=True)
class MoveThing:
    """Put a thing into another group."""

    id: str
    version: int
    group_id: str


@dataclass(frozen=True, slots=True)
class LabelThing:
    """Put a label on a thing, or take it off."""

    id: str
    version: int | None
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class DeleteThing:
    """Erase a thing."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Connect:
    """Make a connection."""

    new: NewConnection


@dataclass(frozen=True, slots=True)
class UpdateConnection:
    """Change some of a connection."""

    id: str
    changes: ConnectionChanges


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End a connection."""

    id: str


ChangeOfThing: TypeAlias = UpdateThing | ArchiveThing | RestoreThing | MoveThing | LabelThing | DeleteThing
"""What is done to a thing that there is."""

Change: TypeAlias = CreateThing | ChangeOfThing | Connect | UpdateConnection | Disconnect
"""One of many changes."""

_ACTIONS: Final[Mapping[type, Action]] = MappingProxyType(
    {
        CreateThing: Action.CREATE_THING,
        UpdateThing: Action.UPDATE_THING,
        ArchiveThing: Action.ARCHIVE_THING,
        RestoreThing: Action.RESTORE_THING,
        MoveThing: Action.MOVE_THING,
        LabelThing: Action.LABEL_THING,
        DeleteThing: Action.DELETE_THING,
        Connect: Action.CONNECT,
        UpdateConnection: Action.UPDATE_CONNECTION,
        Disconnect: Action.DISCONNECT,
    }
)


def action_of(change: Change) -> Action:
    """What is decided before a change is done."""
    return _ACTIONS[type(change)]
