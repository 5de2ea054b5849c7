"""Access: what can be asked about it."""

from typing import Annotated, cast

import strawberry

from schema.access import AccessExplanation, AccessHolder, AccessibleGroup
from schema.actions import Action
from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.paging import Connection, listed, paged

OrRead = Annotated[Action | None, strawberry.argument(description="What would be done to it; null for reading it.")]


@object_type
class AccessQueries:
    """Questions about who may do what."""

    @field
    async def access_explanation(
        self,
        info: Info,
        person_id: Annotated[strawberry.ID, strawberry.argument(description="Who would do it.")],
        object_id: Annotated[strawberry.ID, strawberry.argument(description="The group or thing to do it to.")],
        action: OrRead = None,
    ) -> AccessExplanation | None:
        """Why a person may do this to a group or a thing, or read it, or may not; null where you do not see both.

        For platform owners, for administrators and owners of the object's group, and about yourself.
        """
        explain = info.context.services.explanations.explain
        return cast("AccessExplanation | None", await explain(info.context.caller, person_id, action, object_id))

    @paged(CreationOrder.OLDEST_FIRST)
    async def who_can_access(
        self,
        info: Info,
        object_id: Annotated[strawberry.ID, strawberry.argument(description="The group or thing.")],
        action: OrRead = None,
    ) -> Connection[AccessHolder]:
        """Everybody who may do this to a group or a thing when signed in; nobody where you do not see it.

        For platform owners, and for administrators and owners of the object's group.
        """
        return listed(*await info.context.services.access_lists.who_can(info.context.caller, object_id, action))

    @paged(CreationOrder.OLDEST_FIRST)
    async def what_can_person_access(
        self,
        info: Info,
        person_id: Annotated[strawberry.ID, strawberry.argument(description="Whose access.")],
        within: Annotated[strawberry.ID, strawberry.argument(description="Only this group and those below it.")],
    ) -> Connection[AccessibleGroup]:
        """The groups that a person reads when signed in, of those that you see; none where you do not see the person.

        For platform owners, for administrators and owners of the group, and about yourself.
        """
        return listed(*await info.context.services.access_lists.what_can(info.context.caller, person_id, within))
