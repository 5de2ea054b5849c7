"""What a viewer may do to what they see, told before they try: by the decision that a change meets."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.access import Caller
from domain.errors import AppError
from domain.people import MemberRole
from graph import standing
from graph.store import Store
from services.access import MEMBER_ROLES, Action, counts_below
from services.rights import Rights

IN_GROUPS: Final = tuple(MEMBER_ROLES)
"""What can be done to a group, and to what it holds."""

_NOT_TO_THINGS: Final = {Action.CREATE_THING, Action.APPLY_CHANGES}
_OF_OTHERS: Final = ("_group", "_service_account")
TO_THINGS: Final = tuple(
    each for each in MEMBER_ROLES if each not in _NOT_TO_THINGS and not each.value.endswith(_OF_OTHERS)
)
"""What can be done to a thing, and to what describes and connects it."""


class Permissions:
    """Tells them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def roles(self, caller: Caller, group_ids: Iterable[str]) -> Mapping[str, MemberRole]:
        """The viewer's role that counts in each of the groups, where they have one."""
        viewer = caller.viewer
        if viewer is None:
            return {}
        found = await standing.fetch(self._store, viewer.person_id, group_ids, below=counts_below(viewer))
        return {group_id: each.role for group_id, each in found.items()}


def permitted(
    caller: Caller, actions: Iterable[Action], role: MemberRole | None, thing_type: str | None = None
) -> list[Action]:
    """Those of the actions that somebody may do in a group where they have that role, to things of a type if given."""
    return [each for each in actions if _may(caller, each, role, thing_type)]


def _may(caller: Caller, action: Action, role: MemberRole | None, thing_type: str | None) -> bool:
    if action is Action.CREATE_GROUP and caller.viewer is not None and caller.viewer.is_service:
        return False  # whoever makes a group below another one owns it
    try:
        rights = Rights.of(caller, action)
    except AppError:
        return False
    return rights.refused(role, thing_type) is None
