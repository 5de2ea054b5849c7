"""How much of everything a group holds."""

from dataclasses import dataclass

from domain.things import ThingStatus


@dataclass(frozen=True, slots=True)
class ThingCount:
    """How many things of one type are in one state."""

    type: str
    status: ThingStatus
    total: int


@dataclass(frozen=True, slots=True)
class GroupStatistics:
    """Of one group, or of it and every group below it: how many of each there are."""

    groups: int
    people: int
    things: tuple[ThingCount, ...]
    connections: int
    events: int
