"""The audit log: who was given what, by whom and why, and who was refused; each entry is sealed by the one before."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.events import Audit, Event, EventType

AUDITED: Final[frozenset[EventType]] = frozenset(
    {
        EventType.USER_REGISTERED,
        EventType.USER_INVITED_TO_GROUP,
        EventType.USER_JOINED_GROUP,
        EventType.USER_REMOVED_FROM_GROUP,
        EventType.MEMBER_ROLE_CHANGED,
        EventType.INVITATION_REVOKED,
        EventType.GROUP_MOVED,
        EventType.API_KEY_CREATED,
        EventType.API_KEY_ROTATED,
        EventType.API_KEY_REVOKED,
        EventType.SESSION_REVOKED,
        EventType.PASSWORD_CHANGED,
        EventType.PASSWORD_RESET_COMPLETED,
        EventType.EMAIL_CHANGED,
        EventType.PROVIDER_LINKED,
        EventType.PROVIDER_UNLINKED,
        EventType.TWO_FACTOR_ENABLED,
        EventType.TWO_FACTOR_DISABLED,
        EventType.WALLET_CONNECTED,
        EventType.WALLET_DISCONNECTED,
        EventType.PASSKEY_ADDED,
        EventType.PASSKEY_REMOVED,
        EventType.ACCOUNT_DELETED,
        EventType.ACCESS_GRANTED,
        EventType.ACCESS_CHANGED,
        EventType.ACCESS_REVOKED,
        EventType.SUPPORT_ACCESS_BEGAN,
        EventType.SUPPORT_ACCESS_ENDED,
        EventType.WEBHOOK_SECRET_ROTATED,
        EventType.ACCESS_DENIED,
    }
)
"""What always stands in the audit log; other events do where they change somebody's access."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How many entries there are, and the hash of the last one: whoever keeps it finds out about a cut-off end."""

    sequence: int
    hash: str


GENESIS: Final = ChainHead(0, "0" * 64)
"""What the first entry follows."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event in the audit log, at its place, with its hash and that of the entry before."""

    event: Event
    audit: Audit
    sequence: int
    hash: str
    previous_hash: str

    @property
    def api_key_id(self) -> str | None:
        """The key that was used, if one was."""
        used = self.event.properties.get("apiKey")
        return used if isinstance(used, str) else None


class Broken(StrEnum):
    """What is wrong at a place of the chain."""

    CHANGED = "changed"
    MISSING = "missing"
    DETACHED = "detached"
    CUT_OFF = "cut_off"
    BEYOND_END = "beyond_end"
    HEAD_DIFFERS = "head_differs"


@dataclass(frozen=True, slots=True)
class ChainFault:
    """A place at which the chain is broken, and the event that is there, if one is."""

    sequence: int
    what: Broken
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a look at the whole chain: `faults` are the first of `broken`, and `checked` is how many entries."""

    checked: int
    head: ChainHead
    broken: int
    faults: tuple[ChainFault, ...]

    @property
    def intact(self) -> bool:
        """Whether it is what it was when it was written, as far as it can tell by itself."""
        return not self.broken
