"""The audit log as clients see it."""

import asyncio
from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.audit import Broken
from domain.events import Audit, Event
from domain.ids import kind_of
from schema.access import AccessExplanation
from schema.actions import Action
from schema.context import Info
from schema.define import enum, field, input_type, object_type
from schema.enums import NodeKind
from schema.event_types import EventType
from schema.filters import WHICH, TimeRange
from schema.groups import Group
from services.audit import WantedEntries

enum(
    Broken,
    {
        Broken.CHANGED: "The entry is not what it was when it was written.",
        Broken.MISSING: "An entry was removed, or moved to another place.",
        Broken.DETACHED: "The entry does not follow the one before: one of the two was replaced.",
        Broken.CUT_OFF: "The last entries were removed, from here on.",
        Broken.BEYOND_END: "The entries from here on were never appended, or the head was set back.",
        Broken.HEAD_DIFFERS: "The last entry is not the one that the head tells of.",
    },
)


@object_type
class AuditEntry:
    """Something that changed who may do what, or that was refused. Entries are only ever added."""

    sequence: int = strawberry.field(
        description="Its place in the audit log of all groups together, from 1 on; those of other groups lie between."
    )
    api_key_id: strawberry.ID | None = strawberry.field(
        description="The API key that they used; null where it was a session, or nobody's request."
    )
    hash: str = strawberry.field(description="SHA-256 over all of it and over `previousHash`, in hexadecimal digits.")
    previous_hash: str = strawberry.field(description="The hash of the entry before; zeros for the first.")
    event: strawberry.Private[Event]
    audit: strawberry.Private[Audit]

    @field
    def event_id(self) -> strawberry.ID:
        """The id of the event that it is."""
        return strawberry.ID(self.event.id)

    @field
    def type(self) -> EventType:
        """What happened; `access_denied` where something was refused."""
        return self.event.type

    @field
    def at(self) -> datetime:
        """When."""
        return self.event.at

    @field
    def actor(self) -> str:
        """Who did it, or wanted to: the id of a person, or `system`."""
        return self.event.actor

    @field
    def request_id(self) -> str | None:
        """The request that did it, as its response header named it."""
        return self.event.request_id

    @field
    def action(self) -> Action | None:
        """What was done or refused; null for what no mutation does."""
        return cast("Action | None", self.audit.action and Action(self.audit.action))

    @field
    def object_id(self) -> strawberry.ID | None:
        """The id of what it was done to, or was to be; of a membership it is the person."""
        return cast("strawberry.ID | None", self.event.target_id)

    @field
    def object_kind(self) -> NodeKind | None:
        """What kind of object that is."""
        target = self.event.target_id
        return None if target is None else kind_of(target)

    @field
    async def group(self, info: Info) -> Group | None:
        """The group in whose audit log it stands; null for accounts, and where there is no such group any more."""
        if self.audit.group_id is None:
            return None
        return cast("Group | None", await info.context.loaders.groups.load(self.audit.group_id))

    @field
    def before(self) -> JSON | None:
        """What their access was, by ids alone; null where there was none."""
        return cast("JSON | None", self.audit.before)

    @field
    def after(self) -> JSON | None:
        """What their access is from then on; null where there is none any more."""
        return cast("JSON | None", self.audit.after)

    @field
    async def access(self, info: Info) -> AccessExplanation:
        """By what right the actor did it, or what they lacked, as it was at that time."""
        access = self.audit.access
        path = await asyncio.gather(*(info.context.loaders.groups.load(each) for each in access.path))
        return AccessExplanation(
            allowed=access.allowed,
            reason=access.reason,
            role=access.role,
            needed_role=access.needed_role,
            path=cast("list[Group]", [each for each in path if each is not None]),
            grant_id=None if access.grant_id is None else strawberry.ID(access.grant_id),
            through_group_id=None if access.through_group_id is None else strawberry.ID(access.through_group_id),
        )

    @field
    def left_out(self) -> int:
        """How many denials of the same actor and action before this one were too many to be recorded."""
        return cast("int", self.event.properties.get("leftOut", 0))


@object_type
class AuditHead:
    """The end of the audit log. Whoever keeps it elsewhere finds out when the log is cut off or written anew."""

    sequence: int = strawberry.field(description="How many entries there are.")
    hash: str = strawberry.field(description="The hash of the last; zeros where there is none.")


@object_type
class AuditFault:
    """A place at which the chain is broken."""

    sequence: int = strawberry.field(description="The place.")
    what: Broken = strawberry.field(description="What is wrong there.")
    event_id: strawberry.ID | None = strawberry.field(description="The event that stands there, if one does.")


@object_type
class AuditVerification:
    """Whether the audit log is as it was written."""

    intact: bool = strawberry.field(
        description="Whether every entry is there, in its place, with the content that it was written with."
    )
    checked: int = strawberry.field(description="How many entries were looked at.")
    head: AuditHead = strawberry.field(description="The end of the log, as it was at the start of the look.")
    broken: int = strawberry.field(description="At how many places the chain is broken.")
    faults: list[AuditFault] = strawberry.field(description="The first hundred of those.")


@input_type
class AuditFilter:
    """Which entries to list: all that is said of them holds."""

    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="They stand in this group's audit log. Only platform owners leave it out."
    )
    include_below: bool = strawberry.field(
        default=False, description="Whether to list those of every group below it as well."
    )
    actor: str | None = strawberry.field(
        default=None, description="Who did it, or wanted to: the id of a person, or `system`."
    )
    object_id: strawberry.ID | None = strawberry.field(default=None, description="It was done to this, or was to be.")
    types: list[EventType] | None = strawberry.field(default=None, description="One of these happened.")
    actions: list[Action] | None = strawberry.field(default=None, description="One of these was done or refused.")
    at: TimeRange | None = strawberry.field(default=None, description="When.")
    allowed: bool | None = strawberry.field(
        default=None, description="True for what was done, false for what was refused; null for both."
    )

    def to_domain(self) -> WantedEntries:
        """As the services take it."""
        return WantedEntries(
            group_id=self.group_id,
            below=self.include_below,
            actor=self.actor,
            object_id=self.object_id,
            types=self.types,
            actions=self.actions,
            at_or_after=None if self.at is None else self.at.from_,
            before=None if self.at is None else self.at.before,
            allowed=self.allowed,
        )


OfAudit: TypeAlias = Annotated[AuditFilter | None, strawberry.argument(description=WHICH)]
