"""Vectors as they are taken in: of the store's one dimension, finite, and of length one."""

import math
from collections.abc import Sequence

from domain.errors import ValidationError
from domain.knowledge import Vector
from graph import vectors
from graph.store import Store


class Dimension:
    """How many numbers every vector of a store has. It never changes once it was chosen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: int | None = None

    async def __call__(self) -> int | None:
        """The dimension; None where nobody has chosen one."""
        if self._known is None:
            self._known = await vectors.read_dimension(self._store)
        return self._known

    async def needed(self, field: str) -> int:
        """The dimension. ValidationError where nobody has chosen one."""
        found = await self()
        if found is None:
            raise ValidationError(
                field, "This store takes no vectors yet: its operator sets ONE_EMBEDDING_DIMENSION first."
            )
        return found


def unit(field: str, values: Sequence[float], dimension: int) -> Vector:
    """The vector of length one in the same direction. ValidationError where it has none, or another dimension."""
    if len(values) != dimension:
        raise ValidationError(
            field, f"{field} has {len(values):,} numbers, and every vector of this store has {dimension:,}."
        )
    largest = max(abs(value) for value in values)
    if not all(map(math.isfinite, values)):
        raise ValidationError(field, f"{field} has a number that is not finite.")
    if largest == 0:
        raise ValidationError(field, f"{field} is all zeros, which is no direction.")
    scaled = [value / largest for value in values]  # or the squares of what is very large or small would be lost
    length = math.sqrt(math.fsum(value * value for value in scaled))
    return tuple(value / length for value in scaled)


def middle(all_of_them: Sequence[Sequence[float]]) -> list[float]:
    """The sum of vectors of length one, which points to their middle."""
    return [math.fsum(values) for values in zip(*all_of_them, strict=True)]
