"""Fields of Strawberry that need less than its resolver does, told by the closures that it makes for them.

The closures are known by their names, which belong to nobody but Strawberry. A field that is anything else, or more,
such as one with an extension, a permission or an argument, is called like any resolver of graphql-core.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import getclosurevars
from keyword import iskeyword
from typing import Final, cast

from graphql import GraphQLField
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

_MODULE: Final = "strawberry.schema.schema_converter"
_CLOSURE: Final = "GraphQLCoreConverter.from_resolver.<locals>."
_ATTRIBUTE: Final = {f"{_CLOSURE}_get_basic_result"}
_METHOD: Final = {f"{_CLOSURE}_resolver", f"{_CLOSURE}_async_resolver"}


@dataclass(frozen=True, slots=True)
class Method:
    """A resolver that takes no more than the object and the info: how to call it, and how it wants the info."""

    function: Callable[..., object]
    takes_self: bool
    info_name: str | None
    make_info: Callable[..., object]


def _made_by_strawberry(definition: GraphQLField, names: set[str]) -> StrawberryField | None:
    resolve, field = definition.resolve, definition.extensions.get("strawberry-definition")
    known = getattr(resolve, "__qualname__", None) in names and getattr(resolve, "__module__", None) == _MODULE
    return field if known and type(field) is StrawberryField and not field.extensions else None


def attribute_of(definition: GraphQLField) -> str | None:
    """The attribute that a field answers and nothing else; None for any other field."""
    field = _made_by_strawberry(definition, _ATTRIBUTE)
    if field is None or field.base_resolver or field.default_resolver is not getattr:
        return None
    name = field.python_name
    return name if name.isidentifier() and name.isascii() and not iskeyword(name) else None


def method_of(definition: GraphQLField) -> Method | None:
    """The method that a field calls and nothing else; None for any other field."""
    field = _made_by_strawberry(definition, _METHOD)
    if field is None or type(field.base_resolver) is not StrawberryResolver or definition.args:
        return None
    base, closure = field.base_resolver, getclosurevars(cast("Callable[..., object]", definition.resolve)).nonlocals
    make_info = closure.get("_strawberry_info_from_graphql")
    plain = not field.arguments and base.root_parameter is None and base.parent_parameter is None
    if (
        not plain
        or not callable(base.wrapped_func)
        or closure.get("field_exception_handlers")
        or not callable(make_info)
    ):
        return None
    if "field_exception_handlers" not in closure:
        return None
    info = base.info_parameter
    return Method(base.wrapped_func, base.self_parameter is not None, info.name if info else None, make_info)
