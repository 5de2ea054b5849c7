"""Files in the store: what of a group's storage is used, who may read one, and bytes that are to be erased.

The bytes themselves are elsewhere, under the ids of their files. So that none is there for nothing, a
`(:Leftover {fileId, dueAt})` says of bytes without a file when to erase them: it is written before they are, and goes
in the transaction that makes the file; one that deletes a file writes it again.
"""

from collections.abc import Sequence
from typing import Final, TypedDict

from domain.access import Reach
from graph.access import reach_parameters, thing_public, thing_visible
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.things import PAID, THING, ThingRow


class StorageRow(TypedDict):
    """How many bytes the files of a group may have, and have."""

    limit: int | None
    used: int


class FileRow(TypedDict):
    """A file that somebody may read; `public` says that everybody may."""

    thing: ThingRow
    public: bool


GROUP_STORAGE: Final[Statement[StorageRow]] = Statement(
    "group_storage",
    """
    MATCH (group:Entity:Group {id: $id})
    CALL (group) {
        MATCH (file:Thing) WHERE file.groupId = group.id AND file.type = 'file' AND file.sortKey > ''
        RETURN sum(file.bytes) AS used
    }
    RETURN {limit: group.limitStorageBytes, used: used} AS row""",
)

# A picture of a product is for whoever sees that; what a product delivers is for those who paid for it.
_PUBLIC: Final = f"""EXISTS {{
        MATCH (file)<-[:MENTIONS]-(product:Product)
        WHERE file.id IN product.imageIds AND {thing_public("product")}
    }}"""
_PICTURE: Final = f"""EXISTS {{
        MATCH (file)<-[:MENTIONS]-(product:Product)
        WHERE file.id IN product.imageIds AND {thing_visible("product")}
    }}"""
_BOUGHT: Final = f"""EXISTS {{
        MATCH (file)<-[:MENTIONS]-(product:Product)<-[:MENTIONS]-(order:Order)
        WHERE file.id IN product.fileIds AND order.customerId = $actorId AND {PAID}
    }}"""
FETCH_FILE: Final[Statement[FileRow]] = Statement(
    "fetch_file",
    f"""
    MATCH (file:Entity:File {{id: $id}})
    WITH file, {_PUBLIC} AS public
    WHERE public OR $signed OR {thing_visible("file")} OR {_PICTURE} OR {_BOUGHT}
    WITH file AS thing, public
    RETURN {{thing: {THING}, public: public}} AS row""",
)

ADD_LEFTOVER: Final[Statement[bool]] = Statement(
    "add_leftover",
    "MERGE (leftover:Leftover {fileId: $id}) SET leftover.dueAt = $dueAt RETURN true AS row",
)
TAKE_LEFTOVER: Final[Statement[bool]] = Statement(
    "take_leftover",
    f"""
    MATCH (leftover:Leftover {{fileId: $id}})
    {lock_what_stays("leftover", "fileId")} AND NOT coalesce(leftover.claimed, false)
    DELETE leftover
    RETURN true AS row""",
    meant="Eager on 5.26: of the one note that it locks.",
)
LIST_LEFTOVERS: Final[Statement[str]] = Statement(
    "list_leftovers",
    "MATCH (leftover:Leftover) WHERE leftover.dueAt <= $at RETURN leftover.fileId AS row LIMIT $limit",
)
CLAIM_LEFTOVER: Final[Statement[bool]] = Statement(
    "claim_leftover",
    f"""
    MATCH (leftover:Leftover {{fileId: $id}})
    {lock_what_stays("leftover", "fileId")} AND leftover.dueAt <= $at
    SET leftover.claimed = true, leftover.dueAt = $again
    RETURN true AS row""",
    meant="Eager on 5.26: of the one note that it locks.",
)
DELETE_LEFTOVER: Final[Statement[bool]] = Statement(
    "delete_leftover", "MATCH (leftover:Leftover {fileId: $id}) DELETE leftover RETURN true AS row"
)


async def storage(transaction: Transaction, group_id: str) -> StorageRow:
    """How much of its storage a group uses, which is locked and there."""
    return (await transaction.run(GROUP_STORAGE, {"id": group_id}))[0]


async def fetch(store: Store, reach: Reach, file_id: str, *, signed: bool) -> FileRow | None:
    """A file, where the viewer may read it or has a signed link to it."""
    rows = await store.read(FETCH_FILE, {"id": file_id, "signed": signed, **reach_parameters(reach)})
    return rows[0] if rows else None


async def leave(transaction: Transaction, file_id: str, due_at: int) -> None:
    """Have bytes erased at that time (microseconds)."""
    await transaction.run(ADD_LEFTOVER, {"id": file_id, "dueAt": due_at})


async def take(transaction: Transaction, file_id: str) -> bool:
    """Have bytes not erased; whether they are still there to be kept."""
    return bool(await transaction.run(TAKE_LEFTOVER, {"id": file_id}))


async def due(store: Store, at: int, limit: int) -> Sequence[str]:
    """The ids of some whose bytes are to be erased by that time."""
    return await store.read(LIST_LEFTOVERS, {"at": at, "limit": limit})


async def claim(store: Store, file_id: str, at: int, again: int) -> bool:
    """Have nobody keep bytes any more that are to be erased, and nobody else erase them before `again`."""

    async def work(transaction: Transaction) -> bool:
        return bool(await transaction.run(CLAIM_LEFTOVER, {"id": file_id, "at": at, "again": again}))

    return await store.write(work)


async def erased(store: Store, file_id: str) -> None:
    """Note that bytes are no more."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(DELETE_LEFTOVER, {"id": file_id})

    await store.write(work)
