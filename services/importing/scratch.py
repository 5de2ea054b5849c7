"""What an import has to remember, on disk instead of in memory: which ids it met, and rows of other files by key."""

import sqlite3
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self, cast

import orjson

from services.importing.rows import Row

_CACHE_KIB: Final = 32 * 1024


class Scratch:
    """A temporary SQLite database, gone when it is closed; at most 32 MiB of it are in memory."""

    def __init__(self) -> None:
        # An empty name is a private file of SQLite's own, which it deletes itself.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE met (id BLOB PRIMARY KEY) WITHOUT ROWID")
        self._tables = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._database.close()

    def meet(self, identifier: str) -> bool:
        """Note an id. False where it was noted before."""
        cursor = self._database.execute("INSERT OR IGNORE INTO met VALUES (?)", (bytes.fromhex(identifier[-32:]),))
        return cursor.rowcount == 1

    def forget(self) -> None:
        """Forget every id."""
        self._database.execute("DELETE FROM met")

    def table(self) -> "ScratchTable":
        """A new table of rows by key."""
        self._tables += 1
        return ScratchTable(self._database, f"rows_{self._tables}")


class ScratchTable:
    """Rows of a file by key, in the order in which they were added."""

    def __init__(self, database: sqlite3.Connection, name: str) -> None:
        self._database = database
        self._insert = f"INSERT INTO {name} VALUES (?, ?, ?, 0)"  # noqa: S608 - a name of our own
        self._first = f"SELECT row FROM {name} WHERE key = ? ORDER BY rowid LIMIT 1"  # noqa: S608
        self._all = f"SELECT line, row FROM {name} WHERE key = ? ORDER BY rowid"  # noqa: S608
        self._mark = f"UPDATE {name} SET asked = 1 WHERE key = ? AND asked = 0"  # noqa: S608
        self._rest = f"SELECT line, key FROM {name} WHERE asked = 0 ORDER BY rowid"  # noqa: S608
        self._index = f"CREATE INDEX {name}_key ON {name} (key)"
        database.execute(f"CREATE TABLE {name} (key TEXT, line INTEGER, row BLOB, asked INTEGER)")

    def add(self, rows: Sequence[tuple[str, int, Row]]) -> None:
        """Add rows, each with its key and its line."""
        self._database.executemany(self._insert, ((key, line, orjson.dumps(row)) for key, line, row in rows))

    def finish(self) -> None:
        """Make the index, once all rows are there."""
        self._database.execute(self._index)

    def first(self, key: str) -> Row | None:
        """The first row with that key."""
        found = self._database.execute(self._first, (key,)).fetchone()
        return None if found is None else cast("Row", orjson.loads(found[0]))

    def take(self, key: str) -> list[tuple[int, Row]]:
        """The rows with that key, each with its line; they count as asked for from now on."""
        self._database.execute(self._mark, (key,))
        found = self._database.execute(self._all, (key,))
        return [(line, cast("Row", orjson.loads(row))) for line, row in found]

    def never_asked_for(self) -> Iterator[tuple[int, str]]:
        """The line and the key of every row that no one asked for."""
        return iter(self._database.execute(self._rest))
