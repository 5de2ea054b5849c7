"""How often somebody may try: counted by the address a request comes from, and by the account that it is about.

An account is counted apart for each address, so that nobody locks its person out by trying. Several windows of one
count make the delays grow: five tries in a row wait for a minute, twenty for the rest of the hour.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from limits import RateLimitItem, parse_many
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from domain.access import Caller
from domain.errors import RateLimitError

MEMORY: Final = "async+memory://"
"""Counts in this process alone."""


class Limited(StrEnum):
    """What is counted."""

    SIGN_UP = "sign_up"
    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 - a name
    MAIL = "mail"
    PROOF = "proof"
    SECOND_FACTOR = "second_factor"
    REFRESH = "refresh"
    CART = "cart"


BY_ADDRESS: Final[Mapping[Limited, str]] = MappingProxyType(
    {
        Limited.SIGN_UP: "10/minute;50/hour",
        Limited.SIGN_IN: "60/minute;600/hour",
        Limited.PASSWORD: "60/minute;600/hour",
        Limited.MAIL: "10/minute;50/hour",
        Limited.PROOF: "30/minute;200/hour",
        Limited.SECOND_FACTOR: "30/minute;200/hour",
        Limited.REFRESH: "120/minute",
        Limited.CART: "30/minute;300/hour",
    }
)
"""How often from one address, whatever the account."""

BY_ACCOUNT: Final[Mapping[Limited, str]] = MappingProxyType(
    {
        Limited.SIGN_IN: "5/minute;20/hour;60/day",
        Limited.PASSWORD: "5/minute;20/hour;60/day",
        Limited.MAIL: "3/minute;10/hour",
        Limited.SECOND_FACTOR: "5/minute;20/hour;60/day",
    }
)
"""How often for one account from one address."""


DENIALS: Final = "10/minute;100/hour"
"""How many denials of one actor and one action the audit log takes in."""


class RateLimits:
    """Counts tries, in memory or in a Redis that several servers share."""

    def __init__(self, storage: Storage | None) -> None:
        """Without a storage nothing is counted."""
        self._limiter = None if storage is None else SlidingWindowCounterRateLimiter(storage)
        self._meanwhile = SlidingWindowCounterRateLimiter(_storage(MEMORY))
        self._by_address = {what: parse_many(text) for what, text in BY_ADDRESS.items()}
        self._by_account = {what: parse_many(text) for what, text in BY_ACCOUNT.items()}
        self._denials = parse_many(DENIALS)

    @classmethod
    def at(cls, redis_url: str | None) -> "RateLimits":
        """The limits that are counted in a Redis, or in memory. ValueError where that is no address of one."""
        if redis_url is None:
            return cls(_storage(MEMORY))
        return cls(_storage(f"async+{redis_url}", implementation="redispy", wrap_exceptions=True))

    async def count(self, what: Limited, caller: Caller, account: str | None = None) -> None:
        """Count one try, of an account where it is about one, whether or not there is such an account.

        RateLimitError where there were too many. While a Redis cannot be reached this process counts its own: it must
        neither keep everybody out nor let anybody guess without end.
        """
        address = caller.network
        await self._count(self._by_address[what], what, address)
        if account is not None:
            # What leaves this process says nothing about anybody.
            hashed = hashlib.sha256(account.encode()).hexdigest()[:32]
            await self._count(self._by_account.get(what, []), what, address, hashed)

    async def takes_denial(self, actor: str, action: str) -> bool:
        """Count a denial, and answer whether it is one of the first, which are recorded."""
        try:
            await self._count(self._denials, "denial", actor, action)
        except RateLimitError:
            return False
        return True

    async def _count(self, items: list[RateLimitItem], *names: str) -> None:
        if self._limiter is None:
            return
        try:
            await _hit(self._limiter, items, names)
        except StorageError:
            await _hit(self._meanwhile, items, names)


async def _hit(limiter: SlidingWindowCounterRateLimiter, items: list[RateLimitItem], names: tuple[str, ...]) -> None:
    for item in items:
        if not await limiter.hit(item, *names):
            stats = await limiter.get_window_stats(item, *names)
            # A window has made room once its end has passed, not at it.
            wait = math.floor(max(0.0, stats.reset_time - time.time())) + 1
            raise RateLimitError(f"That was too often. Try again in {wait} seconds.", wait)


def _storage(uri: str, **options: str | bool) -> Storage:
    storage = storage_from_string(uri, **options)
    if not isinstance(storage, Storage):
        raise TypeError(f"{type(storage).__name__} blocks the event loop")
    return storage
