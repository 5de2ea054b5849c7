"""Explicit grants: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.grants import (
    GrantAccessInput,
    GrantAccessResult,
    GrantAccessSuccess,
    RevokeAccessInput,
    RevokeAccessResult,
    RevokeAccessSuccess,
)
from schema.relationships import Relationship
from services import grants


@object_type
class GrantMutations:
    """Changes of what is granted."""

    @mutation
    @answering
    async def grant_access(self, info: Info, input: Annotated[GrantAccessInput, INPUT]) -> GrantAccessResult:  # noqa: A002
        """Give a person, or a group's members, a role on a group or a thing; it takes an administrator's membership."""
        new, caller = input.to_domain(), info.context.caller
        work = grants.granting(caller, new)
        made = await info.context.services.changes.do_once(
            caller, grants.GRANT_ACCESS, input.idempotency_key, new, work
        )
        return GrantAccessSuccess(grant=cast("Relationship", made))

    @mutation
    @answering
    async def revoke_access(self, info: Info, input: Annotated[RevokeAccessInput, INPUT]) -> RevokeAccessResult:  # noqa: A002
        """End a grant; it is kept as a connection that has ended."""
        work = grants.revoking(info.context.caller, input.grant_id)
        ended = await info.context.services.changes.do(work)
        return RevokeAccessSuccess(grant=cast("Relationship", ended))
