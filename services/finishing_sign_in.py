"""The end of every way to sign in, whatever somebody proved who they are with: a session, or a second factor first."""

from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AppError, AuthError, ValidationError
from domain.events import EventType
from domain.second_factors import SecondFactorProof, SecondFactorRequired
from domain.sessions import SignedIn
from domain.values import Clock, from_micros
from graph import events, one_time_tokens, second_factors
from graph.store import Store, Transaction
from services.hashes import hash_of
from services.journal import event
from services.one_time_tokens import NewToken, TokenKind, lock_link, withdraw
from services.rate_limits import Limited, RateLimits
from services.second_factor_proofs import Evidence, prove, typed
from services.sessions import begin
from services.work import done

MOST_WRONG: Final = 5
"""How many wrong codes end a challenge."""

_OVER: Final = "This sign-in is over, or somebody ended it: begin another one."


async def finish(
    transaction: Transaction, caller: Caller, person_id: str, at: datetime
) -> SignedIn | SecondFactorRequired:
    """Let a person in who proved who they are, and whom the caller has locked and found fit to be let in.

    Who has a second factor gets a challenge instead, which replaces the one before. Nothing but this module begins a
    session.
    """
    challenged = await second_factors.fetch_challenged(transaction, person_id)
    if challenged is None:
        return await begin(transaction, caller, person_id, at)
    person, methods = challenged
    challenge = NewToken.make(TokenKind.SECOND_FACTOR, person, at)
    await withdraw(transaction, TokenKind.SECOND_FACTOR, person_id)  # with the wrong codes that were counted for it
    await one_time_tokens.issue(transaction, [challenge.row])
    asked = event(caller, EventType.SECOND_FACTOR_REQUIRED, target_id=person_id, group_id=None, actor=person_id)
    await events.append(transaction, [asked])
    return SecondFactorRequired(challenge.token, from_micros(challenge.row["expiresAt"]), methods)


async def finish_with_both(transaction: Transaction, caller: Caller, person_id: str, at: datetime) -> SignedIn:
    """Let a person in whom the caller has found fit to be let in, and who proved both factors at once."""
    return await begin(transaction, caller, person_id, at)


class FinishingSignIn:
    """What people do who proved who they are, and have a second factor."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, evidence: Evidence) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._evidence = evidence

    async def complete(self, caller: Caller, challenge: str, proof: SecondFactorProof) -> SignedIn:
        """Begin the session that a challenge stands for, which is used up by that.

        AuthError where it is not good any more, as after another password; ValidationError where the code is wrong,
        RateLimitError where too many were. The fifth wrong one ends the challenge.
        """
        proof = typed(proof)
        await self._limits.count(Limited.PROOF, caller)
        found = await one_time_tokens.fetch_by_link(self._store, hash_of(challenge))
        if found is None or found["kind"] != TokenKind.SECOND_FACTOR:
            raise AuthError(_OVER)
        await self._limits.count(Limited.SECOND_FACTOR, caller, found["personId"])

        async def work(transaction: Transaction) -> SignedIn | AppError:
            at = self._clock()
            row = await lock_link(transaction, TokenKind.SECOND_FACTOR, challenge, at)
            if row is None:
                return AuthError(_OVER)
            locked = await second_factors.lock(transaction, row["personId"])
            if locked is None or not locked["usable"] or locked["factor"]["enabledAt"] is None:
                await one_time_tokens.use_up(transaction, row["key"])
                return AuthError(_OVER)
            refused = await prove(transaction, self._evidence, caller, locked["factor"], proof, at=at)
            if refused is None:
                await one_time_tokens.use_up(transaction, row["key"])
                return await begin(transaction, caller, row["personId"], at)
            if isinstance(refused, ValidationError):
                tried = row["attempts"] + 1
                await one_time_tokens.count_attempts(transaction, [{**row, "attempts": tried}])
                if tried >= MOST_WRONG:
                    await one_time_tokens.use_up(transaction, row["key"])
            return refused

        return done(await self._store.write(work))
