"""Who is asking, and how far their rights reach."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final

from domain.people import MemberRole, PlatformRole


class KeyScope(StrEnum):
    """What an API key may be used for."""

    READ = "read"
    WRITE = "write"


class AccessReason(StrEnum):
    """What an answer about access rests on."""

    PLATFORM_OWNER = "platform_owner"
    MEMBER_ROLE = "member_role"
    GRANT = "grant"
    SUPPORT = "support"
    ONESELF = "oneself"
    JOIN_POLICY = "join_policy"
    PUBLIC = "public"
    SYSTEM = "system"
    SUSPENDED = "suspended"
    PLATFORM_ROLE = "platform_role"
    NO_MEMBERSHIP = "no_membership"
    ROLE_TOO_LOW = "role_too_low"
    SUPPORT_NEEDED = "support_needed"
    OWN_MUTATIONS = "own_mutations"
    OTHER_OBJECT = "other_object"
    PRIVATE = "private"
    STATE = "state"
    KEY_BOUNDS = "key_bounds"
    SESSION_NEEDED = "session_needed"
    PROOF_TOO_OLD = "proof_too_old"
    NOT_VISIBLE = "not_visible"


@dataclass(frozen=True, slots=True)
class Granted:
    """What somebody was given: a role on a group or a thing, and of a group on those `below` it too."""

    target_id: str
    role: MemberRole
    below: bool


@dataclass(frozen=True, slots=True)
class Access:
    """A decision and its ground: what `reason` says, by the role that counts in the last group of the path.

    `path` are the ids of the groups from the one in which the role is held; `needed_role` is what would have done.
    Where the role was granted it is by `grant_id`, and to the members of the group `through_group_id` if to a group;
    where it takes support access that is `grant_id`.
    """

    allowed: bool
    reason: AccessReason
    role: MemberRole | None = None
    needed_role: MemberRole | None = None
    path: tuple[str, ...] = ()
    grant_id: str | None = None
    through_group_id: str | None = None


@dataclass(frozen=True, slots=True)
class ViewerSession:
    """The session that a caller used, in which its person last proved who they are at `authenticated_at`.

    `second_factor` is whether it began with a second factor.
    """

    id: str
    authenticated_at: datetime
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller who proved who it is: the person, and the groups that they are an active member of.

    `granted` is what they were given beside that, themselves or as members of a group.
    It used either the API key `key_id` or the session `session`. A key may be confined to the groups `within` and what
    is below them, of what its person reaches, and to `actions`; None stands for no such bound.
    """

    person_id: str
    role: PlatformRole
    key_id: str | None
    scope: KeyScope
    member_of: tuple[str, ...]
    session: ViewerSession | None = None
    within: tuple[str, ...] | None = None
    actions: frozenset[str] | None = None
    granted: tuple[Granted, ...] = ()
    is_service: bool = False
    """Whether it is a service account, which owns no group."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a viewer may read: `everything`, or what the groups that are `roots` hold, and themselves.

    Below those roots that are `flowing` they read what the groups hold too. Beside that they read the single `things`
    that they were granted. One who is `confined` to that does not see what they did elsewhere either. What everybody
    may see is theirs too where `public` things are asked for.
    """

    everything: bool
    roots: tuple[str, ...]
    person_id: str
    flowing: tuple[str, ...] = ()
    confined: bool = False
    public: bool = False
    things: tuple[str, ...] = ()

    @property
    def flows(self) -> bool:
        """Whether they read whatever is below something that they read."""
        return self.everything or (bool(self.roots) and set(self.roots) == set(self.flowing))


EVERYTHING: Final = Reach(everything=True, roots=(), person_id="")
"""The reach of a rule that holds whoever asks."""

NOBODY: Final = Reach(everything=False, roots=(), person_id="", public=True)
"""The reach of who did not say who they are: what is public."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, and the request: `viewer` is None where nobody said who they are.

    `address` is where it came from, and `user_agent` what the program there says of itself.
    """

    viewer: Viewer | None
    request_id: str | None = None
    address: str | None = None
    user_agent: str | None = None

    @property
    def network(self) -> str:
        """What one household has of addresses: an IPv4 address, or the first half of an IPv6 one."""
        try:
            found = ip_address(self.address or "")
        except ValueError:
            return "unknown"
        if isinstance(found, IPv6Address):
            return str(IPv6Address(int(found) >> 64 << 64)) if found.ipv4_mapped is None else str(found.ipv4_mapped)
        return str(found)

    @property
    def counted_as(self) -> str:
        """Under what is counted what they do at a time: the person, or the network of who does not say who they are."""
        return self.viewer.person_id if self.viewer else self.network
