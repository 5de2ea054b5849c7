"""Checking what a passkey signed (WebAuthn Level 3, sections 7.1 and 7.2); `webauthn` does the reading and the maths.

Every passkey is discoverable and makes sure who holds it, by a PIN or a finger. So one is both factors at once: what
its holder has, and what they know or are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import AuthenticationCredential, RegistrationCredential

from domain.access import Caller
from domain.errors import ValidationError
from domain.events import EventType
from domain.ids import PASSKEY_PREFIX, new_id
from domain.values import JSON, to_micros
from graph import events, passkeys
from graph.passkeys import PasskeyRow
from graph.store import Transaction
from services.journal import event
from services.sign_in_challenges import ChallengeKind, use_up

_LONGEST_ID: Final = 1_023  # bytes, says section 7.1
_LONGEST_KEY: Final = 1_100  # bytes: of RSA with 8,192 bits


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom passkeys are for: a domain, and the origins of the pages that may use them."""

    domain: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a browser says that a passkey signed; nothing of it is proved."""

    credential: AuthenticationCredential
    challenge: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What a browser says of a passkey that it made; nothing of it is proved."""

    credential: RegistrationCredential
    challenge: str
    transports: tuple[str, ...]


def handle_of(person_id: str) -> bytes:
    """What devices keep to know a person by: their id, which tells nothing about them."""
    return person_id.encode()


def read_assertion(field: str, given: JSON) -> Assertion:
    """The answer of `navigator.credentials.get`, as `toJSON` writes it. ValidationError where it is none."""
    try:
        credential = parse_authentication_credential_json(_object(given))
        return Assertion(credential, _challenge(credential.response.client_data_json))
    except Exception as error:  # the library raises what it happens upon in what anybody may send
        raise _unreadable(field, "get") from error


def read_registration(field: str, given: JSON) -> Registration:
    """The answer of `navigator.credentials.create`, as `toJSON` writes it. ValidationError where it is none."""
    try:
        credential = parse_registration_credential_json(_object(given))
        transports = tuple(each.value for each in credential.response.transports or ())
        return Registration(credential, _challenge(credential.response.client_data_json), transports)
    except Exception as error:  # see above
        raise _unreadable(field, "create") from error


def made(party: RelyingParty, given: Registration, person_id: str, name: str, at: datetime) -> PasskeyRow | None:
    """The passkey that a browser made for a challenge that is used up; None where that cannot be believed."""
    try:
        verified = verify_registration_response(
            credential=given.credential,
            expected_challenge=given.challenge.encode(),
            expected_rp_id=party.domain,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - see read_assertion; whatever it is, it is not believed
        return None
    if len(verified.credential_id) > _LONGEST_ID or len(verified.credential_public_key) > _LONGEST_KEY:
        return None
    return PasskeyRow(
        id=new_id(PASSKEY_PREFIX),
        credentialId=bytes_to_base64url(verified.credential_id),
        personId=person_id,
        publicKey=bytes_to_base64url(verified.credential_public_key),
        signCount=verified.sign_count,
        name=name,
        transports=sorted(set(given.transports)),
        createdAt=to_micros(at),
        lastUsedAt=None,
    )


async def prove_passkey(
    transaction: Transaction, party: RelyingParty, caller: Caller, given: Assertion, at: datetime
) -> PasskeyRow | None:
    """The passkey that signed a challenge of ours, which is used up, and who holds it may sign in; None where not.

    A wrong signature of a passkey that is known is recorded, so that the transaction must not be rolled back.
    """
    is_ours = await use_up(transaction, ChallengeKind.PASSKEY, given.challenge, at)
    found = await passkeys.lock(transaction, bytes_to_base64url(given.credential.raw_id))
    if not is_ours or found is None or not found["usable"]:
        return None
    row = found["passkey"]
    count = _sign_count(party, given, row)
    # A device that counts and does not count on has a copy, and nobody knows which of them this is.
    went_back = count is not None and (count > 0 or row["signCount"] > 0) and count <= row["signCount"]
    if count is None or went_back:
        why: Mapping[str, JSON] = {"passkey": row["id"], **({"reason": "sign_count"} if went_back else {})}
        failed = event(caller, EventType.USER_LOGIN_FAILED, target_id=row["personId"], group_id=None, properties=why)
        await events.append(transaction, [failed])
        return None
    await passkeys.touch(transaction, row["id"], count, to_micros(at))
    return row


def _sign_count(party: RelyingParty, given: Assertion, row: PasskeyRow) -> int | None:
    """How often a device says that it signed; None where it cannot be believed."""
    if given.credential.response.user_handle != handle_of(row["personId"]):
        return None
    try:
        return verify_authentication_response(
            credential=given.credential,
            expected_challenge=given.challenge.encode(),
            expected_rp_id=party.domain,
            expected_origin=list(party.origins),
            credential_public_key=base64url_to_bytes(row["publicKey"]),
            credential_current_sign_count=0,  # it would be looked at before the signature
            require_user_verification=True,
        ).new_sign_count
    except Exception:  # noqa: BLE001 - see read_assertion; whatever it is, it is not believed
        return None


def _object(given: JSON) -> dict[str, JSON]:
    if not isinstance(given, Mapping):
        raise TypeError("no JSON object")
    return dict(given)


def _challenge(client_data: bytes) -> str:
    return parse_client_data_json(client_data).challenge.decode("ascii")


def _unreadable(field: str, method: str) -> ValidationError:
    return ValidationError(
        field, f"{field} takes the credential that navigator.credentials.{method} answered, as its toJSON() writes it."
    )
