"""Invitations as clients see them."""

from datetime import datetime

from schema.context import Info
from schema.define import field, object_type
from schema.node import Node
from schema.properties import node, text, time
from schema.things import Thing


@object_type
class Invitation(Thing):
    """An offer to join its group."""

    @field
    def role(self) -> str | None:
        """The role that is offered: owner, admin, editor or viewer."""
        return text(self, "role")

    @field
    def state(self) -> str | None:
        """pending, accepted, declined, revoked or expired."""
        return text(self, "state")

    @field
    def expires_at(self) -> datetime | None:
        """Until when it can be accepted."""
        return time(self, "expiresAt")

    @field
    async def invited_by(self, info: Info) -> Node | None:
        """Who invited."""
        return await node(info, self, "invitedBy")
