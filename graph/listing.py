"""Lists: for each, the statements that page through it in either direction and that count it.

A page is a keyset: the rows of an index with keys between two bounds, so that page 1,000 costs what page 1 costs.
Many parents are served by one statement, each with its own limit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, NotRequired, TypeAlias, TypedDict, TypeVar, cast

from domain.access import Reach
from domain.errors import BroadFilterError
from domain.pages import HIGHEST_KEY, LOWEST_KEY, Page, Window
from graph.access import reach_parameters
from graph.shared_reads import PAGES
from graph.store import Statement, Store
from graph.values import whole

R = TypeVar("R")
T = TypeVar("T")

ROOT = ""
"""The parent of a list that has none."""

FLOOR: Final = "floor"
CEILING: Final = "ceiling"
"""The names of parameters that bound the keys of a list, both exclusive, in whatever window."""


class PageRow(TypedDict, Generic[R]):
    """The rows found below one parent.

    `cut` says that the page is not full for want of looking further, and is there where a filter could make it so.
    """

    parent: str
    rows: list[R]
    cut: NotRequired[bool]


class CountRow(TypedDict):
    """How many rows one parent has; `cut` as above."""

    parent: str
    total: int
    cut: NotRequired[bool]


SumRow: TypeAlias = Mapping[str, str | int | None]
"""What those rows of a parent come to that have some of their columns in common."""


UNLIMITED: Final = 2**62
"""As a number of rows: all of them."""


_FEW: Final = 10
"""What part of the rows that may be looked at can as well be sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class Listing(Generic[R, T]):
    """The statements of one list, and the mapping of its rows.

    `filtered` says that rows are left out for what a filter says; `by_parent` that whoever sees the parent sees most
    rows; `advice` is what to add to the filter where too many are left out. `sums` adds up all rows, where that can be.
    """

    ascending: Statement[PageRow[R]]
    descending: Statement[PageRow[R]]
    count: Statement[CountRow]
    item: Callable[[R], T]
    key_column: str
    filtered: bool = False
    by_parent: bool = False
    advice: str = ""
    sums: Statement[PageRow[SumRow]] | None = None

    async def pages(
        self,
        store: Store,
        reach: Reach,
        parents: Sequence[str],
        window: Window,
        *,
        filters: Mapping[str, object],
        scan: int = UNLIMITED,
    ) -> dict[str, Page[T]]:
        """The window's rows below each parent that there is and that the viewer may see.

        BroadFilterError where more than `scan` rows were looked at and the page is not full yet.
        """
        lower, upper = window.bounds
        rows = await store.read(
            self.ascending if window.ascending else self.descending,
            {
                "parents": parents,
                **self._bounds(filters, lower, upper),
                "limit": window.limit + 1,
                "scan": self._scan(reach, scan),
                "few": max(scan // _FEW, 1),
                **reach_parameters(reach),
            },
        )
        self._refuse_cut([row.get("cut") for row in rows], scan)
        return {row["parent"]: Page.cut(whole(row["rows"], self.item), window, self.item, self._key) for row in rows}

    async def totals(
        self,
        store: Store,
        reach: Reach,
        parents: Sequence[str],
        *,
        filters: Mapping[str, object],
        scan: int = UNLIMITED,
    ) -> dict[str, int]:
        """How many rows each parent has. BroadFilterError as above."""
        given = self._bounds(filters, LOWEST_KEY, HIGHEST_KEY)
        given |= {"parents": parents, "scan": self._scan(reach, scan), **reach_parameters(reach)}
        rows = await store.read(self.count, given)
        self._refuse_cut([row.get("cut") for row in rows], scan)
        return {row["parent"]: row["total"] for row in rows}

    async def added_up(
        self,
        store: Store,
        reach: Reach,
        parents: Sequence[str],
        *,
        filters: Mapping[str, object],
        scan: int = UNLIMITED,
    ) -> dict[str, list[SumRow]]:
        """What the rows of each parent come to. BroadFilterError as above."""
        if self.sums is None:
            raise TypeError("nobody said what of this list is to be added up")
        given = self._bounds(filters, LOWEST_KEY, HIGHEST_KEY)
        given |= {"parents": parents, "scan": self._scan(reach, scan), **reach_parameters(reach)}
        rows = await store.read(self.sums, given)
        self._refuse_cut([row.get("cut") for row in rows], scan)
        return {row["parent"]: row["rows"] for row in rows}

    def _bounds(self, filters: Mapping[str, object], lower: str, upper: str) -> dict[str, object]:
        """The parameters of a filter, with the exclusive bounds of keys that it and a window set together."""
        given = dict(filters)
        given["lower"] = max(lower, str(given.pop(FLOOR, lower)))
        given["upper"] = min(upper, str(given.pop(CEILING, upper)))
        return given

    def _scan(self, reach: Reach, scan: int) -> int:
        return scan if self.filtered or not (self.by_parent or reach.everything) else UNLIMITED

    def _refuse_cut(self, cut: Sequence[bool | None], scan: int) -> None:
        if any(cut):
            raise BroadFilterError(scan, self.advice or "ask for less at a time")

    def _key(self, row: R) -> str:
        return cast("Mapping[str, str]", row)[self.key_column]


def within(key: str, condition: str = "") -> str:
    """That a key is within the window of a page; where a condition does not hold, no key is.

    A condition of its own would be tested on every row of the index: the store reads an index before it tests what
    does not depend on its rows.
    """
    upper = f"CASE WHEN {condition} THEN $upper ELSE $lower END" if condition else "$upper"
    return f"{key} > $lower AND {key} < {upper}"


SUMS: Final = "{parent: parent, rows: sums, cut: cut}"
"""The row that says what one parent's rows come to."""


def summed(row: str, conditions: str, sums: str) -> str:
    """The clauses that add up the rows for which conditions hold, of those that were found as `row`.

    `sums` makes maps of the sums, the aggregates of `holds`, which is 1 for a row that counts and 0 for another; with
    `looked`, the number of all.
    """
    return f"""WITH {row} LIMIT $scan + 1
                WITH {row}, CASE WHEN {conditions} THEN 1 ELSE 0 END AS holds
                WITH {sums}
                RETURN collect(sum) AS sums, sum(sum.looked) > $scan AS cut"""


def listing(
    name: str,
    *,
    match: str,
    project: str,
    item: Callable[[R], T],
    key: str,
    row: str = "",
    where: Iterable[str] = (),
    parent: str = "",
    inside: str = "",
    prefix: Sequence[str] = (),
    walk: str = "",
    carry: str = "",
    filtered: bool = False,
    advice: str = "",
    meant: str = "",
    sums: str = "",
) -> Listing[R, T]:
    """The statements of a list.

    `parent` matches as `owner` the node whose id is the variable `parent`, its visibility included; `inside` says of
    it whether the viewer sees more there than everybody does; `match` finds the rows, with all three at hand; `key` is
    their immutable, unique sort key, and `prefix` the equalities that stand before it in the index which serves the
    list; `row` is the variable of a row, where that is not the one of the key; `where` are further conditions, on what
    `carry` names; `project` makes a row's map and `item` reads it.

    A page reads the index in order, tests the rows, and stops once it is full. Where it is not and $scan rows were
    looked at, it is cut.

    `walk` says that the rows are found along edges and names what `match` binds. They are then made distinct, once
    each, before they are filtered: the planner would otherwise read the whole index of the key and try each entry.

    `sums` says what all rows come to, as `summed` takes it.
    """
    key_variable, _, column = key.partition(".")
    row, kept = row or key_variable, carry or row or key_variable
    scope = "parent, owner" if parent else "parent"
    if inside:
        scope, parent = "parent, owner, inside", f"{parent} WITH parent, owner, {inside} AS inside"
    conditions = " AND ".join(where)
    # An index serves only where each of its columns has a predicate.
    start = f"{match} {'AND' if ' WHERE ' in match else 'WHERE'}"
    found = f"{start} {within(key)}"
    if walk:
        found = f"{match} WITH DISTINCT {walk} WHERE {' AND '.join((within(key), *where))}"
    guarded = bool(conditions) and not walk

    def page(direction: str) -> str:
        order = ", ".join(f"{each} {direction}" for each in (*prefix, key))
        narrowed = f"WITH {kept} ORDER BY {order} LIMIT $scan WITH {kept} WHERE {conditions} WITH {row} LIMIT $limit"
        taken = narrowed if guarded else f"WITH {row} ORDER BY {order} LIMIT $limit"
        looked = f"""
            CALL ({scope}, rows) {{
                {start} {within(key, "size(rows) < $limit")}
                WITH {row} LIMIT $scan + 1
                RETURN count(*) > $scan AS cut
            }}"""
        return f"""
            UNWIND $parents AS parent
            {parent}
            CALL ({scope}) {{
                {found}
                {taken}
                RETURN collect({project}) AS rows
            }}{looked if guarded else ""}
            RETURN {{parent: parent, rows: rows{", cut: cut" if guarded else ""}}} AS row"""

    counted = f"RETURN count({row}) AS total"
    if guarded:
        counted = f"""WITH {kept} LIMIT $scan + 1
                RETURN sum(CASE WHEN {conditions} THEN 1 ELSE 0 END) AS total, count(*) > $scan AS cut"""
    total = f"""
            UNWIND $parents AS parent
            {parent}
            CALL ({scope}) {{
                {found}
                {counted}
            }}
            RETURN {{parent: parent, total: total{", cut: cut" if guarded else ""}}} AS row"""
    added_up = f"""
            UNWIND $parents AS parent
            {parent}
            CALL ({scope}) {{
                {found}
                {summed(row, conditions if guarded else "true", sums)}
            }}
            RETURN {SUMS} AS row"""
    together = 1 if filtered or walk else PAGES  # a walk is as long as there are edges
    return Listing(
        Statement(f"list_{name}", page("ASC"), meant, together=together),
        Statement(f"list_{name}", page("DESC"), meant, together=together),
        Statement(f"count_{name}", total, meant),
        item,
        column,
        filtered,
        bool(parent) and not inside,
        advice,
        Statement(f"sum_{name}", added_up, meant) if sums else None,
    )
