"""Why somebody may do something, as clients see it."""

from typing import cast

import strawberry

from domain.people import PlatformRole
from domain.standing import Standing, Subject
from domain.support import NOT_NEEDED, Support
from schema.actions import AccessReason, Action
from schema.context import Info
from schema.define import field, object_type
from schema.enums import MemberRole
from schema.groups import Group
from schema.people import Person
from services.access_lists import permissions_of


@object_type
class AccessExplanation:
    """Whether a person may do something to an object when they are signed in, and why."""

    allowed: bool = strawberry.field(description="Whether they may.")
    reason: AccessReason = strawberry.field(description="What the answer rests on.")
    role: MemberRole | None = strawberry.field(description="Their role that counts there; null where they have none.")
    needed_role: MemberRole | None = strawberry.field(
        description="The least role that a member needs there; null for what no role in a group allows."
    )
    path: list[Group] = strawberry.field(
        description="The groups from the one in which they have the role down to the object's own, as far as you see "
        "them; empty where they have none."
    )
    grant_id: strawberry.ID | None = strawberry.field(
        description="The grant that the role rests on, a connection of type `granted`, or support access, one of type "
        "`supports`; null where it is a membership."
    )
    through_group_id: strawberry.ID | None = strawberry.field(
        description="The group whose members have that grant; null where it is the person's own."
    )


@object_type
class AccessHolder:
    """Somebody who may do something to an object."""

    subject: strawberry.Private[Subject]
    own: strawberry.Private[bool]
    changing: strawberry.Private[bool]
    person: Person | None = strawberry.field(description="Who; null where you do not see them.")

    @field
    async def reason(self, info: Info) -> AccessReason:
        """What it rests on."""
        if self.own and not _owns_all(self.subject):
            return AccessReason.ONESELF
        if self.changing and (await _helped(info, self.subject)).acts:
            return AccessReason.SUPPORT
        return await _reason(info, self.subject)

    @field
    async def role(self, info: Info) -> MemberRole | None:
        """Their role that counts there; null where they need none and have none."""
        return _role(await _standing(info, self.subject))

    @field
    async def held_in(self, info: Info) -> Group | None:
        """The group in which they have it: the object's own or one above; null where you do not see that."""
        helped = await _helped(info, self.subject)
        if self.changing and helped.acts:
            return cast("Group | None", await info.context.loaders.groups.load(helped.path[0]))
        return await _held_in(info, self.subject)


@object_type
class AccessibleGroup:
    """A group that somebody reads, and what else they may do there."""

    subject: strawberry.Private[Subject]
    group: Group = strawberry.field(description="The group.")

    @field
    async def reason(self, info: Info) -> AccessReason:
        """What it rests on."""
        return await _reason(info, self.subject)

    @field
    async def role(self, info: Info) -> MemberRole | None:
        """Their role that counts there; null where they need none and have none."""
        return _role(await _standing(info, self.subject))

    @field
    async def held_in(self, info: Info) -> Group | None:
        """The group in which they have it: this one or one above; null where you do not see that."""
        return await _held_in(info, self.subject)

    @field
    async def permissions(self, info: Info) -> list[Action]:
        """What they may do to it, and to what it holds, beyond reading; a type of things may take a higher role."""
        return permissions_of(self.subject, await _standing(info, self.subject), await _helped(info, self.subject))


def _owns_all(subject: Subject) -> bool:
    return subject.platform_role is PlatformRole.PLATFORM_OWNER


async def _reason(info: Info, subject: Subject) -> AccessReason:
    if _owns_all(subject):
        return AccessReason.PLATFORM_OWNER
    standing = await _standing(info, subject)
    # Without a role in the group it is on the thing itself that they were granted one.
    by_grant = standing is None or standing.grant_id is not None
    return AccessReason.GRANT if by_grant else AccessReason.MEMBER_ROLE


async def _standing(info: Info, subject: Subject) -> Standing | None:
    return await info.context.loaders.standings.load(subject)


async def _helped(info: Info, subject: Subject) -> Support:
    return await info.context.loaders.supports_of.load(subject) if _owns_all(subject) else NOT_NEEDED


def _role(standing: Standing | None) -> MemberRole | None:
    return None if standing is None else standing.role


async def _held_in(info: Info, subject: Subject) -> Group | None:
    standing = await _standing(info, subject)
    return None if standing is None else cast("Group | None", await info.context.loaders.groups.load(standing.held_id))
