"""People: what can be asked."""

from typing import cast

from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.filters import OfPeople, condition
from schema.paging import Connection, listed, paged
from schema.people import Person
from schema.viewer import Viewer
from services import people


@object_type
class PeopleQueries:
    """Questions about people."""

    @field
    def viewer(self, info: Info) -> Viewer | None:
        """Who you are; null without an API key or a session."""
        return cast("Viewer | None", info.context.caller.viewer)

    @paged(CreationOrder.OLDEST_FIRST)
    def people(self, filter: OfPeople = None) -> Connection[Person]:  # noqa: A002
        """Everybody whom you may see."""
        return listed(people.all_people(condition(filter)))
