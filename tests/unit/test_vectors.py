"""Vectors as they are taken in, and how long an endpoint asks to wait."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.embedding_endpoint import seconds_to_wait
from domain.errors import ValidationError
from services.vectors import middle, unit

numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(values=st.lists(numbers, min_size=1, max_size=20).filter(any))
def test_a_vector_keeps_its_direction_and_gets_length_one(values: list[float]) -> None:
    found = unit("v", values, len(values))
    assert math.hypot(*found) == pytest.approx(1)
    assert all(math.copysign(1, one) == math.copysign(1, other) for one, other in zip(found, values, strict=True))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "has 0 numbers"),
        ([1, 2], "has 2 numbers, and every vector of this store has 3"),
        ([0, 0.0, -0.0], "all zeros"),
        ([1, math.nan, 0], "not finite"),
        ([math.inf, 0, 0], "not finite"),
        ([0, 0, -math.inf], "not finite"),
    ],
)
def test_what_is_no_vector_is_refused(values: list[float], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        unit("to.vector", values, 3)
    assert caught.value.field == "to.vector"


def test_the_middle_of_vectors_points_between_them() -> None:
    assert unit("v", middle([[1, 0], [0, 1]]), 2) == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("7", 7), ("0", 0), ("-3", 0), ("1e9", 3_600), ("nan", None), ("soon", None), ("", None)],
)
def test_how_long_an_endpoint_asks_to_wait(value: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(value) == seconds


def test_an_endpoint_may_say_until_when_to_wait() -> None:
    found = seconds_to_wait(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert found is not None
    assert 85 < found <= 90
