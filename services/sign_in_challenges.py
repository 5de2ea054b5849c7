"""Challenges to be signed, by a passkey or a wallet: random, short-lived, and good for one answer, right or wrong."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic
from typing import Final

from domain.values import Clock, to_micros
from graph import sign_in_challenges
from graph.sign_in_challenges import SignInChallengeRow
from graph.store import Store, Transaction
from services.hashes import hash_of

LIFETIME: Final = timedelta(minutes=5)
"""How long somebody may take to answer one."""

_BYTES: Final = 32
_PURGE_EVERY: Final = 60.0  # seconds between two looks for challenges to forget
_PURGED_AT_ONCE: Final = 1_000


class ChallengeKind(StrEnum):
    """What a challenge is for; no other use of it is taken."""

    PASSKEY = "passkey"
    PASSKEY_REGISTRATION = "passkey_registration"
    WALLET = "wallet"
    WALLET_LINK = "wallet_link"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What to sign: random hexadecimal digits, and until when."""

    text: str = field(repr=False)
    expires_at: datetime


class Challenges:
    """Gives them out."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next_purge = 0.0

    async def issue(self, kind: ChallengeKind, person_id: str | None = None, bound: str = "") -> Challenge:
        """A new one, which is for that person alone where one is given, and good only with what it is bound to."""
        at = self._clock()
        challenge = Challenge(secrets.token_hex(_BYTES), at + LIFETIME)
        row = SignInChallengeRow(
            hash=hash_of(challenge.text + bound),
            kind=kind,
            personId=person_id,
            createdAt=to_micros(at),
            expiresAt=to_micros(challenge.expires_at),
        )
        await self._store.write(lambda transaction: sign_in_challenges.create(transaction, row))
        if monotonic() >= self._next_purge:
            self._next_purge = monotonic() + _PURGE_EVERY
            await sign_in_challenges.forget(self._store, at, _PURGED_AT_ONCE)
        return challenge


async def use_up(
    transaction: Transaction,
    kind: ChallengeKind,
    text: str,
    at: datetime,
    *,
    person_id: str | None = None,
    bound: str = "",
) -> bool:
    """Whether a challenge was given out for that and is good still; it is good for nothing any more by this.

    So that a transaction which did this must not be rolled back, also where the answer turns out to be wrong.
    """
    row = await sign_in_challenges.lock(transaction, hash_of(text + bound))
    if row is None:
        return False
    await sign_in_challenges.use_up(transaction, row["hash"])
    return row["kind"] == kind and row["personId"] == person_id and row["expiresAt"] > to_micros(at)
