"""Proving a second factor: by a code of an app (TOTP, RFC 6238), by a passkey, or by a recovery code.

A code of an app is good for the time step that it is of, one before and one after, and once: no step is accepted twice,
nor one before the last that was. Wrong ones are counted for the person, wherever they come from, so that nobody guesses
from many addresses; whoever counts them up has proved a first factor before. Recovery codes are too long to be guessed,
and are good also while the other codes have to wait.
"""

import base64
import math
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from domain.access import Caller
from domain.errors import AppError, RateLimitError, ValidationError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.second_factors import RECOVERY_CODES, SecondFactorMethod, SecondFactorProof
from domain.values import from_micros, to_micros
from graph import events, mail, people, second_factors
from graph.second_factors import SecondFactorRow
from graph.store import Transaction
from services.hashes import hash_of
from services.journal import event
from services.mail import new_mail
from services.passkey_proofs import RelyingParty, prove_passkey, read_assertion
from services.sealing import Purpose, SecretBox

STEP: Final = 30
"""Seconds of a time step. That, six digits and SHA-1 are what every app knows."""

DIGITS: Final = 6
DRIFT: Final = 1
"""How many time steps the clock of an app may be behind or ahead."""

FREE_FAILURES: Final = 5
"""How many wrong codes in a row nobody waits for."""

FIRST_REST: Final = timedelta(seconds=30)
"""How long codes of an app are refused after that many; twice as long after each further one, up to an hour."""

LONGEST_REST: Final = timedelta(hours=1)

_RECOVERY_BYTES: Final = 15  # 120 bits: from 112 on a fast hash is as good as a slow one, says ASVS 6.5.2
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
_RECOVERY_CODE: Final = re.compile(r"[a-z2-7]{24}|[a-z2-7]{16}")  # those of earlier versions had 16
_WRONG: Final = "This code is wrong, or was used already: look again, or wait for the next one."
_WRONG_RECOVERY: Final = "This recovery code is wrong, or was used already: take another one."
_WRONG_PASSKEY: Final = "This passkey is none of yours, or it took too long: begin again, with beginPasskeySignIn."
_NO_APP: Final = "Your second factor is no app: give a passkey, or a recovery code."
_NAMES: Final = {
    SecondFactorMethod.TOTP: "code",
    SecondFactorMethod.PASSKEY: "passkey",
    SecondFactorMethod.RECOVERY_CODE: "recoveryCode",
}
_WRONG_BY_METHOD: Final = {
    SecondFactorMethod.TOTP: _WRONG,
    SecondFactorMethod.PASSKEY: _WRONG_PASSKEY,
    SecondFactorMethod.RECOVERY_CODE: _WRONG_RECOVERY,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proofs are checked by: the box decrypts the secrets of apps, and passkeys are for the party."""

    box: SecretBox
    party: RelyingParty


def totp_of(secret: bytes) -> TOTP:
    """What makes the codes of a secret."""
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - RFC 6238; apps know no other


def typed(proof: SecondFactorProof, field: str = "proof") -> SecondFactorProof:
    """A proof without what somebody types beside it, such as spaces. ValidationError where it can be none."""
    name = f"{field}.{_NAMES[proof.method]}"
    if proof.method is SecondFactorMethod.PASSKEY:
        read_assertion(name, proof.credential)
        return proof
    code = re.sub(r"[\s-]", "", proof.code[:100]).lower()
    if proof.method is SecondFactorMethod.TOTP:
        if not _CODE.fullmatch(code):
            raise ValidationError(name, f"A code has {DIGITS} digits.")
    elif not _RECOVERY_CODE.fullmatch(code):
        raise ValidationError(name, "A recovery code has six times four letters and digits.")
    return SecondFactorProof(proof.method, code)


def step_of(secret: bytes, code: str, last_step: int | None, at: datetime) -> int | None:
    """The time step that a code is of, if it is of one that is good at that time and after the last that was used."""
    totp = totp_of(secret)
    now = int(at.timestamp()) // STEP
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):  # all of them, so that the time tells nothing
        is_right = secrets.compare_digest(totp.generate(step * STEP), code.encode())
        if is_right and (last_step is None or step > last_step):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Random codes, as somebody writes them down."""
    return [_spaced(_random()) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code."""
    return hash_of(code.replace("-", ""))


def _random() -> str:
    return base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()


def _spaced(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


async def prove(
    transaction: Transaction,
    evidence: Evidence,
    caller: Caller,
    row: SecondFactorRow,
    proof: SecondFactorProof,
    *,
    at: datetime,
    field: str = "proof",
) -> AppError | None:
    """Use up a proof of a second factor that is locked, as `typed` answers it; None where it is right.

    A wrong one is counted and recorded, so that the transaction must not be rolled back. ValidationError where it is
    wrong, RateLimitError where too many were. SecretKeyError where the secret cannot be decrypted.
    """
    if proof.method is SecondFactorMethod.RECOVERY_CODE:
        right = await _use_recovery_code(transaction, caller, row, proof.code, at)
    elif proof.method is SecondFactorMethod.PASSKEY:
        right = await _use_passkey(transaction, evidence, caller, row, proof, at=at, field=field)
    elif row["secret"] is None:
        return ValidationError(f"{field}.code", _NO_APP)
    elif (rest := _rest(row, at)) > 0:
        message = f"Too many codes were wrong. Try again in {rest} seconds, or give a recovery code."
        return RateLimitError(message, rest)
    else:
        secret = evidence.box.unseal(row["secret"], Purpose.TOTP, row["personId"])
        right = await _use_step(transaction, row, step_of(secret, proof.code, row["lastStep"], at), at)
    return None if right else await _wrong(transaction, caller, row, proof.method, field)


async def prove_if_on(
    transaction: Transaction,
    evidence: Evidence,
    caller: Caller,
    person_id: str,
    proof: SecondFactorProof | None,
    *,
    at: datetime,
    field: str,
) -> AppError | None:
    """The same, where the person has a second factor at all; None where they have none."""
    locked = await second_factors.lock(transaction, person_id)
    if locked is None or locked["factor"]["enabledAt"] is None:
        return None
    if proof is None:
        return ValidationError(field, "You have a second factor: prove it as well.")
    return await prove(transaction, evidence, caller, locked["factor"], proof, at=at, field=field)


async def _use_step(transaction: Transaction, row: SecondFactorRow, step: int | None, at: datetime) -> bool:
    """Whether a code is of a time step, which is used up by that; a wrong one is counted."""
    if step is None:
        counted = {"failures": row["failures"] + 1, "failedAt": to_micros(at)}
        await second_factors.change(transaction, row["personId"], counted)
        return False
    await second_factors.change(transaction, row["personId"], {"lastStep": step, "failures": 0, "failedAt": None})
    return True


async def _use_passkey(
    transaction: Transaction,
    evidence: Evidence,
    caller: Caller,
    row: SecondFactorRow,
    proof: SecondFactorProof,
    *,
    at: datetime,
    field: str,
) -> bool:
    """Whether a passkey of the same person signed a challenge, which is used up by that."""
    given = read_assertion(f"{field}.passkey", proof.credential)
    passkey = await prove_passkey(transaction, evidence.party, caller, given, at)
    if passkey is None or passkey["personId"] != row["personId"]:
        return False
    await second_factors.change(transaction, row["personId"], {"failures": 0, "failedAt": None})
    return True


async def _use_recovery_code(
    transaction: Transaction, caller: Caller, row: SecondFactorRow, code: str, at: datetime
) -> bool:
    """Whether it is a recovery code, which is used up by that."""
    person_id, used = row["personId"], recovery_hash(code)
    left = [each for each in row["recoveryHashes"] if not secrets.compare_digest(each, used)]
    if len(left) == len(row["recoveryHashes"]):
        return False
    await second_factors.change(transaction, person_id, {"recoveryHashes": left, "failures": 0, "failedAt": None})
    happened = event(
        caller,
        EventType.RECOVERY_CODE_USED,
        target_id=person_id,
        group_id=None,
        properties={"left": len(left)},
        actor=person_id,
    )
    await events.append(transaction, [happened])
    await told(transaction, person_id, MailTemplate.RECOVERY_CODE_USED, at, left=len(left))
    return True


async def told(transaction: Transaction, person_id: str, template: MailTemplate, at: datetime, **values: int) -> None:
    """Tell a person by mail what happened to their second factor."""
    person = await people.fetch_one(transaction, person_id)
    await mail.add(transaction, [] if person is None else [new_mail(template, person, at, **values)])


def _rest(row: SecondFactorRow, at: datetime) -> int:
    """For how many seconds codes of an app are refused still."""
    more = row["failures"] - FREE_FAILURES
    if more < 0 or row["failedAt"] is None:
        return 0
    rest = min(FIRST_REST * (1 << min(more, 20)), LONGEST_REST)
    return math.ceil((from_micros(row["failedAt"]) + rest - at).total_seconds())


async def _wrong(
    transaction: Transaction, caller: Caller, row: SecondFactorRow, method: SecondFactorMethod, field: str
) -> ValidationError:
    failed = event(
        caller,
        EventType.USER_LOGIN_FAILED,
        target_id=row["personId"],
        group_id=None,
        properties={"secondFactor": method},
    )
    await events.append(transaction, [failed])
    return ValidationError(f"{field}.{_NAMES[method]}", _WRONG_BY_METHOD[method])
