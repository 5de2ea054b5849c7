"""Making somebody a member of a group, where nobody has to be asked, and what no service account may be.

A group is owned by humans, and a service account stays in the group that manages it.
"""

from collections.abc import Mapping

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import ConflictError, ForbiddenError
from domain.events import EventType
from domain.people import MemberRole, MemberStatus
from domain.values import JSON
from graph import connections, events, service_accounts
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

    `decided_in` is the group whose members may do that, where it is another one. ForbiddenError where a service account
    would be an owner.
    """
    if role is MemberRole.OWNER and await service_accounts.managers_of(transaction, [person_id]):
        raise ForbiddenError("A service account owns no group, and whoever makes one owns it: have a human make it.")
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


async def refuse_owner(transaction: Transaction, membership: Connection) -> None:
    """Refuse to make a service account an owner: ConflictError."""
    if membership.properties["role"] == MemberRole.OWNER and await service_accounts.managers_of(
        transaction, [membership.from_id]
    ):
        raise no_owner()


async def refuse_end(transaction: Transaction, membership: Connection, field: str) -> None:
    """Refuse to take a service account out of the group that manages it: ConflictError."""
    managers = await service_accounts.managers_of(transaction, [membership.from_id])
    if managers.get(membership.from_id) == membership.to_id:
        raise ConflictError(
            "This group manages the service account, which stays in it: suspend it, or delete it.", field=field
        )


def no_owner(field: str = "properties") -> ConflictError:
    """Why a service account is not made an owner."""
    return ConflictError("A service account owns no group: make it an admin, an editor or a viewer.", field=field)
