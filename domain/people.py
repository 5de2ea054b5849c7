"""People: who acts, and who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.values import JSON


class PlatformRole(StrEnum):
    """What a person is on the platform as a whole: exactly one of four."""

    PLATFORM_OWNER = "platform_owner"
    ORG_OWNER = "org_owner"
    ORG_USER = "org_user"
    CUSTOMER = "customer"


class PersonKind(StrEnum):
    """Whether an account is somebody's, or a program's that a group looks after."""

    HUMAN = "human"
    SERVICE = "service"


class PersonStatus(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class MemberRole(StrEnum):
    """What a person is within one group."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"

    def covers(self, other: "MemberRole") -> bool:
        """Whether it allows all that the other one does."""
        return _RANKS.index(self) >= _RANKS.index(other)


_RANKS: Final = (MemberRole.VIEWER, MemberRole.EDITOR, MemberRole.ADMIN, MemberRole.OWNER)


class MemberStatus(StrEnum):
    """Whether a membership is in force."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Wallet:
    """A blockchain account of a person; `verified_at` is None until a signature proved it."""

    address: str
    verified_at: datetime | None


SERVICE_DOMAIN: Final = "service.invalid"
"""Of the addresses of service accounts, at which nobody reads mail (RFC 2606), and which nobody else may have."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str
    email: str
    username: str
    display_name: str
    role: PlatformRole
    status: PersonStatus
    bio: str | None
    avatar_url: str | None
    locale: str | None
    timezone: str | None
    wallets: tuple[Wallet, ...]
    settings: Mapping[str, JSON]
    created_at: datetime
    updated_at: datetime
    version: int
    email_verified_at: datetime | None = None
    kind: PersonKind = PersonKind.HUMAN
    managed_by: str | None = None
    """The id of the group whose administrators look after it; of a service account alone."""
