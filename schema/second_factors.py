"""Second factors as clients see them: inputs, what each mutation answers, and what a sign-in answers before one."""

from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain import second_factors as domain
from domain import values
from schema.define import field, input_type, object_type, one_of
from schema.errors import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    RateLimitError,
    ReauthenticationError,
    ValidationError,
)
from schema.sessions import Session, SessionTokens
from schema.sign_in_kinds import SecondFactorMethod, TokenDelivery


@object_type
class SecondFactor:
    """Whether signing in takes a code or a passkey beside what you sign in with. Only you see it."""

    enabled_at: datetime | None = strawberry.field(description="Since when it is on; null where it is off.")
    recovery_codes_left: int = strawberry.field(description="How many recovery codes you have not used yet.")
    required: bool = strawberry.field(description="Whether this server asks you for one: then it cannot be turned off.")

    @field
    def enabled(self) -> bool:
        """Whether it is on."""
        return self.enabled_at is not None


@object_type
class SecondFactorSetup:
    """A secret for an app that makes codes, shown this once. Nothing asks for it before a first code of the app."""

    uri: str = strawberry.field(description="The secret as apps read it: show it as a QR code. `otpauth://totp/…`.")
    secret: str = strawberry.field(description="The same in Base32, for whoever types it into an app.")


@object_type
class SecondFactorRequired:
    """Who you are is proved, and no session began yet: prove your second factor too, by `completeSecondFactor`.

    This server may ask for one of whoever has none: then there is a `setup`, and the first code of the app turns it on.
    """

    challenge: str = strawberry.field(description="Stands for this sign-in: `onet_…`. The next sign-in replaces it.")
    expires_at: datetime = strawberry.field(
        description="Until when it is good: five minutes, or half an hour with a `setup`."
    )
    methods: list[SecondFactorMethod] = strawberry.field(description="What the second factor may be proved with.")
    setup: SecondFactorSetup | None = strawberry.field(
        description="What to get a second factor with, where you have none and this server asks for one; else null."
    )


@one_of
class SecondFactorProofInput:
    """A proof of a second factor: a code of the app, a passkey, or a recovery code."""

    code: strawberry.Maybe[str] = strawberry.field(description="The six digits that the app shows now.")
    passkey: strawberry.Maybe[JSON] = strawberry.field(
        description="What `navigator.credentials.get` answered to the options of `beginPasskeySignIn`, as its "
        "`toJSON()` writes it."
    )
    recovery_code: strawberry.Maybe[str] = strawberry.field(
        description="One of the recovery codes, such as `abcd-efgh-2345-ijkl-mnop-6723`; each is good once."
    )

    def to_domain(self) -> domain.SecondFactorProof:
        """As the services take it."""
        if self.code is not None:
            return domain.SecondFactorProof(domain.SecondFactorMethod.TOTP, self.code.value)
        if self.passkey is not None:
            signed = cast("values.JSON", self.passkey.value)
            return domain.SecondFactorProof(domain.SecondFactorMethod.PASSKEY, credential=signed)
        given = self.recovery_code
        code = "" if given is None else given.value  # one of them is given, says GraphQL
        return domain.SecondFactorProof(domain.SecondFactorMethod.RECOVERY_CODE, code)


@input_type
class CompleteSecondFactorInput:
    """Somebody who signs in, and was asked for a second factor."""

    challenge: str = strawberry.field(
        description="The challenge of the `SecondFactorRequired` that signing in answered."
    )
    proof: SecondFactorProofInput = strawberry.field(description="A code of the app, a passkey, or a recovery code.")
    delivery: TokenDelivery = strawberry.field(description="How the tokens come.", default=TokenDelivery.BODY)


@input_type
class ConfirmTotpInput:
    """A first code of an app."""

    code: str = strawberry.field(description="The six digits that the app shows now.")


@input_type
class DisableTwoFactorInput:
    """A second factor to turn off."""

    proof: SecondFactorProofInput = strawberry.field(description="A code of the app, a passkey, or a recovery code.")


@input_type
class RegenerateRecoveryCodesInput:
    """Somebody who wants other recovery codes."""

    proof: SecondFactorProofInput = strawberry.field(description="A code of the app, a passkey, or a recovery code.")


@object_type
class CompleteSecondFactorSuccess:
    """A session began."""

    session: Session = strawberry.field(description="The session.")
    tokens: SessionTokens | None = strawberry.field(description="Its tokens; null where they came as cookies.")
    recovery_codes: list[str] | None = strawberry.field(
        description="Where this turned your second factor on, ten codes for when the app is lost, each good once. They "
        "are shown this once. Else null."
    )


@object_type
class BeginTotpSuccess:
    """A secret for an app that makes codes, shown this once. Nothing asks for it before `confirmTotp`."""

    uri: str = strawberry.field(description="The secret as apps read it: show it as a QR code. `otpauth://totp/…`.")
    secret: str = strawberry.field(description="The same in Base32, for whoever types it into an app.")
    expires_at: datetime = strawberry.field(description="Until when to confirm it: half an hour.")


@object_type
class ConfirmTotpSuccess:
    """The second factor is on: from now on signing in takes it too. Sessions go on."""

    recovery_codes: list[str] = strawberry.field(
        description="Ten codes for when the app is lost, each good once. They are shown this once."
    )
    second_factor: SecondFactor = strawberry.field(description="Your second factor.")


@object_type
class EnableTwoFactorSuccess:
    """The second factor is on, and your passkeys are it: from now on signing in takes one too. Sessions go on."""

    recovery_codes: list[str] = strawberry.field(
        description="Ten codes for when the passkeys are lost, each good once. They are shown this once."
    )
    second_factor: SecondFactor = strawberry.field(description="Your second factor.")


@object_type
class DisableTwoFactorSuccess:
    """The second factor is off, and its secret and recovery codes are forgotten."""

    second_factor: SecondFactor = strawberry.field(description="Your second factor, which is off.")


@object_type
class RegenerateRecoveryCodesSuccess:
    """You have other recovery codes; those before are good for nothing any more."""

    recovery_codes: list[str] = strawberry.field(description="Ten codes, each good once. They are shown this once.")


CompleteSecondFactorResult: TypeAlias = Annotated[
    CompleteSecondFactorSuccess | AuthError | ForbiddenError | ValidationError | RateLimitError | NetworkError,
    strawberry.union("CompleteSecondFactorResult", description="What completeSecondFactor answers."),
]
BeginTotpResult: TypeAlias = Annotated[
    BeginTotpSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("BeginTotpResult", description="What beginTotp answers."),
]
ConfirmTotpResult: TypeAlias = Annotated[
    ConfirmTotpSuccess | AuthError | ForbiddenError | ValidationError | ConflictError | RateLimitError | NetworkError,
    strawberry.union("ConfirmTotpResult", description="What confirmTotp answers."),
]
EnableTwoFactorResult: TypeAlias = Annotated[
    EnableTwoFactorSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("EnableTwoFactorResult", description="What enableTwoFactor answers."),
]
DisableTwoFactorResult: TypeAlias = Annotated[
    DisableTwoFactorSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("DisableTwoFactorResult", description="What disableTwoFactor answers."),
]
RegenerateRecoveryCodesResult: TypeAlias = Annotated[
    RegenerateRecoveryCodesSuccess
    | AuthError
    | ForbiddenError
    | ReauthenticationError
    | ValidationError
    | ConflictError
    | RateLimitError
    | NetworkError,
    strawberry.union("RegenerateRecoveryCodesResult", description="What regenerateRecoveryCodes answers."),
]


def shown_challenge(required: domain.SecondFactorRequired) -> SecondFactorRequired:
    """A challenge as clients see it."""
    setup = required.setup
    return SecondFactorRequired(
        challenge=required.challenge,
        expires_at=required.expires_at,
        methods=cast("list[SecondFactorMethod]", list(required.methods)),
        setup=None if setup is None else SecondFactorSetup(uri=setup.uri, secret=setup.secret),
    )
