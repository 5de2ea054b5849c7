"""Whether a store holds anything yet."""

from graph.store import Statement, Store

IS_EMPTY: Statement[bool] = Statement(
    "is_empty",
    "RETURN NOT EXISTS { (:Entity) } AS row",
    meant="NodeByLabelScan: it stops at the first entity that there is.",
)


async def is_empty(store: Store) -> bool:
    """Whether there is no group, no person and no thing."""
    return (await store.read(IS_EMPTY, {}))[0]
