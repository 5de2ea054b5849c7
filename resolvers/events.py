"""Events: what can be asked."""

from schema.define import object_type
from schema.enums import CreationOrder
from schema.events import Event
from schema.filters import OfEvents, condition
from schema.paging import Connection, listed, paged
from services import events


@object_type
class EventQueries:
    """Questions about events."""

    @paged(CreationOrder.NEWEST_FIRST)
    def events(self, filter: OfEvents = None) -> Connection[Event]:  # noqa: A002
        """What happened where you may see it."""
        return listed(events.all_events(condition(filter)))
