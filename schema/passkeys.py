"""Passkeys: inputs, and what each mutation answers."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry
from strawberry.scalars import JSON

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
from schema.sessions import NEW_TOKENS, Session, SessionTokens
from schema.sign_in_kinds import TokenDelivery
from schema.sign_in_methods import SignInMethod

CREDENTIAL = "What `navigator.credentials.get` answered, as its `toJSON()` writes it."
_NAME = "What you call it, such as the device that it is on."
_ID = "A passkey among `viewer.signInMethods`."
_UNTIL = "Until when to answer: five minutes."


@input_type
class CompletePasskeyRegistrationInput:
    """A passkey that a browser made."""

    credential: JSON = strawberry.field(
        description="What `navigator.credentials.create` answered, as its `toJSON()` writes it."
    )
    name: str = strawberry.field(description=_NAME)


@input_type
class SignInWithPasskeyInput:
    """Somebody with a passkey."""

    credential: JSON = strawberry.field(description=CREDENTIAL)
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)


@input_type
class ReauthenticateWithPasskeyInput:
    """A proof of who you are, which sensitive changes ask for."""

    credential: JSON = strawberry.field(description=CREDENTIAL)


@input_type
class RenamePasskeyInput:
    """A passkey that you call otherwise."""

    id: strawberry.ID = strawberry.field(description=_ID)
    name: str = strawberry.field(description=_NAME)


@input_type
class RemovePasskeyInput:
    """A passkey that you no longer sign in with."""

    id: strawberry.ID = strawberry.field(description=_ID)


@object_type
class BeginPasskeyRegistrationSuccess:
    """What to make a passkey by, once."""

    options: JSON = strawberry.field(
        description="Give it to `PublicKeyCredential.parseCreationOptionsFromJSON`, and that, as `publicKey`, to "
        "`navigator.credentials.create`."
    )
    expires_at: datetime = strawberry.field(description=_UNTIL)


@object_type
class CompletePasskeyRegistrationSuccess:
    """You can sign in with the passkey from now on."""

    method: SignInMethod = strawberry.field(description="The passkey.")


@object_type
class BeginPasskeySignInSuccess:
    """What to sign in with a passkey by, or to prove a second factor, once."""

    options: JSON = strawberry.field(
        description="Give it to `PublicKeyCredential.parseRequestOptionsFromJSON`, and that, as `publicKey`, to "
        "`navigator.credentials.get`."
    )
    expires_at: datetime = strawberry.field(description=_UNTIL)


@object_type
class SignInWithPasskeySuccess:
    """A session began."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")


@object_type
class ReauthenticateWithPasskeySuccess:
    """You proved who you are, with both factors."""

    session: Session = strawberry.field(description="The session in use, which may make sensitive changes for a while.")
    tokens: SessionTokens | None = strawberry.field(description=NEW_TOKENS)


@object_type
class RenamePasskeySuccess:
    """The passkey has another name."""

    method: SignInMethod = strawberry.field(description="The passkey.")


@object_type
class RemovePasskeySuccess:
    """Nobody signs in with that any more. Sessions go on."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")


BeginPasskeyRegistrationResult: TypeAlias = Annotated[
    BeginPasskeyRegistrationSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("BeginPasskeyRegistrationResult", description="What beginPasskeyRegistration answers."),
]
CompletePasskeyRegistrationResult: TypeAlias = Annotated[
    CompletePasskeyRegistrationSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("CompletePasskeyRegistrationResult", description="What completePasskeyRegistration answers."),
]
BeginPasskeySignInResult: TypeAlias = Annotated[
    BeginPasskeySignInSuccess | RateLimitError | NetworkError,
    strawberry.union("BeginPasskeySignInResult", description="What beginPasskeySignIn answers."),
]
SignInWithPasskeyResult: TypeAlias = Annotated[
    SignInWithPasskeySuccess | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("SignInWithPasskeyResult", description="What signInWithPasskey answers."),
]
ReauthenticateWithPasskeyResult: TypeAlias = Annotated[
    ReauthenticateWithPasskeySuccess | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("ReauthenticateWithPasskeyResult", description="What reauthenticateWithPasskey answers."),
]
RenamePasskeyResult: TypeAlias = Annotated[
    RenamePasskeySuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | NetworkError,
    strawberry.union("RenamePasskeyResult", description="What renamePasskey answers."),
]
RemovePasskeyResult: TypeAlias = Annotated[
    RemovePasskeySuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("RemovePasskeyResult", description="What removePasskey answers."),
]
