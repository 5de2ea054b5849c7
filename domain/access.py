"""Who is asking, and how far their rights reach."""

from dataclasses import dataclass
from enum import StrEnum

from domain.people import PlatformRole


class KeyScope(StrEnum):
    """What an API key may be used for."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller who proved who it is: the person, the key it used, and the groups it is an active member of."""

    person_id: str
    role: PlatformRole
    key_id: str
    scope: KeyScope
    member_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a viewer may read: `everything`, or what the `roots` and the groups below them hold, and themselves."""

    everything: bool
    roots: tuple[str, ...]
    person_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, and the request: `viewer` is None where nobody said who they are."""

    viewer: Viewer | None
    request_id: str | None = None
