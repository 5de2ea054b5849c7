"""Migrations: numbered Cypher files with an up and a down, recorded in the store with a checksum.

A file's name is its number and its title; `// up` and `// down` head its two parts, whose statements end in `;`. A
part is one transaction, and changes either the schema or the data: the store takes no transaction that does both.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from domain.errors import StoreError
from domain.values import now, to_micros
from graph.store import Statement, Store, Transaction, lock_clauses

FOLDER = Path(__file__).parent / "migrations"

_CONSTRAINT = re.compile(
    r"CREATE CONSTRAINT (?P<name>\w+) IF NOT EXISTS FOR \(?\)?-?[\[(]\w+:(?P<label>\w+)[\])].* "
    r"REQUIRE \w+\.(?P<property>\w+) IS UNIQUE"
)
_INDEX = re.compile(
    r"CREATE INDEX (?P<name>\w+) IF NOT EXISTS FOR \(?\)?-?[\[(]\w+:(?P<label>\w+)[\])].* ON \((?P<properties>[^)]+)\)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the store's schema."""

    number: int
    title: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A migration and when it was applied (microseconds since the epoch), or None."""

    migration: Migration
    applied_at: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A constraint or an index that the store should have; `unique` is the property that a constraint is about."""

    name: str
    statement: str
    label: str
    unique: str | None


class AppliedRow(TypedDict):
    """What the store remembers of a migration."""

    number: int
    title: str
    checksum: str
    appliedAt: int


class SchemaRow(TypedDict):
    """A constraint or an index as the store has it."""

    name: str
    labels: list[str]
    properties: list[str]


LIST_APPLIED: Statement[AppliedRow] = Statement(
    "list_applied_migrations",
    """
    MATCH (migration:Migration)
    RETURN migration {.number, .title, .checksum, .appliedAt} AS row ORDER BY migration.number""",
    meant="NodeByLabelScan: there are as many as there are migration files.",
)
LOCK_MIGRATIONS: Statement[bool] = Statement(
    "lock_migrations",
    f"MERGE (lock:Lock {{name: 'migrations'}}) {lock_clauses('lock')} RETURN true AS row",
)
RECORD_MIGRATION: Statement[bool] = Statement(
    "record_migration", "CREATE (migration:Migration) SET migration = $properties RETURN true AS row"
)
FORGET_MIGRATION: Statement[bool] = Statement(
    "forget_migration", "MATCH (migration:Migration {number: $number}) DELETE migration RETURN true AS row"
)
FORGET_LOCKS: Statement[bool] = Statement(
    "forget_locks", "MATCH (lock:Lock) WHERE lock.name > '' DELETE lock RETURN true AS row"
)
SHOW_SCHEMA: Statement[SchemaRow] = Statement(
    "show_schema",
    """
    SHOW INDEXES YIELD name, labelsOrTypes, properties
    RETURN {name: name, labels: labelsOrTypes, properties: properties} AS row""",
    alone=True,
)
# What the record of migrations itself rests on; it exists before the first of them.
_GROUND = (
    "CREATE CONSTRAINT Lock_name_unique IF NOT EXISTS FOR (n:Lock) REQUIRE n.name IS UNIQUE",
    "CREATE CONSTRAINT Migration_number_unique IF NOT EXISTS FOR (n:Migration) REQUIRE n.number IS UNIQUE",
)
_GROUND_UNDONE = (
    "DROP CONSTRAINT Migration_number_unique IF EXISTS",
    "DROP CONSTRAINT Lock_name_unique IF EXISTS",
)
_FULLTEXT = re.compile(
    r"CREATE FULLTEXT INDEX (?P<name>\w+) IF NOT EXISTS FOR \(\w+:(?P<label>[\w|]+)\)\s+"
    r"ON EACH \[(?P<properties>[^\]]+)\]"
)
_LONGEST: Final = 3600.0
"""How long (seconds) a migration may take: a large store's indexes take minutes each."""
_AWAIT_INDEXES: Final = f"CALL db.awaitIndexes({_LONGEST:.0f})"


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations of a folder in their order."""
    return [_read(path) for path in sorted(folder.glob("[0-9]*.cypher"))]


def _read(path: Path) -> Migration:
    number, _, title = path.stem.partition("_")
    text = path.read_text(encoding="utf-8")
    _, _, parts = text.partition("// up\n")
    up, _, down = parts.partition("// down\n")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(int(number), title, _statements(up), _statements(down), checksum)


def _statements(part: str) -> tuple[str, ...]:
    return tuple(statement for line in part.split(";\n") if (statement := line.strip()))


async def status(store: Store, migrations: Sequence[Migration]) -> list[MigrationState]:
    """Every known migration and whether the store has it.

    StoreError where the store has one that is not known, or has another version of one.
    """
    applied = {row["number"]: row for row in await store.read(LIST_APPLIED, {})}
    known = {migration.number: migration for migration in migrations}
    for number, row in applied.items():
        if number not in known:
            raise StoreError(
                f"The store is newer than this program: it has migration {number} ({row['title']}). "
                "Start the newer version, or migrate down with it first."
            )
        if row["checksum"] != known[number].checksum:
            raise StoreError(f"Migration {number} ({row['title']}) was changed after the store had applied it.")
    times = {number: row["appliedAt"] for number, row in applied.items()}
    return [MigrationState(migration, times.get(migration.number)) for migration in migrations]


async def up(store: Store, migrations: Sequence[Migration]) -> list[Migration]:
    """Apply what is missing, and answer it. Several servers may do this at once: one works, the others wait for it."""
    if all(state.applied_at for state in await status(store, migrations)):
        return []
    await store.define(_GROUND)

    async def work(transaction: Transaction) -> list[Migration]:
        await transaction.run(LOCK_MIGRATIONS, {})
        missing = [state.migration for state in await status(store, migrations) if state.applied_at is None]
        for migration in missing:
            await store.define(migration.up)
            properties = {
                "number": migration.number,
                "title": migration.title,
                "checksum": migration.checksum,
                "appliedAt": to_micros(now()),
            }
            await transaction.run(RECORD_MIGRATION, {"properties": properties})
        return missing

    done = await store.write(work, seconds=_LONGEST)
    await store.define([_AWAIT_INDEXES])
    await verify(store, migrations)
    return done


async def down(store: Store, migrations: Sequence[Migration], to: int) -> list[Migration]:
    """Undo the applied migrations above number `to`, the latest first, and answer them; 0 leaves nothing of ours."""

    async def work(transaction: Transaction) -> list[Migration]:
        await transaction.run(LOCK_MIGRATIONS, {})
        states = await status(store, migrations)
        doomed = [state.migration for state in reversed(states) if state.applied_at and state.migration.number > to]
        for migration in doomed:
            await store.define(migration.down)
            await transaction.run(FORGET_MIGRATION, {"number": migration.number})
        if to == 0:
            await transaction.run(FORGET_LOCKS, {})
        return doomed

    undone = await store.write(work, seconds=_LONGEST)
    if to == 0:
        await store.define(_GROUND_UNDONE)
    return undone


async def verify(store: Store, migrations: Sequence[Migration]) -> None:
    """StoreError where a constraint or an index of the migrations is not what the store has under its name.

    `IF NOT EXISTS` says nothing when the name is taken by another one.
    """
    for wanted in await lacking(store, migrations):
        raise StoreError(f"The store has another schema under the name {wanted.name}: drop that one first.")


async def lacking(store: Store, migrations: Sequence[Migration]) -> list[Wanted]:
    """The constraints and the indexes of the migrations that the store does not have, or has of something else."""
    there = {row["name"]: row for row in await store.read(SHOW_SCHEMA, {})}
    found: list[Wanted] = []
    for migration in migrations:
        for statement in migration.up:
            match = _CONSTRAINT.match(statement) or _INDEX.match(statement) or _FULLTEXT.match(statement)
            if match is None:
                continue
            groups = match.groupdict()
            columns = groups.get("properties") or f"n.{groups['property']}"
            names = [column.partition(".")[2] for column in columns.split(", ")]
            row = there.get(groups["name"])
            if row is None or (sorted(row["labels"]), row["properties"]) != (groups["label"].split("|"), names):
                unique = names[0] if "property" in groups else None
                found.append(Wanted(groups["name"], statement, groups["label"], unique))
    return found
