"""Support access: how a platform owner gets leave to change what others own, and how that ends.

It is said why, it is told to the owners at once, and it ends by itself. One is in force for each person and group.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from domain.access import AccessReason, Caller, Reach
from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection
from domain.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.ids import NodeKind, connection_prefix, connection_type_of, new_id
from domain.mail import MailTemplate
from domain.people import MemberRole
from domain.support import LONGEST, USUAL, SupportAccess
from domain.things import ThingStatus
from domain.values import Clock, now
from graph import connections, events, groups, locks, mail, support
from graph.access import reach_parameters
from graph.store import Store, Transaction
from graph.support import ACCESSES, AccessRow
from services import validation
from services.access import MEMBERS, Action, authorize_proven, reach_of
from services.changes import Changes, connection_again
from services.connections import SUPPORT
from services.groups import check_id
from services.idempotency import Making
from services.journal import AccessChange, event
from services.lists import NodeList
from services.mail import new_mail
from services.rights import Rights
from services.work import Work

MIN_REASON: Final = 10
MAX_REASON: Final = 500
MOST_TOLD: Final = 100
"""How many owners get a mail at the most."""

_KIND: Final = CONNECTION_TYPES[SUPPORT]
_MINUTE: Final = timedelta(minutes=1)


async def _again(transaction: Transaction, reach: Reach, identifier: str) -> SupportAccess:
    await connection_again(transaction, reach, identifier)
    return await support.fetch_access(transaction, identifier)


BEGIN: Final[Making[SupportAccess]] = Making("beginSupportAccess", lambda made: made.id, _again)


@dataclass(frozen=True, slots=True)
class NewSupport:
    """Support access to begin."""

    group_id: str
    reason: str
    minutes: int = USUAL // _MINUTE


class SupportAccesses:
    """Begins it and ends it."""

    def __init__(self, store: Store, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes

    async def begin(self, caller: Caller, new: NewSupport, key: str | None) -> SupportAccess:
        """Let a platform owner who proved lately who they are change a group and what is below it, once under a key.

        AuthError, ForbiddenError or ReauthenticationError where they may not, ConflictError where they have it already.
        """
        viewer = authorize_proven(caller, Action.BEGIN_SUPPORT_ACCESS, self._clock())
        check_id("groupId", new.group_id)
        reason = _reason(new.reason)
        if not 1 <= new.minutes <= LONGEST // _MINUTE:
            raise ValidationError("minutes", f"minutes takes a number from 1 to {LONGEST // _MINUTE}.")

        async def work(transaction: Transaction) -> SupportAccess:
            reach = reach_of(caller)
            locked = await locks.lock(transaction, reach, [viewer.person_id, new.group_id])
            if new.group_id not in locked or viewer.person_id not in locked:
                raise NotFoundError("group", new.group_id)
            if locked[new.group_id]["status"] == ThingStatus.ARCHIVED:
                raise ConflictError("That group is archived.", field="groupId")
            await _make_room(transaction, viewer.person_id, new.group_id)
            at = now()
            until = at + new.minutes * _MINUTE
            made = Connection(
                id=new_id(connection_prefix(SUPPORT)),
                type=SUPPORT,
                from_id=viewer.person_id,
                to_id=new.group_id,
                properties={"reason": reason, "expiresAt": until.isoformat()},
                strength=None,
                valid_from=at,
                valid_to=None,
                metadata={},
                created_at=at,
                created_by=viewer.person_id,
            )
            await connections.create(transaction, (made, _KIND))
            began = await support.fetch_access(transaction, made.id)
            await events.append(transaction, [_told(caller, EventType.SUPPORT_ACCESS_BEGAN, began)])
            await _write_to_owners(transaction, reach, began)
            return began

        return await self._changes.do_once(caller, BEGIN, key, new, work)

    async def end(self, caller: Caller, identifier: str) -> SupportAccess:
        """End support access before its time."""
        return await self._changes.do(ending(caller, identifier))


def ending(caller: Caller, identifier: str) -> Work[SupportAccess]:
    """End support access of one's own, or to a group that one owns.

    ForbiddenError or NotFoundError to others, ConflictError where it is over.
    """
    rights = Rights.of(caller, Action.END_SUPPORT_ACCESS)
    validation.identifier("supportId", identifier, NodeKind.CONNECTION)
    if connection_type_of(identifier) != SUPPORT:
        raise ValidationError("supportId", "supportId takes the id of support access: a connection of type supports.")

    async def work(transaction: Transaction) -> SupportAccess:
        found = await support.lock_access(transaction, identifier)
        reach = replace(rights.reach, public=False)
        # What is hidden and what is not there are looked for in the same way.
        seen = await locks.peek(transaction, reach, [identifier if found is None else found.to_id])
        if found is None or not seen:
            raise NotFoundError("support access", identifier)
        own = found.from_id == rights.viewer.person_id
        if not own:
            await rights.require(transaction, found.to_id, role=MemberRole.OWNER, grants=False)
        before = await support.fetch_access(transaction, identifier)
        at = now()
        if before.ended_at is not None or before.expires_at <= at:
            raise ConflictError("This support access is over already.", field="supportId")
        await connections.save(transaction, replace(found, valid_to=max(at, found.valid_from)), _KIND)
        ended = await support.fetch_access(transaction, identifier)
        reason = AccessReason.ONESELF if own else None
        await events.append(transaction, [_told(caller, EventType.SUPPORT_ACCESS_ENDED, ended, reason)])
        return ended

    return work


def covering(caller: Caller, role: MemberRole | None) -> NodeList[AccessRow, SupportAccess]:
    """What there is and was of support access to a group and to those above it.

    ForbiddenError to whoever is neither a platform owner nor looks after the group in that role.
    """
    viewer = caller.viewer
    looks_after = role is not None and role.covers(MemberRole.ADMIN) and viewer is not None and viewer.role in MEMBERS
    if not looks_after and not reach_of(caller).everything:
        raise ForbiddenError(f"Support access is shown to {MemberRole.ADMIN} and {MemberRole.OWNER} of the group.")
    return NodeList("support access", ACCESSES)


def _reason(given: str) -> str:
    reason = validation.text("reason", given).strip()
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise ValidationError(
            "reason", f"reason takes {MIN_REASON} to {MAX_REASON} characters; this has {len(reason)}."
        )
    return reason


async def _make_room(transaction: Transaction, person_id: str, group_id: str) -> None:
    """Close what ended by itself between the two, which are locked. ConflictError where it is still in force."""
    found = await support.find_live(transaction, person_id, group_id)
    if found is None:
        return
    until = (await support.fetch_access(transaction, found.id)).expires_at
    if until > now():
        raise ConflictError(
            f"You have support access there until {until:%Y-%m-%dT%H:%MZ}: end it first.", field="groupId"
        )
    await connections.save(transaction, replace(found, valid_to=until), _KIND)


async def _write_to_owners(transaction: Transaction, reach: Reach, began: SupportAccess) -> None:
    [group] = await transaction.run(groups.FETCH_GROUPS, {"ids": [began.group_id], **reach_parameters(reach)})
    values = {
        "group": group["name"],
        "who": began.person_name,
        "reason": began.reason,
        "until": f"{began.expires_at:%Y-%m-%dT%H:%M} UTC",
    }
    owners = await support.owners_of(transaction, began.group_id, MOST_TOLD)
    letters = [new_mail(MailTemplate.SUPPORT_ACCESS_BEGAN, each, began.began_at, **values) for each in owners]
    await mail.add(transaction, letters)


def _told(caller: Caller, event_type: EventType, access: SupportAccess, reason: AccessReason | None = None) -> Event:
    details = {
        "support": access.id,
        "to": access.person_id,
        "reason": access.reason,
        "expiresAt": access.expires_at.isoformat(),
    }
    began = event_type is EventType.SUPPORT_ACCESS_BEGAN
    return event(
        caller,
        event_type,
        target_id=access.group_id,
        group_id=access.group_id,
        properties=details,
        changes=AccessChange(None if began else details, details if began else None, reason=reason),
    )
