"""Who may do something to an object, and where somebody may do anything: whole lists, for those who look after it."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.access import Caller, KeyScope, Viewer
from domain.access_lists import AccessHolder, AccessibleGroup
from domain.errors import ValidationError
from domain.ids import NodeKind
from domain.people import MemberRole, PersonKind, PersonStatus, PlatformRole
from domain.standing import Standing, Subject
from domain.support import Support
from domain.things import Thing
from graph import groups, people, standing, support, things
from graph.access_lists import HOLDERS, PLACES, HolderRow, PlaceRow
from graph.store import Store
from services import validation
from services.access import FLOWING, MEMBERS, OF_BUYERS, Action, reach_of
from services.explanations import authorize_insight
from services.lists import ROOT, Filters, NodeList
from services.permissions import IN_GROUPS, actions_on, permitted
from services.rights import API_KEY, BY_MEMBERSHIP, BY_THING, needed_role, nobodys
from services.things import bought_by

_ROLES: Final[Filters] = (
    ("flowing", tuple(sorted(MEMBERS & FLOWING))),
    ("here", tuple(sorted(MEMBERS - FLOWING))),
    ("ofAll", (PlatformRole.PLATFORM_OWNER.value,)),
)
_NOBODY: Final[Filters] = tuple((name, ()) for name, _ in _ROLES)


class AccessLists:
    """Reads them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def who_can(
        self, caller: Caller, object_id: str, action: Action | None
    ) -> tuple[NodeList[HolderRow, AccessHolder], str]:
        """The list of those who may do that, or read it, to a group or a thing, and the group that is its parent.

        Nobody is in it where the caller does not see the object. ForbiddenError for whoever is no administrator there.
        """
        reach = reach_of(caller)
        validation.identifier("objectId", object_id, NodeKind.GROUP, NodeKind.THING)
        thing = (await things.fetch(self._store, reach, [object_id])).get(object_id)
        group_id = object_id if thing is None else thing.group_id
        if thing is None and not await groups.fetch(self._store, reach, [object_id]):
            return _who(object_id, action, None), ROOT
        await authorize_insight(self._store, caller, group_id)
        if action is not None and action not in (IN_GROUPS if thing is None else actions_on(thing)):
            raise ValidationError("action", f"{action} is nothing that is done to an object of this kind.")
        return _who(object_id, action, thing), group_id

    async def what_can(
        self, caller: Caller, person_id: str, within: str
    ) -> tuple[NodeList[PlaceRow, AccessibleGroup], str]:
        """The list of groups that a person reads, of one and those below it, and the group that is its parent.

        Nothing is in it where the caller sees the person or the group not. ForbiddenError for whoever is neither that
        person nor an administrator of the group.
        """
        reach = reach_of(caller)
        validation.identifier("personId", person_id, NodeKind.PERSON)
        validation.identifier("within", within, NodeKind.GROUP)
        person = (await people.fetch(self._store, reach, [person_id])).get(person_id)
        if person is None or not await groups.fetch(self._store, reach, [within]):
            return _what(person_id, PlatformRole.CUSTOMER, is_service=False), ROOT
        await authorize_insight(self._store, caller, within, about=person_id)
        of = _what(person_id, person.role, is_service=person.kind is PersonKind.SERVICE)
        return of, within if person.status is PersonStatus.ACTIVE else ROOT

    async def standings(self, subjects: Iterable[Subject]) -> Mapping[Subject, Standing]:
        """The highest role that counts of each of them, with where it is held."""
        return await standing.of_subjects(self._store, subjects, FLOWING, MEMBERS)

    async def supports(self, subjects: Iterable[Subject]) -> Mapping[Subject, Support]:
        """What those of them need and have in their groups who are platform owners."""
        of = {
            (each.person_id, each.group_id): each
            for each in subjects
            if each.platform_role is PlatformRole.PLATFORM_OWNER
        }
        return {of[pair]: each for pair, each in (await support.fetch(self._store, of)).items()} if of else {}


def _who(object_id: str, action: Action | None, thing: Thing | None) -> NodeList[HolderRow, AccessHolder]:
    if action is Action.PLACE_ORDER:  # whoever sees a product may order it
        action = None
    own = thing is not None and thing.type == API_KEY  # which is its person's to read, and changed by none as a member
    nobody = thing is not None and action is not None and nobodys(action, thing.type) is not None
    filters: Filters = (
        *(_NOBODY if nobody else _ROLES),
        ("memberRoles", () if own or nobody else _enough(action, None if thing is None else thing.type)),
        ("humans", action is Action.CREATE_GROUP),  # whoever makes a group below another one owns it
        ("ownOf", object_id if own and action is None else None),
        ("changing", action is not None),
        ("customer", bought_by(thing) if thing is not None and (action is None or action in OF_BUYERS) else None),
        ("grants", not own and action not in BY_MEMBERSHIP),
        ("onThing", object_id if thing is not None and not own and (action is None or action in BY_THING) else None),
    )
    return NodeList(f"who {action or 'read'} {object_id}", HOLDERS, filters)


def _enough(action: Action | None, thing_type: str | None) -> tuple[str, ...]:
    """The roles in a group that do."""
    if action in OF_BUYERS:  # by which whoever sells does what the buyer may
        return (MemberRole.OWNER.value,)
    needed = MemberRole.VIEWER if action is None else needed_role(action, thing_type)
    return tuple(role.value for role in MemberRole if role.covers(needed))


def _what(person_id: str, role: PlatformRole, *, is_service: bool) -> NodeList[PlaceRow, AccessibleGroup]:
    subject: Filters = (("subjectId", person_id), ("subjectRole", role.value), ("subjectIsService", is_service))
    return NodeList(f"what {person_id}", PLACES, (*_ROLES, *subject))


def permissions_of(subject: Subject, held: Standing | None, helped: Support) -> list[Action]:
    """What somebody may do in a group where they have that standing, or that support access, signed in."""
    viewer = Viewer(
        subject.person_id,
        subject.platform_role,
        key_id=None,
        scope=KeyScope.WRITE,
        member_of=(),
        is_service=subject.is_service,
    )
    return permitted(Caller(viewer), IN_GROUPS, held, helped=helped)
