"""Connections: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.relationship_changes import (
    ConnectInput,
    ConnectResult,
    ConnectSuccess,
    DisconnectInput,
    DisconnectResult,
    DisconnectSuccess,
)
from schema.relationships import Relationship


@object_type
class ConnectionMutations:
    """Changes of connections."""

    @mutation
    @answering
    async def connect(self, info: Info, input: Annotated[ConnectInput, INPUT]) -> ConnectResult:  # noqa: A002
        """Connect two nodes."""
        connection = await info.context.services.connections.connect(info.context.caller, input.to_domain())
        return ConnectSuccess(relationship=cast("Relationship", connection))

    @mutation
    @answering
    async def disconnect(self, info: Info, input: Annotated[DisconnectInput, INPUT]) -> DisconnectResult:  # noqa: A002
        """End a connection."""
        connection = await info.context.services.connections.disconnect(info.context.caller, input.id)
        return DisconnectSuccess(relationship=cast("Relationship", connection))
