"""What waits for an embedding: claimed in batches under a lease, so that nothing is lost with whoever computes it.

`embeddingDue` is when something may be tried next; a claim puts it off to the end of its lease. What is embedded has
none of it, so that the index holds only what waits and what failed.
"""

from collections.abc import Sequence
from typing import Final, TypedDict

from graph.documents import EmbeddingRow
from graph.store import Statement, Store, Transaction, lock_clauses

_WAITS: Final = "knowledge.embeddingState = 'pending' AND knowledge.embeddingDue <= $now"


class ClaimedRow(TypedDict):
    """A chunk to embed, and how often that was tried, this time included."""

    id: str
    text: str
    tries: int


class ReleasedRow(TypedDict):
    """A chunk that got no embedding: why, when to try again, and whether that is never.

    `tries` is how many count so far.
    """

    id: str
    error: str
    due: int
    state: str
    tries: int


class StatusRow(TypedDict):
    """How many chunks are in a state."""

    pending: int
    failed: int


CLAIM: Statement[ClaimedRow] = Statement(
    "claim_embeddings",
    f"""
    MATCH (knowledge:Knowledge) WHERE {_WAITS}
    WITH knowledge ORDER BY knowledge.embeddingState, knowledge.embeddingDue LIMIT $limit
    {lock_clauses("knowledge")}
    WITH knowledge WHERE {_WAITS}
    SET knowledge.embeddingDue = $until, knowledge.embeddingClaim = $claim,
        knowledge.embeddingTries = coalesce(knowledge.embeddingTries, 0) + 1
    RETURN {{id: knowledge.id, text: knowledge.text, tries: knowledge.embeddingTries}} AS row""",
    meant="Eager: the batch is found before the first of it is locked.",
)
SAVE: Statement[int] = Statement(
    "save_embeddings",
    f"""
    UNWIND $rows AS row
    MATCH (knowledge:Knowledge {{id: row.id}})
    {lock_clauses("knowledge")}
    WITH row, knowledge WHERE knowledge.embeddingState = 'pending' AND knowledge.embeddingClaim = $claim
    SET knowledge.embedding = row.embedding, knowledge.embeddingModel = $model, knowledge.embeddingState = 'done'
    REMOVE knowledge.embeddingDue, knowledge.embeddingClaim, knowledge.embeddingTries, knowledge.embeddingError
    RETURN count(knowledge) AS row""",
    meant="Eager: all are found before the first of them is locked.",
)
RELEASE: Statement[int] = Statement(
    "release_embeddings",
    f"""
    UNWIND $rows AS row
    MATCH (knowledge:Knowledge {{id: row.id}})
    {lock_clauses("knowledge")}
    WITH row, knowledge WHERE knowledge.embeddingState = 'pending' AND knowledge.embeddingClaim = $claim
    SET knowledge.embeddingState = row.state, knowledge.embeddingError = row.error, knowledge.embeddingDue = row.due,
        knowledge.embeddingTries = row.tries
    REMOVE knowledge.embeddingClaim
    RETURN count(knowledge) AS row""",
    meant="Eager: all are found before the first of them is locked.",
)
RETRY: Statement[int] = Statement(
    "retry_embeddings",
    f"""
    MATCH (knowledge:Knowledge) WHERE knowledge.embeddingState = 'failed' AND knowledge.embeddingDue > 0
        AND ($thingId IS NULL OR EXISTS {{
            MATCH (knowledge)<-[:HAS_KNOWLEDGE]-(described:Thing) WHERE described.id = $thingId
        }})
    WITH knowledge LIMIT $limit
    {lock_clauses("knowledge")}
    WITH knowledge WHERE knowledge.embeddingState = 'failed'
    SET knowledge.embeddingState = 'pending', knowledge.embeddingDue = $now
    REMOVE knowledge.embeddingTries, knowledge.embeddingError
    RETURN count(knowledge) AS row""",
    meant="Eager: the batch is found before the first of it is locked.",
)
STATUS: Statement[StatusRow] = Statement(
    "embedding_status",
    """
    RETURN {
        pending: COUNT {
            MATCH (waiting:Knowledge) WHERE waiting.embeddingState = 'pending' AND waiting.embeddingDue > 0
        },
        failed: COUNT { MATCH (given:Knowledge) WHERE given.embeddingState = 'failed' AND given.embeddingDue > 0 }
    } AS row""",
)


async def claim(store: Store, name: str, limit: int, now: int, until: int) -> list[ClaimedRow]:
    """Claim at most `limit` of what is due under that name; times are in microseconds since the epoch."""

    async def work(transaction: Transaction) -> list[ClaimedRow]:
        return await transaction.run(CLAIM, {"claim": name, "limit": limit, "now": now, "until": until})

    return await store.write(work)


async def save(store: Store, name: str, rows: Sequence[EmbeddingRow], model: str) -> int:
    """Write embeddings of what is still claimed under that name; how many it were."""

    async def work(transaction: Transaction) -> int:
        return (await transaction.run(SAVE, {"claim": name, "rows": rows, "model": model}))[0]

    return await store.write(work)


async def release(store: Store, name: str, rows: Sequence[ReleasedRow]) -> None:
    """Give back what is still claimed under that name and got no embedding."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(RELEASE, {"claim": name, "rows": rows})

    await store.write(work)


async def retry(store: Store, thing_id: str | None, now: int, limit: int) -> int:
    """Let at most `limit` chunks that failed, all or those of a thing, wait again; how many it were."""

    async def work(transaction: Transaction) -> int:
        return (await transaction.run(RETRY, {"thingId": thing_id, "now": now, "limit": limit}))[0]

    return await store.write(work)


async def status(store: Store) -> StatusRow:
    """How many chunks wait, and how many failed."""
    return (await store.read(STATUS, {}))[0]
