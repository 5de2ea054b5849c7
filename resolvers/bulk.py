"""Many changes in one request."""

from typing import Annotated

from domain.errors import AppError
from resolvers.answers import answering
from schema.arguments import INPUT
from schema.bulk_changes import ApplyChangesInput, ApplyChangesResult, ApplyChangesSuccess, shown_results
from schema.context import Info
from schema.define import mutation, object_type
from services.change_items import action_of
from services.denials import denial_of


@object_type
class BulkMutations:
    """Many changes at once."""

    @mutation
    @answering
    async def apply_changes(self, info: Info, input: Annotated[ApplyChangesInput, INPUT]) -> ApplyChangesResult:  # noqa: A002
        """Do up to a thousand changes of things and connections, together or each on its own."""
        changes = input.to_domain()
        outcomes = await info.context.services.bulk.apply(
            info.context.caller, changes, input.mode, input.idempotency_key
        )
        refused = zip(changes, outcomes, strict=True)
        denied = [
            denial_of(action_of(each), each, outcome) for each, outcome in refused if isinstance(outcome, AppError)
        ]
        await info.context.services.denials.record(info.context.caller, denied)
        return ApplyChangesSuccess(results=shown_results(changes, outcomes))
