"""Who may give, change and take back which grants: whoever is an administrator there, and gives no more than they hold.

It takes a membership: what somebody was granted lets them give nothing on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.access import AccessReason
from domain.connections import Connection
from domain.errors import ForbiddenError
from domain.people import MemberRole
from graph import locks
from graph.locks import LockedRow
from graph.store import Transaction
from services.rights import API_KEY, Rights, needed_role


async def require(transaction: Transaction, rights: Rights, on_id: str, target: LockedRow, role: MemberRole) -> None:
    """Refuse whoever may not give that role there, or take it back: ForbiddenError."""
    [refused] = await _refusals(transaction, rights, [(on_id, role)], {on_id: target})
    if refused:
        raise refused


async def refused(transaction: Transaction, rights: Rights, grants: Sequence[Connection]) -> set[str]:
    """The ids of those of the grants that may not be changed or taken back; of what is not seen nothing may."""
    # Who sees an end only as everybody does is not let know who is there.
    rows = await locks.peek(transaction, replace(rights.reach, public=False), {each.to_id for each in grants})
    seen = [each for each in grants if each.to_id in rows]
    wanted = [(each.to_id, MemberRole(str(each.properties["role"]))) for each in seen]
    found = await _refusals(transaction, rights, wanted, rows)
    allowed = {each.id for each, refusal in zip(seen, found, strict=True) if refusal is None}
    return {each.id for each in grants} - allowed


async def _refusals(
    transaction: Transaction,
    rights: Rights,
    wanted: Sequence[tuple[str, MemberRole]],
    rows: Mapping[str, LockedRow],
) -> list[ForbiddenError | None]:
    """For each role on something why it may not be given; None where it may.

    It takes the role itself there, and at least that of an administrator or the one that the type takes.
    """
    groups = {on_id: rows[on_id]["groupId"] or on_id for on_id, _ in wanted}
    held = await rights.roles(transaction, groups.values()) if groups else {}
    return [_refusal(rights, groups[on_id], rows[on_id], role, held) for on_id, role in wanted]


def _refusal(
    rights: Rights, group_id: str, target: LockedRow, role: MemberRole, held: Mapping[str, MemberRole]
) -> ForbiddenError | None:
    thing_type = None if target["groupId"] is None else target["type"]
    if thing_type == API_KEY:
        return ForbiddenError("An API key is its person's alone: nobody is granted it.", AccessReason.OWN_MUTATIONS)
    needed = needed_role(rights.action, thing_type)
    return rights.refusal(held, [group_id], role if role.covers(needed) else needed)
