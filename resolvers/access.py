"""Access: what can be asked about it."""

from typing import Annotated, cast

import strawberry

from schema.access import AccessExplanation
from schema.context import Info
from schema.define import field, object_type
from schema.permissions import OfAction


@object_type
class AccessQueries:
    """Questions about who may do what."""

    @field
    async def access_explanation(
        self,
        info: Info,
        person_id: Annotated[strawberry.ID, strawberry.argument(description="Who would do it.")],
        action: OfAction,
        object_id: Annotated[strawberry.ID, strawberry.argument(description="The group or thing to do it to.")],
    ) -> AccessExplanation | None:
        """Why a person may do this to a group or a thing, or may not; null where you do not see both.

        For platform owners, for administrators and owners of the object's group, and about yourself.
        """
        explain = info.context.services.explanations.explain
        return cast("AccessExplanation | None", await explain(info.context.caller, person_id, action, object_id))
