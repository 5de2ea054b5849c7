"""Tries that several real servers count together, in a real Redis."""

from pathlib import Path

import httpx2
import pytest

from tests.client import Api
from tests.e2e.redis_server import RedisServer
from tests.e2e.servers import Served, two

pytestmark = [pytest.mark.slow, pytest.mark.once]


async def guess(served: Served, times: int) -> list[str]:
    """What so many guesses at one account answer, one after the other."""
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        given = {"email": "ann@one.example", "password": "no such 58 password"}
        return [str((await Api(http).change("signIn", {**given}))["__typename"]) for _ in range(times)]


@pytest.mark.usefixtures("store")
async def test_two_servers_count_together_by_redis_and_each_for_itself_without_it(
    store_address: tuple[str, str, str], tmp_path: Path, redis: RedisServer
) -> None:
    async with two(store_address, tmp_path, ONE_REDIS_URL=redis.url) as (first, second):
        assert await guess(first, 3) == ["AuthError"] * 3
        assert await guess(second, 4) == ["AuthError"] * 2 + ["RateLimitError"] * 2
        assert await guess(first, 1) == ["RateLimitError"]
        # Whoever cannot count together counts alone, and lets nobody try without end.
        await redis.stop()
        assert "RateLimitError" in await guess(second, 7)
        await redis.start()
