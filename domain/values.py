"""JSON values and UTC times, as every dimension uses them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
JSONObject: TypeAlias = Mapping[str, JSON]

Clock: TypeAlias = Callable[[], datetime]
"""Tells the current time in UTC; a test may turn it."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The current time in UTC, in microseconds."""
    return datetime.now(UTC)


def to_micros(time: datetime) -> int:
    """Whole microseconds since the epoch; exact, unlike a float timestamp. `time` must carry an offset."""
    return (time - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The UTC time that many microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=micros)
