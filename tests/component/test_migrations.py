"""Migrations: up, down and up again, each once, and never against a store that is not what they expect."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from domain.errors import StoreError
from graph.migrate import Migration, down, read_migrations, status, up, verify
from graph.store import Statement, Store
from graph.vectors import INDEX
from tests.conftest import wipe

pytestmark = pytest.mark.slow

SHOW: Statement[str] = Statement(
    "show",
    "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name AS row ORDER BY name",
)
SHOW_CONSTRAINTS: Statement[str] = Statement("show", "SHOW CONSTRAINTS YIELD name RETURN name AS row ORDER BY name")
COUNT: Statement[int] = Statement("count", "MATCH (n) RETURN count(n) AS row")

SECOND = """// Of a test.

// up
CREATE INDEX Probe_a_b_index IF NOT EXISTS FOR (n:Probe) ON (n.a, n.b);
CREATE CONSTRAINT Probe_c_unique IF NOT EXISTS FOR (n:Probe) REQUIRE n.c IS UNIQUE;

// down
DROP CONSTRAINT Probe_c_unique IF EXISTS;
DROP INDEX Probe_a_b_index IF EXISTS;
"""
THIRD = """// up
CREATE CONSTRAINT Probe_d_unique IF NOT EXISTS FOR (n:Probe) REQUIRE n.d IS UNIQUE;

// down
DROP CONSTRAINT Probe_d_unique IF EXISTS;
"""


async def shown(store: Store) -> list[str]:
    """The names of all constraints and indexes."""
    return sorted({*await store.read(SHOW, {}), *await store.read(SHOW_CONSTRAINTS, {})})


def numbers(migrations: Sequence[Migration]) -> list[int]:
    return [migration.number for migration in migrations]


@pytest.fixture
async def migrations(migrated_store: Store, tmp_path: Path) -> AsyncIterator[list[Migration]]:
    """The real migrations, which the store has, and two more, which it has no longer once the test is over."""
    (tmp_path / "9002_probes.cypher").write_text(SECOND, encoding="utf-8")
    (tmp_path / "9003_more_probes.cypher").write_text(THIRD, encoding="utf-8")
    all_of_them = [*read_migrations(), *read_migrations(tmp_path)]
    yield all_of_them
    await down(migrated_store, all_of_them, to=9001)


async def test_files_are_read_in_order_of_their_numbers_with_both_parts(migrations: list[Migration]) -> None:
    assert numbers(migrations) == sorted(numbers(migrations))
    probes = migrations[-2]
    assert (probes.number, probes.title, len(probes.up), len(probes.down)) == (9002, "probes", 2, 2)
    assert probes.up[0] == "CREATE INDEX Probe_a_b_index IF NOT EXISTS FOR (n:Probe) ON (n.a, n.b)"


def test_every_migration_undoes_all_that_it_does() -> None:
    for migration in read_migrations():
        made, dropped = (
            [
                statement.replace("FULLTEXT ", "").split()[2]
                for statement in part
                # The index over vectors is made where somebody chose their dimension.
                if statement.startswith(("CREATE", "DROP")) and INDEX not in statement
            ]
            for part in (migration.up, migration.down)
        )
        assert dropped == made[::-1]


async def test_up_down_and_up_again(migrated_store: Store, migrations: list[Migration]) -> None:
    before = await shown(migrated_store)
    assert numbers(await up(migrated_store, migrations)) == [9002, 9003]
    assert await up(migrated_store, migrations) == []
    after = await shown(migrated_store)
    assert sorted(set(after) - set(before)) == ["Probe_a_b_index", "Probe_c_unique", "Probe_d_unique"]
    assert numbers(await down(migrated_store, migrations, to=9002)) == [9003]
    assert [state.applied_at is None for state in await status(migrated_store, migrations)][-2:] == [False, True]
    assert numbers(await down(migrated_store, migrations, to=9001)) == [9002]
    assert await down(migrated_store, migrations, to=9001) == []
    assert await shown(migrated_store) == before
    assert numbers(await up(migrated_store, migrations)) == [9002, 9003]
    assert await shown(migrated_store) == after


async def test_nothing_of_ours_is_left_when_all_is_undone(migrated_store: Store) -> None:
    everything = [name for name in await shown(migrated_store) if name != INDEX]
    await wipe(migrated_store)
    try:
        assert numbers(await down(migrated_store, read_migrations(), to=0)) == numbers(read_migrations())[::-1]
        assert await shown(migrated_store) == []
        assert await migrated_store.read(COUNT, {}) == [0]
        assert all(state.applied_at is None for state in await status(migrated_store, read_migrations()))
    finally:
        await up(migrated_store, read_migrations())
    assert await shown(migrated_store) == everything


async def test_servers_that_start_at_once_migrate_once(
    migrated_store: Store, store_address: tuple[str, str, str], migrations: list[Migration]
) -> None:
    other = await Store.open(*store_address)
    try:
        for _ in range(3):
            await down(migrated_store, migrations, to=9001)
            done = await asyncio.gather(*(up(store, migrations) for store in (migrated_store, other) * 2))
            assert sorted(numbers([migration for each in done for migration in each])) == [9002, 9003]
            assert sorted(map(len, done)) == [0, 0, 0, 2]
    finally:
        await other.close()
    assert [state.migration.number for state in await status(migrated_store, migrations) if state.applied_at] == (
        numbers(migrations)
    )


async def test_a_file_that_changed_since_it_was_applied_is_refused(
    migrated_store: Store, migrations: list[Migration], tmp_path: Path
) -> None:
    await up(migrated_store, migrations)
    (tmp_path / "9002_probes.cypher").write_text(SECOND.replace("n.b", "n.z"), encoding="utf-8")
    changed = [*read_migrations(), *read_migrations(tmp_path)]
    before = await shown(migrated_store)
    for refusing in (status, up):
        with pytest.raises(StoreError, match=r"9002 \(probes\) was changed after"):
            await refusing(migrated_store, changed)
    with pytest.raises(StoreError, match="was changed after"):
        await down(migrated_store, changed, to=9001)
    assert await shown(migrated_store) == before


async def test_a_store_that_is_newer_than_the_program_is_refused(
    migrated_store: Store, migrations: list[Migration]
) -> None:
    await up(migrated_store, migrations)
    older = migrations[:-1]
    for refusing in (status, up):
        with pytest.raises(StoreError, match=r"newer than this program: it has migration 9003 \(more_probes\)"):
            await refusing(migrated_store, older)


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("CREATE CONSTRAINT Probe_c_unique FOR (n:Probe) REQUIRE n.other IS UNIQUE", "Probe_c_unique"),
        ("CREATE INDEX Probe_a_b_index FOR (n:Other) ON (n.a, n.b)", "Probe_a_b_index"),
        ("CREATE INDEX Probe_a_b_index FOR (n:Probe) ON (n.b, n.a)", "Probe_a_b_index"),
        ("CREATE INDEX Probe_c_unique FOR (n:Probe) ON (n.c)", "Probe_c_unique"),
    ],
)
async def test_a_name_that_another_schema_has_is_told(
    migrated_store: Store, migrations: list[Migration], taken: str, name: str
) -> None:
    await migrated_store.define([taken])
    kind = taken.split()[1]
    try:
        with pytest.raises(StoreError, match=name):
            await up(migrated_store, migrations)
    finally:
        await migrated_store.define([f"DROP {kind} {name} IF EXISTS"])


async def test_a_constraint_that_somebody_dropped_is_told(migrated_store: Store, migrations: list[Migration]) -> None:
    await up(migrated_store, migrations)
    await verify(migrated_store, migrations)
    await migrated_store.define(["DROP CONSTRAINT Probe_d_unique"])
    with pytest.raises(StoreError, match="Probe_d_unique"):
        await verify(migrated_store, migrations)
