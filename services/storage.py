"""How many bytes the files of a group may have."""

from domain.errors import ConflictError
from graph import files
from graph.store import Transaction


async def require_room(transaction: Transaction, group_id: str, size: int) -> None:
    """See that a group, which is locked, has room for so many bytes more. ConflictError that says how much is left."""
    storage = await files.storage(transaction, group_id)
    limit = storage["limit"]
    if limit is not None and storage["used"] + size > limit:
        left = max(0, limit - storage["used"])
        raise ConflictError(
            f"The storage of this group has room for {left:,} bytes more, of {limit:,}; this takes {size:,}.",
            field="groupId",
        )
