"""What became of a mail after it was handed over, as whoever delivers it tells."""

from enum import StrEnum
from typing import Final


class MailDelivery(StrEnum):
    """How far a mail that was handed over has come; each outweighs those before it, in whatever order they are told."""

    DELAYED = "delayed"
    DELIVERED = "delivered"
    FAILED = "failed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def weight(self) -> int:
        """The one of two that is to stay has the greater one."""
        return tuple(MailDelivery).index(self) + 1


class DeliveryReason(StrEnum):
    """Why a mail did not arrive or was not welcome, without anything of the mail or its address."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    SUPPRESSED = "suppressed"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"


UNDELIVERABLE: Final = frozenset({DeliveryReason.PERMANENT, DeliveryReason.SUPPRESSED, DeliveryReason.COMPLAINT})
"""After which no further mail goes to an address."""
