"""Where a value goes: a position in the response, and the container that holds it.

A place is a plain tuple, for one is made at every position of a response and a tuple is by far the cheapest to make:
(the place of the object or list around it, its key there, the object type, the container, whether it may be null).
"""

from typing import Final, TypeAlias, cast

from graphql.pyutils import Path

Container: TypeAlias = dict[str, object] | list[object]
Place: TypeAlias = tuple["Place | None", str | int, str | None, Container, bool]

PENDING: Final = object()
"""Stands in a container for a value that is still awaited; the response is never answered with one."""


def path_of(place: Place) -> Path:
    """The path of a place, as graphql-core has it."""
    steps: list[Place] = []
    step: Place | None = place
    while step is not None:
        steps.append(step)
        step = step[0]
    path: Path | None = None
    for _, key, typename, _, _ in reversed(steps):
        path = Path(path, key, typename)
    return cast("Path", path)


def field_path_of(place: Place) -> Path:
    """The path of the field to which a place belongs, be the place an item of its list."""
    while isinstance(place[1], int) and place[0] is not None:
        place = place[0]
    return path_of(place)


def put(place: Place, value: object) -> None:
    """Put a value where it goes."""
    place[3][place[1]] = value  # type: ignore[index] # a name in a dict, an index in a list


def nearest_nullable(place: Place) -> Place | None:
    """The nearest position around a place, or the place itself, that may be null; None is the whole response."""
    step: Place | None = place
    while step is not None and not step[4]:
        step = step[0]
    return step


def within(place: Place, outer: Place) -> bool:
    """Whether a place is in another, or that one itself."""
    step: Place | None = place
    while step is not None:
        if step[3] is outer[3] and step[1] == outer[1]:
            return True
        step = step[0]
    return False
