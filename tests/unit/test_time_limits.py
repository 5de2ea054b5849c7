"""What may take so long: ended by its own time as `asyncio.timeout` ends it, and by somebody else as anything is."""

import asyncio

import pytest

from app.time_limits import TimeLimit


async def test_what_is_in_time_goes_on() -> None:
    with TimeLimit(5):
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)  # nothing is left that would end it later


async def test_what_takes_longer_ends_in_a_timeout_and_the_task_goes_on() -> None:
    with pytest.raises(TimeoutError):  # noqa: SIM117 - the two are what is tested
        with TimeLimit(0.01):
            await asyncio.sleep(5)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    await asyncio.sleep(0)


async def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    async def work() -> None:
        with TimeLimit(5):
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(KeyError), TimeLimit(5):
        raise KeyError("x")
