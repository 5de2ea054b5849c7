"""Lists of the things of one type that have a filterable property in a range, which no index has in their order.

Either the range is read from the index of the property and sorted, where few things are in it; or the things of the
type are read in order and tested, which finds a page soon where many are in it. Which it is follows from what the
store holds, within the one statement. Orders of one group are found so too, in indexes of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from graph.listing import SUMS, Listing, summed, within
from graph.store import Statement

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Range:
    """What is to be found: things whose `column` is `within` bounds, and that have one value in another one.

    Those of `label` are in an index of `equal`, the column of the range and their sort key. `every` is the index of all
    of them in order, as equalities that begin with the same one.
    """

    value: str
    column: str
    within: str
    advice: str
    label: str = "Thing"
    equal: str = "type"
    every: tuple[str, ...] = ()

    @property
    def of_value(self) -> str:
        """That a thing has the value."""
        return f"thing.{self.equal} = {self.value}"

    def of_value_unless(self, condition: str) -> str:
        """The same; where a condition holds, no thing has."""
        return f"thing.{self.equal} = CASE WHEN NOT {condition} THEN {self.value} END"


@lru_cache(maxsize=1_000)
def range_of(
    name: str, found: Range, where: tuple[str, ...], project: str, item: Callable[[R], T], *, sums: str = ""
) -> Listing[R, T]:
    """The statements of a list; `where` are further conditions on a thing, and `sums` as for `listing`."""
    key, conditions = "thing.sortKey", " AND ".join(where) or "true"
    every = f"MATCH (thing:Thing) WHERE {' AND '.join((found.of_value, *found.every))} AND "
    columns = [f"thing.{found.equal}", *(each.partition(" =")[0] for each in found.every), key]
    # Left alone, the planner may take the index of the type and its order, and read all of the type for a few things.
    inside = (
        f"MATCH (thing:{found.label}) USING INDEX thing:{found.label}({found.equal}, {found.column}, sortKey)"
        f" WHERE {{}} AND {found.within} AND {within(key)}"
    )

    def page(direction: str) -> str:
        order = ", ".join(f"{each} {direction}" for each in columns)
        return f"""
            UNWIND $parents AS parent
            CALL (parent) {{
                {inside.format(found.of_value)}
                WITH thing LIMIT $few + 1
                RETURN count(*) > $few AS walk
            }}
            CALL (parent, walk) {{
                CALL (parent, walk) {{
                    {inside.format(found.of_value_unless("walk"))}
                    WITH thing WHERE {conditions}
                    RETURN thing
                  UNION ALL
                    {every}{within(key, "walk")}
                    WITH thing ORDER BY {order} LIMIT $scan
                    WITH thing WHERE {found.within} AND {conditions}
                    WITH thing LIMIT $limit
                    RETURN thing
                }}
                WITH thing ORDER BY {key} {direction} LIMIT $limit
                RETURN collect({project}) AS rows
            }}
            CALL (parent, walk, rows) {{
                {every}{within(key, "walk AND size(rows) < $limit")}
                WITH thing LIMIT $scan + 1
                RETURN count(*) > $scan AS cut
            }}
            RETURN {{parent: parent, rows: rows, cut: cut}} AS row"""

    total = f"""
            UNWIND $parents AS parent
            CALL (parent) {{
                {inside.format(found.of_value)}
                WITH thing LIMIT $scan + 1
                RETURN sum(CASE WHEN {conditions} THEN 1 ELSE 0 END) AS total, count(*) > $scan AS cut
            }}
            RETURN {{parent: parent, total: total, cut: cut}} AS row"""
    return Listing(
        Statement(f"list_{name}", page("ASC")),
        Statement(f"list_{name}", page("DESC")),
        Statement(f"count_{name}", total),
        item,
        "sortKey",
        filtered=True,
        advice=found.advice,
        sums=None
        if not sums
        else Statement(
            f"sum_{name}",
            f"""
            UNWIND $parents AS parent
            CALL (parent) {{
                {inside.format(found.of_value)}
                {summed("thing", conditions, sums)}
            }}
            RETURN {SUMS} AS row""",
        ),
    )
