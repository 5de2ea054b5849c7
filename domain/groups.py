"""Groups: where something belongs and who shares it. They form a tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.values import JSON


class GroupType(StrEnum):
    """What sort of community a group is."""

    FRIEND_CIRCLE = "friend_circle"
    BUSINESS = "business"
    COMMUNITY = "community"
    DAO = "dao"
    GOVERNMENT = "government"
    ORGANIZATION = "organization"


class GroupStatus(StrEnum):
    """Whether a group is in use."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class Visibility(StrEnum):
    """Who may learn that a group exists."""

    PUBLIC = "public"
    PRIVATE = "private"


class JoinPolicy(StrEnum):
    """How a person becomes a member."""

    OPEN = "open"
    INVITE_ONLY = "invite_only"
    APPROVAL_REQUIRED = "approval_required"


class Plan(StrEnum):
    """What a group pays for."""

    STARTER = "starter"
    PRO = "pro"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a group may use; None where there is no limit."""

    members: int | None = None
    storage_bytes: int | None = None
    api_calls_per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A node of the group tree; `parent_id` is None for a root."""

    id: str
    slug: str
    name: str
    description: str | None
    type: GroupType
    status: GroupStatus
    visibility: Visibility
    join_policy: JoinPolicy
    plan: Plan
    limits: Limits
    metadata: Mapping[str, JSON]
    parent_id: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int
