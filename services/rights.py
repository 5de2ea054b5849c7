"""Whether a viewer may do something to a certain object: the second half of what `services.access` decides.

It is decided within the transaction that changes the object, which is locked then, by the memberships of that moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domain.access import AccessReason, Caller, Reach, Viewer
from domain.errors import ForbiddenError
from domain.people import MemberRole, PlatformRole
from domain.thing_types import SOLD
from graph import standing
from graph.store import Transaction
from services.access import MEMBER_ROLES, Action, authorize, counts_below, open_reach_of

API_KEY: Final = "api_key"

ROLES_OF_TYPES: Final[Mapping[str, MemberRole]] = MappingProxyType(
    {
        "order": MemberRole.OWNER,
        "payment": MemberRole.OWNER,
        "subscription": MemberRole.OWNER,
        "invitation": MemberRole.ADMIN,
        "webhook": MemberRole.ADMIN,
    }
)
"""Things that take more than their action does: billing is its owner's, members and settings are an administrator's."""

OF_ONE_TYPE: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.RECORD_PAYMENT: "order",
        Action.FULFIL_ORDER: "order",
        Action.COMPLETE_ORDER: "order",
        Action.APPROVE_REFUND: "payment",
        Action.DECLINE_REFUND: "payment",
    }
)
"""What can be done to things of one type alone."""

_CHANGES_OF_ALL: Final = frozenset(
    {Action.CREATE_THING, Action.UPDATE_THING, Action.ARCHIVE_THING, Action.MOVE_THING, Action.DELETE_THING}
)
_INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "order": "Orders have their own mutations: placeOrder, recordPayment, cancelOrder, fulfilOrder, completeOrder "
        "and requestRefund.",
        "payment": "Payments have their own mutations: recordPayment, requestRefund, approveRefund and declineRefund.",
    }
)


def needed_role(action: Action, thing_type: str | None = None) -> MemberRole:
    """The least role in a group that it takes to do this there, to things of a type if one is given."""
    needed, of_type = MEMBER_ROLES[action], ROLES_OF_TYPES.get(thing_type or "", MemberRole.VIEWER)
    return of_type if of_type.covers(needed) else needed


def nobodys(action: Action, thing_type: str) -> ForbiddenError | None:
    """Why nobody at all may do this to a thing of that type; None where somebody may."""
    if OF_ONE_TYPE.get(action, thing_type) != thing_type:
        return ForbiddenError(f"{action} is nothing to do to a thing of type {thing_type}.", AccessReason.OTHER_OBJECT)
    if thing_type in SOLD and action in _CHANGES_OF_ALL:
        return ForbiddenError(_INSTEAD[thing_type], AccessReason.OWN_MUTATIONS)
    return None


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do who may do `action` to some objects: they see what is in `reach`."""

    reach: Reach
    viewer: Viewer
    action: Action

    @classmethod
    def of(cls, caller: Caller, action: Action) -> "Rights":
        """The caller's. AuthError or ForbiddenError where it may do this to nothing."""
        return cls(open_reach_of(caller), authorize(caller, action), action)

    @property
    def unbounded(self) -> bool:
        """Whether they need no role in a group."""
        return self.viewer.role is PlatformRole.PLATFORM_OWNER

    @property
    def below(self) -> bool:
        """Whether a role of theirs counts in the groups below the one that they have it in."""
        return counts_below(self.viewer)

    async def roles(self, transaction: Transaction, group_ids: Iterable[str]) -> Mapping[str, MemberRole]:
        """The role that counts in each of the groups, where there is one."""
        return await standing.roles(transaction, self.viewer.person_id, group_ids, below=self.below)

    async def require(self, transaction: Transaction, *group_ids: str, role: MemberRole | None = None) -> None:
        """Refuse where they may not do it in each of these groups; `role` is needed where it is not the action's."""
        if not self.unbounded and (refused := self.refusal(await self.roles(transaction, group_ids), group_ids, role)):
            raise refused

    async def require_thing(self, transaction: Transaction, thing_type: str, group_id: str) -> None:
        """Refuse where they may not do it to a thing of that type in that group."""
        if refused := self.guarded(thing_type):
            raise refused
        await self.require(transaction, group_id, role=needed_role(self.action, thing_type))

    def refused(self, role: MemberRole | None, thing_type: str | None = None) -> ForbiddenError | None:
        """Why they may not do it where they have that role, to things of a type if given; None where they may."""
        if thing_type is not None and (guarded := self.guarded(thing_type)):
            return guarded
        needed = needed_role(self.action, thing_type)
        return None if self.unbounded else self.refusal({} if role is None else {"": role}, [""], needed)

    def guarded(self, thing_type: str) -> ForbiddenError | None:
        """Why nobody like them may do it to any thing of that type.

        Whoever changed an API key could make it do anything.
        """
        if refused := nobodys(self.action, thing_type):
            return refused
        free = self.unbounded and self.viewer.within is None and self.viewer.actions is None
        if thing_type != API_KEY or free:
            return None
        return ForbiddenError(
            "API keys have their own mutations: createApiKey, rotateApiKey and revokeApiKey.",
            AccessReason.OWN_MUTATIONS,
        )

    def refusal(
        self, held: Mapping[str, MemberRole], group_ids: Iterable[str], role: MemberRole | None = None
    ) -> ForbiddenError | None:
        """Why the roles that somebody holds do not do in these groups; None where they do."""
        needed = role or MEMBER_ROLES[self.action]
        for group_id in group_ids:
            has = held.get(group_id)
            if has is None or not has.covers(needed):
                # Without the group's id: it may be above one that they see, and hidden from them.
                yours = "You have no role that counts" if has is None else f"Your role is {has}"
                enough = " or ".join(each for each in reversed(MemberRole) if each.covers(needed))
                return ForbiddenError(
                    f"{yours} in a group that this is about; it takes {enough} there.",
                    AccessReason.NO_MEMBERSHIP if has is None else AccessReason.ROLE_TOO_LOW,
                    group_id=group_id or None,
                    needed_role=needed,
                )
        return None
