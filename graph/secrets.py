"""Secrets that all servers of one store share, made by whichever needs one first."""

import secrets

from graph.store import Statement, Store, Transaction

_BYTES = 32

ENSURE_SECRET: Statement[str] = Statement(
    "ensure_secret",
    """
    MERGE (setting:Setting {name: $name})
    ON CREATE SET setting.value = $value
    RETURN setting.value AS row""",
    meant="Eager: of the one setting that it makes.",
)


async def ensure_secret(store: Store, name: str) -> bytes:
    """The secret of that name: 32 random bytes that stay the same for as long as the store lives."""

    async def work(transaction: Transaction) -> bytes:
        rows = await transaction.run(ENSURE_SECRET, {"name": name, "value": secrets.token_hex(_BYTES)})
        return bytes.fromhex(rows[0])

    return await store.write(work)
