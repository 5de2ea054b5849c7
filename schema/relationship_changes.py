"""What changes connections: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.values import JSONObject
from schema.define import input_type, object_type
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.relationships import Relationship
from services.connections import NewConnection


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


@input_type
class DisconnectInput:
    """A connection to end. It is kept, with the time at which it ended."""

    id: strawberry.ID = strawberry.field(description="The connection.")


@object_type
class ConnectSuccess:
    """The connection was made."""

    relationship: Relationship = strawberry.field(description="The new connection.")


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
