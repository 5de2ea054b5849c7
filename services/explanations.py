"""Why somebody may do something to an object, or may not: for those who can change that."""

from dataclasses import dataclass
from typing import Final

from domain.access import AccessReason, Caller, KeyScope, Viewer
from domain.connections import Connection
from domain.errors import AppError, ForbiddenError
from domain.groups import Group, GroupStatus, Visibility
from domain.ids import NodeKind
from domain.people import MemberRole, Person, PersonKind, PersonStatus, PlatformRole
from domain.products import PRODUCT
from domain.standing import Standing
from domain.support import NOT_NEEDED, Support
from domain.thing_types import NEVER_PUBLIC
from domain.things import Thing, ThingStatus
from graph import grants, groups, joining, keys, people, standing, support, things
from graph.store import Store, Transaction
from services import validation
from services.access import (
    MEMBER_ROLES,
    MEMBERS,
    OF_BUYERS,
    Action,
    counts_below,
    counts_grants,
    open_reach_of,
    reach_of,
    viewer_of,
)
from services.joining import why_not
from services.orders import refused_to_either
from services.permissions import IN_GROUPS, actions_on
from services.rights import API_KEY, BY_MEMBERSHIP, BY_THING, Rights, counting, needed_role
from services.things import bought_by

_OF_ONESELF: Final = frozenset({Action.JOIN_GROUP, Action.LEAVE_GROUP, Action.BEGIN_SUPPORT_ACCESS})
"""What somebody does about themselves and a group, and takes no role in it."""


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

    async def explain(
        self, caller: Caller, person_id: str, action: Action | None, object_id: str
    ) -> Explanation | None:
        """Why the person, signed in, may do that to a group or a thing, or read it where there is no action.

        None where the caller does not see both. ForbiddenError for whoever is neither that person nor an administrator
        of the object's group.
        """
        reach, shown = reach_of(caller), open_reach_of(caller)
        validation.identifier("personId", person_id, NodeKind.PERSON)
        validation.identifier("objectId", object_id, NodeKind.GROUP, NodeKind.THING)
        person = (await people.fetch(self._store, reach, [person_id])).get(person_id)
        thing = (await things.fetch(self._store, shown, [object_id])).get(object_id)
        group_id = object_id if thing is None else thing.group_id
        group = (await groups.fetch(self._store, shown, [group_id])).get(group_id)
        if person is None or (thing is None and group is None):
            return None
        await authorize_insight(self._store, caller, group_id, about=person_id)
        found = await standing.fetch(
            self._store, person_id, [group_id], below=counts_below(person), grants=counts_grants(person)
        )
        decision = await self._decide(_Question(person, action, thing, group, group_id, found.get(group_id)))
        role, helped = decision.held, decision.helped
        above = helped.path[0] if helped.acts else None if role is None else role.held_id
        on_thing = role is not None and thing is not None and role.held_id == thing.id
        return Explanation(
            allowed=decision.allowed,
            reason=decision.reason,
            role=None if role is None else role.role,
            needed_role=_needed(action, thing),
            path=() if above is None or group is None or on_thing else await self._path(caller, group, above),
            grant_id=helped.access_id if helped.acts else None if role is None else role.grant_id,
            through_group_id=None if role is None else role.through_group_id,
        )

    async def _decide(self, asked: "_Question") -> "_Decision":
        person, action, thing = asked.person, asked.action, asked.thing
        if person.status is not PersonStatus.ACTIVE:
            return _Decision(AccessReason.SUSPENDED, asked.held)
        if action is None or (action is Action.PLACE_ORDER and thing is not None and thing.type == PRODUCT):
            return await self._reading(asked)
        if thing is None and action in _OF_ONESELF:
            return await self._entering(asked, action)
        helped = NOT_NEEDED
        if person.role is PlatformRole.PLATFORM_OWNER:
            pair = (person.id, asked.group_id)
            helped = (await support.fetch(self._store, [pair]))[pair]
        decision = _by_role(asked, action, asked.held, helped)
        if thing is not None and not decision.allowed and action in BY_THING and counts_grants(person):
            for given in await grants.fetch_on(self._store, person.id, thing.id):
                if (by_grant := _by_role(asked, action, given)).allowed:
                    return by_grant
        return decision

    async def _reading(self, asked: "_Question") -> "_Decision":
        """By the rule of `graph.access`, in words."""
        person, thing, held = asked.person, asked.thing, asked.held
        counts = person.role in MEMBERS
        if person.role is PlatformRole.PLATFORM_OWNER:
            reason = AccessReason.PLATFORM_OWNER
        elif thing is not None and thing.type == API_KEY:
            own = await self._holds(person, thing)
            return _Decision(AccessReason.ONESELF if own else AccessReason.PRIVATE, None, allowed=own)
        elif thing is not None and bought_by(thing) == person.id:
            reason = AccessReason.ONESELF
        elif counts and held is not None:
            reason = AccessReason.MEMBER_ROLE if held.grant_id is None else AccessReason.GRANT
        elif counts and thing is not None and (given := await grants.fetch_on(self._store, person.id, thing.id)):
            reason, held = AccessReason.GRANT, max(given, key=lambda each: tuple(MemberRole).index(each.role))
        elif asked.public:
            reason = AccessReason.PUBLIC
        else:
            return _Decision(AccessReason.NO_MEMBERSHIP if counts else AccessReason.PLATFORM_ROLE, held)
        return _Decision(reason, held, allowed=True)

    async def _holds(self, person: Person, key: Thing) -> bool:
        async def work(transaction: Transaction) -> bool:
            return any(each["holderId"] == person.id for each in await keys.holders(transaction, [key.id]))

        return await self._store.consult(work)

    async def _entering(self, asked: "_Question", action: Action) -> "_Decision":
        """Joining a group and leaving it, and support access to it: what everybody does for themselves."""
        person, group = asked.person, asked.group
        try:
            Rights.of(_signed_in(person), action)
        except AppError as error:
            return _Decision(_reason_of(error), asked.held)
        if action is Action.BEGIN_SUPPORT_ACCESS:
            return _Decision(AccessReason.PLATFORM_OWNER, asked.held, allowed=True)

        async def work(transaction: Transaction) -> Connection | None:
            return (await joining.memberships(transaction, person.id, [asked.group_id])).get(asked.group_id)

        membership = await self._store.consult(work)
        if action is Action.LEAVE_GROUP:
            member = membership is not None
            reason = AccessReason.ONESELF if member else AccessReason.NO_MEMBERSHIP
            return _Decision(reason, asked.held, allowed=member)
        if group is None or (membership is None and not (await self._reading(asked)).allowed):
            return _Decision(AccessReason.NOT_VISIBLE, asked.held)
        is_service = person.kind is PersonKind.SERVICE
        refused = why_not(group, membership, person.id, is_service=is_service)
        if refused is None:
            return _Decision(AccessReason.JOIN_POLICY, asked.held, allowed=True)
        return _Decision(_reason_of(refused), asked.held)

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


@dataclass(frozen=True, slots=True)
class _Question:
    """Somebody, what they would do to a thing or a group, and their standing in the group that it is, or is in."""

    person: Person
    action: Action | None
    thing: Thing | None
    group: Group | None
    group_id: str
    held: Standing | None

    @property
    def public(self) -> bool:
        """Whether everybody may read it."""
        front = self.group
        if front is None or front.visibility is not Visibility.PUBLIC or front.status is not GroupStatus.ACTIVE:
            return False
        thing = self.thing
        return thing is None or (thing.status is ThingStatus.PUBLISHED and thing.type not in NEVER_PUBLIC)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What it rests on, and the standing or the support access that counted."""

    reason: AccessReason
    held: Standing | None
    helped: Support = NOT_NEEDED
    allowed: bool = False


def _by_role(asked: _Question, action: Action, held: Standing | None, helped: Support = NOT_NEEDED) -> _Decision:
    """What a role in the group, or on the thing, allows, and what it is to have bought it: by the rules of a change."""
    person, thing = asked.person, asked.thing
    if action not in (IN_GROUPS if thing is None else actions_on(thing)):
        return _Decision(AccessReason.OTHER_OBJECT, held)
    try:
        rights = Rights.of(_signed_in(person), action)
        if action is Action.CREATE_GROUP and person.kind is PersonKind.SERVICE:
            raise ForbiddenError("Whoever makes a group owns it, and a service account owns none.")
    except AppError:
        return _Decision(AccessReason.PLATFORM_ROLE, held)
    role, of_buyer = counting(action, held), thing is not None and action in OF_BUYERS
    if thing is not None and of_buyer:
        refused = refused_to_either(rights, thing, rights.role_of_operator(helped) if rights.unbounded else role)
    else:
        refused = rights.refused(role, None if thing is None else thing.type, helped)
    if refused is not None:
        return _Decision(refused.reason, held)
    if thing is not None and of_buyer and bought_by(thing) == person.id:
        reason = AccessReason.ONESELF
    elif rights.unbounded:
        reason = AccessReason.SUPPORT if helped.acts else AccessReason.PLATFORM_OWNER
    else:
        by_grant = held is not None and held.grant_id is not None and action not in BY_MEMBERSHIP
        reason = AccessReason.GRANT if by_grant else AccessReason.MEMBER_ROLE
    by_support = reason is AccessReason.SUPPORT
    return _Decision(reason, None if by_support else held, helped if by_support else NOT_NEEDED, allowed=True)


def _needed(action: Action | None, thing: Thing | None) -> MemberRole | None:
    """The least role in a group that would do; None where none does."""
    if action is None or action is Action.PLACE_ORDER:
        return None if thing is not None and thing.type == API_KEY else MemberRole.VIEWER
    if action in OF_BUYERS:
        return MemberRole.OWNER
    return needed_role(action, None if thing is None else thing.type) if action in MEMBER_ROLES else None


def _signed_in(person: Person) -> Caller:
    return Caller(Viewer(person.id, person.role, key_id=None, scope=KeyScope.WRITE, member_of=()))


def _reason_of(error: AppError) -> AccessReason:
    """Why somebody is refused by an error; what is so already, or not in use, is refused to everybody."""
    return error.reason if isinstance(error, ForbiddenError) else AccessReason.STATE
