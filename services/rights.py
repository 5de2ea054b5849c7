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
from domain.standing import Standing
from domain.support import NOT_NEEDED, Support
from domain.thing_types import SOLD
from domain.webhooks import WEBHOOK
from graph import grants, standing, support
from graph.store import Transaction
from graph.webhooks import SeesBelow
from services.access import (
    FLOWING,
    MEMBER_ROLES,
    OF_WEBHOOKS,
    Action,
    authorize,
    counts_below,
    counts_grants,
    open_reach_of,
)

API_KEY: Final = "api_key"

ADMINS: Final = tuple(role for role in MemberRole if role.covers(MemberRole.ADMIN))
"""The roles of those who look after a group."""

SEES_BELOW: Final = SeesBelow(sorted(FLOWING), ADMINS)
"""What it takes for a webhook to get what happens below its group."""

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
        **{action: WEBHOOK for action in OF_WEBHOOKS if action is not Action.CREATE_WEBHOOK},
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

BY_THING: Final = frozenset(
    {
        Action.UPDATE_THING,
        Action.ARCHIVE_THING,
        Action.LABEL_THING,
        Action.ADD_KNOWLEDGE,
        Action.REPLACE_DOCUMENT,
        Action.SET_EMBEDDINGS,
        Action.REMOVE_KNOWLEDGE,
    }
)
"""What a role on a single thing allows: all that touches nothing but the thing and what describes it."""

BY_MEMBERSHIP: Final = frozenset(
    {
        Action.GRANT_ACCESS,
        Action.REVOKE_ACCESS,
        Action.TRANSFER_OWNERSHIP,
        *OF_WEBHOOKS,
        Action.MOVE_THING,
        Action.CREATE_GROUP,
        Action.CREATE_SERVICE_ACCOUNT,
        Action.UPDATE_SERVICE_ACCOUNT,
        Action.DELETE_SERVICE_ACCOUNT,
    }
)
"""What nobody may do by what they were granted: it would outlast the grant."""


def counting(action: Action, held: Standing | None) -> MemberRole | None:
    """The role that counts for an action, of somebody who has that standing."""
    if held is None:
        return None
    return held.by_membership if action in BY_MEMBERSHIP else held.role


_OF_OWN_MUTATIONS: Final = frozenset({Action.UPDATE_THING, Action.MOVE_THING, Action.RESTORE_THING})
"""What is done to a webhook otherwise."""


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
    if thing_type == WEBHOOK and action in _OF_OWN_MUTATIONS:
        return ForbiddenError(
            "Webhooks have their own mutations: createWebhook, updateWebhook and deleteWebhook.",
            AccessReason.OWN_MUTATIONS,
        )
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
        """Whether they need no role in a group, but support access where others own it."""
        return self.viewer.role is PlatformRole.PLATFORM_OWNER

    @property
    def below(self) -> bool:
        """Whether a role of theirs counts in the groups below the one that they have it in."""
        return counts_below(self.viewer)

    async def roles(
        self, transaction: Transaction, group_ids: Iterable[str], *, grants: bool = True
    ) -> Mapping[str, MemberRole]:
        """The role that counts in each of the groups, where there is one; of memberships alone without `grants`.

        A platform owner counts as an owner where no others own it, and where they have support access.
        """
        if self.unbounded:
            found = await support.lock(transaction, self.viewer.person_id, group_ids)
            return {group_id: role for group_id, each in found.items() if (role := self.role_of_operator(each))}
        grants = grants and self.action not in BY_MEMBERSHIP and counts_grants(self.viewer)
        return await standing.roles(transaction, self.viewer.person_id, group_ids, below=self.below, grants=grants)

    async def require(
        self, transaction: Transaction, *group_ids: str, role: MemberRole | None = None, grants: bool = True
    ) -> None:
        """Refuse where they may not do it in each of these groups; `role` is needed where it is not the action's.

        Without `grants` only a membership will do.
        """
        held = await self.roles(transaction, group_ids, grants=grants)
        if refused := self.refusal(held, group_ids, role):
            raise refused

    async def require_thing(
        self, transaction: Transaction, thing_type: str, group_id: str, thing_id: str | None = None
    ) -> None:
        """Refuse where they may not do it to a thing of that type in that group; a role on that thing will do too."""
        if refused := self.guarded(thing_type):
            raise refused
        needed = needed_role(self.action, thing_type)
        try:
            await self.require(transaction, group_id, role=needed)
        except ForbiddenError:
            if thing_id is None or self.action not in BY_THING or not counts_grants(self.viewer):
                raise
            given = await grants.roles_on(transaction, self.viewer.person_id, thing_id)
            if not any(role.covers(needed) for role in given):
                raise

    def by_support(self, transaction: Transaction, group_id: str) -> bool:
        """Whether it is by support access that they may do it in a group that was asked for."""
        return self.unbounded and support.found_by(transaction, self.viewer.person_id, group_id).acts

    def refused(
        self, role: MemberRole | None, thing_type: str | None = None, helped: Support = NOT_NEEDED
    ) -> ForbiddenError | None:
        """Why they may not do it where they have that role, to things of a type if given; None where they may.

        `helped` is what a platform owner needs and has there.
        """
        if thing_type is not None and (guarded := self.guarded(thing_type)):
            return guarded
        needed = needed_role(self.action, thing_type)
        if self.unbounded:
            role = self.role_of_operator(helped)
        return self.refusal({} if role is None else {"": role}, [""], needed)

    @staticmethod
    def role_of_operator(helped: Support) -> MemberRole | None:
        """The role that a platform owner counts as having in a group, by what they need and have there."""
        return MemberRole.OWNER if helped.suffices else None

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
            if has is None and self.unbounded:
                return ForbiddenError(
                    "Others own a group that this is about: begin support access to it first, by beginSupportAccess, "
                    "and say why.",
                    AccessReason.SUPPORT_NEEDED,
                    group_id=group_id or None,
                )
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
