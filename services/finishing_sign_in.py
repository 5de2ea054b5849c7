"""The end of every way to sign in, whatever somebody proved who they are with: a session, or a second factor first."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AppError, AuthError, ConflictError, RateLimitError, ValidationError
from domain.events import EventType
from domain.people import Person
from domain.second_factors import SecondFactorMethod, SecondFactorProof, SecondFactorRequired
from domain.sessions import SignedIn
from domain.sign_in_policy import SignInPolicy
from domain.values import JSON, Clock, from_micros
from graph import events, one_time_tokens, second_factors
from graph.store import Store, Transaction
from services.hashes import hash_of
from services.journal import event
from services.one_time_tokens import CHALLENGES, NewToken, TokenKind, lock_link, withdraw_challenges
from services.rate_limits import Limited, RateLimits
from services.sealing import SecretBox
from services.second_factor_enrolment import WRONG, NewTotp, begun, new_row, put, turn_on
from services.second_factor_proofs import Evidence, prove, typed
from services.sessions import begin, renew
from services.work import done

MOST_WRONG: Final = 5
"""How many wrong codes end a challenge."""

_SET_UP: Final = "You have no second factor yet: give the code that your app shows for the secret of this sign-in."
_OVER: Final = "This sign-in is over, or somebody ended it: begin another one."


class Entrance:
    """Lets people in who proved who they are. Nothing else begins a session."""

    def __init__(self, policy: SignInPolicy, box: SecretBox) -> None:
        """The secrets of those who have to get a second factor first are encrypted by the box."""
        self._policy = policy
        self._box = box

    async def finish(
        self, transaction: Transaction, caller: Caller, person_id: str, at: datetime
    ) -> SignedIn | SecondFactorRequired:
        """Let a person in who proved who they are, and whom the caller has locked and found fit to be let in.

        Who has a second factor gets a challenge instead, which replaces the one before; and so does who has to have one
        and has none: they get one first.
        """
        found = await second_factors.fetch_challenged(transaction, person_id)
        if found is None:
            raise AuthError(_OVER)
        person, is_on, methods = found
        if not is_on and self._policy.takes(person.role, second_factor=False):
            return await begin(transaction, caller, person_id, at, self._policy.longest_session)
        if methods:  # whoever has passkeys proves one: a first factor alone must not get another device in
            challenge = await _challenge(transaction, TokenKind.SECOND_FACTOR, caller, person, at)
            return replace(challenge, methods=methods)
        new = NewTotp.make(self._box, person_id, at)
        try:
            await put(transaction, new.row)
        except ConflictError:  # it was turned on in another session meanwhile
            return await self.finish(transaction, caller, person_id, at)
        challenge = await _challenge(transaction, TokenKind.SECOND_FACTOR_SETUP, caller, person, at)
        return replace(challenge, methods=(SecondFactorMethod.TOTP,), setup=new.shown(person.email))

    async def begin(self, transaction: Transaction, caller: Caller, person_id: str, at: datetime) -> SignedIn:
        """Let a person in whom the caller has found fit to be let in, and who proved a second factor too."""
        return await begin(transaction, caller, person_id, at, self._policy.longest_session, second_factor=True)

    async def renew(self, transaction: Transaction, session_id: str, at: datetime) -> SignedIn | None:
        """Give a session new tokens whose person proved again who they are; None where it ended meanwhile."""
        return await renew(transaction, session_id, at, self._policy.longest_session)

    async def set_up(
        self, transaction: Transaction, caller: Caller, person_id: str, proof: SecondFactorProof, at: datetime
    ) -> SignedIn | AppError:
        """Let a person in by a first code of the app that they got when they signed in, which turns it on.

        AuthError where that was not begun, or is over; ValidationError where the code is wrong.
        """
        locked = await second_factors.lock(transaction, person_id)
        sealed = begun(locked["factor"], at) if locked is not None and locked["usable"] else None
        if sealed is None:
            return AuthError(_OVER)
        if proof.method is not SecondFactorMethod.TOTP:
            return ValidationError("proof", _SET_UP)
        codes = await turn_on(transaction, self._box, caller, sealed, proof.code, person_id=person_id, at=at)
        if codes is None:
            return ValidationError("proof.code", WRONG)
        return replace(await self.begin(transaction, caller, person_id, at), recovery_codes=codes)


async def _challenge(
    transaction: Transaction, kind: TokenKind, caller: Caller, person: Person, at: datetime
) -> SecondFactorRequired:
    challenge = NewToken.make(kind, person, at)
    await withdraw_challenges(transaction, person.id)  # with the wrong codes that were counted for them
    await one_time_tokens.issue(transaction, [challenge.row])
    setup: dict[str, JSON] = {"setup": True} if kind is TokenKind.SECOND_FACTOR_SETUP else {}
    what = EventType.SECOND_FACTOR_REQUIRED
    asked = event(caller, what, target_id=person.id, group_id=None, properties=setup, actor=person.id)
    await events.append(transaction, [asked])
    return SecondFactorRequired(challenge.token, from_micros(challenge.row["expiresAt"]), ())


class FinishingSignIn:
    """What people do who proved who they are, and have a second factor."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, evidence: Evidence, entrance: Entrance) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._evidence = evidence
        self._entrance = entrance

    async def complete(self, caller: Caller, challenge: str, proof: SecondFactorProof) -> SignedIn:
        """Begin the session that a challenge stands for, which is used up by that.

        AuthError where it is not good any more, as after another password; ValidationError where the code is wrong,
        RateLimitError where too many were. The fifth wrong one ends the challenge.
        """
        proof = typed(proof)
        await self._limits.count(Limited.PROOF, caller)
        found = await one_time_tokens.fetch_by_link(self._store, hash_of(challenge))
        if found is None or found["kind"] not in CHALLENGES:
            raise AuthError(_OVER)
        kind = TokenKind(found["kind"])
        await self._limits.count(Limited.SECOND_FACTOR, caller, found["personId"])

        async def work(transaction: Transaction) -> SignedIn | AppError:
            at = self._clock()
            row = await lock_link(transaction, kind, challenge, at)
            if row is None:
                return AuthError(_OVER)
            take = self._entrance.set_up if kind is TokenKind.SECOND_FACTOR_SETUP else self._prove
            outcome = await take(transaction, caller, row["personId"], proof, at)
            tried = row["attempts"] + 1
            if isinstance(outcome, ValidationError) and tried < MOST_WRONG:
                await one_time_tokens.count_attempts(transaction, [{**row, "attempts": tried}])
            elif not isinstance(outcome, RateLimitError):
                await one_time_tokens.use_up(transaction, row["key"])
            return outcome

        return done(await self._store.write(work))

    async def _prove(
        self, transaction: Transaction, caller: Caller, person_id: str, proof: SecondFactorProof, at: datetime
    ) -> SignedIn | AppError:
        locked = await second_factors.lock(transaction, person_id)
        if locked is not None and not locked["usable"]:
            return AuthError(_OVER)
        is_on = locked is not None and locked["factor"]["enabledAt"] is not None
        if locked is None or not is_on:
            if proof.method is not SecondFactorMethod.PASSKEY:
                return AuthError(_OVER)
            factor = new_row(person_id, at)  # passkeys are a second factor also where none was turned on
        else:
            factor = locked["factor"]
        refused = await prove(transaction, self._evidence, caller, factor, proof, at=at)
        return refused or await self._entrance.begin(transaction, caller, person_id, at)
