"""Why somebody may do something to an object, or may not: for those who can change that."""

from dataclasses import dataclass

from domain.access import AccessReason, Caller, KeyScope, Viewer
from domain.errors import AppError, ForbiddenError
from domain.groups import Group
from domain.ids import NodeKind
from domain.people import MemberRole, Person, PersonKind, PersonStatus, PlatformRole
from domain.standing import Standing
from domain.support import NOT_NEEDED, Support
from domain.things import Thing
from graph import grants, groups, people, standing, support, things
from graph.store import Store
from services import validation
from services.access import MEMBER_ROLES, Action, counts_below, counts_grants, reach_of, viewer_of
from services.permissions import IN_GROUPS, TO_THINGS
from services.rights import BY_MEMBERSHIP, BY_THING, Rights, counting, needed_role


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer and its reason. `path` are the groups from the one in which the `role` is held to the object's own.

    Of it there is as much as the caller sees. `needed_role` is the least role that would do.
    """

    allowed: bool
    reason: AccessReason
    role: MemberRole | None
    needed_role: MemberRole | None
    path: tuple[Group, ...]
    grant_id: str | None
    through_group_id: str | None


class Explanations:
    """Gives them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def explain(self, caller: Caller, person_id: str, action: Action, object_id: str) -> Explanation | None:
        """Why the person, signed in, may do that to a group or a thing; None where the caller does not see both.

        ForbiddenError for whoever is neither that person nor an administrator of the object's group.
        """
        reach = reach_of(caller)
        validation.identifier("personId", person_id, NodeKind.PERSON)
        validation.identifier("objectId", object_id, NodeKind.GROUP, NodeKind.THING)
        person = (await people.fetch(self._store, reach, [person_id])).get(person_id)
        thing = (await things.fetch(self._store, reach, [object_id])).get(object_id)
        group_id, kind = (object_id, None) if thing is None else (thing.group_id, thing.type)
        group = (await groups.fetch(self._store, reach, [group_id])).get(group_id)
        if person is None or (thing is None and group is None):
            return None
        await authorize_insight(self._store, caller, group_id, about=person_id)
        found = await standing.fetch(
            self._store, person_id, [group_id], below=counts_below(person), grants=counts_grants(person)
        )
        held, helped = found.get(group_id), NOT_NEEDED
        if person.role is PlatformRole.PLATFORM_OWNER:
            helped = (await support.fetch(self._store, [(person_id, group_id)]))[person_id, group_id]
        reason, allowed = _decision(person, action, thing, held, helped)
        if reason is AccessReason.SUPPORT:
            return Explanation(
                allowed=allowed,
                reason=reason,
                role=None,
                needed_role=needed_role(action, kind),
                path=() if group is None else await self._path(caller, group, helped.path[0]),
                grant_id=helped.access_id,
                through_group_id=None,
            )
        if thing is not None and not allowed and action in BY_THING and counts_grants(person):
            for given in await grants.fetch_on(self._store, person_id, thing.id):
                if not allowed and _decision(person, action, thing, given)[1]:
                    (reason, allowed), held = _decision(person, action, thing, given), given
        return Explanation(
            allowed=allowed,
            reason=reason,
            role=None if held is None else held.role,
            needed_role=needed_role(action, kind) if action in MEMBER_ROLES else None,
            path=()
            if held is None or group is None or held.held_id == object_id != group.id
            else await self._path(caller, group, held.held_id),
            grant_id=None if held is None else held.grant_id,
            through_group_id=None if held is None else held.through_group_id,
        )

    async def _path(self, caller: Caller, group: Group, held_id: str) -> tuple[Group, ...]:
        if held_id == group.id:
            return (group,)
        above = (await groups.fetch_ancestors(self._store, reach_of(caller), [group.id])).get(group.id, [])
        last = next((index for index, each in enumerate(above) if each.id == held_id), len(above) - 1)
        return (*reversed(above[: last + 1]), group)


async def authorize_insight(store: Store, caller: Caller, group_id: str, about: str | None = None) -> None:
    """Refuse whoever may not ask who may do what in a group, if it is not about themselves: ForbiddenError."""
    viewer = viewer_of(caller)
    if viewer.role is PlatformRole.PLATFORM_OWNER or viewer.person_id == about:
        return
    found = await standing.fetch(
        store, viewer.person_id, [group_id], below=counts_below(viewer), grants=counts_grants(viewer)
    )
    if group_id not in found or not found[group_id].role.covers(MemberRole.ADMIN):
        raise ForbiddenError(f"Access is explained to {MemberRole.ADMIN} and {MemberRole.OWNER} of the group.")


def _decision(
    person: Person, action: Action, thing: Thing | None, held: Standing | None, helped: Support = NOT_NEEDED
) -> tuple[AccessReason, bool]:
    """The reason and whether it may be done, by the rules that a change meets."""
    if action not in (IN_GROUPS if thing is None else TO_THINGS):
        return AccessReason.OTHER_OBJECT, False
    if person.status is not PersonStatus.ACTIVE:
        return AccessReason.SUSPENDED, False
    viewer = Viewer(person.id, person.role, key_id=None, scope=KeyScope.WRITE, member_of=())
    try:
        rights = Rights.of(Caller(viewer), action)
        if action is Action.CREATE_GROUP and person.kind is PersonKind.SERVICE:
            raise ForbiddenError("Whoever makes a group owns it, and a service account owns none.")
    except AppError:
        return AccessReason.PLATFORM_ROLE, False
    kind, role = None if thing is None else thing.type, counting(action, held)
    refused = rights.refused(role, kind, helped)
    if refused is None:
        by_grant = held is not None and held.grant_id is not None and action not in BY_MEMBERSHIP
        by_role = AccessReason.GRANT if by_grant else AccessReason.MEMBER_ROLE
        of_owner = AccessReason.SUPPORT if helped.acts else AccessReason.PLATFORM_OWNER
        return (of_owner if rights.unbounded else by_role), True
    return refused.reason, False
