"""All types that there are: those of the standard catalogue, and those that an operator registered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.connection_types import CONNECTION_TYPES, ConnectionType
from domain.thing_types import THING_TYPES, ThingType


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The types by their names. A name is never taken away, and never means another type."""

    thing_types: Mapping[str, ThingType]
    connection_types: Mapping[str, ConnectionType]

    @classmethod
    def of(cls, thing_types: Iterable[ThingType] = (), connection_types: Iterable[ConnectionType] = ()) -> "Catalogue":
        """The standard catalogue, which nothing replaces, with what was registered."""
        return cls(
            {**THING_TYPES, **{each.name: each for each in thing_types if each.name not in THING_TYPES}},
            {**CONNECTION_TYPES, **{each.name: each for each in connection_types if each.name not in CONNECTION_TYPES}},
        )
