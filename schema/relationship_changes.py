"""What changes connections: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.changes import KEEP, Change
from domain.values import JSONObject
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.given import given
from schema.relationships import Relationship
from services import change_items as items
from services.connections import ConnectionChanges, NewConnection


@input_type
class ConnectInput:
    """A connection to make, in the direction that its type reads: the person `member_of` the group."""

    type: str = strawberry.field(description="Its connection type, such as `owns` or `member_of`.")
    from_id: strawberry.ID = strawberry.field(description="The node that it starts from.")
    to_id: strawberry.ID = strawberry.field(description="The node that it leads to.")
    properties: JSON | None = strawberry.field(
        description="What its type says of it, such as a `role` or a `revenueShare`.", default=None
    )
    strength: float | None = strawberry.field(description="How strong it is, from 0 to 1.", default=None)
    valid_from: datetime | None = strawberry.field(description="Since when it holds; null for now.", default=None)
    metadata: JSON | None = strawberry.field(description="Free-form properties.", default=None)

    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewConnection:
        """As the services take it."""
        return NewConnection(
            type=self.type,
            from_id=self.from_id,
            to_id=self.to_id,
            properties={} if self.properties is None else cast("JSONObject", self.properties),
            strength=self.strength,
            valid_from=self.valid_from,
            metadata={} if self.metadata is None else cast("JSONObject", self.metadata),
        )

    def to_change(self) -> items.Connect:
        """As one of many changes."""
        return items.Connect(self.to_domain())


@input_type
class UpdateConnectionInput:
    """What to change of a live connection. What is left out stays; null clears it."""

    id: strawberry.ID = strawberry.field(description="The connection.")
    strength: strawberry.Maybe[float | None] = strawberry.field(
        description="How strong it is, from 0 to 1; null for unknown."
    )
    properties: strawberry.Maybe[JSON | None] = strawberry.field(
        description="All that its type says of it; they replace the old ones."
    )
    metadata: strawberry.Maybe[JSON | None] = strawberry.field(description="All its free-form properties.")

    def to_domain(self) -> ConnectionChanges:
        """As the services take it."""
        return ConnectionChanges(
            strength=given(self.strength), properties=_object(self.properties), metadata=_object(self.metadata)
        )

    def to_change(self) -> items.UpdateConnection:
        """As one of many changes."""
        return items.UpdateConnection(self.id, self.to_domain())


def _object(value: strawberry.Some[JSON | None] | None) -> Change[JSONObject]:
    if value is None:
        return KEEP
    return {} if value.value is None else cast("JSONObject", value.value)


@input_type
class DisconnectInput:
    """A connection to end. It is kept, with the time at which it ended."""

    id: strawberry.ID = strawberry.field(description="The connection.")

    def to_change(self) -> items.Disconnect:
        """As one of many changes."""
        return items.Disconnect(self.id)


@object_type
class ConnectSuccess:
    """The connection was made."""

    relationship: Relationship = strawberry.field(description="The new connection.")


@object_type
class UpdateConnectionSuccess:
    """The connection was changed."""

    relationship: Relationship = strawberry.field(description="The connection after the change.")


@object_type
class DisconnectSuccess:
    """The connection was ended."""

    relationship: Relationship = strawberry.field(description="The connection, which has ended.")


ConnectResult: TypeAlias = Annotated[
    ConnectSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ConnectResult", description="What connect answers."),
]
DisconnectResult: TypeAlias = Annotated[
    DisconnectSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("DisconnectResult", description="What disconnect answers."),
]
UpdateConnectionResult: TypeAlias = Annotated[
    UpdateConnectionSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("UpdateConnectionResult", description="What updateConnection answers."),
]
