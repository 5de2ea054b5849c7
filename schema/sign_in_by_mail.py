"""What signs people in without a password: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type, one_of
from schema.email_verification import EmailCodeInput
from schema.errors import ForbiddenError, NetworkError, RateLimitError, ValidationError
from schema.second_factors import SecondFactorRequired
from schema.sessions import Session, SessionTokens
from schema.sign_in_kinds import TokenDelivery


@input_type
class RequestSignInLinkInput:
    """Somebody who wants to sign in by mail."""

    email: str = strawberry.field(description="The e-mail address of the account; case does not matter.")


@one_of
class SignInProofInput:
    """What came by mail: either the token of the link or the code."""

    token: strawberry.Maybe[str] = strawberry.field(description="The token of the link: `onet_…`.")
    code: strawberry.Maybe[EmailCodeInput] = strawberry.field(description="The code, with the address it went to.")


@input_type
class SignInByMailInput:
    """Somebody who got a mail to sign in."""

    proof: SignInProofInput = strawberry.field(description="What came by mail.")
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)


@object_type
class RequestSignInLinkSuccess:
    """A mail is under way, if an account has this address; at most one goes out a minute."""

    email: str = strawberry.field(description="The address, in lower case.")


@object_type
class SignInByMailSuccess:
    """A session began, and the address is proved."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")


RequestSignInLinkResult: TypeAlias = Annotated[
    RequestSignInLinkSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("RequestSignInLinkResult", description="What requestSignInLink answers."),
]
SignInByMailResult: TypeAlias = Annotated[
    SignInByMailSuccess | SecondFactorRequired | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("SignInByMailResult", description="What signInByMail answers."),
]
