"""Completes what a field answered: small closures for regular values, graphql-core for everything else.

A `Complete` never answers an awaitable: what has to be awaited goes into the run's queue, with the place for its value.
It raises where graphql-core would; the field or the list item around it says where that was.
"""

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Protocol, TypeAlias, cast

from graphql import (
    GraphQLAbstractType,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)

from execution.leaves import leaf
from execution.places import Place
from execution.plain import PLAIN, is_plain
from execution.positions import Position
from execution.runs import Complete, Info, Run
from execution.stock import checked_object, irregular, named_object, whole_object

Select: TypeAlias = Callable[[Run, object, Place | None], object]
"""Makes of an object what a selection asks of it."""


class Compiler(Protocol):
    """What compiles the selections below a position when they are first needed."""

    def selection(self, run: Run, type_: GraphQLObjectType, position: Position) -> Select | None:
        """What is selected of an object type there; None where graphql-core is to do it."""


def completer(compiler: Compiler, position: Position, type_: GraphQLOutputType) -> Complete:
    """What completes the values of a type at a position."""
    nullable = not isinstance(type_, GraphQLNonNull)
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    match inner:
        case GraphQLList():
            return _list(compiler, position, type_, inner, nullable=nullable)
        case GraphQLObjectType():
            return _object(compiler, position, type_, inner, nullable=nullable)
        case GraphQLUnionType() | GraphQLInterfaceType():
            return _abstract(compiler, position, type_, inner, nullable=nullable)
        case _:
            return _leaf(position, type_, inner, nullable=nullable)


@lru_cache(maxsize=1_000)
def _leaf_code(written: tuple[str, str], *, nullable: bool) -> CodeType:
    test, answer = written
    source = [
        "def complete(run, v, place, info):",
        f"    if {test}: return {answer}",
        *(["    if v is None: return None"] if nullable else []),
        "    return irregular(run, v, place, info, position, type_, complete)",
    ]
    return compile("\n".join(source), "<leaf>", "exec")


def _leaf(position: Position, type_: GraphQLOutputType, inner: GraphQLLeafType, *, nullable: bool) -> Complete:
    written = leaf(inner, "")
    names: dict[str, object] = {**written.names, "irregular": irregular, "position": position, "type_": type_}
    exec(_leaf_code((written.test, written.answer), nullable=nullable), names)  # noqa: S102 - of the lines above only
    return cast("Complete", names["complete"])


def _object(
    compiler: Compiler, position: Position, type_: GraphQLOutputType, inner: GraphQLObjectType, *, nullable: bool
) -> Complete:
    select: Select | None = None

    def complete(run: Run, value: object, place: Place, info: Info | None) -> object:
        nonlocal select
        if value is None and nullable:
            return None
        if type(value) not in PLAIN and not is_plain(value):
            return irregular(run, value, place, info, position, type_, complete)
        if inner.is_type_of is not None:
            info = info or position.info(run, place)
            is_one = inner.is_type_of(value, info)
            if is_one is not True:
                return checked_object(run, value, place, position, inner, is_one)
        if select is None:
            select = compiler.selection(run, inner, position)
            if select is None:
                return whole_object(run, value, place, position, inner)
        return select(run, value, place)

    return complete


def _abstract(
    compiler: Compiler, position: Position, type_: GraphQLOutputType, inner: GraphQLAbstractType, *, nullable: bool
) -> Complete:
    objects: dict[object, Complete] = {}

    def complete(run: Run, value: object, place: Place, info: Info | None) -> object:
        if value is None and nullable:
            return None
        if type(value) not in PLAIN and not is_plain(value):
            return irregular(run, value, place, info, position, type_, complete)
        info = info or position.info(run, place)
        name = (inner.resolve_type or run.executor.type_resolver)(value, info, inner)
        known = objects.get(name) if type(name) is str else None
        if known is None:
            possible = run.executor.schema.get_type(name) if type(name) is str else None
            if not isinstance(possible, GraphQLObjectType) or not run.executor.schema.is_sub_type(inner, possible):
                return named_object(run, value, place, info, position, inner, name)
            known = objects[name] = _object(compiler, position, GraphQLNonNull(possible), possible, nullable=False)
        return known(run, value, place, info)

    return complete


def _list(
    compiler: Compiler,
    position: Position,
    type_: GraphQLOutputType,
    inner: GraphQLList[GraphQLOutputType],
    *,
    nullable: bool,
) -> Complete:
    item_type = inner.of_type
    item_nullable = not isinstance(item_type, GraphQLNonNull)
    complete_item = completer(compiler, position, item_type)
    wants_info = _wants_info(item_type)
    nodes = position.nodes

    def complete(run: Run, value: object, place: Place, info: Info | None) -> object:
        if type(value) is not list and type(value) is not tuple:
            if value is None and nullable:
                return None
            return irregular(run, value, place, info, position, type_, complete)
        if wants_info and info is None and value:
            info = position.info(run, place)
        items: list[object] = []
        append = items.append
        index = 0
        for item in value:
            item_place: Place = (place, index, None, items, item_nullable)
            try:
                append(complete_item(run, item, item_place, info))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is an error of this item
                append(run.fail_at_once(error, nodes, item_place))
            index += 1  # noqa: SIM113 - cheaper than a pair for each
        return items

    return complete


def _wants_info(type_: GraphQLOutputType) -> bool:
    """Whether completing a value calls something that takes the info, which then is made once a list."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    if isinstance(type_, GraphQLObjectType):
        return type_.is_type_of is not None
    return isinstance(type_, GraphQLUnionType | GraphQLInterfaceType)
