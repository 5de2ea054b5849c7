"""The audit log: who may read which part of it, whether it was tampered with, and all of it for a look elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.access import Caller
from domain.audit import AuditEntry, ChainHead, Verification
from domain.errors import ForbiddenError, RateLimitError, ValidationError
from domain.events import EventType
from domain.filters import Value
from domain.ids import kind_of
from domain.people import MemberRole, PlatformRole
from domain.values import JSONObject, to_micros
from graph import audit, groups, standing
from graph.audit import AuditRow, Scope
from graph.store import Store
from services import validation
from services.access import MEMBERS, Action, authorize_overview, counts_below, counts_grants, reach_of, viewer_of
from services.groups import check_id
from services.lists import ROOT, NodeList

_BY_ROLE = f"The audit log of a group is read by its {MemberRole.ADMIN} and {MemberRole.OWNER}."
_BELOW = f"Your role counts in this group alone: leave includeBelow out. It takes {PlatformRole.ORG_OWNER}."
_ALL = f"Name a group: the audit log of all takes the role {PlatformRole.PLATFORM_OWNER}."


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """Which entries to list: all that is said of them holds; None says nothing."""

    group_id: str | None = None
    below: bool = False
    actor: str | None = None
    object_id: str | None = None
    types: Sequence[EventType] | None = None
    actions: Sequence[Action] | None = None
    at_or_after: datetime | None = None
    before: datetime | None = None
    allowed: bool | None = None


class AuditLog:
    """Reads it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running = asyncio.Lock()

    async def listing(self, caller: Caller, wanted: WantedEntries) -> tuple[NodeList[AuditRow, AuditEntry], str]:
        """The list, and the parent below which to read it, for whoever looks after the group; it is one more read.

        ForbiddenError for others who see the group. For those who do not the list is empty.
        """
        await self._authorize(caller, wanted)
        filters = _filters(wanted)
        names = frozenset(name for name, _ in filters)
        scope = Scope.ALL if wanted.group_id is None else Scope.SUBTREE if wanted.below else Scope.GROUP
        return NodeList(scope, audit.log(names, scope), filters), wanted.group_id or ROOT

    async def _authorize(self, caller: Caller, wanted: WantedEntries) -> None:
        viewer = viewer_of(caller)
        if wanted.group_id is None:
            if wanted.below:
                raise ValidationError("filter.includeBelow", "Name the group at the top, as groupId.")
            if viewer.role is not PlatformRole.PLATFORM_OWNER or viewer.within is not None:
                raise ForbiddenError(_ALL)
            return
        check_id("filter.groupId", wanted.group_id)
        if viewer.role is PlatformRole.PLATFORM_OWNER:
            return  # the list itself shows a confined key nothing of other groups
        found = await standing.fetch(
            self._store, viewer.person_id, [wanted.group_id], below=counts_below(viewer), grants=counts_grants(viewer)
        )
        held = found.get(wanted.group_id)
        manages = held is not None and held.role.covers(MemberRole.ADMIN) and viewer.role in MEMBERS
        if manages and (counts_below(viewer) or not wanted.below):
            return
        if await groups.fetch(self._store, reach_of(caller), [wanted.group_id]):
            raise ForbiddenError(_BELOW if manages else _BY_ROLE)

    async def verification(self, caller: Caller) -> Verification:
        """Look whether the whole log is as it was written. Only a platform owner may ask.

        RateLimitError while that is being done for somebody else.
        """
        authorize_overview(caller)
        if self._running.locked():
            raise RateLimitError("The audit log is being verified already. Ask again when that is done.", 30)
        async with self._running:
            return await verify(self._store)


async def verify(store: Store, kept: ChainHead | None = None) -> Verification:
    """The same for an operator. A head that was `kept` elsewhere has to be part of it: ValidationError otherwise."""
    found = await audit.verify(store)
    if kept is not None and kept.sequence and await audit.hash_at(store, kept.sequence) != kept.hash:
        raise ValidationError("head", f"The entry {kept.sequence} is not the one whose hash you kept: it was replaced.")
    return found


async def head(store: Store) -> ChainHead:
    """What an operator keeps elsewhere, to find out later that the log was cut off or written anew."""
    return await audit.read_head(store)


async def exported(store: Store) -> AsyncIterator[JSONObject]:
    """Every entry in the order of the chain, with what it takes to verify it elsewhere."""
    async for rows in audit.pages(store):
        for row in rows:
            yield audit.exported(row)


def _filters(wanted: WantedEntries) -> tuple[tuple[str, Value | None], ...]:
    found: list[tuple[str, Value | None]] = []
    if wanted.actor is not None:
        found.append(("actor", wanted.actor))
    if wanted.object_id is not None:
        if kind_of(wanted.object_id) is None:
            raise ValidationError("filter.objectId", "filter.objectId takes the id of something.")
        found.append(("target", wanted.object_id))
    if wanted.types is not None:
        found.append(("types", tuple(sorted(set(wanted.types)))))
    if wanted.actions is not None:
        found.append(("actions", tuple(sorted(set(wanted.actions)))))
    if wanted.at_or_after is not None:
        found.append(("from", to_micros(validation.moment("filter.at.from", wanted.at_or_after))))
    if wanted.before is not None:
        found.append(("before", to_micros(validation.moment("filter.at.before", wanted.before))))
    if wanted.allowed is not None:
        found.append(("allowed", wanted.allowed))
    return tuple(found)
