"""What was made under an idempotency key, as `(:Idempotency)` nodes that are written with what they remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from graph.store import Statement, Store, Transaction, lock_clauses


class RememberedRow(TypedDict):
    """A key, the hash of the input that came with it, and the ids of what was made, which are there once it is done."""

    hash: str
    at: int
    results: list[str] | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a key stands for; `results` is None where nothing has come of it yet."""

    hash: str
    at: int
    results: tuple[str, ...] | None


CLAIM_KEY: Final[Statement[RememberedRow]] = Statement(
    "claim_key",
    f"""
    MERGE (memo:Idempotency {{key: $key}})
    ON CREATE SET memo.hash = $hash, memo.at = $at
    {lock_clauses("memo")}
    RETURN {{hash: memo.hash, at: memo.at, results: memo.results}} AS row""",
    meant="Eager: of the one key that it claims.",
)
REMEMBER_KEY: Final[Statement[bool]] = Statement(
    "remember_key",
    """
    MATCH (memo:Idempotency {key: $key})
    SET memo.hash = $hash, memo.at = $at, memo.results = $results
    RETURN true AS row""",
)
FORGET_KEYS: Final[Statement[int]] = Statement(
    "forget_keys",
    """
    MATCH (memo:Idempotency) WHERE memo.at < $before
    WITH memo LIMIT $limit
    DELETE memo
    RETURN count(*) AS row""",
    meant="Eager: of the keys that it forgets at a time.",
)


async def claim(transaction: Transaction, key: str, digest: str, at: int) -> Remembered:
    """What the key stands for; whoever else comes with the same key waits until this transaction ends."""
    row = (await transaction.run(CLAIM_KEY, {"key": key, "hash": digest, "at": at}))[0]
    results = row["results"]
    return Remembered(row["hash"], row["at"], None if results is None else tuple(results))


async def remember(transaction: Transaction, key: str, digest: str, at: int, results: Sequence[str]) -> None:
    """Note what was made under a key that is claimed."""
    await transaction.run(REMEMBER_KEY, {"key": key, "hash": digest, "at": at, "results": results})


async def forget(store: Store, before: int, limit: int) -> int:
    """Delete at most `limit` keys that were claimed before that time; how many it was."""

    async def work(transaction: Transaction) -> int:
        return (await transaction.run(FORGET_KEYS, {"before": before, "limit": limit}))[0]

    return await store.write(work)
