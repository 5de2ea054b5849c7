"""Connections: how two nodes relate, as typed edges with properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.values import JSON


class Direction(StrEnum):
    """Which end of its connections a node is."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Connection:
    """An edge from one node to another; it is live until `valid_to`, and kept afterwards."""

    id: str
    type: str
    from_id: str
    to_id: str
    properties: Mapping[str, JSON]
    strength: float | None
    valid_from: datetime
    valid_to: datetime | None
    metadata: Mapping[str, JSON]
    created_at: datetime
    created_by: str | None
