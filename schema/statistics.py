"""How much of everything a group holds, as clients see it."""

import strawberry

from schema.define import field, object_type
from schema.enums import ThingStatus


@object_type
class ThingCount:
    """How many things of one type are in one state."""

    type: str = strawberry.field(description="Their type.")
    status: ThingStatus = strawberry.field(description="How far along they are.")
    total: int = strawberry.field(description="How many they are.")


@object_type
class GroupStatistics:
    """How much of everything a group holds, by itself or with every group below it. Keys and the like do not count."""

    groups: int = strawberry.field(description="How many groups these are, the group itself among them.")
    people: int = strawberry.field(description="How many different people are members of any of them.")
    connections: int = strawberry.field(
        description="How many live connections they and the things in them have, as far as you see both ends."
    )
    events: int = strawberry.field(description="How many events happened in them.")
    things: list[ThingCount] = strawberry.field(description="How many things they hold, by type and by status.")

    @field
    def thing_total(self) -> int:
        """How many things they hold in all."""
        return sum(each.total for each in self.things)
