"""Handing a group over: one owner gives their place to another member, in one change."""

from dataclasses import dataclass, replace
from typing import Final

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import Event
from domain.ids import NodeKind
from domain.people import MemberRole, MemberStatus, PersonStatus
from domain.things import ThingStatus
from graph import connections, events, joining, locks
from graph.locks import LockedRow
from graph.store import Transaction
from services import validation
from services.access import Action
from services.connection_changes import is_owner
from services.connection_events import changed_events
from services.connection_rights import owner_by_support
from services.connections import MEMBERSHIP
from services.groups import check_id
from services.memberships import no_owner
from services.rights import Rights
from services.work import Work

_KIND: Final = CONNECTION_TYPES[MEMBERSHIP]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The memberships of the new owner and of the one before, as they are now."""

    new: Connection
    former: Connection


def transferring(
    caller: Caller, group_id: str, to_person_id: str, from_person_id: str | None, former_role: MemberRole
) -> Work[HandedOver]:
    """Make a member the owner of a group in place of another, or of the caller, who keeps `former_role`.

    ForbiddenError where the caller owns the group by no membership, ConflictError where the one is no owner or the
    other no active member.
    """
    rights = Rights.of(caller, Action.TRANSFER_OWNERSHIP)
    check_id("groupId", group_id)
    validation.identifier("toPersonId", to_person_id, NodeKind.PERSON)
    giver = validation.identifier("fromPersonId", from_person_id or rights.viewer.person_id, NodeKind.PERSON)
    if former_role is MemberRole.OWNER:
        raise ValidationError("formerRole", "Whoever hands a group over is no owner any more: connect a second owner.")
    if to_person_id == giver:
        raise ValidationError("toPersonId", "Name another member: this is the owner who hands it over.")

    async def work(transaction: Transaction) -> HandedOver:
        # Who sees the group only as everybody does is not let know who is there.
        reach = replace(rights.reach, public=False)
        locked = await locks.lock(transaction, reach, [group_id, to_person_id])
        if group_id not in locked:
            raise NotFoundError("group", group_id)
        await rights.require(transaction, group_id)
        if to_person_id in locked and (
            refused := owner_by_support(transaction, rights, group_id, locked[to_person_id])
        ):
            raise refused
        if locked[group_id]["status"] == ThingStatus.ARCHIVED:
            raise ConflictError("This group is archived: restore it first.", field="groupId")
        former = await joining.lock_membership(transaction, giver, group_id)
        if former is None or not is_owner(former):
            raise ConflictError("They are no owner of this group.", field="fromPersonId")
        to = await joining.lock_membership(transaction, to_person_id, group_id)
        new = _with_role(_member(to, locked.get(to_person_id)), MemberRole.OWNER)
        happened = await _change(transaction, caller, to, new)
        given_up = _with_role(former, former_role)
        happened += await _change(transaction, caller, former, given_up)
        await events.append(transaction, happened)
        return HandedOver(new, given_up)

    return work


def _member(membership: Connection | None, person: LockedRow | None) -> Connection:
    """The membership of somebody who may be an owner."""
    if membership is None or person is None or membership.properties["status"] != MemberStatus.ACTIVE:
        raise ConflictError("They are no active member of this group: make them one first.", field="toPersonId")
    if person["kind"] is not None:
        raise no_owner("toPersonId")
    if person["status"] != PersonStatus.ACTIVE:
        raise ConflictError("That account is not in use.", field="toPersonId")
    return membership


def _with_role(membership: Connection, role: MemberRole) -> Connection:
    return replace(membership, properties={**membership.properties, "role": role})


async def _change(
    transaction: Transaction, caller: Caller, before: Connection | None, after: Connection
) -> list[Event]:
    if before is None or before == after:
        return []
    await connections.save(transaction, after, _KIND)
    return changed_events(caller, before, after, ["properties"])
