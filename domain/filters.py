"""Filters: conditions on the rows of a list, which compose by and, or and not.

A condition holds or does not: one on a value that a row does not have does not hold, and its negation does.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...]


class Operator(StrEnum):
    """How a value of a row is compared with what the filter says."""

    IS = "is"
    ONE_OF = "one_of"
    AT_LEAST = "at_least"
    ABOVE = "above"
    AT_MOST = "at_most"
    BELOW = "below"
    CONTAINS = "contains"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. `at` is the place of its value in the input, such as `filter.or.1.type`.

    `field` is what is compared, as clients call it until a service has checked the filter, and as the store does then;
    `path` is the path of a property, where it is one.
    """

    field: str
    operator: Operator
    value: Value | datetime | tuple[object, ...]
    at: str = dataclasses.field(compare=False, repr=False)
    path: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """All of the parts hold; without any, it holds of everything."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition: TypeAlias = Comparison | All | Either | Not

EVERYTHING = All(())


def conjuncts(condition: Condition) -> Iterator[Comparison | Either | Not]:
    """The conditions that must each hold for the whole to hold."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in a condition."""
    match condition:
        case Comparison():
            yield condition
        case Not(part=part):
            yield from comparisons(part)
        case All(parts=parts) | Either(parts=parts):
            for each in parts:
                yield from comparisons(each)
