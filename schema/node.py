"""What has an id: https://relay.dev/graphql/objectidentification.htm.

Resolvers answer the domain's own objects. The classes of this package say how clients see those: an attribute here is
read from the attribute of the same name there, and nothing is copied.
"""

from typing import cast

import strawberry

from domain.connections import Connection
from domain.events import Event
from domain.groups import Group
from domain.knowledge import Knowledge
from domain.people import Person
from domain.things import Thing
from schema.actions import Action
from schema.context import Info
from schema.define import field, interface
from schema.permissions import OfAction, permissions
from services.node_permissions import Found

THING_TYPE_NAMES: dict[str, str] = {}
"""The GraphQL object type of each built-in thing type; filled where those are defined."""

GENERIC_THING = "GenericThing"


_NAMES: dict[type, str] = {
    Group: "Group",
    Person: "Person",
    Connection: "Relationship",
    Event: "Event",
    Knowledge: "Knowledge",
}


def object_type_name(source: object) -> str | None:
    """The GraphQL object type that shows an object of the domain."""
    if isinstance(source, Thing):
        return THING_TYPE_NAMES.get(source.type, GENERIC_THING)
    return _NAMES.get(type(source))


class Shown:
    """Lets graphql-core tell which object type shows an object of the domain."""

    @classmethod
    def resolve_type(cls, source: object, _info: object, _type: object) -> str | None:
        """Of an interface or a union: the name of the object type."""
        return object_type_name(source)

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        """Of an object type: whether it is the one."""
        return object_type_name(source) == cls.__name__


@interface
class Node(Shown):
    """Anything that has an id, and that `node(id:)` answers."""

    id: strawberry.ID = strawberry.field(description="Unique across the store, and opaque: do not take it apart.")

    @field
    async def viewer_can(self, info: Info, action: OfAction) -> bool:
        """Whether you may do this to it, or in it where it is a group: what a user interface shows a button by.

        What else a change touches, as another group, counts too; and some take a new proof of who you are.
        """
        return bool(await permissions(info, cast("Found", self), (action,)))

    @field
    async def viewer_permissions(self, info: Info) -> list[Action]:
        """All that you may do to it, and in it where it is a group."""
        return await permissions(info, cast("Found", self))
