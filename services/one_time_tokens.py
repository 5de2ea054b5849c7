"""Links and codes that go out by mail: good once, for an hour, and known to the store by their hashes only."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.people import Person
from domain.values import to_micros
from graph.one_time_tokens import OneTimeTokenRow
from services.sessions import hash_of

PREFIX: Final = "onet_"
"""Every token of a link starts so, so that a scanner for leaked secrets can tell what it found."""

LIFETIME: Final = timedelta(hours=1)
"""How long a link and its code are good for."""

SENT_EVERY: Final = timedelta(minutes=1)
"""How soon after one mail the next of its kind goes to the same person, whoever asks for it."""

CODES: Final = 5
"""How many codes may be tried in an hour."""

_BYTES: Final = 32


class TokenKind(StrEnum):
    """What a link is for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a kind's name


@dataclass(frozen=True, slots=True)
class NewToken:
    """A link and a code that were just made, and what is stored of them."""

    token: str = field(repr=False)
    code: str = field(repr=False)
    row: OneTimeTokenRow

    @classmethod
    def make(cls, kind: TokenKind, person: Person, at: datetime) -> "NewToken":
        """A link for a person, which is good from that time on."""
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        code = f"{secrets.randbelow(1_000_000):06}"
        key = f"{kind} {person.id}"
        row = OneTimeTokenRow(
            key=key,
            kind=kind,
            personId=person.id,
            email=person.email,
            linkHash=hash_of(token),
            codeHash=code_hash(key, code) if kind is TokenKind.VERIFY_EMAIL else None,
            issuedAt=to_micros(at),
            expiresAt=to_micros(at + LIFETIME),
            attempts=0,
            attemptsFrom=to_micros(at),
        )
        return cls(token, code, row)


def code_hash(key: str, code: str) -> str:
    """What is stored of a code. Whoever has the store can try all of a million; at the server, five an hour."""
    return hash_of(f"{key} {code}")


def is_due(issued_at: int | None, at: datetime) -> bool:
    """Whether another mail of a kind may go out, where the last one went out then."""
    return issued_at is None or issued_at <= to_micros(at - SENT_EVERY)
