"""What somebody is in a group for what they want to do there."""

from dataclasses import dataclass

from domain.people import MemberRole, PlatformRole


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, and a group that they may do something in."""

    person_id: str
    platform_role: PlatformRole
    group_id: str
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The highest role of somebody that counts in a group, and the group in which they have it.

    `path` are the ids of the groups from that one down to the group. It rests on a membership, or on the grant
    `grant_id`, which is the person's own or that of the group `through_group_id`. `by_membership` is the highest role
    that rests on a membership.
    """

    role: MemberRole
    held_id: str
    path: tuple[str, ...]
    grant_id: str | None = None
    through_group_id: str | None = None
    by_membership: MemberRole | None = None
