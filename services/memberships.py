"""Making somebody a member of a group, where nobody has to be asked."""

from collections.abc import Mapping

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.events import EventType
from domain.people import MemberRole, MemberStatus
from domain.values import JSON
from graph import connections, events
from graph.store import Transaction
from services.connections import MEMBERSHIP, NewConnection, new_connection
from services.journal import AccessChange, event


async def join(
    transaction: Transaction,
    caller: Caller,
    person_id: str,
    group_id: str,
    role: MemberRole,
    *,
    decided_in: str | None = None,
) -> None:
    """Make a person a member of a group in that role; the caller is who did that, or nobody.

    `decided_in` is the group whose members may do that, where it is another one.
    """
    kind = CONNECTION_TYPES[MEMBERSHIP]
    properties: Mapping[str, JSON] = {"role": role}
    new = NewConnection(MEMBERSHIP, person_id, group_id, properties)
    created_by = None if caller.viewer is None else caller.viewer.person_id
    await connections.create(transaction, (new_connection(new, kind, created_by), kind))
    joined = event(
        caller,
        EventType.USER_JOINED_GROUP,
        target_id=person_id,
        group_id=group_id,
        properties=properties,
        changes=AccessChange(after={"role": role, "status": MemberStatus.ACTIVE}, decided_in=decided_in),
    )
    await events.append(transaction, [joined])
