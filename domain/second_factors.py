"""Second factors: what somebody proves beside what they sign in with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.values import JSON

ENROLMENT_LIFETIME: Final = timedelta(minutes=30)
"""How long somebody may take from the secret to the first code."""

RECOVERY_CODES: Final = 10
"""How many recovery codes a person gets at a time."""


class SecondFactorMethod(StrEnum):
    """The kinds of what a second factor is proved with."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True)
class SecondFactorProof:
    """What somebody proves their second factor with: a code as they typed it, or what a passkey signed."""

    method: SecondFactorMethod
    code: str = field(repr=False, default="")
    credential: JSON = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Whether a person has a second factor, and has to: `enabled_at` is None where they have none."""

    enabled_at: datetime | None
    recovery_codes_left: int
    required: bool = False


@dataclass(frozen=True, slots=True)
class BegunTotp:
    """A secret for an app that makes codes, and the same as the address that such apps read. Nobody can ask again."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SecondFactorRequired:
    """Who signs in proved who they are, and has to prove a second factor yet: `challenge` stands for the first.

    `setup` is what they get one with first, who have none and may not go without.
    """

    challenge: str = field(repr=False)
    expires_at: datetime
    methods: tuple[SecondFactorMethod, ...]
    setup: BegunTotp | None = None
