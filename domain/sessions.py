"""Sessions: somebody who signed in on a device, and the tokens that stand for that."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

ACCESS_LIFETIME: Final = timedelta(minutes=10)
"""How long an access token is good for."""

REFRESH_LIFETIME: Final = timedelta(days=30)
"""How long a refresh token is good for; each use of it answers a new one that lasts as long again."""

FRESH: Final = timedelta(minutes=10)
"""How long after somebody proved who they are they may make sensitive changes."""

MAX_SESSIONS: Final = 50
"""How many sessions a person has at most: the next one ends the one that was not used for longest."""


class TokenDelivery(StrEnum):
    """How a client gets the tokens of its session."""

    BODY = "body"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device; `authenticated_at` is when its person last proved who they are."""

    id: str
    person_id: str
    user_agent: str | None
    address: str | None
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """The secrets of a session, which nobody can ask for again."""

    access: str = field(repr=False)
    access_expires_at: datetime
    refresh: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with new tokens; `recovery_codes` where a second factor was turned on by signing in."""

    session: Session
    tokens: Tokens
    recovery_codes: tuple[str, ...] | None = field(default=None, repr=False)
