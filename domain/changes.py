"""What a partial update says of a value: keep it, or set it. None is a value to set."""

from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class Keep(Enum):
    """The type of KEEP."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP

Change: TypeAlias = T | Literal[Keep.KEEP]


def changed(change: T | Literal[Keep.KEEP], current: T) -> T:
    """The value after the change."""
    return current if change is KEEP else change
