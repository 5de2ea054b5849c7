"""Lists: for each, the statements that page through it in either direction and that count it.

A page is a keyset: the rows of an index with keys between two bounds, so that page 1,000 costs what page 1 costs.
Many parents are served by one statement, each with its own limit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar, cast

from domain.access import Reach
from domain.pages import Page, Window
from graph.access import reach_parameters
from graph.store import Statement, Store

R = TypeVar("R")
T = TypeVar("T")

ROOT = ""
"""The parent of a list that has none."""


class PageRow(TypedDict, Generic[R]):
    """The rows found below one parent."""

    parent: str
    rows: list[R]


class CountRow(TypedDict):
    """How many rows one parent has."""

    parent: str
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Listing(Generic[R, T]):
    """The statements of one list, and the mapping of its rows."""

    ascending: Statement[PageRow[R]]
    descending: Statement[PageRow[R]]
    count: Statement[CountRow]
    item: Callable[[R], T]
    key_column: str

    async def pages(
        self, store: Store, reach: Reach, parents: Sequence[str], window: Window, filters: Mapping[str, object]
    ) -> dict[str, Page[T]]:
        """The window's rows below each parent that there is and that the viewer may see."""
        lower, upper = window.bounds
        rows = await store.read(
            self.ascending if window.ascending else self.descending,
            {
                "parents": parents,
                "lower": lower,
                "upper": upper,
                "limit": window.limit + 1,
                **filters,
                **reach_parameters(reach),
            },
        )
        return {row["parent"]: Page.cut(self._there(row["rows"]), window, self.item, self._key) for row in rows}

    async def totals(
        self, store: Store, reach: Reach, parents: Sequence[str], filters: Mapping[str, object]
    ) -> dict[str, int]:
        """How many rows each parent has."""
        rows = await store.read(self.count, {"parents": parents, **filters, **reach_parameters(reach)})
        return {row["parent"]: row["total"] for row in rows}

    def _there(self, rows: list[R]) -> list[R]:
        """The rows but for what was deleted after the index had found it, of which no property is left."""
        return [row for row in rows if self._key(row)]

    def _key(self, row: R) -> str:
        return cast("Mapping[str, str]", row)[self.key_column]


def listing(
    name: str,
    *,
    match: str,
    project: str,
    item: Callable[[R], T],
    key: str,
    where: Iterable[str] = (),
    parent: str = "",
    prefix: Sequence[str] = (),
    walk: str = "",
    meant: str = "",
) -> Listing[R, T]:
    """The statements of a list.

    `parent` matches as `owner` the node whose id is the variable `parent`, its visibility included; `match` finds the
    rows, with both at hand; `key` is their immutable, unique sort key, and `prefix` the equalities that stand before
    it in the index which serves the list; `where` are further conditions; `project` makes a row's map and `item`
    reads it.

    `walk` says that the rows are found along edges and names what `match` binds. They are then made distinct, once
    each, before they are filtered: the planner would otherwise read the whole index of the key and try each entry.
    """
    variable, _, column = key.partition(".")
    scope = "parent, owner" if parent else "parent"
    narrow = f"WITH DISTINCT {walk} WHERE" if walk else "AND" if " WHERE " in match else "WHERE"
    conditions = " AND ".join((f"{key} > $lower", f"{key} < $upper", *where))
    counted = " AND ".join((f"{key} > ''", *where))  # an index serves only where each of its properties has a predicate

    def page(direction: str) -> str:
        order = ", ".join(f"{column} {direction}" for column in (*prefix, key))
        return f"""
            UNWIND $parents AS parent
            {parent}
            CALL ({scope}) {{
                {match} {narrow} {conditions}
                WITH {variable} ORDER BY {order} LIMIT $limit
                RETURN collect({project}) AS rows
            }}
            RETURN {{parent: parent, rows: rows}} AS row"""

    total = f"""
            UNWIND $parents AS parent
            {parent}
            CALL ({scope}) {{
                {match} {narrow} {counted}
                RETURN count({variable}) AS total
            }}
            RETURN {{parent: parent, total: total}} AS row"""
    return Listing(
        Statement(f"list_{name}", page("ASC"), meant),
        Statement(f"list_{name}", page("DESC"), meant),
        Statement(f"count_{name}", total, meant),
        item,
        column,
    )
