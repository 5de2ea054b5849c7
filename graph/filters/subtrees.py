"""Lists of what a group and everything below it hold, which no single index has in order.

Either the ranges of the groups are read, each in order, and merged; or the index of all keys is read, and each row is
tested for its group. The first takes as long as there are groups; the second finds a page soon where the subtree holds
many of all rows. Which it is follows from what the store holds, within the one statement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from graph.access import below_visible
from graph.listing import SUMS, UNLIMITED, Listing, summed, within
from graph.store import Statement

R = TypeVar("R")
T = TypeVar("T")

MERGED: Final = 200
"""How many groups are merged, however many rows they have."""


@dataclass(frozen=True, slots=True)
class Subtree:
    """How a subtree's rows are found.

    `owner` matches the group at its top as `owner`; `label` and `key` are those of a row, `type` is an equality that
    stands between group and key in the index of a group, if any, and before the key in that of all.
    """

    owner: str
    row: str
    label: str
    column: str
    type: str = ""


@lru_cache(maxsize=1_000)
def subtree_of(
    name: str,
    found: Subtree,
    where: tuple[str, ...],
    project: str,
    item: Callable[[R], T],
    *,
    filtered: bool,
    advice: str,
    sums: str = "",
) -> Listing[R, T]:
    """The statements of a list; `where` is on the row alone, and `sums` as for `listing`."""
    row, key = found.row, f"{found.row}.{found.column}"
    of_type = f" AND {found.type}" if found.type else ""
    in_group = f"MATCH ({row}:{found.label}) WHERE {row}.groupId = groupId{of_type} AND {within(key)}"
    anywhere = f"MATCH ({row}:{found.label}) WHERE {f'{found.type} AND ' if found.type else ''}"
    conditions = " AND ".join(where) or "true"
    top = f"""
            UNWIND $parents AS parent
            {found.owner}
            CALL (owner) {{
                MATCH (owner)-[:PARENT_OF*0..]->(group:Group) WHERE {below_visible("group")}
                RETURN collect(group.id) AS below
            }}"""
    every = f"UNWIND below AS groupId CALL (groupId) {{ {in_group} RETURN {row} }}"
    many = "true" if filtered else f"size(below) > {MERGED}"
    few, scan = ("$scan", "$scan") if filtered else ("$few", str(UNLIMITED))
    columns = [column for column in (found.type.partition(" =")[0],) if column]

    def page(direction: str) -> str:
        order_in_group = ", ".join(f"{each} {direction}" for each in (f"{row}.groupId", *columns, key))
        order_anywhere = ", ".join(f"{each} {direction}" for each in (*columns, key))
        return f"""{top}
            CALL (below) {{
                WITH * WHERE {many}
                {every}
                WITH {row} LIMIT {few} + 1
                RETURN count(*) > {few} AS walk
            }}
            CALL (below, walk) {{
                CALL (below, walk) {{
                    WITH * WHERE NOT walk
                    UNWIND below AS groupId
                    CALL (groupId) {{
                        {in_group}
                        WITH {row} ORDER BY {order_in_group}
                        WITH {row} WHERE {conditions}
                        WITH {row} LIMIT $limit
                        RETURN {row}
                    }}
                    RETURN {row}
                  UNION ALL
                    {anywhere}{within(key, "walk")}
                    WITH {row} ORDER BY {order_anywhere} LIMIT {scan}
                    WITH {row} WHERE {row}.groupId IN below AND {conditions}
                    WITH {row} LIMIT $limit
                    RETURN {row}
                }}
                WITH {row} ORDER BY {key} {direction} LIMIT $limit
                RETURN collect({project}) AS rows
            }}
            CALL (walk, rows) {{
                {anywhere}{within(key, "walk AND size(rows) < $limit")}
                WITH {row} LIMIT {scan} + 1
                RETURN count(*) > {scan} AS cut
            }}
            RETURN {{parent: parent, rows: rows, cut: cut}} AS row"""

    total = f"""{top}
            CALL (below) {{
                {every}
                WITH {row} LIMIT {scan} + 1
                RETURN sum(CASE WHEN {conditions} THEN 1 ELSE 0 END) AS total, count(*) > {scan} AS cut
            }}
            RETURN {{parent: parent, total: total, cut: cut}} AS row"""
    return Listing(
        Statement(f"list_{name}", page("ASC")),
        Statement(f"list_{name}", page("DESC")),
        Statement(f"count_{name}", total),
        item,
        found.column,
        filtered,
        by_parent=True,
        advice=advice,
        sums=None
        if not sums
        else Statement(
            f"sum_{name}",
            f"""{top}
            CALL (below) {{
                {every}
                {summed(row, conditions, sums)}
            }}
            RETURN {SUMS} AS row""",
        ),
    )
