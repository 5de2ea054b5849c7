"""Many changes in one request: the input, and what is answered for each."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias, cast

import strawberry

from domain.connections import Connection
from domain.errors import AppError
from domain.errors import ValidationError as InvalidError
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type, one_of
from schema.enums import ChangeMode
from schema.errors import (
    AuthError,
    ConflictError,
    DependedOnError,
    ForbiddenError,
    ItemError,
    NetworkError,
    NotFoundError,
    ValidationError,
    shown_error,
)
from schema.relationship_changes import (
    ConnectInput,
    ConnectSuccess,
    DisconnectInput,
    DisconnectSuccess,
    UpdateConnectionInput,
    UpdateConnectionSuccess,
)
from schema.relationships import Relationship
from schema.thing_changes import (
    ArchiveThingInput,
    ArchiveThingSuccess,
    CreateThingInput,
    CreateThingSuccess,
    DeleteThingInput,
    DeleteThingSuccess,
    LabelThingInput,
    LabelThingSuccess,
    MoveThingInput,
    MoveThingSuccess,
    RestoreThingInput,
    RestoreThingSuccess,
    UnlabelThingInput,
    UnlabelThingSuccess,
    UpdateThingInput,
    UpdateThingSuccess,
)
from schema.things import Thing
from services import change_items as items
from services.bulk import Outcome


@one_of
class ChangeInput:
    """One change: exactly one of its fields is given, with the input of the mutation of that name."""

    create_thing: strawberry.Maybe[CreateThingInput] = strawberry.field(description="Create a thing.")
    update_thing: strawberry.Maybe[UpdateThingInput] = strawberry.field(description="Change some of a thing.")
    archive_thing: strawberry.Maybe[ArchiveThingInput] = strawberry.field(description="Take a thing out of use.")
    restore_thing: strawberry.Maybe[RestoreThingInput] = strawberry.field(description="Put a thing back into use.")
    move_thing: strawberry.Maybe[MoveThingInput] = strawberry.field(description="Put a thing into another group.")
    label_thing: strawberry.Maybe[LabelThingInput] = strawberry.field(description="Put a label on a thing.")
    unlabel_thing: strawberry.Maybe[UnlabelThingInput] = strawberry.field(description="Take a label off a thing.")
    delete_thing: strawberry.Maybe[DeleteThingInput] = strawberry.field(description="Erase a thing.")
    connect: strawberry.Maybe[ConnectInput] = strawberry.field(description="Connect two nodes that are there.")
    update_connection: strawberry.Maybe[UpdateConnectionInput] = strawberry.field(
        description="Change some of a connection."
    )
    disconnect: strawberry.Maybe[DisconnectInput] = strawberry.field(description="End a connection.")


@input_type
class ApplyChangesInput:
    """Changes to do in their order."""

    changes: list[ChangeInput] = strawberry.field(description="The changes, 1 to 1,000.")
    mode: ChangeMode = strawberry.field(
        description="What becomes of the others when one fails.", default=ChangeMode.ALL_OR_NOTHING
    )
    idempotency_key: str | None = strawberry.field(
        description=f"{IDEMPOTENCY_KEY} In the mode `each`, what had failed is tried again.", default=None
    )

    def to_domain(self) -> list[items.Change]:
        """As the services take it."""
        return [_change(index, each) for index, each in enumerate(self.changes)]


def _change(index: int, given: ChangeInput) -> items.Change:
    for new in (given.create_thing, given.connect):
        if new is not None and new.value.idempotency_key is not None:
            raise InvalidError(
                f"changes.{index}.idempotencyKey", "One of many changes has no key of its own: give one for them all."
            )
    wanted = (
        given.create_thing,
        given.update_thing,
        given.archive_thing,
        given.restore_thing,
        given.move_thing,
        given.label_thing,
        given.unlabel_thing,
        given.delete_thing,
        given.connect,
        given.update_connection,
        given.disconnect,
    )
    return next(each.value.to_change() for each in wanted if each is not None)


ChangeResult: TypeAlias = Annotated[
    CreateThingSuccess
    | UpdateThingSuccess
    | ArchiveThingSuccess
    | RestoreThingSuccess
    | MoveThingSuccess
    | LabelThingSuccess
    | UnlabelThingSuccess
    | DeleteThingSuccess
    | ConnectSuccess
    | UpdateConnectionSuccess
    | DisconnectSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | DependedOnError
    | NetworkError,
    strawberry.union("ChangeResult", description="What came of one change: what its own mutation answers."),
]


@object_type
class ApplyChangesSuccess:
    """The changes were done, or in the mode `each` at least tried."""

    results: list[ChangeResult] = strawberry.field(description="What came of each change, in their order.")


ApplyChangesResult: TypeAlias = Annotated[
    ApplyChangesSuccess | AuthError | ForbiddenError | ValidationError | ConflictError | ItemError | NetworkError,
    strawberry.union("ApplyChangesResult", description="What applyChanges answers."),
]

_ThingSuccess: TypeAlias = (
    CreateThingSuccess | UpdateThingSuccess | ArchiveThingSuccess | RestoreThingSuccess | MoveThingSuccess
)
_ConnectionSuccess: TypeAlias = ConnectSuccess | UpdateConnectionSuccess | DisconnectSuccess
_OF_THINGS: Mapping[type[items.Change], type[_ThingSuccess]] = {
    items.CreateThing: CreateThingSuccess,
    items.UpdateThing: UpdateThingSuccess,
    items.ArchiveThing: ArchiveThingSuccess,
    items.RestoreThing: RestoreThingSuccess,
    items.MoveThing: MoveThingSuccess,
}
_OF_CONNECTIONS: Mapping[type[items.Change], type[_ConnectionSuccess]] = {
    items.Connect: ConnectSuccess,
    items.UpdateConnection: UpdateConnectionSuccess,
    items.Disconnect: DisconnectSuccess,
}


def shown_results(changes: Sequence[items.Change], outcomes: Sequence[Outcome]) -> list[ChangeResult]:
    """What came of changes, as clients see it."""
    return [_shown(change, outcome) for change, outcome in zip(changes, outcomes, strict=True)]


def _shown(change: items.Change, outcome: Outcome) -> ChangeResult:
    if isinstance(outcome, AppError):
        return cast("ChangeResult", shown_error(outcome))
    if isinstance(outcome, str):
        return DeleteThingSuccess(id=strawberry.ID(outcome))
    if isinstance(outcome, Connection):
        return _OF_CONNECTIONS[type(change)](relationship=cast("Relationship", outcome))
    if isinstance(change, items.LabelThing):
        return (LabelThingSuccess if change.on else UnlabelThingSuccess)(thing=cast("Thing", outcome))
    return _OF_THINGS[type(change)](thing=cast("Thing", outcome))
