"""What helps somebody who forgot their password: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import NetworkError, RateLimitError, ValidationError
from schema.sign_in import PASSWORD


@input_type
class RequestPasswordResetInput:
    """An account whose password somebody forgot."""

    email: str = strawberry.field(description="The e-mail address of the account; case does not matter.")


@input_type
class ResetPasswordInput:
    """Another password."""

    token: str = strawberry.field(description="The token of the link that came by mail: `onet_…`.")
    new_password: str = strawberry.field(description=PASSWORD)


@object_type
class RequestPasswordResetSuccess:
    """A mail is under way, if an account has this address; at most one goes out a minute."""

    email: str = strawberry.field(description="The address, in lower case.")


@object_type
class ResetPasswordSuccess:
    """The password is another one, and all sessions of the account are over."""

    email: str = strawberry.field(description="The address to sign in with.")


RequestPasswordResetResult: TypeAlias = Annotated[
    RequestPasswordResetSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("RequestPasswordResetResult", description="What requestPasswordReset answers."),
]
ResetPasswordResult: TypeAlias = Annotated[
    ResetPasswordSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("ResetPasswordResult", description="What resetPassword answers."),
]
