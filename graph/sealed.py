"""Secrets that are encrypted in the store, whatever they are of, so that they can be put under another key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from graph.store import Statement, Store, Transaction, lock_what_stays


class SealedRow(TypedDict):
    """A secret that is encrypted, whose it is, and the key that it is under."""

    ownerId: str
    secret: str
    keyId: str


class KeyCount(TypedDict):
    """How many secrets are under a key."""

    keyId: str
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where secrets of one kind are: how they are locked page by page, changed, and counted by their keys."""

    lock: Statement[SealedRow]
    seal: Statement[int]
    count: Statement[KeyCount]


def place(label: str, owner: str, secret: str, key: str) -> Place:
    """Where the nodes of a label keep secrets: the columns of whose it is, of the secret, and of its key."""
    lock: Statement[SealedRow] = Statement(
        "lock_sealed",
        f"""
        MATCH (sealed:{label}) WHERE sealed.{owner} > $after AND sealed.{secret} IS NOT NULL
        WITH sealed ORDER BY sealed.{owner} LIMIT $limit
        {lock_what_stays("sealed", secret)}
        WITH sealed ORDER BY sealed.{owner}
        RETURN {{ownerId: sealed.{owner}, secret: sealed.{secret}, keyId: sealed.{key}}} AS row""",
        meant="Eager on 5.26: of one page of secrets. Sort: of the same.",
    )
    seal: Statement[int] = Statement(
        "seal_again",
        f"""
        UNWIND $sealed AS row
        MATCH (sealed:{label} {{{owner}: row.ownerId}})
        SET sealed.{secret} = row.secret, sealed.{key} = row.keyId
        RETURN count(*) AS row""",
    )
    count: Statement[KeyCount] = Statement(
        "count_secrets_by_key",
        f"""
        MATCH (sealed:{label}) WHERE sealed.{key} > ''
        WITH sealed.{key} AS keyId, count(*) AS total
        RETURN {{keyId: keyId, total: total}} AS row ORDER BY keyId""",
    )
    return Place(lock, seal, count)


SECOND_FACTORS: Final = place("SecondFactor", "personId", "secret", "keyId")
WEBHOOKS: Final = place("WebhookEndpoint", "webhookId", "secret", "keyId")
FORMER_OF_WEBHOOKS: Final = place("WebhookEndpoint", "webhookId", "formerSecret", "formerKeyId")


async def lock_sealed(transaction: Transaction, of: Place, after: str, limit: int) -> list[SealedRow]:
    """The next secrets in order of whose they are, until the transaction ends."""
    return await transaction.run(of.lock, {"after": after, "limit": limit})


async def seal_again(transaction: Transaction, of: Place, rows: Sequence[SealedRow]) -> None:
    """Put secrets that are locked under another key."""
    await transaction.run(of.seal, {"sealed": rows})


async def count_by_key(store: Store, of: Place) -> Mapping[str, int]:
    """How many secrets are under which key."""
    return {row["keyId"]: row["total"] for row in await store.read(of.count, {})}
