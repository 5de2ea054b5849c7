"""From the values of a mapping to functions of a row."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from domain.ids import imported_id
from domain.values import JSON
from services.importing.conversions import converter, to_text
from services.importing.rows import Row
from services.importing.scratch import Scratch, ScratchTable
from services.importing.vocabulary import (
    Case,
    Column,
    Conversion,
    List,
    Lookup,
    Object,
    Ref,
    Rows,
    Template,
    Value,
)

Evaluate: TypeAlias = Callable[[Row], JSON]

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file whose rows others are looked up in: indexed by the column `by`, with `columns` kept.

    `owned` says that its rows belong to rows of the step, so that one which no row asks for belongs to nothing.
    """

    file: str
    by: str
    table: ScratchTable
    columns: set[str]
    owned: bool


@dataclass(slots=True)
class Compiler:
    """Makes functions of a step's values, and notes what they need: columns of its file, and other files."""

    source: str
    prefixes: Mapping[str, str]
    scratch: Scratch
    columns: dict[str, None] = field(default_factory=dict)
    others: list[OtherFile] = field(default_factory=list)

    def compile(self, value: Value) -> Evaluate:
        """The function that finds the value in a row. It raises ValueError where the row does not have it."""
        evaluate: Evaluate
        match value:
            case Column():
                evaluate = self._column(value)
            case Template():
                evaluate = self._template(value)
            case Ref():
                evaluate = self._ref(value)
            case Lookup():
                evaluate = self._lookup(value)
            case Rows():
                evaluate = self._rows(value)
            case Object():
                evaluate = self._object(value)
            case List():
                evaluate = self._list(value)
            case Case():
                evaluate = self._case(value)
            case constant:
                evaluate = lambda _row: constant  # noqa: E731 - the shortest of nine ways
        return evaluate

    def _object(self, value: Object) -> Evaluate:
        members = [(name, self.compile(member)) for name, member in value.members.items()]
        return lambda row: {name: found for name, member in members if (found := member(row)) is not None}

    def _list(self, value: List) -> Evaluate:
        items = [self.compile(item) for item in value.items]
        return lambda row: [found for item in items if (found := item(row)) is not None]

    def _column(self, value: Column) -> Evaluate:
        name = value.column
        self.columns[name] = None
        if value.conversion is None:
            return lambda row: row.get(name)
        convert = converter(value.conversion)

        def evaluate(row: Row) -> JSON:
            found = row.get(name)
            if found is None:
                return None
            try:
                return convert(found)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error

        return evaluate

    def _template(self, value: Template) -> Evaluate:
        given = {name: self.compile(part) for name, part in value.given.items()}
        parts: list[Evaluate] = [
            given[name] if name in given else self._column(Column(column=name)) for name in value.names()
        ]
        texts = _PLACEHOLDER.split(value.template)

        def evaluate(row: Row) -> JSON:
            pieces = [texts[0]]
            for part, text in zip(parts, texts[1:], strict=True):
                found = part(row)
                if found is None:
                    return None
                pieces += (to_text(found), text)
            return "".join(pieces)

        return _converted(evaluate, value.conversion)

    def _ref(self, value: Ref) -> Evaluate:
        step, prefix, source = value.ref, self.prefixes[value.ref], self.source
        if value.key is None:
            identifier = imported_id(prefix, source, node_key(step, None))
            return lambda _row: identifier
        key = self.compile(value.key)

        def evaluate(row: Row) -> JSON:
            found = key(row)
            return None if found is None else imported_id(prefix, source, node_key(step, found))

        return evaluate

    def _lookup(self, value: Lookup) -> Evaluate:
        key, take, name, by = self.compile(value.key), value.take, value.lookup, value.by
        table = self._other(name, by, {take}, owned=False)

        def evaluate(row: Row) -> JSON:
            wanted = key(row)
            if wanted is None:
                return None
            found = table.first(to_text(wanted))
            if found is None:
                raise ValueError(f"{name} has no row whose {by} is {to_text(wanted)!r}")
            return found.get(take)

        return _converted(evaluate, value.conversion)

    def _rows(self, value: Rows) -> Evaluate:
        key, name = self.compile(value.key), value.rows
        inner = Compiler(self.source, self.prefixes, self.scratch, others=self.others)
        each = inner.compile(value.each)
        table = self._other(name, value.by, set(inner.columns), owned=True)

        def evaluate(row: Row) -> JSON:
            wanted = key(row)
            found: list[JSON] = []
            for line, other in [] if wanted is None else table.take(to_text(wanted)):
                try:
                    found.append(each(other))
                except ValueError as error:
                    raise ValueError(f"line {line} of {name}: {error}") from error
            return found

        return evaluate

    def _case(self, value: Case) -> Evaluate:
        case = self.compile(value.case)
        of = {text: self.compile(then) for text, then in value.of.items()}
        missing = self.compile(value.missing)
        otherwise = self.compile(value.otherwise) if "otherwise" in value.model_fields_set else case

        def evaluate(row: Row) -> JSON:
            found = case(row)
            if found is None:
                return missing(row)
            return of.get(to_text(found), otherwise)(row) if of else otherwise(row)

        return evaluate

    def _other(self, file: str, by: str, columns: set[str], *, owned: bool) -> ScratchTable:
        for other in self.others:
            if (other.file, other.by, other.owned) == (file, by, owned):
                other.columns.update(columns)
                return other.table
        table = self.scratch.table()
        self.others.append(OtherFile(file, by, table, columns, owned))
        return table


def node_key(step: str, key: JSON) -> str:
    """What tells a node of a source from all its others: the step that makes it, and the key of its row."""
    return step if key is None else f"{step}\x00{to_text(key)}"


def _converted(evaluate: Evaluate, conversion: Conversion | None) -> Evaluate:
    if conversion is None:
        return evaluate
    convert = converter(conversion)

    def converted(row: Row) -> JSON:
        found = evaluate(row)
        return None if found is None else convert(found)

    return converted
