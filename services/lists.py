"""Lists that a client can page through, whatever they are of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from domain.access import Caller, Reach
from domain.errors import ValidationError
from domain.filters import EVERYTHING, Condition, Value
from domain.orders import OrderTotals
from domain.pages import CreationOrder, Page, Window
from graph.filters.orders import totals as order_totals
from graph.filters.predicates import Filtered
from graph.listing import ROOT, Listing
from graph.store import Store
from services.access import open_reach_of, reach_of

R = TypeVar("R")
T = TypeVar("T")

__all__ = ["MAX_PAGE", "ROOT", "AnyList", "Filters", "Lists", "NodeList"]

MAX_PAGE = 100

ALL_AT_ONCE = 500
"""How many rows are read at a time where all of a list are."""

Filters = tuple[tuple[str, Value | None], ...]

SCAN_LIMIT = 100_000
"""How many rows a list may look at for one page of what its filter lets through."""


@dataclass(frozen=True, slots=True)
class NodeList(Generic[R, T]):
    """One list with its filters: two that are equal can be read together, for many parents at once.

    What everybody may see is in it too where it is `public`.
    """

    name: str
    listing: Listing[R, T]
    filters: Filters = ()
    condition: Condition = EVERYTHING
    public: bool = False

    @classmethod
    def of(cls, name: str, filtered: Filtered[R, T], condition: Condition, *, public: bool = False) -> "NodeList[R, T]":
        """A list that a condition narrows."""
        return cls(name, filtered.listing, filtered.filters, condition, public)

    def reach_of(self, caller: Caller) -> Reach:
        """What of it the caller may read. AuthError where they did not say who they are and it is not `public`."""
        return open_reach_of(caller) if self.public else reach_of(caller)

    @property
    def scope(self) -> str:
        """What tells this list from others in a cursor."""
        return f"{self.name} {self.filters if self.condition == EVERYTHING else self.condition}"


AnyList: TypeAlias = NodeList[object, object]
"""A list whose rows the reader need not know."""


class Lists:
    """Reads pages of lists."""

    def __init__(self, store: Store, scan_limit: int = SCAN_LIMIT) -> None:
        self._store = store
        self._scan_limit = scan_limit

    async def pages(
        self, caller: Caller, of: NodeList[R, T], parents: Sequence[str], window: Window
    ) -> dict[str, Page[T]]:
        """The window below each parent that there is and that the caller may see."""
        if not 1 <= window.limit <= MAX_PAGE:
            field = "last" if window.from_end else "first"
            raise ValidationError(field, f"{field} takes a number from 1 to {MAX_PAGE}.")
        filters = dict(of.filters)
        return await of.listing.pages(
            self._store, of.reach_of(caller), parents, window, filters=filters, scan=self._scan_limit
        )

    async def next_rows(self, caller: Caller, of: NodeList[R, T], after: str | None) -> Page[T]:
        """The next rows of a list that has no parent, the oldest first: for whoever reads all of it."""
        window = Window(ALL_AT_ONCE, CreationOrder.OLDEST_FIRST, after)
        filters = dict(of.filters)
        pages = await of.listing.pages(
            self._store, of.reach_of(caller), [ROOT], window, filters=filters, scan=self._scan_limit
        )
        return pages[ROOT]

    async def totals(self, caller: Caller, of: NodeList[R, T], parents: Sequence[str]) -> dict[str, int]:
        """How many rows each parent has that the caller may see."""
        filters = dict(of.filters)
        return await of.listing.totals(
            self._store, of.reach_of(caller), parents, filters=filters, scan=self._scan_limit
        )

    async def order_totals(
        self, caller: Caller, of: NodeList[R, T], parents: Sequence[str]
    ) -> dict[str, list[OrderTotals]]:
        """What the orders of each parent come to that the caller may see, one sum for each currency."""
        filters = dict(of.filters)
        sums = await of.listing.added_up(
            self._store, of.reach_of(caller), parents, filters=filters, scan=self._scan_limit
        )
        return {parent: order_totals(rows) for parent, rows in sums.items()}
