"""Identities: who somebody is elsewhere, and all that they can sign in with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

ATTEMPT_LIFETIME: Final = timedelta(minutes=10)
"""How long a sign-in at a provider may take, from its beginning to its end."""

WALLET: Final = "ethereum"
"""What wallets are kept under as accounts elsewhere are under their provider, of which none may be called so."""


@dataclass(frozen=True, slots=True)
class ProvidedIdentity:
    """Who a provider says that somebody is: `subject` is their id there, which nobody else ever has.

    `email` is None where the provider did not say one that it has proved; `locale` is their language there.
    """

    subject: str
    email: str | None
    name: str | None
    username: str | None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class SignInProvider:
    """Where people may have an account that they sign in with; `name` stands for it, `title` is what people read."""

    name: str
    title: str


class SignInMethodKind(StrEnum):
    """The kinds of what somebody can sign in with."""

    PASSWORD = "password"  # noqa: S105 - a kind's name
    PROVIDER = "provider"
    PASSKEY = "passkey"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class SignInMethod:
    """Something that a person can sign in with; of a password there is no id, as everybody has at most one.

    `name` is what they call a passkey; `address` is of a wallet, in lower case.
    """

    kind: SignInMethodKind
    id: str | None
    provider: str | None
    created_at: datetime
    last_used_at: datetime | None
    name: str | None = None
    address: str | None = None
