"""How types and fields of the schema are defined: a docstring is the description that clients read."""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import ParamSpec, TypeVar, cast, dataclass_transform

import strawberry

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Enum)


def _description(of: object) -> str:
    text = inspect.getdoc(of)
    if not text:
        raise TypeError(f"{of!r} needs a docstring: it is what clients read about it.")
    return text


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def object_type(cls: type[T]) -> type[T]:
    """Make a class a GraphQL object type."""
    return strawberry.type(cls, description=_description(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def interface(cls: type[T]) -> type[T]:
    """Make a class a GraphQL interface."""
    return strawberry.interface(cls, description=_description(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def input_type(cls: type[T]) -> type[T]:
    """Make a class a GraphQL input type."""
    return strawberry.input(cls, description=_description(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def one_of(cls: type[T]) -> type[T]:
    """Make a class a GraphQL input type of which exactly one field is given."""
    return strawberry.input(cls, description=_description(cls), one_of=True)


def field(resolver: Callable[P, R]) -> Callable[P, R]:
    """Make a method a field of its type."""
    return cast("Callable[P, R]", strawberry.field(resolver, description=_description(resolver)))


def field_as(name: str, of: object = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a method a field called `name`, and of the type that is given where no annotation can say it."""

    def define(resolver: Callable[P, R]) -> Callable[P, R]:
        made = strawberry.field(resolver, name=name, description=_description(resolver), graphql_type=of)
        return cast("Callable[P, R]", made)

    return define


def mutation(resolver: Callable[P, R]) -> Callable[P, R]:
    """Make a method a mutation."""
    return cast("Callable[P, R]", strawberry.mutation(resolver, description=_description(resolver)))


def subscription(resolver: Callable[P, R]) -> Callable[P, R]:
    """Make a method a subscription."""
    return cast("Callable[P, R]", strawberry.subscription(resolver, description=_description(resolver)))


def enum(cls: type[E], values: Mapping[E, str]) -> None:
    """Make an enum of the domain a GraphQL enum with the same values, each with its description."""
    strawberry.enum(cls, description=_description(cls), graphql_name_from="value")
    definition = cls.__strawberry_definition__  # type: ignore[attr-defined] # the line above put it there
    for value in definition.values:
        value.description = values[cls(value.value)]
