"""Becoming a member of a group by oneself, as its policy says or by accepting an invitation, and leaving it."""

from dataclasses import replace
from typing import Final

from domain.access import AccessReason, Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import AppError, ConflictError, ForbiddenError, NotFoundError
from domain.groups import Group, GroupStatus, JoinPolicy
from domain.people import MemberRole, MemberStatus
from domain.values import JSON, now
from graph import connections, events, joining, service_accounts
from graph.store import Transaction
from services.access import Action
from services.connection_changes import is_owner
from services.connection_events import changed_events, ended_events, made_events
from services.connections import MEMBERSHIP, NewConnection, new_connection
from services.groups import check_id
from services.memberships import refuse_end
from services.rights import Rights
from services.work import Work

_KIND: Final = CONNECTION_TYPES[MEMBERSHIP]
_STATUS: Final = {JoinPolicy.OPEN: MemberStatus.ACTIVE, JoinPolicy.APPROVAL_REQUIRED: MemberStatus.PENDING}


def joining_group(caller: Caller, group_id: str) -> Work[Connection]:
    """Become a member of a group, or ask to: the membership, which is pending where its administrators decide.

    An invitation is accepted in the role that it says. ForbiddenError where the group takes members by invitation
    alone, ConflictError where the caller is a member, or waits already.
    """
    rights = Rights.of(caller, Action.JOIN_GROUP)
    check_id("groupId", group_id)
    person_id = rights.viewer.person_id

    async def work(transaction: Transaction) -> Connection:
        group = await joining.lock(transaction, rights.reach, group_id)
        if group is None:
            raise NotFoundError("group", group_id)
        found = await joining.lock_membership(transaction, person_id, group_id)
        is_service = bool(await service_accounts.managers_of(transaction, [person_id]))
        if refused := why_not(group, found, person_id, is_service=is_service):
            raise refused
        if found is None:
            return await _enter(transaction, caller, group, person_id)
        return await _accept(transaction, caller, found)

    return work


def why_not(group: Group, found: Connection | None, person_id: str, *, is_service: bool) -> AppError | None:
    """Why somebody does not become a member of a group of which they have that live membership, or none."""
    if group.status is not GroupStatus.ACTIVE:
        return ConflictError("This group is archived, and takes no members.", field="groupId")
    if is_service:
        return ForbiddenError("A service account joins no group: have an administrator of the group connect it.")
    if found is None:
        return None if group.join_policy in _STATUS else _by_invitation(group)
    invited = found.properties["status"] == MemberStatus.PENDING and found.created_by != person_id
    return None if invited else _already(MemberStatus(str(found.properties["status"])))


def leaving_group(caller: Caller, group_id: str) -> Work[Connection]:
    """End one's membership of a group, in whatever state. ConflictError where the group would be without an owner."""
    rights = Rights.of(caller, Action.LEAVE_GROUP)
    check_id("groupId", group_id)

    async def work(transaction: Transaction) -> Connection:
        person_id = rights.viewer.person_id
        group = await joining.lock(transaction, rights.reach, group_id)
        found = None if group is None else await joining.lock_membership(transaction, person_id, group_id)
        if found is None:
            raise NotFoundError("membership in a group", group_id)
        await refuse_end(transaction, found, "groupId")
        ended = replace(found, valid_to=max(now(), found.valid_from))
        await connections.save(transaction, ended, _KIND)
        if is_owner(found) and await connections.count_owners(transaction, group_id) == 0:
            raise ConflictError("A group keeps at least one owner.", field="groupId")
        await events.append(transaction, ended_events(caller, ended))
        return ended

    return work


async def _enter(transaction: Transaction, caller: Caller, group: Group, person_id: str) -> Connection:
    properties: dict[str, JSON] = {"role": MemberRole.VIEWER, "status": _STATUS[group.join_policy]}
    made = new_connection(NewConnection(MEMBERSHIP, person_id, group.id, properties), _KIND, person_id)
    await connections.create(transaction, (made, _KIND))
    await events.append(transaction, made_events(caller, made, AccessReason.JOIN_POLICY))
    return made


async def _accept(transaction: Transaction, caller: Caller, invitation: Connection) -> Connection:
    accepted = replace(invitation, properties={**invitation.properties, "status": MemberStatus.ACTIVE})
    await connections.save(transaction, accepted, _KIND)
    names: list[JSON] = ["properties"]
    happened = changed_events(caller, invitation, accepted, names, AccessReason.JOIN_POLICY)
    await events.append(transaction, happened)
    return accepted


def _by_invitation(group: Group) -> ForbiddenError:
    return ForbiddenError(
        "This group takes members by invitation alone: ask one of its administrators.",
        AccessReason.NO_MEMBERSHIP,
        group_id=group.id,
    )


def _already(status: MemberStatus) -> ConflictError:
    return ConflictError(
        {
            MemberStatus.ACTIVE: "You are a member of this group already.",
            MemberStatus.PENDING: "You have asked already: an administrator of this group decides.",
            MemberStatus.INACTIVE: "Your membership is out of force: ask an administrator of this group.",
        }[status],
        field="groupId",
    )
