"""Fields of Strawberry that need less than its resolver does, told by the closures that it makes for them.

The closures are known by their names, which belong to nobody but Strawberry. A field that is anything else, or more,
such as one with an extension or a permission, is called like any resolver of graphql-core.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getclosurevars
from keyword import iskeyword
from typing import Final, TypeAlias, cast

from graphql import GraphQLField
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

_MODULE: Final = "strawberry.schema.schema_converter"
_CLOSURE: Final = "GraphQLCoreConverter.from_resolver.<locals>."
_ATTRIBUTE: Final = {f"{_CLOSURE}_get_basic_result"}
_METHOD: Final = {f"{_CLOSURE}_resolver", f"{_CLOSURE}_async_resolver"}
_WITH_ARGUMENTS: Final = f"{_CLOSURE}wrap_field_extensions.<locals>.extension_resolver"

Convert: TypeAlias = Callable[[dict[str, object], object], dict[str, object]]
"""Makes of the arguments as graphql-core has them, and the info, those that a method takes."""


@dataclass(frozen=True, slots=True)
class Method:
    """A resolver that takes no more than the object, the info and arguments: how to call it, and how it wants them."""

    function: Callable[..., object]
    takes_self: bool
    info_name: str | None
    make_info: Callable[..., object]
    convert: Convert


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
    if field is None or type(field.base_resolver) is not StrawberryResolver:
        return None
    base, closure = field.base_resolver, _closure(definition.resolve)
    make_info = closure.get("_strawberry_info_from_graphql")
    convert = _conversion(closure.get("_get_result_with_extensions"), field)
    if (
        convert is None
        or base.root_parameter is not None
        or base.parent_parameter is not None
        or not callable(base.wrapped_func)
        or closure.get("field_exception_handlers", True)
        or not callable(make_info)
    ):
        return None
    info = base.info_parameter
    return Method(base.wrapped_func, base.self_parameter is not None, info.name if info else None, make_info, convert)


def _conversion(calling: object, field: StrawberryField) -> Convert | None:
    """What Strawberry converts the arguments of a field by; None where it does not do it as it is known to."""
    if getattr(calling, "__qualname__", None) != _WITH_ARGUMENTS or getattr(calling, "__module__", None) != _MODULE:
        return None
    closure = _closure(calling)
    converter = closure.get("self")
    if closure.get("field") is not field or not isinstance(converter, GraphQLCoreConverter):
        return None

    def convert(given: dict[str, object], info: object) -> dict[str, object]:
        return convert_arguments(
            given, field.arguments, converter.scalar_registry, converter.config, cast("Info[object, object]", info)
        )

    return convert


def _closure(function: object) -> Mapping[str, object]:
    return getclosurevars(cast("Callable[..., object]", function)).nonlocals
