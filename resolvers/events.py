"""Events: what can be asked."""

from typing import Annotated

import strawberry

from domain.errors import ValidationError
from domain.ids import NodeKind
from schema.arguments import OfEventType
from schema.define import object_type
from schema.enums import CreationOrder
from schema.events import Event
from schema.paging import Connection, listed, paged
from services import events
from services.connections import ENTITIES
from services.validation import identifier


@object_type
class EventQueries:
    """Questions about events."""

    @paged(CreationOrder.NEWEST_FIRST)
    def events(
        self,
        group_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what happened in this group.")
        ] = None,
        target_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what happened to this group, person or thing.")
        ] = None,
        type: OfEventType = None,  # noqa: A002
    ) -> Connection[Event]:
        """What happened where you may see it."""
        if group_id is not None and target_id is not None:
            raise ValidationError("targetId", "Give either groupId or targetId.")
        if group_id is not None:
            return listed(events.events_of_group(type), identifier("groupId", group_id, NodeKind.GROUP))
        if target_id is not None:
            return listed(events.events_of_target(type), identifier("targetId", target_id, *ENTITIES))
        return listed(events.all_events(type))
