"""Columns after an upgrade: a version of ours may declare more of a standard type filterable, or search other words."""

from typing import Final

from domain.thing_types import THING_TYPES
from graph import event_log, filling, types
from graph.emptiness import is_empty
from graph.store import Store, Transaction
from graph.things import ADDED_UP, OFFERED
from services.type_changes import fill_pages

_PAGE: Final = 1_000


async def fill_columns(store: Store) -> None:
    """Bring all columns that follow from others to what this version expects, where another one wrote them last.

    Events of before there was a log get their places in it.
    """
    await fill_standard_filters(store)
    await fill_words(store)
    while await event_log.number(store):
        pass


async def fill_standard_filters(store: Store) -> None:
    """Write the columns of the standard types as this version has them, where another one wrote them last."""
    declared = {each.name: list(each.filterable) for each in THING_TYPES.values() if each.filterable}
    declared["order"] += ADDED_UP
    declared["product"] += OFFERED
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


async def fill_words(store: Store) -> None:
    """Write the words by which a search finds what there is, as this version cuts them."""
    if await filling.words_are_filled(store):
        return
    if not await is_empty(store):
        for label in filling.PAGES:
            after: str | None = ""
            while after is not None:
                start: str = after

                async def fill(transaction: Transaction, label: str = label, start: str = start) -> str | None:
                    return await filling.fill_words(transaction, label, start, _PAGE)

                after = await store.write(fill)
    await store.write(filling.remember_words)
