"""Handing a group over: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.ownership import TransferOwnershipInput, TransferOwnershipResult, TransferOwnershipSuccess
from schema.relationships import Relationship
from services import ownership


@object_type
class OwnershipMutations:
    """Changes of who owns a group."""

    @mutation
    @answering
    async def transfer_ownership(
        self,
        info: Info,
        input: Annotated[TransferOwnershipInput, INPUT],  # noqa: A002
    ) -> TransferOwnershipResult:
        """Make another member the owner of a group in your place, in one change; it takes an owner."""
        work = ownership.transferring(
            info.context.caller, input.group_id, input.to_person_id, input.from_person_id, input.former_role
        )
        handed_over = await info.context.services.changes.do(work)
        return TransferOwnershipSuccess(
            owner=cast("Relationship", handed_over.new), former_owner=cast("Relationship", handed_over.former)
        )
