"""Trusted documents in the store: `(:TrustedDocument)` nodes, whose texts never change."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final, TypedDict

from domain.trusted_documents import CheckedDocument, TrustedDocument
from domain.values import from_micros, to_micros
from graph.shared_reads import SMALL
from graph.store import Statement, Store, Transaction

PAGE: Final = 1_000


class TrustedDocumentRow(TypedDict):
    """A trusted document as the store keeps it."""

    id: str
    name: str
    text: str
    createdAt: int


class ListedRow(TypedDict):
    """What a list shows of one."""

    id: str
    name: str
    characters: int
    createdAt: int


class RegisteredRow(TypedDict):
    """What became of a document that was to be registered: whether it is new, and whether it has the text given."""

    id: str
    new: bool
    same: bool


FETCH_DOCUMENT: Statement[str] = Statement(
    "fetch_trusted_document",
    "MATCH (document:TrustedDocument {id: $id}) RETURN document.text AS row",
    together=SMALL,
)
LIST_DOCUMENTS: Statement[ListedRow] = Statement(
    "list_trusted_documents",
    """
    MATCH (document:TrustedDocument) WHERE document.id > $after
    WITH document ORDER BY document.id LIMIT $limit
    RETURN document {.id, .name, .createdAt, characters: size(document.text)} AS row""",
)
REGISTER_DOCUMENTS: Statement[RegisteredRow] = Statement(
    "register_trusted_documents",
    """
    UNWIND $documents AS given
    OPTIONAL MATCH (known:TrustedDocument {id: given.id})
    WITH given, known IS NULL AS new
    MERGE (document:TrustedDocument {id: given.id})
    ON CREATE SET document.name = given.name, document.text = given.text, document.createdAt = given.createdAt
    RETURN {id: given.id, new: new, same: document.text = given.text} AS row""",
    meant="Eager: those that are known are found before the first new one is made.",
)
FORGET_DOCUMENTS: Statement[str] = Statement(
    "forget_trusted_documents",
    """
    UNWIND $ids AS id
    MATCH (document:TrustedDocument {id: id})
    DELETE document
    RETURN id AS row""",
    meant="Eager: all are found before the first of them is deleted.",
)


async def fetch(store: Store, identifier: str) -> str | None:
    """The text of a document; None where there is no such one."""
    rows = await store.read(FETCH_DOCUMENT, {"id": identifier})
    return rows[0] if rows else None


async def listed(store: Store) -> AsyncIterator[TrustedDocument]:
    """All documents in order of their ids, a page at a time."""
    after = ""
    while rows := await store.read(LIST_DOCUMENTS, {"after": after, "limit": PAGE}):
        for row in rows:
            yield TrustedDocument(row["id"], row["name"], row["characters"], from_micros(row["createdAt"]))
        after = rows[-1]["id"]


async def register(transaction: Transaction, documents: Sequence[CheckedDocument], at: datetime) -> list[RegisteredRow]:
    """Keep those of the documents that are new, in order of their ids; one that is there stays as it is."""
    rows = [
        TrustedDocumentRow(id=each.id, name=each.name, text=each.text, createdAt=to_micros(at))
        for each in sorted(documents, key=lambda each: each.id)
    ]
    return await transaction.run(REGISTER_DOCUMENTS, {"documents": rows})


async def forget(transaction: Transaction, ids: Sequence[str]) -> list[str]:
    """Forget documents; the ids of those that were there."""
    return await transaction.run(FORGET_DOCUMENTS, {"ids": sorted(set(ids))})
