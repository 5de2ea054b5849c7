"""Trusted documents: registered by an operator, asked for by whoever knows an id.

An id stands for one text for ever, so that a client that is out there never runs another one than it was built with.
"""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.trusted_documents import MAX_ID, CheckedDocument, Pushed, TrustedDocument
from domain.values import JSON, Clock
from graph import events, trusted_documents
from graph.store import Store, Transaction
from services.journal import event
from services.kept_texts import KeptTexts

KEPT_SECONDS: Final = 60.0
"""How long a process goes without looking whether a document is still trusted."""

_ID: Final = re.compile(rf"[!-~]{{1,{MAX_ID}}}")
_SHOWN: Final = 10


def is_id(text: str) -> bool:
    """Whether a document may be called so."""
    return _ID.fullmatch(text) is not None


class TrustedDocuments:
    """The documents of a store as one process knows them."""

    def __init__(self, store: Store, kept: KeptTexts | None = None) -> None:
        self._store = store
        self._kept = kept or KeptTexts(most=5_000, characters=5_000_000, seconds=KEPT_SECONDS)

    async def text(self, identifier: str) -> str | None:
        """The text of a document; None where there is no such one.

        That is one read of the store at most. Nothing is kept of an id that there is not: anybody can make up any
        number of them.
        """
        kept = self._kept.get(identifier)
        if kept is not None or not is_id(identifier):
            return kept
        found = await trusted_documents.fetch(self._store, identifier)
        if found is not None:
            self._kept.put(identifier, found)
        return found


async def push(store: Store, caller: Caller, clock: Clock, documents: Sequence[CheckedDocument]) -> Pushed:
    """Register documents that may run, all or none; those that are registered stay as they are.

    ConflictError where one has the id of another text.
    """

    async def work(transaction: Transaction) -> Pushed:
        rows = await trusted_documents.register(transaction, documents, clock())
        changed = [row["id"] for row in rows if not row["same"]]
        if changed:
            raise ConflictError(
                f"An id stands for one text for ever, and these are registered with another one: {_shown(changed)}. "
                "Give a changed document another id, such as a hash of its text. Nothing was registered."
            )
        new = [row["id"] for row in rows if row["new"]]
        if new:
            await _record(transaction, caller, EventType.DOCUMENTS_REGISTERED, new)
        return Pushed(len(new), len(rows) - len(new))

    return await store.write(work)


def listed(store: Store) -> AsyncIterator[TrustedDocument]:
    """All documents in order of their ids."""
    return trusted_documents.listed(store)


async def forget(store: Store, caller: Caller, ids: Sequence[str]) -> int:
    """Trust documents no longer, all of these or none; how many they were. NotFoundError where there is no such one."""

    async def work(transaction: Transaction) -> int:
        gone = set(await trusted_documents.forget(transaction, ids))
        missing = [each for each in ids if each not in gone]
        if missing:
            raise NotFoundError("trusted document", missing[0])
        await _record(transaction, caller, EventType.DOCUMENTS_FORGOTTEN, sorted(gone))
        return len(gone)

    if not ids:
        raise ValidationError("ids", "Say which documents to forget.")
    return await store.write(work)


async def _record(transaction: Transaction, caller: Caller, what: EventType, ids: Sequence[str]) -> None:
    some: list[JSON] = list(ids[:_SHOWN])
    properties: dict[str, JSON] = {"count": len(ids), "documents": some}
    await events.append(transaction, [event(caller, what, target_id=None, group_id=None, properties=properties)])


def _shown(ids: Iterable[str]) -> str:
    found = list(ids)
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return ", ".join(repr(each) for each in found[:_SHOWN]) + more
