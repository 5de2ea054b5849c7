"""Absent, null and a value: what a field of an update says."""

from typing import Protocol, TypeVar

from domain.changes import KEEP, Change
from domain.errors import ValidationError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Given(Protocol[T_co]):
    """What Strawberry hands over for a field that is there: `strawberry.Some`."""

    @property
    def value(self) -> T_co:
        """The value, or None for null."""


def given(value: Given[T] | None) -> Change[T]:
    """The change that a field asks for; null is a value."""
    return KEEP if value is None else value.value


def required(field: str, value: Given[T | None] | None) -> Change[T]:
    """The change of a field that cannot be empty. ValidationError where it is null."""
    if value is None:
        return KEEP
    if value.value is None:
        raise ValidationError(field, f"{field} cannot be null: leave it out to keep it as it is.")
    return value.value
