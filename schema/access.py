"""Why somebody may do something, as clients see it."""

import strawberry

from schema.define import object_type
from schema.enums import AccessReason, MemberRole
from schema.groups import Group


@object_type
class AccessExplanation:
    """Whether a person may do something to an object when they are signed in, and why."""

    allowed: bool = strawberry.field(description="Whether they may.")
    reason: AccessReason = strawberry.field(description="What the answer rests on.")
    role: MemberRole | None = strawberry.field(description="Their role that counts there; null where they have none.")
    needed_role: MemberRole | None = strawberry.field(
        description="The least role that a member needs there; null for what no role in a group allows."
    )
    path: list[Group] = strawberry.field(
        description="The groups from the one in which they have the role down to the object's own, as far as you see "
        "them; empty where they have none."
    )
