"""What a viewer may do to what they see, told before they try: by the decision that a change meets."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from domain.access import Caller
from domain.errors import AppError
from domain.knowledge import Knowledge, KnowledgeType
from domain.people import MemberRole, PlatformRole
from domain.products import PRODUCT
from domain.standing import Standing
from domain.support import NOT_NEEDED, Support
from domain.things import Thing
from graph import standing, support
from graph.store import Store
from services.access import MEMBER_ROLES, OF_BUYERS, Action, counts_below, counts_grants
from services.orders import ORDER, refused_to_either
from services.rights import BY_THING, Rights, counting

IN_GROUPS: Final = tuple(MEMBER_ROLES)
"""What can be done to a group, and to what it holds."""

_NOT_TO_THINGS: Final = {
    Action.CREATE_THING,
    Action.APPLY_CHANGES,
    Action.UPLOAD_FILE,
    Action.TRANSFER_OWNERSHIP,
    Action.END_SUPPORT_ACCESS,
}
_OF_OTHERS: Final = ("_group", "_service_account", "create_webhook")
TO_THINGS: Final = tuple(
    each for each in MEMBER_ROLES if each not in _NOT_TO_THINGS and not each.value.endswith(_OF_OTHERS)
)
"""What can be done to a thing, and to what describes and connects it."""

_TO_KNOWLEDGE: Final[Mapping[KnowledgeType, tuple[Action, ...]]] = MappingProxyType(
    {
        KnowledgeType.DOCUMENT: (Action.REPLACE_DOCUMENT, Action.SET_EMBEDDINGS, Action.REMOVE_KNOWLEDGE),
        KnowledgeType.VECTOR_ONLY: (Action.REMOVE_KNOWLEDGE,),
    }
)
_TO_TYPES: Final[Mapping[str, tuple[Action, ...]]] = MappingProxyType(
    {ORDER: (Action.CANCEL_ORDER, Action.REQUEST_REFUND), PRODUCT: (Action.PLACE_ORDER,)}
)
"""What is done to things of a type, and is not of members alone."""


class Permissions:
    """Tells them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def roles(self, caller: Caller, group_ids: Iterable[str]) -> Mapping[str, Standing]:
        """The viewer's role that counts in each of the groups, where they have one, and what it rests on."""
        viewer = caller.viewer
        if viewer is None:
            return {}
        return await standing.fetch(
            self._store, viewer.person_id, group_ids, below=counts_below(viewer), grants=counts_grants(viewer)
        )

    async def supports(self, caller: Caller, group_ids: Iterable[str]) -> Mapping[str, Support]:
        """What the viewer needs and has in each of the groups, if they are a platform owner; it is one read then."""
        viewer = caller.viewer
        if viewer is None or viewer.role is not PlatformRole.PLATFORM_OWNER:
            return {}
        found = await support.fetch(self._store, ((viewer.person_id, each) for each in group_ids))
        return {group_id: each for (_, group_id), each in found.items()}


def permitted(
    caller: Caller,
    actions: Iterable[Action],
    held: Standing | None,
    thing_type: str | None = None,
    thing_id: str | None = None,
    *,
    helped: Support = NOT_NEEDED,
) -> list[Action]:
    """Those of the actions that somebody may do in a group where they have that standing, to things of a type if given.

    What they were granted on a single thing counts too, where one is given; `helped` is what a platform owner needs and
    has there.
    """
    viewer = caller.viewer
    given = [
        each.role
        for each in (viewer.granted if viewer is not None and counts_grants(viewer) else ())
        if each.target_id == thing_id
    ]
    return [
        each
        for each in actions
        if _may(caller, each, counting(each, held), thing_type, helped)
        or (each in BY_THING and any(_may(caller, each, one, thing_type, helped) for one in given))
    ]


def actions_on(node: Thing | Knowledge) -> tuple[Action, ...]:
    """What can be done to a thing, or to what describes one."""
    if isinstance(node, Knowledge):
        return _TO_KNOWLEDGE.get(node.type, ())
    return (*TO_THINGS, *_TO_TYPES.get(node.type, ()))


def permitted_on(
    caller: Caller, actions: Iterable[Action], held: Standing | None, thing: Thing, helped: Support = NOT_NEEDED
) -> list[Action]:
    """Those of the actions that somebody may do to a thing, or to what describes it, with that standing in its group.

    What anybody may who buys counts too: to order a product, and what a buyer does about their order.
    """
    asked = list(actions)
    by_role = permitted(
        caller, [each for each in asked if each in TO_THINGS], held, thing.type, thing.id, helped=helped
    )
    of_buyers = (each for each in asked if each in OF_BUYERS)
    return [*by_role, *(each for each in of_buyers if _may_as_buyer(caller, each, held, thing, helped))]


def _may_as_buyer(caller: Caller, action: Action, held: Standing | None, thing: Thing, helped: Support) -> bool:
    try:
        rights = Rights.of(caller, action)
    except AppError:
        return False
    role = rights.role_of_operator(helped) if rights.unbounded else counting(action, held)
    return action is Action.PLACE_ORDER or refused_to_either(rights, thing, role) is None


def _may(caller: Caller, action: Action, role: MemberRole | None, thing_type: str | None, helped: Support) -> bool:
    if action is Action.CREATE_GROUP and caller.viewer is not None and caller.viewer.is_service:
        return False  # whoever makes a group below another one owns it
    try:
        rights = Rights.of(caller, action)
    except AppError:
        return False
    return rights.refused(role, thing_type, helped) is None
