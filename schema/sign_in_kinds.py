"""The ways of signing in as clients see them, each with its description."""

from domain.identities import SignInMethodKind
from domain.second_factors import SecondFactorMethod
from domain.sessions import TokenDelivery
from schema.define import enum

__all__ = ["SecondFactorMethod", "SignInMethodKind", "TokenDelivery"]

enum(
    TokenDelivery,
    {
        TokenDelivery.BODY: "In the answer: for programs, which send it as a bearer header.",
        TokenDelivery.COOKIE: "As cookies that scripts cannot read: for pages in a browser.",
    },
)
enum(
    SignInMethodKind,
    {
        SignInMethodKind.PASSWORD: "A password, with the e-mail address.",
        SignInMethodKind.PROVIDER: "An account at a provider.",
        SignInMethodKind.WALLET: "A wallet: a blockchain account that signs.",
        SignInMethodKind.PASSKEY: "A passkey, which is both factors at once.",
    },
)
enum(
    SecondFactorMethod,
    {
        SecondFactorMethod.TOTP: "A code of six digits that an app shows.",
        SecondFactorMethod.PASSKEY: "A passkey.",
        SecondFactorMethod.RECOVERY_CODE: "One of the codes for when the app is lost.",
    },
)
