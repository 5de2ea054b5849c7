"""Service accounts: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import MemberRole, PersonStatus
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.given import required
from schema.people import Person
from services.service_accounts import NewServiceAccount, ServiceAccountChanges


@input_type
class CreateServiceAccountInput:
    """A service account to make, which a group manages."""

    group_id: strawberry.ID = strawberry.field(description="The group that manages it, and that it is a member of.")
    name: str = strawberry.field(description="What to call it, such as the partner's name: 1 to 200 characters.")
    role: MemberRole = strawberry.field(
        description="Its role in the group: `admin`, `editor` or `viewer`.", default=MemberRole.VIEWER
    )
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewServiceAccount:
        """As the services take it."""
        return NewServiceAccount(self.group_id, self.name, self.role)


@input_type
class UpdateServiceAccountInput:
    """What to change of a service account. What is left out stays."""

    id: strawberry.ID = strawberry.field(description="The service account.")
    version: int = strawberry.field(description="The version that you read.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name.")
    status: strawberry.Maybe[PersonStatus | None] = strawberry.field(
        description="`suspended`: its keys are refused from the next request on; `active`: they are good again."
    )

    def to_domain(self) -> ServiceAccountChanges:
        """As the services take it."""
        return ServiceAccountChanges(required("name", self.name), required("status", self.status))


@input_type
class DeleteServiceAccountInput:
    """A service account to end for good."""

    id: strawberry.ID = strawberry.field(description="The service account.")
    version: int = strawberry.field(description="The version that you read.")


@object_type
class CreateServiceAccountSuccess:
    """There is a new service account. It can do nothing before it has an API key."""

    service_account: Person = strawberry.field(description="The service account.")


@object_type
class UpdateServiceAccountSuccess:
    """The service account was changed."""

    service_account: Person = strawberry.field(description="The service account after the change.")


@object_type
class DeleteServiceAccountSuccess:
    """The service account is in no group any more, and its keys are good for nothing. Nobody can bring it back."""

    id: strawberry.ID = strawberry.field(description="The id that it had, which events still name.")
    memberships_ended: int = strawberry.field(description="How many groups it is no longer a member of.")
    keys_revoked: int = strawberry.field(description="How many of its API keys were taken out of use.")


CreateServiceAccountResult: TypeAlias = Annotated[
    CreateServiceAccountSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("CreateServiceAccountResult", description="What createServiceAccount answers."),
]
UpdateServiceAccountResult: TypeAlias = Annotated[
    UpdateServiceAccountSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("UpdateServiceAccountResult", description="What updateServiceAccount answers."),
]
DeleteServiceAccountResult: TypeAlias = Annotated[
    DeleteServiceAccountSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("DeleteServiceAccountResult", description="What deleteServiceAccount answers."),
]
