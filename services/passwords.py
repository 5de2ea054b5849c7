"""Passwords: how strong one has to be, its slow hash, and changing it.

Hashing takes a tenth of a second and 64 MiB on purpose (argon2id, RFC 9106), so it runs in a few threads of its own and
never in the event loop's. Policy after NIST SP 800-63B: length and what is easily guessed, no rules of composition.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from domain.access import EVERYTHING, Caller
from domain.errors import AppError, AuthError, RateLimitError, ValidationError
from domain.events import EventType
from domain.people import Person
from domain.second_factors import SecondFactorProof
from domain.sessions import SignedIn
from domain.values import Clock, to_micros
from graph import credentials, events, people, sessions
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.finishing_sign_in import Entrance
from services.journal import AccessChange, event
from services.one_time_tokens import withdraw_begun
from services.rate_limits import Limited, RateLimits
from services.second_factor_proofs import Evidence, prove_if_on
from services.second_factor_proofs import typed as typed_factor
from services.work import done

T = TypeVar("T")

SHORTEST: Final = 8
LONGEST: Final = 128

HASHING: Final = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=1),))
"""argon2id with 64 MiB, three passes and one lane; hashes of other settings are made anew by signing in.

More lanes would be threads of their own, which take all processors from the event loop for as long as it takes.
"""

_STRONG_ENOUGH: Final = 3  # of 4: safely unguessable, says zxcvbn
_JUDGED: Final = 72  # characters; the work of judging grows with their square
_WORKERS: Final = max(1, (os.cpu_count() or 1) - 1)
"""One processor is left to the event loop."""

_MOST_WAITING: Final = 50
_BUSY: Final = "Too many people sign in just now. Try again in a moment."
_WRONG: Final = "This is not your password."
_SECOND: Final = "secondFactor"

_threads: Final = ThreadPoolExecutor(_WORKERS, thread_name_prefix="passwords")
_judging: Final = Lock()  # zxcvbn keeps the words that belong to one password in a dictionary of its module
_waiting: Final[set[object]] = set()


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is right, and its hash with the current settings where the stored one has others."""

    right: bool
    better_hash: str | None = None


async def hashed(password: str) -> str:
    """The hash to store. RateLimitError where too many wait for theirs."""
    return await _in_thread(lambda: HASHING.hash(password))


async def verify(password: str, stored: str | None) -> Verified:
    """Whether it is the password of which the hash is stored; the same work where there is none.

    RateLimitError where too many wait for theirs.
    """
    return await _in_thread(lambda: _verify(password, stored))


async def acceptable(field: str, password: str, about: Sequence[str]) -> str:
    """The password, if it is long and strong enough; `about` is what an attacker knows of its person and of the server.

    ValidationError where it is not, RateLimitError where too many wait.
    """
    password = typed(field, password)
    if len(password) < SHORTEST:
        raise ValidationError(field, f"{field} takes {SHORTEST} to {LONGEST} characters; this has {len(password)}.")
    advice = await _in_thread(lambda: _weakness(password, about))
    if advice is not None:
        raise ValidationError(field, f"{field} is easily guessed. {advice}".strip())
    return password


def typed(field: str, password: str) -> str:
    """A password as somebody typed it, in one form of Unicode. ValidationError where it is too long to be one."""
    if len(password) > LONGEST:
        raise ValidationError(field, f"{field} takes {SHORTEST} to {LONGEST} characters; this has {len(password)}.")
    return validation.password(field, password)


def _verify(password: str, stored: str | None) -> Verified:
    # The stand-in is made in either case, or the first who asks for nobody would wait for it.
    stand_in = _stand_in()
    try:
        right, better = HASHING.verify_and_update(password, stored or stand_in)
    except UnknownHashError:
        return Verified(right=False)
    return Verified(right and stored is not None, better if stored is not None else None)


@cache
def _stand_in() -> str:
    return HASHING.hash(secrets.token_urlsafe())


def _weakness(password: str, about: Sequence[str]) -> str | None:
    with _judging:
        judged = zxcvbn(password[:_JUDGED], [part for each in about for part in (each, *each.split("@"))])
    if judged["score"] >= _STRONG_ENOUGH:
        return None
    feedback = judged["feedback"]
    return " ".join([feedback["warning"], *feedback["suggestions"]]).strip() or "Make it longer."


async def _in_thread(work: Callable[[], T]) -> T:
    if len(_waiting) >= _MOST_WAITING:
        raise RateLimitError(_BUSY, 1)
    ticket = object()
    _waiting.add(ticket)
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting.discard(ticket)


def about(person: Person, words: Sequence[str]) -> tuple[str, ...]:
    """What a password of that person may not lean on: what their account says of them, and the words."""
    return (person.email, person.username, person.display_name, *words)


async def about_account(store: Store, person_id: str, words: Sequence[str]) -> tuple[str, ...]:
    """The same of whoever has that id."""
    person = (await people.fetch(store, EVERYTHING, [person_id])).get(person_id)
    return tuple(words) if person is None else about(person, words)


class Passwords:
    """What somebody can do with their own password."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: RateLimits,
        evidence: Evidence,
        entrance: Entrance,
        *,
        words: Sequence[str],
    ) -> None:
        """No password may lean on one of the words."""
        self._store = store
        self._entrance = entrance
        self._words = words
        self._clock = clock
        self._limits = limits
        self._evidence = evidence

    async def change(self, caller: Caller, current: str, new: str, second: SecondFactorProof | None = None) -> SignedIn:
        """Give the caller another password, and end all of their other sessions; the one that stays, with new tokens.

        ValidationError where the current password is wrong or the new one too weak, or a second factor is not proved
        that the caller has; else as authorize_oneself.
        """
        viewer, session = authorize_oneself(caller, Action.CHANGE_PASSWORD, self._clock())
        second = None if second is None else typed_factor(second, _SECOND)
        await self._limits.count(Limited.PASSWORD, caller, viewer.person_id)
        stored = await credentials.fetch_password(self._store, viewer.person_id)
        checked = await verify(typed("currentPassword", current), stored)
        if not checked.right:
            await self._note_failure(caller, viewer.person_id)
            raise ValidationError("currentPassword", _WRONG)
        leaning = await about_account(self._store, viewer.person_id, self._words)
        row = credentials.CredentialRow(
            personId=viewer.person_id,
            passwordHash=await hashed(await acceptable("newPassword", new, leaning)),
            changedAt=to_micros(self._clock()),
        )

        async def work(transaction: Transaction) -> SignedIn | AppError:
            if await credentials.lock(transaction, viewer.person_id) != stored:
                raise ValidationError("currentPassword", _WRONG)
            refused = await self._second(transaction, caller, viewer.person_id, second)
            if refused is not None:
                return refused
            await credentials.set_password(transaction, row)
            ended = await sessions.end_all(transaction, viewer.person_id, keep=session.id)
            # It may have been asked for by whoever knew the old password.
            await withdraw_begun(transaction, viewer.person_id)
            kept = await self._entrance.renew(transaction, session.id, self._clock())
            if kept is None:
                raise AuthError("This session is over: sign in again.")
            happened = [
                event(caller, EventType.PASSWORD_CHANGED, target_id=viewer.person_id, group_id=None),
                *(
                    event(
                        caller,
                        EventType.SESSION_REVOKED,
                        target_id=viewer.person_id,
                        group_id=None,
                        properties={"revoked": each, "reason": "password_changed"},
                        changes=AccessChange(before={"session": each}),
                    )
                    for each in ended
                ),
            ]
            await events.append(transaction, happened)
            return kept

        return done(await self._store.write(work))

    async def reauthenticate(self, caller: Caller, password: str, second: SecondFactorProof | None = None) -> SignedIn:
        """Take the caller's password as a proof of who they are, with their second factor if they have one.

        The session in use gets new tokens. ValidationError where one of them is wrong or missing.
        """
        viewer, session = authorize_oneself(caller, Action.REAUTHENTICATE, self._clock())
        second = None if second is None else typed_factor(second, _SECOND)
        await self._limits.count(Limited.PASSWORD, caller, viewer.person_id)
        stored = await credentials.fetch_password(self._store, viewer.person_id)
        if not (await verify(typed("password", password), stored)).right:
            await self._note_failure(caller, viewer.person_id)
            raise ValidationError("password", _WRONG)

        async def work(transaction: Transaction) -> SignedIn | AppError:
            if await credentials.lock(transaction, viewer.person_id) != stored:
                raise ValidationError("password", _WRONG)
            refused = await self._second(transaction, caller, viewer.person_id, second)
            if refused is not None:
                return refused
            proven = await self._entrance.renew(transaction, session.id, self._clock())
            if proven is None:
                raise AuthError("This session is over: sign in again.")
            await events.append(
                transaction, [event(caller, EventType.USER_REAUTHENTICATED, target_id=viewer.person_id, group_id=None)]
            )
            return proven

        return done(await self._store.write(work))

    async def _second(
        self, transaction: Transaction, caller: Caller, person_id: str, proof: SecondFactorProof | None
    ) -> AppError | None:
        """Whoever has a session and a password only must not get further than by signing in."""
        return await prove_if_on(transaction, self._evidence, caller, person_id, proof, at=self._clock(), field=_SECOND)

    async def _note_failure(self, caller: Caller, person_id: str) -> None:
        failed = event(caller, EventType.USER_LOGIN_FAILED, target_id=person_id, group_id=None)
        await self._store.write(lambda transaction: events.append(transaction, [failed]))
