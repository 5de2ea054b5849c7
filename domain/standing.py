"""What somebody is in a group for what they want to do there."""

from dataclasses import dataclass

from domain.people import MemberRole, PlatformRole


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, and a group that they may do something in."""

    person_id: str
    platform_role: PlatformRole
    group_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The highest role of somebody that counts in a group, and the group in which they have it.

    `path` are the ids of the groups from that one down to the group.
    """

    role: MemberRole
    held_id: str
    path: tuple[str, ...]
