"""Pages of a list: a keyset window over an order that never changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

LOWEST_KEY = ""
HIGHEST_KEY = "~"  # sorts after every key: keys are hexadecimal digits, ids and a hyphen


class CreationOrder(StrEnum):
    """By time of creation, which never changes, so that a page neither skips nor repeats a row."""

    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of an ordered list: at most `limit` with keys strictly between `after` and `before` in list order.

    `from_end` takes the last of them instead of the first; they come back in list order all the same.
    """

    limit: int
    order: CreationOrder
    after: str | None = None
    before: str | None = None
    from_end: bool = False

    @property
    def ascending(self) -> bool:
        """Whether the store has to walk the keys upwards to meet these rows first."""
        return (self.order is CreationOrder.OLDEST_FIRST) is not self.from_end

    @property
    def bounds(self) -> tuple[str, str]:
        """The exclusive lower and upper key."""
        first, last = (
            (self.after, self.before) if self.order is CreationOrder.OLDEST_FIRST else (self.before, self.after)
        )
        return (LOWEST_KEY if first is None else first, HIGHEST_KEY if last is None else last)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of a window in list order with their keys; `more` says that the window's far side has further rows."""

    items: Sequence[T]
    keys: Sequence[str]
    more: bool

    @classmethod
    def cut(cls, rows: Sequence[U], window: Window, item: Callable[[U], T], key: Callable[[U], str]) -> "Page[T]":
        """A page from up to `limit + 1` rows in the order in which the store met them."""
        kept = rows[: window.limit]
        if window.from_end:
            kept = kept[::-1]
        return cls([item(row) for row in kept], [key(row) for row in kept], more=len(rows) > window.limit)
