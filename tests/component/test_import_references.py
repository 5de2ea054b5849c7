"""An import keeps edges to what its things name, and refuses a row that names what is not there."""

from pathlib import Path

import pytest
import yaml

from graph.store import Statement, Store
from services.importing.mapping import parse_mapping
from services.importing.report import ImportReport
from services.importing.run import import_folder

pytestmark = pytest.mark.slow

MAPPING = """
source: payments
steps:
  - step: till
    make: group
    set: {slug: till, name: Till, type: business}
  - step: payments
    make: thing
    from: payments.csv
    key: {column: id}
    set:
      type: payment
      group: {ref: till}
      name: {column: id}
      properties:
        object:
          amount: {column: amount, as: {money: USD}}
          state: finalized
          refundOf: {ref: payments, key: {column: of}}
"""
NAMES: Statement[list[str]] = Statement(
    "names", "MATCH (thing:Payment)-[:MENTIONS]->(named) RETURN [thing.name, named.name] AS row ORDER BY thing.name"
)


async def run(store: Store, folder: Path, *rows: str) -> ImportReport:
    (folder / "payments.csv").write_text("\n".join(("id,amount,of", *rows, "")))
    return await import_folder(store, parse_mapping(yaml.safe_load(MAPPING)), folder)


async def test_rows_of_one_batch_name_each_other_and_what_is_refused_takes_along_what_names_it(
    store: Store, tmp_path: Path
) -> None:
    report = await run(store, tmp_path, "a,1.00,", "b,1.00,a", "c,1.00,gone", "d,1.00,c", "e,1.00,f", "f,1.00,")
    assert [(row.file, row.line) for row in report.refused] == [("payments.csv", 4), ("payments.csv", 5)]
    assert all("refers to a row" in row.reason for row in report.refused)
    assert report.count("created")["thing"] == 4
    assert await store.read(NAMES, {}) == [["b", "a"], ["e", "f"]]


async def test_a_changed_row_changes_what_is_named(store: Store, tmp_path: Path) -> None:
    await run(store, tmp_path, "a,1.00,", "b,1.00,a", "c,1.00,a")
    report = await run(store, tmp_path, "a,1.00,", "b,1.00,c", "c,1.00,")
    assert report.refused == []
    assert await store.read(NAMES, {}) == [["b", "c"]]
    report = await run(store, tmp_path, "a,1.00,", "b,1.00,gone", "c,1.00,")
    assert [row.line for row in report.refused] == [3]
    assert await store.read(NAMES, {}) == [["b", "c"]]
