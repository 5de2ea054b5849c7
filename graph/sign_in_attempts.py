"""Sign-ins at a provider that have begun: `(:SignInAttempt)` nodes, each good for one end; of secrets only hashes."""

from datetime import datetime
from typing import Final, TypedDict

from domain.values import to_micros
from graph.store import Statement, Store, Transaction, lock_what_stays


class SignInAttemptRow(TypedDict):
    """A sign-in that has begun, as the store keeps it; `personId` is of who wants to link a provider to an account."""

    stateHash: str
    browserHash: str
    provider: str
    personId: str | None
    createdAt: int
    expiresAt: int


ATTEMPT: Final = f"attempt {{{', '.join(f'.{column}' for column in SignInAttemptRow.__annotations__)}}}"

CREATE_ATTEMPT: Statement[bool] = Statement(
    "create_attempt", "CREATE (attempt:SignInAttempt) SET attempt = $properties RETURN true AS row"
)
LOCK_ATTEMPT: Statement[SignInAttemptRow] = Statement(
    "lock_attempt",
    f"""
    MATCH (attempt:SignInAttempt {{stateHash: $stateHash}})
    {lock_what_stays("attempt", "expiresAt")}
    RETURN {ATTEMPT} AS row""",
    meant="Eager on 5.26: of the one attempt that it finds.",
)
USE_UP_ATTEMPT: Statement[bool] = Statement(
    "use_up_attempt", "MATCH (attempt:SignInAttempt {stateHash: $stateHash}) DELETE attempt RETURN true AS row"
)
FORGET_ATTEMPTS: Statement[int] = Statement(
    "forget_attempts",
    """
    MATCH (attempt:SignInAttempt) WHERE attempt.expiresAt < $before
    WITH attempt LIMIT $limit
    DELETE attempt
    RETURN count(*) AS row""",
)


async def create(transaction: Transaction, row: SignInAttemptRow) -> None:
    """Note that a sign-in has begun."""
    await transaction.run(CREATE_ATTEMPT, {"properties": row})


async def lock(transaction: Transaction, state_hash: str) -> SignInAttemptRow | None:
    """The sign-in whose state has that hash, until the transaction ends."""
    rows = await transaction.run(LOCK_ATTEMPT, {"stateHash": state_hash})
    return rows[0] if rows else None


async def use_up(transaction: Transaction, state_hash: str) -> None:
    """Make a sign-in that has begun good for nothing any more."""
    await transaction.run(USE_UP_ATTEMPT, {"stateHash": state_hash})


async def forget(store: Store, before: datetime, limit: int) -> None:
    """Erase some of those that nobody ended in time."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_ATTEMPTS, {"before": to_micros(before), "limit": limit})

    await store.write(work)
