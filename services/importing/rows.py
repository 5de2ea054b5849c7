"""Reading the rows of a CSV or JSON Lines file, one at a time: memory holds one row, whatever the file's size."""

import csv
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import orjson

from domain.errors import ValidationError
from domain.values import JSON
from services.importing.mapping import FileOptions

Row: TypeAlias = Mapping[str, JSON]

MAX_LINE: Final = 16 * 1024 * 1024
"""The longest line, in bytes; a longer one is refused."""

_BOM: Final = b"\xef\xbb\xbf"
_JSON_LINES: Final = {".jsonl", ".ndjson"}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row and the line on which it starts, the first being 1."""

    line: int
    values: Row


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read."""

    line: int
    reason: str


class SourceFile:
    """A file of an import. `done` is how many of its `size` bytes have been read."""

    def __init__(self, path: Path, options: FileOptions, nulls: Collection[str]) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.done = 0
        self._options = options
        self._nulls = frozenset(nulls)
        self._line = 0
        self._spoilt = ""

    def read(self, columns: Collection[str]) -> Generator[SourceRow | BadRow]:
        """The rows, with those of the columns that they have.

        ValidationError where a CSV file has no header, or one without some of `columns`.
        """
        form = self._options.format or ("jsonl" if self.path.suffix.lower() in _JSON_LINES else "csv")
        self.done = self._line = 0
        with self.path.open("rb") as file:
            yield from self._read_json(file) if form == "jsonl" else self._read_csv(file, columns)

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        """The lines as text; one that cannot be text is given as what can be read of it, and noted in `_spoilt`."""
        while raw := file.readline(MAX_LINE):
            self._line += 1
            self.done += len(raw)
            if self._line == 1:
                raw = raw.removeprefix(_BOM)
            if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
                self._spoilt = f"a line is longer than {MAX_LINE // 1024 // 1024} MiB"
                rest = raw
                while rest and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_LINE)
                    self.done += len(rest)
                raw = b"\n"
            try:
                yield raw.decode()
            except UnicodeDecodeError as error:
                self._spoilt = f"byte {error.start + 1} of line {self._line} is not UTF-8"
                yield raw.decode(errors="replace")

    def _read_json(self, file: BinaryIO) -> Generator[SourceRow | BadRow]:
        for line in self._lines(file):
            if self._spoilt:
                yield self._bad(self._line)
            elif line.strip():
                try:
                    values = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield BadRow(self._line, f"this is not JSON: {error.msg}")
                    continue
                if isinstance(values, dict):
                    yield SourceRow(self._line, values)
                else:
                    yield BadRow(self._line, "a line takes one JSON object")

    def _read_csv(self, file: BinaryIO, columns: Collection[str]) -> Generator[SourceRow | BadRow]:
        lines = csv.reader(self._lines(file), delimiter=self._options.delimiter, strict=True)
        header = self._header(lines, columns)
        width = len(header)
        wanted = [(name, header.index(name)) for name in columns]
        nulls = self._nulls
        while True:
            line = self._line + 1
            try:
                fields = next(lines, None)
            except csv.Error as error:
                self._spoilt = self._spoilt or f"this is not CSV: {error}"
                yield self._bad(line)
                continue
            if fields is None:
                return
            if self._spoilt:
                yield self._bad(line)
                continue
            if not fields:
                continue
            if len(fields) > width and self._options.unquoted_commas == "rejoin":
                fields = _rejoin(fields, self._options.delimiter)
            if len(fields) != width:
                yield BadRow(line, f"{len(fields)} fields where the header has {width}")
                continue
            yield SourceRow(line, {name: None if (text := fields[at]) in nulls else text for name, at in wanted})

    def _header(self, lines: Iterator[list[str]], columns: Collection[str]) -> list[str]:
        name = self.path.name
        try:
            header = [column.strip() for column in next(lines, [])]
        except csv.Error as error:
            raise ValidationError(name, f"The header of {name} is not CSV: {error}.") from error
        if self._spoilt or not header:
            raise ValidationError(name, f"{name} does not begin with a header: {self._spoilt or 'it is empty'}.")
        missing = sorted(set(columns) - set(header))
        if missing:
            raise ValidationError(name, f"{name} has no column {', '.join(missing)}. It has: {', '.join(header)}.")
        return header

    def _bad(self, line: int) -> BadRow:
        reason, self._spoilt = self._spoilt, ""
        return BadRow(line, reason)


def _rejoin(fields: list[str], delimiter: str) -> list[str]:
    """Fields in which one that starts with a space is the rest of the one before it."""
    whole: list[str] = []
    for field in fields:
        if whole and field.startswith(" "):
            whole[-1] += delimiter + field
        else:
            whole.append(field)
    return whole
