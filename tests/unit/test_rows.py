"""Rows of the store: what is left of one that somebody erased while it was read."""

from typing import cast

import pytest

from graph.things import ThingRow, from_row
from graph.values import whole

ROW: ThingRow = {
    "id": "thg_1",
    "type": "video",
    "name": "V",
    "status": "active",
    "groupId": "grp_1",
    "properties": "{}",
    "createdAt": 1,
    "updatedAt": 1,
    "archivedAt": None,
    "version": 1,
    "sold": None,
    "sortKey": "1",
}


def test_a_row_is_whole_though_what_may_be_null_is() -> None:
    archived: ThingRow = {**ROW, "archivedAt": 2}
    assert whole([ROW, archived], from_row) == [ROW, archived]


@pytest.mark.parametrize("column", sorted(set(ROW) - {"archivedAt", "sold"}))
def test_a_row_that_lost_anything_is_left_out(column: str) -> None:
    torn = cast("ThingRow", {**ROW, column: None})
    assert whole([torn, ROW], from_row) == [ROW]
