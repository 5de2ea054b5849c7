"""Scalars and enums: which values are regular, as a test in generated code, and what is answered for one.

Everything that fails its test goes to graphql-core, which converts it or says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

SIMPLE_VALUES: Final = frozenset(
    {str, int, float, bool, bytes, dict, list, tuple, datetime, date, time, timedelta, Decimal, UUID}
)
"""The types of the values that a custom scalar is given without a second look: no awaitables, no exceptions."""

_BUILT_IN: Final = {
    id(GraphQLString): "type(v) is str",
    id(GraphQLID): "type(v) is str",
    id(GraphQLInt): "type(v) is int and -2147483648 <= v <= 2147483647",
    id(GraphQLFloat): "type(v) is float and v - v == 0.0",  # neither infinite nor no number
    id(GraphQLBoolean): "v is True or v is False",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """How generated code treats a value `v`: the test, what is answered, and the global names that both use."""

    test: str
    answer: str = "v"
    names: Mapping[str, object] = field(default_factory=dict)


def leaf(type_: GraphQLLeafType, suffix: str) -> Leaf:
    """How a leaf type is written; the suffix keeps its names apart from those of other fields."""
    built_in = _BUILT_IN.get(id(type_))
    if built_in is not None:
        return Leaf(built_in)
    if isinstance(type_, GraphQLEnumType):
        members = _members(type_)
        if members:
            # The members live as long as their enum, so that an id tells each, at a fraction of the price of a hash.
            names = {id(member): name for member, name in members}
            return Leaf(
                f"(n := ids{suffix}.get(id(v))) is not None", "n", {f"ids{suffix}": names, f"kept{suffix}": members}
            )
    return Leaf(
        f"type(v) in simple and (n := coerce{suffix}(v)) is not None and n is not Undefined",
        "n",
        {"simple": SIMPLE_VALUES, f"coerce{suffix}": type_.coerce_output_value, "Undefined": Undefined},
    )


def _members(type_: GraphQLEnumType) -> list[tuple[Enum, str]]:
    """The members of the Python enum behind an enum type, each with its name in the schema."""
    classes = {type(value.value) for value in type_.values.values() if isinstance(value.value, Enum)}
    wrapped = getattr(type_, "wrapped_cls", None)  # Strawberry's
    if isinstance(wrapped, type) and issubclass(wrapped, Enum):
        classes.add(wrapped)
    found: list[tuple[Enum, str]] = []
    for member in (each for cls in classes for each in cls if not callable(each)):
        try:
            found.append((member, type_.coerce_output_value(member)))
        except Exception:  # noqa: BLE001, S112 - one that the schema does not show
            continue
    return found
