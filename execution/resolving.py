"""Fields with a resolver: called as graphql-core calls it, and what it answers is completed or awaited."""

from collections.abc import Callable, Mapping
from types import CoroutineType
from typing import TypeAlias, cast

from graphql.execution import default_field_resolver

from execution.arguments import Arguments, arguments_of, shareable
from execution.fields import Method, method_of
from execution.places import Place
from execution.positions import Position
from execution.runs import Complete, Info, Run
from execution.stock import wait

Resolve: TypeAlias = Callable[[Run, object, Place], object]
"""Resolves and completes a field of an object at its place."""

Finish: TypeAlias = Callable[[Run, object, Place], object]
"""Completes a value that was read where graphql-core's default resolver would have been called."""


def resolver(position: Position, complete: Complete) -> Resolve:
    """What resolves a field by its own resolver, or by that of the request where it has none."""
    method, arguments = method_of(position.definition), arguments_of(position)
    if method is not None:
        return (
            _method(position, method, complete) if arguments is None else _given(position, method, arguments, complete)
        )
    own = position.definition.resolve

    def resolve(run: Run, source: object, place: Place) -> object:
        info = position.info(run, place)
        function = cast("Callable[..., object]", own or run.executor.field_resolver)
        value = function(source, info) if arguments is None else function(source, info, **arguments(run))
        if type(value) is CoroutineType and run.may_wait:
            return wait(run, value, place, position, complete)
        return complete(run, value, place, info)

    return resolve


def _method(position: Position, method: Method, complete: Complete) -> Resolve:
    function, make_info = method.function, method.make_info
    takes_self, info_name = method.takes_self, method.info_name

    def resolve(run: Run, source: object, place: Place) -> object:
        info: Info | None = None
        if info_name is None:
            value = function(source) if takes_self else function()
        else:
            info = position.info(run, place)
            named = {info_name: make_info(info)}
            value = function(source, **named) if takes_self else function(**named)
        if type(value) is CoroutineType and run.may_wait:
            return wait(run, value, place, position, complete)
        return complete(run, value, place, info)

    return resolve


def _given(position: Position, method: Method, arguments: Arguments, complete: Complete) -> Resolve:
    function, make_info, convert = method.function, method.make_info, method.convert
    takes_self, info_name = method.takes_self, method.info_name

    def resolve(run: Run, source: object, place: Place) -> object:
        info = position.info(run, place)
        named = run.converted.get(position)
        if named is None:
            values = arguments(run)
            named = convert(values, make_info(info))
            if shareable(values):
                run.converted[position] = named
        if info_name is not None:
            named = {**named, info_name: make_info(info)}
        value = function(source, **named) if takes_self else function(**named)
        if type(value) is CoroutineType and run.may_wait:
            return wait(run, value, place, position, complete)
        return complete(run, value, place, info)

    return resolve


def read(source: object, name: str) -> object:
    """What graphql-core's default resolver reads of an object, before it calls it."""
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)


def finisher(position: Position, complete: Complete) -> Finish:
    """What graphql-core's default resolver and completion do with what was read."""

    def finish(run: Run, value: object, place: Place) -> object:
        info: Info | None = None
        if callable(value):
            info = position.info(run, place)
            value = value(info)
        return complete(run, value, place, info)

    return finish


def is_default(run: Run, position: Position) -> bool:
    """Whether graphql-core's default resolver is to resolve a field without arguments."""
    without_arguments = not position.definition.args and not position.nodes[0].arguments
    by_default = position.definition.resolve is None and run.executor.field_resolver is default_field_resolver
    return by_default and without_arguments
