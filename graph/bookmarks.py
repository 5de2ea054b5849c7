"""What a request has to see: the bookmarks of what it wrote, and of what others wrote before that it heard of.

Of a cluster any member may answer, and one of them may be behind the others; with bookmarks it waits until it is not.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from neo4j import Bookmarks

HEADER: Final = "Consistency-Token"
"""What clients are given bookmarks in, and give them back."""


@dataclass(slots=True)
class Seen:
    """All that what is read from now on must not be older than; `wrote` says that some of it was written here."""

    bookmarks: frozenset[str] = frozenset()
    wrote: bool = False


_SEEN: Final[ContextVar[Seen | None]] = ContextVar("seen", default=None)


@contextmanager
def seeing(bookmarks: Iterable[str]) -> Iterator[Seen]:
    """Read and write meanwhile at a state of the store that is no older than those bookmarks, and than what is written.

    Tasks that are begun meanwhile do too.
    """
    seen = Seen(frozenset(bookmarks))
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)


def current() -> Bookmarks | None:
    """What a session is to begin with."""
    seen = _SEEN.get()
    return Bookmarks.from_raw_values(seen.bookmarks) if seen and seen.bookmarks else None


def wrote(bookmarks: Bookmarks) -> None:
    """What a session wrote came after all that it began with."""
    seen = _SEEN.get()
    if seen:
        seen.bookmarks, seen.wrote = frozenset(bookmarks.raw_values), True
