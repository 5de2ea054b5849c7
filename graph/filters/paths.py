"""Access paths: the index or the edges that lead to the rows of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from graph.listing import Listing, listing

R = TypeVar("R")
T = TypeVar("T")

BY_TIME = "or narrow filter.createdAt"


@dataclass(frozen=True, slots=True)
class Path:
    """How rows are found; the names are those of `listing`.

    `advice` is what to add to a filter where the path leads past too many rows.
    """

    match: str
    key: str
    advice: str = ""
    prefix: tuple[str, ...] = ()
    carry: str = ""
    walk: str = ""
    parent: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rows of a list are, whichever way they are found."""

    name: str
    row: str
    project: str
    filtered: bool
    sums: str = ""


@lru_cache(maxsize=2_000)
def listing_of(shape: Shape, path: Path, where: tuple[str, ...], item: Callable[[R], T]) -> Listing[R, T]:
    """The statements of a list, the same for every filter of one shape."""
    return listing(
        shape.name,
        match=path.match,
        parent=path.parent,
        inside=path.inside,
        where=where,
        key=path.key,
        row=shape.row,
        carry=path.carry,
        walk=path.walk,
        prefix=path.prefix,
        project=shape.project,
        item=item,
        filtered=shape.filtered,
        advice=path.advice,
        sums=shape.sums,
    )
