"""Service accounts: what can be done."""

from typing import Annotated, cast

import strawberry

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.people import Person
from schema.service_accounts import (
    CreateServiceAccountInput,
    CreateServiceAccountResult,
    CreateServiceAccountSuccess,
    DeleteServiceAccountInput,
    DeleteServiceAccountResult,
    DeleteServiceAccountSuccess,
    UpdateServiceAccountInput,
    UpdateServiceAccountResult,
    UpdateServiceAccountSuccess,
)
from services import service_accounts


@object_type
class ServiceAccountMutations:
    """Changes of service accounts. Their API keys are made, replaced and ended as one's own are."""

    @mutation
    @answering
    async def create_service_account(
        self,
        info: Info,
        input: Annotated[CreateServiceAccountInput, INPUT],  # noqa: A002
    ) -> CreateServiceAccountResult:
        """Make a service account for a program of a partner. It stays when whoever made it leaves."""
        new = input.to_domain()
        work = service_accounts.creating(info.context.caller, new)
        account = await info.context.services.changes.do_once(
            info.context.caller, service_accounts.CREATE_SERVICE_ACCOUNT, input.idempotency_key, new, work
        )
        return CreateServiceAccountSuccess(service_account=cast("Person", account))

    @mutation
    @answering
    async def update_service_account(
        self,
        info: Info,
        input: Annotated[UpdateServiceAccountInput, INPUT],  # noqa: A002
    ) -> UpdateServiceAccountResult:
        """Rename a service account, suspend it, or let it work again."""
        work = service_accounts.updating(info.context.caller, input.id, input.version, input.to_domain())
        account = await info.context.services.changes.do(work)
        return UpdateServiceAccountSuccess(service_account=cast("Person", account))

    @mutation
    @answering
    async def delete_service_account(
        self,
        info: Info,
        input: Annotated[DeleteServiceAccountInput, INPUT],  # noqa: A002
    ) -> DeleteServiceAccountResult:
        """End a service account for good, with its memberships and its API keys. What it did stays in the log."""
        work = service_accounts.deleting(info.context.caller, input.id, input.version)
        gone = await info.context.services.changes.do(work)
        return DeleteServiceAccountSuccess(
            id=strawberry.ID(gone.person_id), memberships_ended=gone.memberships, keys_revoked=gone.keys
        )
