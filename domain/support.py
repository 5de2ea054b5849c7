"""Support access: a platform owner's leave to change, for a while and a reason, what is in a group that others own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = timedelta(hours=8)
"""How long support access lasts at the most."""

USUAL: Final = timedelta(hours=1)
"""How long it lasts where nobody says so."""


@dataclass(frozen=True, slots=True)
class SupportAccess:
    """Who changes what is in a group and below it, or did, and why; `ended_at` where somebody ended it early."""

    id: str
    person_id: str
    person_name: str
    group_id: str
    reason: str
    began_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a platform owner needs support access to change what is in a group, and what they have.

    `path` are the ids of the groups from the one that `access_id` is to, down to the group.
    """

    needed: bool
    access_id: str | None = None
    path: tuple[str, ...] = ()

    @property
    def suffices(self) -> bool:
        """Whether they may change what is there."""
        return not self.needed or self.access_id is not None

    @property
    def acts(self) -> bool:
        """Whether it is by support access that they may."""
        return self.needed and self.access_id is not None


NOT_NEEDED: Final = Support(needed=False)
"""Of a group that no others own."""
