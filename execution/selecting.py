"""Writes the function that makes of an object what a selection asks of it.

Leaves are read and tested in line; every other field is one call. Only names that GraphQL or Python allow as names get
into the text, everything else is a global of the function.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType
from typing import Final, cast

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, is_leaf_type

from execution.completing import Compiler, Select, completer
from execution.fields import attribute_of
from execution.leaves import leaf
from execution.places import Place
from execution.positions import Position
from execution.resolving import finisher, is_default, read, resolver
from execution.runs import Run
from execution.stock import whole_field

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_INTROSPECTION: Final = {"__schema", "__type"}


class _Writer:
    """The text of one function, and its globals."""

    def __init__(self, compiler: Compiler, run: Run, type_: GraphQLObjectType) -> None:
        self._compiler, self._run = compiler, run
        self._type = _named(type_.name)
        self._lines = ["def select(run, source, at):", "    d = {}"]
        self.names: dict[str, object] = {"read": read}

    @property
    def text(self) -> str:
        return "\n".join([*self._lines, "    return d", ""])

    def add(self, position: Position, index: int) -> None:
        """One field."""
        definition, node = position.definition, position.nodes[0]
        key, suffix = _named(position.key), f"_{index}"
        nullable = not isinstance(definition.type, GraphQLNonNull)
        place = f"(at, {key!r}, {self._type!r}, d, {nullable})"
        if node.name.value == "__typename" and not node.arguments:
            self._lines.append(f"    d[{key!r}] = {self._type!r}")
            return
        self.names[f"fail{suffix}"] = _failing(position)
        body = self._body(position, key, suffix, place)
        self._lines += [
            "    try:",
            *(f"        {line}" for line in body),
            "    except Exception as error:",
            f"        d[{key!r}] = fail{suffix}(run, error, {place})",
        ]

    def _body(self, position: Position, key: str, suffix: str, place: str) -> list[str]:
        if position.nodes[0].name.value in _INTROSPECTION:
            self.names[f"field{suffix}"] = _by_graphql_core(position)
            return [f"d[{key!r}] = field{suffix}(run, source, {place})"]
        type_ = position.type
        complete = completer(self._compiler, position, type_)
        attribute = attribute_of(position.definition)
        if attribute is not None:
            reading, finish = f"source.{_named(attribute)}", f"(run, v, {place}, None)"
            self.names[f"finish{suffix}"] = complete
        elif is_default(self._run, position):
            name = position.nodes[0].name.value
            reading = f"source.get({name!r}) if type(source) is dict else read(source, {_named(name)!r})"
            finish = f"(run, v, {place})"
            self.names[f"finish{suffix}"] = finisher(position, complete)
        else:
            self.names[f"resolve{suffix}"] = resolver(position, complete)
            return [f"d[{key!r}] = resolve{suffix}(run, source, {place})"]
        finishing = f"d[{key!r}] = finish{suffix}{finish}"
        tests = self._tested(type_, key, suffix)
        return [f"v = {reading}", *tests, f"else: {finishing}" if tests else finishing]

    def _tested(self, type_: GraphQLOutputType, key: str, suffix: str) -> list[str]:
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not is_leaf_type(inner):
            return []
        written = leaf(inner, suffix)
        self.names.update(written.names)
        lines = [f"if {written.test}: d[{key!r}] = {written.answer}"]
        if inner is type_:
            lines.append(f"elif v is None: d[{key!r}] = None")
        return lines


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name")
    return name


def _failing(position: Position) -> object:
    nodes = position.nodes

    def fail(run: Run, error: Exception, place: Place) -> None:
        run.fail_at_once(error, nodes, place)

    return fail


def _by_graphql_core(position: Position) -> object:
    def field(run: Run, source: object, place: Place) -> object:
        return whole_field(run, source, place, position)

    return field


_SMALL: Final = 20  # fields; what is remembered beyond the plans themselves stays small


def _code(text: str) -> CodeType:
    return compile(text, "<selection>", "exec")


_known_code = lru_cache(maxsize=500)(_code)


def write_selection(compiler: Compiler, run: Run, type_: GraphQLObjectType, positions: Sequence[Position]) -> Select:
    """The function for some fields of an object type, in their order."""
    writer = _Writer(compiler, run, type_)
    for index, position in enumerate(positions):
        writer.add(position, index)
    code = _known_code if len(positions) <= _SMALL else _code
    exec(code(writer.text), writer.names)  # noqa: S102 - see above what is in the text
    return cast("Select", writer.names["select"])
