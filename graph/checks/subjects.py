"""What a check looks at: all nodes or connections of one kind, page by page, and each again by its id.

A page is the next thousand ids of an index, in a read of its own: a check of a million things holds no transaction.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from graph.store import Statement, Store, Transaction

F = TypeVar("F")

PAGE = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Subject(Generic[F]):
    """One kind of what is checked; `F` are the facts that its rules are about, among them its `id`."""

    name: str
    page: Statement[F]
    again: Statement[F]
    locked: Statement[F]

    async def pages(self, store: Store) -> AsyncIterator[list[F]]:
        """The facts of all, in order of their ids."""
        after = ""
        while rows := await store.read(self.page, {"after": after, "limit": PAGE}):
            yield rows
            after = self.id_of(rows[-1])

    async def look_again(self, store: Store, ids: Sequence[str]) -> list[F]:
        """The facts of those of the ids that there are."""
        return await store.read(self.again, {"ids": ids})

    async def lock(self, transaction: Transaction, identifier: str) -> list[F]:
        """The facts of one as they are now, and as far as they are its own stay until the transaction ends."""
        return await transaction.run(self.locked, {"id": identifier})

    @staticmethod
    def id_of(facts: F) -> str:
        """The id of what the facts are about."""
        return str(cast("Mapping[str, object]", facts)["id"])


def subject(name: str, pattern: str, about: str, facts: str, *, scope: str = "", key: str = "id") -> Subject[F]:
    """The statements of a subject: `about` is the variable of the pattern that has the id, `scope` all that it binds.

    `key` is the unique property that stands for the id.

    A check must find what a lock left behind, so that it locks by a property of its own.
    """
    bound = scope or about
    return Subject(
        name,
        Statement(
            f"check_{name}",
            f"""
            MATCH {pattern} WHERE {about}.{key} > $after
            WITH {bound} ORDER BY {about}.{key} LIMIT $limit
            RETURN {facts} AS row""",
        ),
        Statement(
            f"check_{name}_again",
            f"""
            UNWIND $ids AS id
            MATCH {pattern} WHERE {about}.{key} = id
            RETURN {facts} AS row""",
        ),
        Statement(
            f"lock_checked_{name}",
            f"""
            MATCH {pattern} WHERE {about}.{key} = $id
            SET {about}._check = true REMOVE {about}._check
            WITH DISTINCT {bound} WHERE {about}.{key} IS NOT NULL
            RETURN {facts} AS row""",
            "Eager on 5.26: of the one that it locks.",
        ),
    )
