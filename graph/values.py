"""How values are kept in the store: JSON as text, times as microseconds since the epoch, immutable sort keys."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from operator import itemgetter
from types import NoneType
from typing import TypeVar, cast, get_args, get_type_hints

import orjson

from domain.values import JSON, from_micros, to_micros

R = TypeVar("R")


def whole(rows: Iterable[R], reader: Callable[[R], object]) -> list[R]:
    """The rows but for what somebody erased while it was read: some or all of its properties are gone then.

    Which may be null at all is said by the type of the `row` that the reader takes.
    """
    needed = _never_null(reader)
    return [row for row in rows if None not in needed(row)]


@cache
def _never_null(reader: Callable[[R], object]) -> Callable[[R], tuple[object, ...]]:
    """What takes those columns of a row that are never null."""
    row_type = get_type_hints(reader)["row"]
    hints = get_type_hints(row_type)
    names = [name for name in row_type.__required_keys__ if NoneType not in get_args(hints[name])]
    taken = itemgetter(*names, names[0])  # of two names at least, or it would make no tuple
    return cast("Callable[[R], tuple[object, ...]]", taken)


def to_json(value: Mapping[str, JSON]) -> str:
    """A JSON object as text; the store has no maps."""
    return orjson.dumps(value).decode()


def from_json(text: str) -> Mapping[str, JSON]:
    """The object that `to_json` wrote."""
    return cast("Mapping[str, JSON]", orjson.loads(text))


def optional_micros(time: datetime | None) -> int | None:
    """`to_micros` where there is a time."""
    return None if time is None else to_micros(time)


def optional_time(micros: int | None) -> datetime | None:
    """`from_micros` where there is a number."""
    return None if micros is None else from_micros(micros)


def sort_key(created_at: datetime, identifier: str) -> str:
    """A string that sorts by time of creation and is unique: thirteen hexadecimal digits hold it for 142 years."""
    return f"{to_micros(created_at):013x}-{identifier}"
