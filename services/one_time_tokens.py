"""Links and codes that go out by mail: good once, for a while, and known to the store by their hashes only.

What stands for a first factor until the second one is proved is kept in the same way, and goes into no mail.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.people import Person
from domain.second_factors import ENROLMENT_LIFETIME
from domain.values import from_micros, to_micros
from graph import one_time_tokens
from graph.one_time_tokens import OneTimeTokenRow
from graph.store import Transaction
from services.hashes import hash_of

PREFIX: Final = "onet_"
"""Every token of a link starts so, so that a scanner for leaked secrets can tell what it found."""

SENT_EVERY: Final = timedelta(minutes=1)
"""How soon after one mail the next of its kind goes to the same person, whoever asks for it."""

CODES: Final = 5
"""How many codes may be tried in an hour."""

_BYTES: Final = 32


class TokenKind(StrEnum):
    """What a link is for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a kind's name
    SIGN_IN = "sign_in"
    CHANGE_EMAIL = "change_email"
    SECOND_FACTOR = "second_factor"
    SECOND_FACTOR_SETUP = "second_factor_setup"


LIFETIMES: Final[Mapping[TokenKind, timedelta]] = MappingProxyType(
    {
        TokenKind.VERIFY_EMAIL: timedelta(hours=1),
        TokenKind.RESET_PASSWORD: timedelta(hours=1),
        TokenKind.SIGN_IN: timedelta(minutes=10),
        TokenKind.CHANGE_EMAIL: timedelta(hours=1),
        TokenKind.SECOND_FACTOR: timedelta(minutes=5),
        TokenKind.SECOND_FACTOR_SETUP: ENROLMENT_LIFETIME,
    }
)
"""How long a link and its code are good for."""

WITH_A_CODE: Final = frozenset({TokenKind.VERIFY_EMAIL, TokenKind.SIGN_IN})
"""What somebody may type instead of following a link."""

CHALLENGES: Final = (TokenKind.SECOND_FACTOR, TokenKind.SECOND_FACTOR_SETUP)
"""What stands for a first factor that was proved."""

_WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A link and a code that were just made, and what is stored of them."""

    token: str = field(repr=False)
    code: str = field(repr=False)
    row: OneTimeTokenRow

    @classmethod
    def make(cls, kind: TokenKind, person: Person, at: datetime, email: str | None = None) -> "NewToken":
        """A link for a person, which is good from that time on; it goes to another address where one is given."""
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        code = f"{secrets.randbelow(1_000_000):06}"
        key = f"{kind} {person.id}"
        row = OneTimeTokenRow(
            key=key,
            kind=kind,
            personId=person.id,
            email=email or person.email,
            linkHash=hash_of(token),
            codeHash=code_hash(key, code) if kind in WITH_A_CODE else None,
            issuedAt=to_micros(at),
            expiresAt=to_micros(at + LIFETIMES[kind]),
            attempts=0,
            attemptsFrom=to_micros(at),
        )
        return cls(token, code, row)


def code_hash(key: str, code: str) -> str:
    """What is stored of a code. Whoever has the store can try all of a million; at the server, five an hour."""
    return hash_of(f"{key} {code}")


async def withdraw(transaction: Transaction, kind: TokenKind, person_id: str) -> None:
    """Make a person's link of a kind good for nothing any more, if there is one."""
    await one_time_tokens.use_up(transaction, f"{kind} {person_id}")


async def withdraw_challenges(transaction: Transaction, person_id: str) -> None:
    """Make good for nothing what a person signs in with just now, and has a second factor to prove yet."""
    for kind in CHALLENGES:
        await withdraw(transaction, kind, person_id)


async def withdraw_begun(transaction: Transaction, person_id: str) -> None:
    """Make good for nothing what somebody may have begun who has since lost what they proved themselves with."""
    for kind in (TokenKind.CHANGE_EMAIL, *CHALLENGES):
        await withdraw(transaction, kind, person_id)


def is_due(issued_at: int | None, at: datetime) -> bool:
    """Whether another mail of a kind may go out, where the last one went out then."""
    return issued_at is None or issued_at <= to_micros(at - SENT_EVERY)


async def lock_link(transaction: Transaction, kind: TokenKind, token: str, at: datetime) -> OneTimeTokenRow | None:
    """What a link of that kind stands for, until the transaction ends; None where it is not good any more."""
    row = await one_time_tokens.lock_by_link(transaction, hash_of(token))
    return row if row is not None and row["kind"] == kind and row["expiresAt"] > to_micros(at) else None


async def try_code(
    transaction: Transaction, kind: TokenKind, address: str, code: str, at: datetime
) -> OneTimeTokenRow | None:
    """What a code stands for that went to an address, until the transaction ends; None where it is not good any more.

    It counts the try, so that the transaction must not be rolled back. Five may be tried an hour, whoever tries them;
    then the right one is refused too.
    """
    row = await one_time_tokens.lock_by_email(transaction, address, kind)
    if row is None:
        await one_time_tokens.count_attempts(transaction, [])
        return None
    if at - from_micros(row["attemptsFrom"]) >= _WINDOW:
        row = {**row, "attempts": 0, "attemptsFrom": to_micros(at)}
    tried = row["attempts"]
    await one_time_tokens.count_attempts(transaction, [{**row, "attempts": tried + 1}])
    right = secrets.compare_digest(code_hash(row["key"], code.strip()), row["codeHash"] or "")
    return row if right and tried < CODES and row["expiresAt"] > to_micros(at) else None
