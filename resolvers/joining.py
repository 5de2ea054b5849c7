"""Becoming a member of a group, and leaving it: what can be done."""

from typing import Annotated, cast

from domain.people import MemberStatus
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.joining import (
    JoinGroupInput,
    JoinGroupResult,
    JoinGroupSuccess,
    LeaveGroupInput,
    LeaveGroupResult,
    LeaveGroupSuccess,
)
from schema.relationships import Relationship
from services import joining


@object_type
class JoiningMutations:
    """Changes of one's own memberships."""

    @mutation
    @answering
    async def join_group(self, info: Info, input: Annotated[JoinGroupInput, INPUT]) -> JoinGroupResult:  # noqa: A002
        """Become a member of a group: at once where its policy is open or you were invited, or once you are let in."""
        work = joining.joining_group(info.context.caller, input.group_id)
        made = await info.context.services.changes.do(work)
        status = MemberStatus(str(made.properties["status"]))
        return JoinGroupSuccess(relationship=cast("Relationship", made), status=status)

    @mutation
    @answering
    async def leave_group(self, info: Info, input: Annotated[LeaveGroupInput, INPUT]) -> LeaveGroupResult:  # noqa: A002
        """End your membership of a group, or your request for one. A group keeps at least one owner."""
        work = joining.leaving_group(info.context.caller, input.group_id)
        ended = await info.context.services.changes.do(work)
        return LeaveGroupSuccess(relationship=cast("Relationship", ended))
