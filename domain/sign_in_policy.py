"""What an operator asks of whoever signs in, beyond what always holds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.people import PlatformRole

LONGEST_SESSION: Final = timedelta(days=30)
"""How long a session lasts at the most, however often it is refreshed: what NIST SP 800-63B has for one factor."""


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """How long a session lasts at the most, people of which roles need a second factor, and words that weigh nothing.

    No password may lean on one of the `words`, such as the names of the organization and of its products.
    """

    longest_session: timedelta = LONGEST_SESSION
    second_factor_of: frozenset[PlatformRole] = frozenset()
    words: tuple[str, ...] = ()

    def takes(self, role: PlatformRole, *, second_factor: bool) -> bool:
        """Whether somebody of that role may have a session that began with a second factor, or without one."""
        return second_factor or role not in self.second_factor_of


LENIENT: Final = SignInPolicy()
"""Nothing beyond what always holds."""
