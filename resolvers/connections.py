"""Connections: what can be asked and done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.enums import CreationOrder
from schema.filters import OfConnections, condition
from schema.paging import Connection, listed, paged
from schema.relationship_changes import (
    ConnectInput,
    ConnectResult,
    ConnectSuccess,
    DisconnectInput,
    DisconnectResult,
    DisconnectSuccess,
    UpdateConnectionInput,
    UpdateConnectionResult,
    UpdateConnectionSuccess,
)
from schema.relationships import Relationship


@object_type
class ConnectionQueries:
    """Questions about connections."""

    @paged(CreationOrder.OLDEST_FIRST)
    async def connections(self, info: Info, filter: OfConnections = None) -> Connection[Relationship]:  # noqa: A002
        """Connections both of whose ends you may see: of one node, between two, or of one type. Say which of these."""
        return listed(await info.context.services.connections.all_connections(condition(filter)))


@object_type
class ConnectionMutations:
    """Changes of connections."""

    @mutation
    @answering
    async def connect(self, info: Info, input: Annotated[ConnectInput, INPUT]) -> ConnectResult:  # noqa: A002
        """Connect two nodes, neither of which is archived."""
        changes, new = info.context.services.changes, input.to_domain()
        connection = await changes.connect(info.context.caller, new, input.idempotency_key)
        return ConnectSuccess(relationship=cast("Relationship", connection))

    @mutation
    @answering
    async def update_connection(
        self,
        info: Info,
        input: Annotated[UpdateConnectionInput, INPUT],  # noqa: A002
    ) -> UpdateConnectionResult:
        """Change some of a live connection; its type and its ends stay."""
        changes = info.context.services.changes
        work = changes.connections.updating(info.context.caller, input.id, input.to_domain())
        return UpdateConnectionSuccess(relationship=cast("Relationship", await changes.do(work)))

    @mutation
    @answering
    async def disconnect(self, info: Info, input: Annotated[DisconnectInput, INPUT]) -> DisconnectResult:  # noqa: A002
        """End a connection."""
        changes = info.context.services.changes
        work = changes.connections.disconnecting(info.context.caller, input.id)
        return DisconnectSuccess(relationship=cast("Relationship", await changes.do(work)))
