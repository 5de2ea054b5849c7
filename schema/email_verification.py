"""What proves an e-mail address: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type, one_of
from schema.errors import NetworkError, RateLimitError, ValidationError


@input_type
class RequestEmailVerificationInput:
    """An address to prove."""

    email: str = strawberry.field(description="The e-mail address; case does not matter.")


@input_type
class EmailCodeInput:
    """A code that came by mail."""

    email: str = strawberry.field(description="The e-mail address that it went to; case does not matter.")
    code: str = strawberry.field(description="The six digits. Five may be tried an hour.")


@one_of
class VerifyEmailInput:
    """What came by mail: either the token of the link or the code."""

    token: strawberry.Maybe[str] = strawberry.field(description="The token of the link: `onet_…`.")
    code: strawberry.Maybe[EmailCodeInput] = strawberry.field(description="The code, with the address it went to.")


@object_type
class RequestEmailVerificationSuccess:
    """A mail is under way, if an account has this address and has yet to prove it; at most one goes out a minute."""

    email: str = strawberry.field(description="The address, in lower case.")


@object_type
class VerifyEmailSuccess:
    """The address is proved: now its account can sign in."""

    email: str = strawberry.field(description="The address, in lower case.")


RequestEmailVerificationResult: TypeAlias = Annotated[
    RequestEmailVerificationSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("RequestEmailVerificationResult", description="What requestEmailVerification answers."),
]
VerifyEmailResult: TypeAlias = Annotated[
    VerifyEmailSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("VerifyEmailResult", description="What verifyEmail answers."),
]
