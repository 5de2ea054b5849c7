"""Versions of things: how each was between two changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.things import ThingStatus
from domain.values import JSON


@dataclass(frozen=True, slots=True)
class ThingVersion:
    """How a thing was from `at` until `until`, which is None for how it is now; `event_id` tells who made it so.

    `changed` names what differs from the version before, such as `name` or `properties.price`. It is empty where there
    is none, and `event_id` is None for what was written before versions were kept.
    """

    thing_id: str
    version: int
    name: str
    status: ThingStatus
    group_id: str
    properties: Mapping[str, JSON]
    labels: tuple[str, ...]
    at: datetime
    until: datetime | None
    changed: tuple[str, ...]
    event_id: str | None
