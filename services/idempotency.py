"""Idempotency keys: a request that comes again under its key is answered by what it made the first time."""

import hashlib
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final, Generic, TypeVar

import orjson

from domain.access import Caller, Reach
from domain.errors import ConflictError, ValidationError
from domain.values import now, to_micros
from graph import idempotency
from graph.store import Store, Transaction
from services.access import reach_of
from services.work import Work

T = TypeVar("T")

KEPT: Final = timedelta(days=7)
"""How long a key is remembered."""

MAX_KEY: Final = 200

_PURGE_EVERY: Final = 60.0  # seconds between two looks for keys to forget
_PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """One person's key for one mutation, with the hash of the input that came with it."""

    key: str
    digest: str

    @classmethod
    def of(cls, caller: Caller, mutation: str, key: str, given: object) -> "Claim":
        """The claim of that input. ValidationError where the key cannot be one."""
        if not 0 < len(key) <= MAX_KEY or not key.isprintable():
            raise ValidationError("idempotencyKey", f"idempotencyKey takes 1 to {MAX_KEY} printable characters.")
        name = f"{reach_of(caller).person_id} {mutation} {unicodedata.normalize('NFC', key)}"
        text = orjson.dumps(given, option=orjson.OPT_SORT_KEYS, default=str)
        return cls(name, hashlib.sha256(text).hexdigest())

    def part(self, index: int) -> "Claim":
        """The claim of one item of an input of many."""
        return Claim(f"{self.key} {index}", self.digest)


async def recall(transaction: Transaction, claims: Sequence[Claim]) -> list[tuple[str, ...] | None]:
    """For each key the ids of what was made under it, or None where it is new, and so for nobody else until the end.

    ConflictError where a key came with another input before.
    """
    at = now()
    stored = await idempotency.claim(
        transaction, [{"key": each.key, "hash": each.digest, "at": to_micros(at), "results": None} for each in claims]
    )
    found: list[tuple[str, ...] | None] = []
    for each in claims:
        memo = stored[each.key]
        if memo["results"] is None or memo["at"] < to_micros(at - KEPT):
            found.append(None)
        elif memo["hash"] != each.digest:
            raise ConflictError("This key came with another input before: take a new one.", field="idempotencyKey")
        else:
            found.append(tuple(memo["results"]))
    return found


async def remember(transaction: Transaction, made: Sequence[tuple[Claim, Sequence[str]]]) -> None:
    """Note for each key that was recalled the ids of what was made."""
    at = to_micros(now())
    await idempotency.remember(
        transaction, [{"key": each.key, "hash": each.digest, "at": at, "results": list(ids)} for each, ids in made]
    )


@dataclass(frozen=True, slots=True)
class Making(Generic[T]):
    """A mutation that makes something: its name, the key of what it made, and how that is found again."""

    mutation: str
    key_of: Callable[[T], str]
    again: Callable[[Transaction, Reach, str], Awaitable[T]]


def once(claim: Claim, reach: Reach, work: Work[T], making: Making[T]) -> Work[T]:
    """The same work, which is done once under a key: whoever comes again gets what it made, as it is now."""

    async def work_once(transaction: Transaction) -> T:
        [results] = await recall(transaction, [claim])
        if results is not None:
            return await making.again(transaction, reach, results[0])
        result = await work(transaction)
        await remember(transaction, [(claim, [making.key_of(result)])])
        return result

    return work_once


class Purge:
    """Forgets old keys, now and then, when new ones are used: an index finds them, and a thousand go at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0.0

    async def __call__(self) -> None:
        """Forget some, if it is time."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + _PURGE_EVERY
        await idempotency.forget(self._store, to_micros(now() - KEPT), _PURGED_AT_ONCE)
