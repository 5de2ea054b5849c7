"""Fields that Strawberry answers with an attribute of the object, told by the closure that it makes for them.

The closure is known by its name, which belongs to nobody but Strawberry: one of another shape is called like any resolver.
"""

from keyword import iskeyword
from typing import Final

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

_BASIC: Final = "GraphQLCoreConverter.from_resolver.<locals>._get_basic_result"
_STRAWBERRY: Final = "strawberry.schema.schema_converter"


def attribute_of(definition: GraphQLField) -> str | None:
    """The attribute that a field answers and nothing else; None for any other field."""
    resolve, field = definition.resolve, definition.extensions.get("strawberry-definition")
    if getattr(resolve, "__qualname__", None) != _BASIC or getattr(resolve, "__module__", None) != _STRAWBERRY:
        return None
    if type(field) is not StrawberryField or not field.is_basic_field or field.default_resolver is not getattr:
        return None
    name = field.python_name
    return name if name.isidentifier() and name.isascii() and not iskeyword(name) else None
