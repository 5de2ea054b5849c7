"""The whole store as a file, and back."""

import io
import stat
from pathlib import Path
from typing import TypedDict

import orjson
import pytest

from domain.access import Caller, KeyScope
from domain.errors import ConflictError, ValidationError
from domain.people import PlatformRole
from graph import dump
from graph.audit import verify
from graph.migrate import read_migrations
from graph.secrets import ensure_secret
from graph.store import Statement, Store
from services.exporting import export_store
from services.keys import Keys
from services.restoring import import_export, is_export
from tests.component.shop import Shop, counts, everything
from tests.conftest import wipe

pytestmark = pytest.mark.slow


@pytest.fixture
async def full(store: Store, tmp_path: Path) -> Store:
    """A store with something of everything, made by an import, a key and a setting."""
    folder = tmp_path / "source"
    folder.mkdir()
    shop = Shop(store, folder)
    await shop.run()
    await Keys(store).create(Caller(None), "ann@x.example", KeyScope.READ)
    await ensure_secret(store, "cursor_key")
    return store


async def test_an_export_is_read_back_to_an_identical_store(full: Store, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    report = await export_store(full, first)
    before = await everything(full)
    assert (report.nodes, report.edges) == (8 + 2 + 15 + 2 - 1, 2 + 3 + 2 + 2 + 2)
    await wipe(full)
    restored = await import_export(full, first)
    assert restored.refused_total == 0
    assert restored.count("created") == {"node": report.nodes, "edge": report.edges}
    assert await everything(full) == before
    whole = await verify(full)
    assert (whole.intact, whole.checked > 0) == (True, True), "the audit log is chained as before"
    await export_store(full, second)
    assert second.read_bytes() == first.read_bytes()


async def test_an_export_holds_secrets_and_is_for_its_owner_alone(full: Store, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    await export_store(full, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert "secretHash" in text
    assert "_lock" not in text
    assert not path.with_name("export.jsonl.unfinished").exists()


async def test_a_restored_key_still_works(store: Store, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path)
    await shop.run()
    key = await Keys(store).create(Caller(None), "ann@x.example", KeyScope.READ)
    path = tmp_path / "export.jsonl"
    await export_store(store, path)
    await wipe(store)
    await import_export(store, path)
    viewer = await Keys(store).authenticate(key.secret)
    assert (viewer.person_id, viewer.role) == (key.person.id, PlatformRole.CUSTOMER)


async def test_an_export_can_go_to_a_stream_and_counts_as_it_goes(full: Store) -> None:
    stream = io.BytesIO()
    seen: list[tuple[str, int, int]] = []
    report = await export_store(full, stream, progress=lambda *step: seen.append(step))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + report.nodes + report.edges
    assert orjson.loads(lines[0]) == {"export": "one", "format": 1, "migration": read_migrations()[-1].number}
    assert ("Entity", 8, 8) in seen


async def test_pages_are_put_together_without_a_gap(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = io.BytesIO()
    await export_store(full, whole)
    monkeypatch.setattr(dump, "PAGE", 1)
    paged = io.BytesIO()
    await export_store(full, paged)
    assert paged.getvalue() == whole.getvalue()


async def test_a_store_that_holds_something_is_left_alone(full: Store, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    await export_store(full, path)
    before = await everything(full)
    with pytest.raises(ConflictError, match="not empty"):
        await import_export(full, path)
    assert await everything(full) == before


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"id,name\n", "is no export"),
        (b"", "is no export"),
        (b'{"export": "two", "format": 1, "migration": 1}\n', "is no export"),
        (b'{"export": "one", "format": 2, "migration": 1}\n', "has format 2"),
        (b'{"export": "one", "format": 1, "migration": 999}\n', "at migration 999"),
    ],
)
async def test_a_file_of_another_sort_is_refused(store: Store, tmp_path: Path, header: bytes, message: str) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(header)
    with pytest.raises(ValidationError, match=message):
        await import_export(store, path)
    assert await counts(store) == {}


def test_an_export_is_told_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"export": "one", "format": 1, "migration": 1}\n')
    assert is_export(path)
    path.write_text("source: shop\n")
    assert not is_export(path)
    assert not is_export(tmp_path / "nothing")


@pytest.mark.parametrize(
    "line",
    [
        b"not JSON",
        b'{"kind": "node", "labels": ["Entity) DETACH DELETE (x"], "row": {}}',
        b'{"kind": "node", "labels": ["Migration"], "row": {"number": 7}}',
        b'{"kind": "node", "labels": [], "row": {}}',
        b'{"kind": "edge", "type": "NOPE", "from": "a", "to": "b", "row": {}}',
        b'{"kind": "node", "labels": ["Entity"], "row": {"id": {"a": 1}}}',
        b'{"kind": "what"}',
    ],
)
async def test_a_line_that_is_no_export_s_ends_it(store: Store, tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "export.jsonl"
    header = io.BytesIO()
    await export_store(store, header)
    path.write_bytes(header.getvalue() + line + b"\n")
    with pytest.raises(ValidationError, match=r"Line 2 of export\.jsonl"):
        await import_export(store, path)
    assert await counts(store) == {}


async def test_an_edge_without_its_node_is_refused_and_told(full: Store, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    await export_store(full, path)
    lines = path.read_bytes().splitlines(keepends=True)
    person = next(line for line in lines if b'"Person"' in line and b"bob@x.example" in line)
    path.write_bytes(b"".join(line for line in lines if line is not person))
    await wipe(full)
    report = await import_export(full, path)
    [refused] = report.refused
    assert refused.reason == "one of the two nodes that this edge joins is not there"
    assert b"MEMBER_OF" in path.read_bytes().splitlines()[refused.line - 1]


class _Names(TypedDict):
    labels: list[str]
    types: list[str]


_NAMES: Statement[_Names] = Statement(
    "names",
    """
    CALL db.labels() YIELD label WITH collect(label) AS labels
    CALL db.relationshipTypes() YIELD relationshipType WITH labels, collect(relationshipType) AS types
    RETURN {labels: labels, types: types} AS row""",
)


async def test_no_label_and_no_relationship_type_of_the_store_is_forgotten(full: Store) -> None:
    [names] = await full.read(_NAMES, {})
    assert set(names["labels"]) <= dump.LABELS | {"Lock", "Migration"}
    assert set(names["types"]) <= dump.RELATIONSHIPS


@pytest.mark.parametrize("section", dump.SECTIONS, ids=lambda section: section.name)
async def test_every_page_of_an_export_is_found_by_an_index(migrated_store: Store, section: dump.Section) -> None:
    page: Statement[object] = Statement(section.page.name, section.page.text)
    operators = await migrated_store.operators(page, {"after": "", "limit": 10})
    assert any("IndexSeekByRange" in operator for operator in operators)
    assert not {"Top", "NodeByLabelScan", "AllNodesScan"} & set(operators)


@pytest.mark.parametrize(
    "statement",
    [dump.RESTORE_SETTINGS, dump.RESTORE_NODES, dump.restore_edges("OWNS"), dump.IS_EMPTY],
    ids=lambda statement: statement.name,
)
async def test_every_statement_of_a_restoration_finds_its_rows_by_an_index(
    migrated_store: Store, statement: Statement[object]
) -> None:
    operators = set(await migrated_store.operators(statement, {"rows": [], "labels": ["Group"]}))
    unwanted = operators & {"AllNodesScan", "NodeByLabelScan", "CartesianProduct", "Eager", "Sort"}
    assert {name for name in unwanted if name not in statement.meant} == set()
