"""Wallets: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ReauthenticationError,
    ValidationError,
)
from schema.second_factors import SecondFactorRequired
from schema.sessions import Session, SessionTokens
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod

_ADDRESS = "Its address: 0x and 40 hexadecimal digits, in lower case or with the capitals of its checksum."
_CHAIN = (
    "The id of the chain that it is on, such as 1; one that is a contract has to be on a chain that the server knows."
)
_ORIGIN = "Where your page is, such as `https://app.example.com`, where it is not at the server's ONE_APP_URL."
_MESSAGE = "The message that the beginning answered, to the letter."
_SIGNATURE = "What the wallet answered to `personal_sign`: `0x…`."
_TO_SIGN = "Have the wallet sign it, to the letter, by `personal_sign`."
_UNTIL = "Until when to answer: five minutes."


@input_type
class BeginWalletSignInInput:
    """A wallet to sign in with."""

    address: str = strawberry.field(description=_ADDRESS)
    chain_id: int = strawberry.field(description=_CHAIN)
    origin: str | None = strawberry.field(description=_ORIGIN, default=None)


@input_type
class SignInWithWalletInput:
    """What a wallet signed."""

    message: str = strawberry.field(description=_MESSAGE)
    signature: str = strawberry.field(description=_SIGNATURE)
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)


@input_type
class BeginLinkingWalletInput:
    """A wallet to sign in with from now on as well."""

    address: str = strawberry.field(description=_ADDRESS)
    chain_id: int = strawberry.field(description=_CHAIN)
    origin: str | None = strawberry.field(description=_ORIGIN, default=None)


@input_type
class CompleteLinkingWalletInput:
    """What a wallet signed."""

    message: str = strawberry.field(description=_MESSAGE)
    signature: str = strawberry.field(description=_SIGNATURE)


@input_type
class UnlinkWalletInput:
    """A wallet that you no longer sign in with."""

    id: strawberry.ID = strawberry.field(description="A wallet among `viewer.signInMethods`.")


@object_type
class BeginWalletSignInSuccess:
    """What a wallet has to sign, once."""

    message: str = strawberry.field(description=_TO_SIGN)
    expires_at: datetime = strawberry.field(description=_UNTIL)


@object_type
class SignInWithWalletSuccess:
    """A session began."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")


@object_type
class BeginLinkingWalletSuccess:
    """What a wallet has to sign, once."""

    message: str = strawberry.field(description=_TO_SIGN)
    expires_at: datetime = strawberry.field(description=_UNTIL)


@object_type
class CompleteLinkingWalletSuccess:
    """You can sign in with the wallet from now on, and your profile shows it."""

    method: SignInMethod = strawberry.field(description="The wallet.")


@object_type
class UnlinkWalletSuccess:
    """Nobody signs in with that any more, and your profile does not show it. Sessions go on."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


BeginWalletSignInResult: TypeAlias = Annotated[
    BeginWalletSignInSuccess | ValidationError | RateLimitError | NetworkError,
    strawberry.union("BeginWalletSignInResult", description="What beginWalletSignIn answers."),
]
SignInWithWalletResult: TypeAlias = Annotated[
    SignInWithWalletSuccess
    | SecondFactorRequired
    | AuthError
    | ForbiddenError
    | ValidationError
    | RateLimitError
    | NetworkError,
    strawberry.union("SignInWithWalletResult", description="What signInWithWallet answers."),
]
BeginLinkingWalletResult: TypeAlias = Annotated[
    BeginLinkingWalletSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | RateLimitError
    | NetworkError,
    strawberry.union("BeginLinkingWalletResult", description="What beginLinkingWallet answers."),
]
CompleteLinkingWalletResult: TypeAlias = Annotated[
    CompleteLinkingWalletSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("CompleteLinkingWalletResult", description="What completeLinkingWallet answers."),
]
UnlinkWalletResult: TypeAlias = Annotated[
    UnlinkWalletSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("UnlinkWalletResult", description="What unlinkWallet answers."),
]
