"""Things: what exists. Each is of one type and in exactly one group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.values import JSON


class ThingStatus(StrEnum):
    """How far along a thing is."""

    DRAFT = "draft"
    ACTIVE = "active"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Thing:
    """Anything a group holds; `properties` has been validated against the schema of its `type`.

    Of a product whose stock is counted, `sold` is how many were sold since; no version of it tells that.
    """

    id: str
    type: str
    name: str
    status: ThingStatus
    group_id: str
    properties: Mapping[str, JSON]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int
    sold: int = 0
