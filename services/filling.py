"""Columns of filterable properties after an upgrade: a version of ours may declare more of a standard type."""

from domain.thing_types import THING_TYPES
from graph import types
from graph.emptiness import is_empty
from graph.store import Store, Transaction
from services.type_changes import fill_pages


async def fill_standard_filters(store: Store) -> None:
    """Write the columns of the standard types as this version has them, where another one wrote them last."""
    declared = {each.name: list(each.filterable) for each in THING_TYPES.values() if each.filterable}
    filled = await types.filled_columns(store)
    if filled == declared:
        return
    if not await is_empty(store):
        for name, paths in declared.items():
            if filled.get(name) != paths:
                await fill_pages(store, THING_TYPES[name])

    async def remember(transaction: Transaction) -> None:
        await types.save_filled_columns(transaction, declared)

    await store.write(remember)
