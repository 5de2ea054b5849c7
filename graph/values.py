"""How values are kept in the store: JSON as text, times as microseconds since the epoch, immutable sort keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

import orjson

from domain.values import JSON, from_micros, to_micros


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
