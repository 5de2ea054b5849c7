"""Of which state of the store something is: the version of a state is the bookmark that the store answers with it.

That is the last transaction that was committed before the answer was whole, whoever committed it. Whatever changes in
the store is a transaction, so that a version stands for one state and for nothing else. A read that begins with a
version sees all of it, and where it ends with the same, nothing was committed meanwhile: what it read is that state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeAlias

Version: TypeAlias = frozenset[str]

UNKNOWN: Final[Version] = frozenset()
"""No version: nothing was read yet, or nobody says of which state it is."""


@dataclass(slots=True)
class Reading:
    """Whether all that is read meanwhile is of the state of that version; it is of none where nothing is read."""

    version: Version
    last: Version = UNKNOWN
    """Of the state that was read last."""
    is_mixed: bool = False

    @property
    def holds(self) -> bool:
        """Whether something was read, and all of it is of that state."""
        return self.last == self.version != UNKNOWN and not self.is_mixed

    def heard(self, version: Version) -> None:
        """Note of which state something is that was read."""
        self.last = version
        self.is_mixed = self.is_mixed or version != self.version


_READING: Final[ContextVar[Reading | None]] = ContextVar("reading", default=None)


@contextmanager
def reading(version: Version) -> Iterator[Reading]:
    """See whether all that is read meanwhile, by tasks that begin meanwhile too, is of that state."""
    made = Reading(version)
    token = _READING.set(made)
    try:
        yield made
    finally:
        _READING.reset(token)


def current() -> Reading | None:
    """The reading that is under way, if one is."""
    return _READING.get()


def lose() -> None:
    """Note that something is read of which nobody says of which state it is, as in a transaction of several reads."""
    reading = _READING.get()
    if reading is not None:
        reading.heard(UNKNOWN)
