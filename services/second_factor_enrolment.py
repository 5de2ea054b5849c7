"""Getting a second factor: a secret for an app, which a first code of that app turns on."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AuthError, ConflictError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.second_factors import ENROLMENT_LIFETIME, BegunTotp
from domain.values import from_micros, to_micros
from graph import events, second_factors
from graph.second_factors import SecondFactorRow
from graph.store import Transaction
from services.journal import event
from services.sealing import Purpose, Sealed, SecretBox
from services.second_factor_proofs import new_recovery_codes, recovery_hash, step_of, told, totp_of
from services.second_factor_reset import CHANGES

ISSUER: Final = "ONE"
"""What apps show beside the codes."""

OVER: Final = "This session is over: sign in again."
WRONG: Final = "This code is wrong: look at the clock of the device, and give the code that the app shows now."

_SECRET_BYTES: Final = 20  # as long as the hash, says RFC 4226, section 4
_IS_ON: Final = "You have a second factor already: turn it off first, with disableTwoFactor."


@dataclass(frozen=True, slots=True)
class NewTotp:
    """A secret for an app that was just made, and what is stored of it."""

    secret: bytes = field(repr=False)
    row: SecondFactorRow
    expires_at: datetime

    @classmethod
    def make(cls, box: SecretBox, person_id: str, at: datetime) -> "NewTotp":
        """One for a person. SecretKeyError where the box has no key."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        sealed = box.seal(secret, Purpose.TOTP, person_id)
        return cls(secret, new_row(person_id, at, sealed), at + ENROLMENT_LIFETIME)

    def shown(self, email: str) -> BegunTotp:
        """The secret as its person sees it, this once."""
        text = base64.b32encode(self.secret).decode()
        return BegunTotp(text, totp_of(self.secret).get_provisioning_uri(email, ISSUER), self.expires_at)


def new_row(person_id: str, at: datetime, sealed: Sealed | None = None) -> SecondFactorRow:
    """A second factor that is not on yet; without a secret it rests on passkeys."""
    return SecondFactorRow(
        personId=person_id,
        secret=None if sealed is None else sealed.text,
        keyId=None if sealed is None else sealed.key_id,
        createdAt=to_micros(at),
        enabledAt=None,
        lastStep=None,
        recoveryHashes=[],
        failures=0,
        failedAt=None,
    )


async def put(transaction: Transaction, row: SecondFactorRow) -> None:
    """Have a person have this second factor instead of one that was only begun.

    ConflictError where one is on, AuthError where the person is gone or suspended.
    """
    found = await second_factors.begin(transaction, row)
    if found is None:
        raise AuthError(OVER)
    # What this row made itself is on already, where it is so from the start.
    if found["enabledAt"] is not None and found != row:
        raise ConflictError(_IS_ON)
    await second_factors.change(transaction, row["personId"], row)


def begun(row: SecondFactorRow, at: datetime) -> str | None:
    """The secret of a second factor that was begun of late, encrypted; None where it is on, late, or without one."""
    is_begun = row["enabledAt"] is None and at - from_micros(row["createdAt"]) <= ENROLMENT_LIFETIME
    return row["secret"] if is_begun else None


async def turn_on(
    transaction: Transaction, box: SecretBox, caller: Caller, sealed: str, code: str, *, person_id: str, at: datetime
) -> tuple[str, ...] | None:
    """Turn on what a person has begun, whose row is locked, by a code of the app; recovery codes, or None if wrong.

    SecretKeyError where the secret cannot be decrypted.
    """
    step = step_of(box.unseal(sealed, Purpose.TOTP, person_id), code, None, at)
    if step is None:
        return None
    codes = new_recovery_codes()
    enabled = {"enabledAt": to_micros(at), "lastStep": step, "recoveryHashes": hashes(codes)}
    await second_factors.change(transaction, person_id, enabled)
    await record_on(transaction, caller, person_id, at)
    return tuple(codes)


async def record_on(transaction: Transaction, caller: Caller, person_id: str, at: datetime) -> None:
    """Record that a second factor was turned on, and tell its person."""
    what = EventType.TWO_FACTOR_ENABLED
    on = event(caller, what, target_id=person_id, group_id=None, changes=CHANGES[what], actor=person_id)
    await events.append(transaction, [on])
    await told(transaction, person_id, MailTemplate.TWO_FACTOR_ENABLED, at)


def hashes(codes: Sequence[str]) -> list[str]:
    """What is stored of recovery codes."""
    return [recovery_hash(code) for code in codes]
