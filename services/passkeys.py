"""Passkeys: getting one, signing in with it, and taking it away."""

from typing import Final, cast

from webauthn import generate_authentication_options, generate_registration_options
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domain.access import Caller
from domain.errors import AppError, AuthError, ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.identities import SignInMethod, SignInMethodKind
from domain.passkeys import MAX_PASSKEYS, BegunPasskey
from domain.sessions import SignedIn
from domain.values import JSON, Clock, JSONObject
from graph import events, identities, passkeys, second_factors
from graph.passkeys import KnownCredential
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.finishing_sign_in import Entrance
from services.journal import AccessChange, event
from services.passkey_proofs import (
    RelyingParty,
    handle_of,
    made,
    prove_passkey,
    read_assertion,
    read_registration,
)
from services.rate_limits import Limited, RateLimits
from services.sign_in_challenges import LIFETIME, ChallengeKind, Challenges, use_up
from services.sign_in_methods import LAST_WAY, told_of_change
from services.work import done

NAME: Final = "ONE"
"""What browsers call the server."""

_MILLISECONDS: Final = int(LIFETIME.total_seconds() * 1_000)
_OVER: Final = "This session is over: sign in again."
_NOT_MADE: Final = "This passkey was not made for what was begun here of late, or not on a page of ours: begin anew."
_NOT_KNOWN: Final = "This passkey cannot be used to sign in here, or it took too long: begin anew, or take another way."
_NOT_YOURS: Final = "This passkey is none of yours, or it took too long: begin again, with beginPasskeySignIn."
_TOO_MANY: Final = f"You have {MAX_PASSKEYS} passkeys, which is as many as there may be: remove one first."
_IS_THERE: Final = ConflictError("This passkey is somebody's already.", field="credential")
_IS_FACTOR: Final = (
    "Your second factor rests on this passkey alone: add another passkey first, or turn it off with disableTwoFactor."
)


class Passkeys:
    """What people do who have a passkey, or want one."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: RateLimits,
        challenges: Challenges,
        entrance: Entrance,
        *,
        party: RelyingParty,
    ) -> None:
        self._store = store
        self._entrance = entrance
        self._clock = clock
        self._limits = limits
        self._challenges = challenges
        self._party = party

    async def begin_registration(self, caller: Caller) -> BegunPasskey:
        """Begin to make a passkey for the caller. ConflictError where they have too many; else as authorize_oneself."""
        viewer, _ = authorize_oneself(caller, Action.BEGIN_PASSKEY_REGISTRATION, self._clock())
        await self._limits.count(Limited.SIGN_IN, caller)
        person = await passkeys.fetch_registrant(self._store, viewer.person_id)
        if person is None:
            raise AuthError(_OVER)
        if len(person["passkeys"]) >= MAX_PASSKEYS:
            raise ConflictError(_TOO_MANY)
        challenge = await self._challenges.issue(ChallengeKind.PASSKEY_REGISTRATION, viewer.person_id)
        options = generate_registration_options(
            rp_id=self._party.domain,
            rp_name=NAME,
            user_id=handle_of(viewer.person_id),
            user_name=person["email"],
            user_display_name=person["displayName"],
            challenge=challenge.text.encode(),
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[_descriptor(each) for each in person["passkeys"]],
        )
        return BegunPasskey(cast("JSONObject", options_to_json_dict(options)), challenge.expires_at)

    async def complete_registration(self, caller: Caller, credential: JSON, name: str) -> SignInMethod:
        """Have the caller sign in with the passkey that their browser made.

        ValidationError where that is none, AuthError where it cannot be believed, ConflictError where it is somebody's
        already or they have too many; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.COMPLETE_PASSKEY_REGISTRATION, self._clock())
        name = validation.name("name", name)
        given = read_registration("credential", credential)
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> SignInMethod | AppError:
            at = self._clock()
            kind = ChallengeKind.PASSKEY_REGISTRATION
            if not await use_up(transaction, kind, given.challenge, at, person_id=viewer.person_id):
                return AuthError(_NOT_MADE)
            row = made(self._party, given, viewer.person_id, name, at)
            if row is None:
                return AuthError(_NOT_MADE)
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                return AuthError(_OVER)
            if sum(way.kind is SignInMethodKind.PASSKEY for way in ways) >= MAX_PASSKEYS:
                return ConflictError(_TOO_MANY)
            if await passkeys.lock(transaction, row["credentialId"]) is not None:
                return _IS_THERE
            await passkeys.create(transaction, row)
            await _record(transaction, caller, EventType.PASSKEY_ADDED, row["id"], AccessChange(after=_of(row["id"])))
            await told_of_change(transaction, viewer.person_id, at)
            return identities.passkey(row)

        try:
            return done(await self._store.write(work))
        except ConflictError as error:
            if error.field is None:
                raise
            raise _IS_THERE from error  # also where two were at it at once

    async def begin_sign_in(self, caller: Caller) -> BegunPasskey:
        """Begin to sign in with a passkey, or to prove a second factor by one: whose it is shows in the end."""
        await self._limits.count(Limited.SIGN_IN, caller)
        challenge = await self._challenges.issue(ChallengeKind.PASSKEY)
        options = generate_authentication_options(
            rp_id=self._party.domain,
            challenge=challenge.text.encode(),
            timeout=_MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return BegunPasskey(cast("JSONObject", options_to_json_dict(options)), challenge.expires_at)

    async def sign_in(self, caller: Caller, credential: JSON) -> SignedIn:
        """Begin a session of whoever holds the passkey, which is both factors.

        ValidationError where that is none, AuthError where it cannot be believed or its person may not sign in.
        """
        given = read_assertion("credential", credential)
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> SignedIn | AppError:
            at = self._clock()
            passkey = await prove_passkey(transaction, self._party, caller, given, at)
            if passkey is None:
                return AuthError(_NOT_KNOWN)
            return await self._entrance.begin(transaction, caller, passkey["personId"], at)

        return done(await self._store.write(work))

    async def reauthenticate(self, caller: Caller, credential: JSON) -> SignedIn:
        """Take the caller's passkey as a proof of who they are, with both factors; the session in use, with new tokens.

        ValidationError where that is none of theirs, or cannot be believed; else as authorize_oneself.
        """
        viewer, session = authorize_oneself(caller, Action.REAUTHENTICATE_WITH_PASSKEY, self._clock())
        given = read_assertion("credential", credential)
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> SignedIn | AppError:
            at = self._clock()
            passkey = await prove_passkey(transaction, self._party, caller, given, at)
            if passkey is None or passkey["personId"] != viewer.person_id:
                return ValidationError("credential", _NOT_YOURS)
            proven = await self._entrance.renew(transaction, session.id, at)
            if proven is None:
                return AuthError(_OVER)
            again = event(caller, EventType.USER_REAUTHENTICATED, target_id=viewer.person_id, group_id=None)
            await events.append(transaction, [again])
            return proven

        return done(await self._store.write(work))

    async def rename(self, caller: Caller, identifier: str, name: str) -> SignInMethod:
        """Call one of the caller's passkeys otherwise. NotFoundError where they have no such one."""
        viewer, _ = authorize_oneself(caller, Action.RENAME_PASSKEY, self._clock())
        name = validation.name("name", name)

        async def work(transaction: Transaction) -> SignInMethod:
            row = await passkeys.rename(transaction, viewer.person_id, identifier, name)
            if row is None:
                raise NotFoundError("passkey", identifier[:60])
            await _record(transaction, caller, EventType.PASSKEY_RENAMED, identifier)
            return identities.passkey(row)

        return await self._store.write(work)

    async def remove(self, caller: Caller, identifier: str) -> str:
        """Have the caller no longer sign in with a passkey; its id.

        NotFoundError where it is none of theirs, ConflictError where it is the last way in that they have, or all that
        their second factor rests on; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.REMOVE_PASSKEY, self._clock())

        async def work(transaction: Transaction) -> None:
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                raise AuthError(_OVER)
            theirs = [way.id for way in ways if way.kind is SignInMethodKind.PASSKEY]
            if identifier not in theirs:
                raise NotFoundError("passkey", identifier[:60])
            if len(ways) == 1:
                raise ConflictError(LAST_WAY)
            factor = await second_factors.lock(transaction, viewer.person_id)
            rests = factor is not None and factor["factor"]["enabledAt"] is not None
            if len(theirs) == 1 and factor is not None and rests and factor["factor"]["secret"] is None:
                raise ConflictError(_IS_FACTOR)
            await passkeys.delete(transaction, identifier)
            await _record(
                transaction, caller, EventType.PASSKEY_REMOVED, identifier, AccessChange(before=_of(identifier))
            )
            await told_of_change(transaction, viewer.person_id, self._clock())

        await self._store.write(work)
        return identifier


async def _record(
    transaction: Transaction, caller: Caller, what: EventType, identifier: str, changes: AccessChange | None = None
) -> None:
    person_id = None if caller.viewer is None else caller.viewer.person_id
    happened = event(caller, what, target_id=person_id, group_id=None, properties=_of(identifier), changes=changes)
    await events.append(transaction, [happened])


def _of(identifier: str) -> dict[str, JSON]:
    return {"passkey": identifier}


def _descriptor(known: KnownCredential) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(each) for each in known["transports"]]
    return PublicKeyCredentialDescriptor(base64url_to_bytes(known["credentialId"]), transports=transports)
