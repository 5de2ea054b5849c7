"""Second factors: a person's own, from the secret of an app to turning it off."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AppError, AuthError, ConflictError, ValidationError
from domain.events import EventType
from domain.identities import SignInMethodKind
from domain.mail import MailTemplate
from domain.second_factors import BegunTotp, SecondFactor, SecondFactorMethod, SecondFactorProof
from domain.sign_in_policy import SignInPolicy
from domain.values import Clock, to_micros
from graph import events, identities, people, second_factors
from graph.store import Store, Transaction
from services.access import Action, authorize_account, authorize_oneself, viewer_of
from services.journal import event
from services.rate_limits import Limited, RateLimits
from services.second_factor_enrolment import OVER, WRONG, NewTotp, begun, hashes, new_row, put, record_on, turn_on
from services.second_factor_proofs import Evidence, new_recovery_codes, prove, told, typed
from services.second_factor_reset import CHANGES
from services.work import done

_IS_OFF: Final = "You have no second factor: begin with beginTotp, or turn it on with enableTwoFactor."
_NOT_BEGUN: Final = "No second factor was begun of late, or it is on already: begin another one with beginTotp."
_NO_PASSKEY: Final = (
    "You have no passkey that could be it: make one with beginPasskeyRegistration, or begin with beginTotp."
)
_NO_KEY: Final = "This server cannot keep a second factor: its operator has to set ONE_SECRET_KEYS."
_IS_REQUIRED: Final = "This server asks for a second factor of you: it can be replaced, and not turned off."


class SecondFactors:
    """What somebody can do about their own second factor."""

    def __init__(
        self, store: Store, clock: Clock, limits: RateLimits, evidence: Evidence, policy: SignInPolicy
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._limits = limits
        self._evidence = evidence
        self._box = evidence.box

    async def of_viewer(self, caller: Caller) -> SecondFactor:
        """The caller's own."""
        viewer = viewer_of(caller)
        authorize_account(viewer)
        found = await second_factors.fetch(self._store, viewer.person_id)
        return replace(found, required=viewer.role in self._policy.second_factor_of)

    async def begin(self, caller: Caller) -> BegunTotp:
        """Make a secret for an app, which replaces one that was begun before; nothing asks for it before `confirm`.

        ConflictError where the caller has a second factor, or the server no key; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.BEGIN_TOTP, self._clock())
        if self._box.first is None:
            raise ConflictError(_NO_KEY)
        await self._limits.count(Limited.SECOND_FACTOR, caller, viewer.person_id)
        new = NewTotp.make(self._box, viewer.person_id, self._clock())

        async def work(transaction: Transaction) -> str:
            await put(transaction, new.row)
            person = await people.fetch_one(transaction, viewer.person_id)
            if person is None:
                raise AuthError(OVER)
            return person.email

        return new.shown(await self._store.write(work))

    async def confirm(self, caller: Caller, code: str) -> list[str]:
        """Turn on what was begun, by a code of the app; recovery codes, which nobody can ask for again.

        ConflictError where nothing was begun, ValidationError where the code is wrong; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.CONFIRM_TOTP, self._clock())
        given = _code(code)
        await self._limits.count(Limited.SECOND_FACTOR, caller, viewer.person_id)

        async def work(transaction: Transaction) -> list[str]:
            at = self._clock()
            locked = await second_factors.lock(transaction, viewer.person_id)
            sealed = begun(locked["factor"], at) if locked is not None else None
            if locked is None or sealed is None:
                raise ConflictError(_NOT_BEGUN)
            if not locked["usable"]:
                raise AuthError(OVER)
            codes = await turn_on(transaction, self._box, caller, sealed, given, person_id=viewer.person_id, at=at)
            if codes is None:
                raise ValidationError("code", WRONG)
            return list(codes)

        return await self._store.write(work)

    async def enable(self, caller: Caller) -> list[str]:
        """Turn on a second factor that the caller's passkeys are; recovery codes, which nobody can ask for again.

        ConflictError where they have no passkey, or a second factor already; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.ENABLE_TWO_FACTOR, self._clock())
        await self._limits.count(Limited.SECOND_FACTOR, caller, viewer.person_id)
        codes = new_recovery_codes()

        async def work(transaction: Transaction) -> None:
            at = self._clock()
            row = new_row(viewer.person_id, at)
            await put(transaction, {**row, "enabledAt": to_micros(at), "recoveryHashes": hashes(codes)})
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if not any(way.kind is SignInMethodKind.PASSKEY for way in ways or ()):
                raise ConflictError(_NO_PASSKEY)
            await record_on(transaction, caller, viewer.person_id, at)

        await self._store.write(work)
        return codes

    async def disable(self, caller: Caller, proof: SecondFactorProof) -> None:
        """Turn the caller's second factor off, and forget its secret and its recovery codes.

        ConflictError where they have none or may not go without, else as `prove` and authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.DISABLE_TWO_FACTOR, self._clock())
        if viewer.role in self._policy.second_factor_of:
            raise ConflictError(_IS_REQUIRED)

        async def change(transaction: Transaction, at: datetime) -> None:
            await second_factors.delete(transaction, viewer.person_id)
            await self._record(transaction, caller, viewer.person_id, EventType.TWO_FACTOR_DISABLED)
            await told(transaction, viewer.person_id, MailTemplate.TWO_FACTOR_DISABLED, at)

        await self._proved(caller, viewer.person_id, proof, change)

    async def regenerate(self, caller: Caller, proof: SecondFactorProof) -> list[str]:
        """Give the caller other recovery codes; those before are good for nothing any more. Errors as in `disable`."""
        viewer, _ = authorize_oneself(caller, Action.REGENERATE_RECOVERY_CODES, self._clock())
        codes = new_recovery_codes()

        async def change(transaction: Transaction, _at: datetime) -> None:
            await second_factors.change(transaction, viewer.person_id, {"recoveryHashes": hashes(codes)})
            await self._record(transaction, caller, viewer.person_id, EventType.RECOVERY_CODES_REGENERATED)

        await self._proved(caller, viewer.person_id, proof, change)
        return codes

    async def _proved(
        self,
        caller: Caller,
        person_id: str,
        proof: SecondFactorProof,
        change: Callable[[Transaction, datetime], Awaitable[None]],
    ) -> None:
        proof = typed(proof)
        await self._limits.count(Limited.SECOND_FACTOR, caller, person_id)

        async def work(transaction: Transaction) -> AppError | None:
            at = self._clock()
            locked = await second_factors.lock(transaction, person_id)
            if locked is None or locked["factor"]["enabledAt"] is None:
                return ConflictError(_IS_OFF)
            if not locked["usable"]:
                return AuthError(OVER)
            refused = await prove(transaction, self._evidence, caller, locked["factor"], proof, at=at)
            if refused is None:
                await change(transaction, at)
            return refused

        done(await self._store.write(work))

    @staticmethod
    async def _record(transaction: Transaction, caller: Caller, person_id: str, what: EventType) -> None:
        happened = event(caller, what, target_id=person_id, group_id=None, changes=CHANGES.get(what))
        await events.append(transaction, [happened])


def _code(code: str) -> str:
    try:
        return typed(SecondFactorProof(SecondFactorMethod.TOTP, code)).code
    except ValidationError as error:
        raise ValidationError("code", error.message) from error
