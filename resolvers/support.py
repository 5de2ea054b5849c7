"""Support access: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.support import (
    BeginSupportAccessInput,
    BeginSupportAccessResult,
    BeginSupportAccessSuccess,
    EndSupportAccessInput,
    EndSupportAccessResult,
    EndSupportAccessSuccess,
    SupportAccess,
)


@object_type
class SupportMutations:
    """Changes of support access."""

    @mutation
    @answering
    async def begin_support_access(
        self,
        info: Info,
        input: Annotated[BeginSupportAccessInput, INPUT],  # noqa: A002
    ) -> BeginSupportAccessResult:
        """Let yourself change, for a while, what is in a group that others own, whose owners are told.

        It takes a platform owner in a session, who proved lately who they are.
        """
        services = info.context.services
        began = await services.support.begin(info.context.caller, input.to_domain(), input.idempotency_key)
        return BeginSupportAccessSuccess(support_access=cast("SupportAccess", began))

    @mutation
    @answering
    async def end_support_access(
        self,
        info: Info,
        input: Annotated[EndSupportAccessInput, INPUT],  # noqa: A002
    ) -> EndSupportAccessResult:
        """End support access before its time: your own, or to a group that you own."""
        ended = await info.context.services.support.end(info.context.caller, input.support_id)
        return EndSupportAccessSuccess(support_access=cast("SupportAccess", ended))
