"""Why somebody may do something, as clients see it."""

from typing import cast

import strawberry

from domain.people import PlatformRole
from domain.standing import Standing, Subject
from schema.context import Info
from schema.define import field, object_type
from schema.enums import AccessReason, Action, MemberRole
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


@object_type
class AccessHolder:
    """Somebody who may do something to an object."""

    subject: strawberry.Private[Subject]
    own: strawberry.Private[bool]
    person: Person | None = strawberry.field(description="Who; null where you do not see them.")

    @field
    def reason(self) -> AccessReason:
        """What it rests on."""
        return AccessReason.ONESELF if self.own and not _owns_all(self.subject) else _reason(self.subject)

    @field
    async def role(self, info: Info) -> MemberRole | None:
        """Their role that counts there; null where they need none and have none."""
        return _role(await _standing(info, self.subject))

    @field
    async def held_in(self, info: Info) -> Group | None:
        """The group in which they have it: the object's own or one above; null where you do not see that."""
        return await _held_in(info, self.subject)


@object_type
class AccessibleGroup:
    """A group that somebody reads, and what else they may do there."""

    subject: strawberry.Private[Subject]
    group: Group = strawberry.field(description="The group.")

    @field
    def reason(self) -> AccessReason:
        """What it rests on."""
        return _reason(self.subject)

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
        return permissions_of(self.subject, _role(await _standing(info, self.subject)))


def _owns_all(subject: Subject) -> bool:
    return subject.platform_role is PlatformRole.PLATFORM_OWNER


def _reason(subject: Subject) -> AccessReason:
    return AccessReason.PLATFORM_OWNER if _owns_all(subject) else AccessReason.MEMBER_ROLE


async def _standing(info: Info, subject: Subject) -> Standing | None:
    return await info.context.loaders.standings.load(subject)


def _role(standing: Standing | None) -> MemberRole | None:
    return None if standing is None else standing.role


async def _held_in(info: Info, subject: Subject) -> Group | None:
    standing = await _standing(info, subject)
    return None if standing is None else cast("Group | None", await info.context.loaders.groups.load(standing.held_id))
