"""What is given out to be signed: `(:SignInChallenge)` nodes, each good for one answer; only hashes of them."""

from datetime import datetime
from typing import Final, TypedDict

from domain.values import to_micros
from graph.store import Statement, Store, Transaction, lock_what_stays


class SignInChallengeRow(TypedDict):
    """A challenge as the store keeps it; `personId` is of whom it is for, where that is known already."""

    hash: str
    kind: str
    personId: str | None
    createdAt: int
    expiresAt: int


CHALLENGE: Final = f"challenge {{{', '.join(f'.{column}' for column in SignInChallengeRow.__annotations__)}}}"

CREATE_CHALLENGE: Statement[bool] = Statement(
    "create_challenge", "CREATE (challenge:SignInChallenge) SET challenge = $properties RETURN true AS row"
)
LOCK_CHALLENGE: Statement[SignInChallengeRow] = Statement(
    "lock_challenge",
    f"""
    MATCH (challenge:SignInChallenge {{hash: $hash}})
    {lock_what_stays("challenge", "expiresAt")}
    RETURN {CHALLENGE} AS row""",
    meant="Eager on 5.26: of the one challenge that it finds.",
)
USE_UP_CHALLENGE: Statement[bool] = Statement(
    "use_up_challenge", "MATCH (challenge:SignInChallenge {hash: $hash}) DELETE challenge RETURN true AS row"
)
FORGET_CHALLENGES: Statement[int] = Statement(
    "forget_challenges",
    """
    MATCH (challenge:SignInChallenge) WHERE challenge.expiresAt < $before
    WITH challenge LIMIT $limit
    DELETE challenge
    RETURN count(*) AS row""",
)


async def create(transaction: Transaction, row: SignInChallengeRow) -> None:
    """Note that a challenge was given out."""
    await transaction.run(CREATE_CHALLENGE, {"properties": row})


async def lock(transaction: Transaction, challenge_hash: str) -> SignInChallengeRow | None:
    """The challenge that has that hash, until the transaction ends."""
    rows = await transaction.run(LOCK_CHALLENGE, {"hash": challenge_hash})
    return rows[0] if rows else None


async def use_up(transaction: Transaction, challenge_hash: str) -> None:
    """Make a challenge good for nothing any more."""
    await transaction.run(USE_UP_CHALLENGE, {"hash": challenge_hash})


async def forget(store: Store, before: datetime, limit: int) -> None:
    """Erase some of those that nobody answered in time."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_CHALLENGES, {"before": to_micros(before), "limit": limit})

    await store.write(work)
