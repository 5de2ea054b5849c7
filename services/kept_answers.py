"""Answers that are kept for as long as nothing changes in the store, of whatever it is.

Before one is given again, the store is asked in which state it is, and whether who asks is who they were: one round
trip, which all who wait at the time share. So an answer is never older than the request for it, whoever changed
something, and by whichever server. It is kept only where all of it was read from one state, whose version it has.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.access import Viewer
from domain.errors import DeadlineError, NetworkError
from graph import versions
from graph.store import Store
from graph.versions import UNKNOWN, Reading, Version

KEPT_BYTES: Final = 32_000_000
"""How many bytes of answers a process keeps."""

LARGEST: Final = 200_000
"""Bytes of the largest answer that is kept: a larger one takes as long to send as to make."""

_OVERHEAD: Final = 800
"""Bytes that an answer takes beside its text and the variables that it is kept by."""


class Key(NamedTuple):
    """All that an answer depends on but for the store: an operation, its variables as JSON, and who asks."""

    operation: object
    variables: bytes
    viewer: Viewer | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as JSON, what it costs in points, and the version of the state that it is of."""

    text: bytes
    points: int
    version: Version


class KeptAnswers:
    """The answers that were given last."""

    def __init__(self, store: Store, limit: int = KEPT_BYTES) -> None:
        """Keep at most so many bytes; none where that is 0."""
        self._store = store
        self._limit = limit
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self.size = 0
        """How many bytes the answers take."""
        self.given = 0
        """How many were given again."""
        self.outdated = 0
        """How many were kept, and not given, as something had changed."""
        self.unknown = 0
        """How many were asked for that were not kept."""

    async def find(self, key: Key) -> Kept | None:
        """The answer that is kept by that, where it is what the store would answer now.

        AuthError where whoever asks is not who they were.
        """
        kept = self._kept.get(key)
        if kept is None:
            self.unknown += 1
            return None
        if await self._is_of_now(kept):
            self.given += 1
            if key in self._kept:
                self._kept.move_to_end(key)
            return kept
        self.outdated += 1
        if self._kept.get(key) is kept:
            self._drop(key)
        return None

    async def _is_of_now(self, kept: Kept) -> bool:
        if kept.version != self._store.version:  # what is known to have changed need not be asked about
            return False
        try:
            return kept.version == await self._store.version_now()
        except (NetworkError, DeadlineError):  # as is told where the operation runs
            return False

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """See meanwhile whether all that is read for an answer is of one state, the last that is known."""
        with versions.reading(self._store.version if self._limit else UNKNOWN) as made:
            yield made

    def keep(self, key: Key, text: bytes, points: int, version: Version) -> None:
        """Keep an answer of that state, in the place of those that were not given for the longest time."""
        size = _size(key, text)
        if size > min(LARGEST, self._limit):
            return
        self._drop(key)
        self._kept[key] = Kept(text, points, version)
        self.size += size
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= _size(key, kept.text)


def _size(key: Key, text: bytes) -> int:
    """Bytes that an answer takes."""
    return len(text) + len(key.variables) + _OVERHEAD
