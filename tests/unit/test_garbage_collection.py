"""Old garbage goes while nobody waits, and stays while somebody does."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from app import garbage
from app.garbage import collecting


class Ring:
    """Something that only a collection takes away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "LOOK_SECONDS", 0.01)
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 10, 1_000_000)
    yield
    gc.set_threshold(*thresholds)


def lasting() -> "weakref.ref[Ring]":
    """Garbage that has lasted for a while."""
    ring = Ring()
    gc.collect(1)
    return weakref.ref(ring)


@pytest.mark.parametrize("idle", [True, False])
async def test_what_has_lasted_goes_only_while_nobody_waits(*, idle: bool) -> None:
    ring = lasting()
    async with collecting(lambda: idle):
        await asyncio.sleep(0.1)
        assert (ring() is None) is idle


async def test_it_goes_after_a_long_time_although_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "PATIENCE_SECONDS", 0.03)
    ring = lasting()
    async with collecting(lambda: False):
        await asyncio.sleep(0.2)
    assert ring() is None
