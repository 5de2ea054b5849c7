"""What was made under an idempotency key, as `(:Idempotency)` nodes that are written with what they remember."""

from collections.abc import Sequence
from typing import Final, TypedDict

from graph.store import Statement, Store, Transaction, lock_clauses


class Memo(TypedDict):
    """A key, the hash of the input that came with it, and the ids of what was made, None until it is.

    `at` is when it was claimed, in microseconds since the epoch.
    """

    key: str
    hash: str
    at: int
    results: list[str] | None


CLAIM_KEYS: Final[Statement[Memo]] = Statement(
    "claim_keys",
    f"""
    UNWIND $rows AS row
    MERGE (memo:Idempotency {{key: row.key}})
    ON CREATE SET memo.hash = row.hash, memo.at = row.at
    {lock_clauses("memo")}
    RETURN {{key: memo.key, hash: memo.hash, at: memo.at, results: memo.results}} AS row""",
    meant="Eager: the keys are claimed in their order before any of them is answered.",
)
REMEMBER_KEYS: Final[Statement[int]] = Statement(
    "remember_keys",
    """
    UNWIND $rows AS row
    MATCH (memo:Idempotency {key: row.key})
    SET memo.hash = row.hash, memo.at = row.at, memo.results = row.results
    RETURN count(memo) AS row""",
)
FORGET_KEYS: Final[Statement[int]] = Statement(
    "forget_keys",
    """
    MATCH (memo:Idempotency) WHERE memo.at < $before
    WITH memo LIMIT $limit
    DELETE memo
    RETURN count(*) AS row""",
)


async def claim(transaction: Transaction, memos: Sequence[Memo]) -> dict[str, Memo]:
    """What the keys stand for; whoever else comes with one of them waits until this transaction ends."""
    return {row["key"]: row for row in await transaction.run(CLAIM_KEYS, {"rows": memos})}


async def remember(transaction: Transaction, memos: Sequence[Memo]) -> None:
    """Note what was made under keys that are claimed."""
    await transaction.run(REMEMBER_KEYS, {"rows": memos})


async def forget(store: Store, before: int, limit: int) -> int:
    """Delete at most `limit` keys that were claimed before that time; how many it was."""

    async def work(transaction: Transaction) -> int:
        return (await transaction.run(FORGET_KEYS, {"before": before, "limit": limit}))[0]

    return await store.write(work)
