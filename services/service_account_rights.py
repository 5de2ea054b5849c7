"""Who may do what to a service account: the administrators of the group that manages it.

Whoever gets a key of it may do all that it may. So to make one takes at least the role of the account in each group
that it is a member of: nobody gets more than they hold by the key of an account that holds more.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.access import AccessReason, Caller
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.groups import GroupStatus
from domain.ids import NodeKind
from domain.people import MemberRole, Person, PersonKind, PersonStatus, PlatformRole
from graph import locks, people, standing
from graph.locks import LockedRow
from graph.store import Store, Transaction
from services import validation
from services.access import MEMBERS, Action, counts_below
from services.rights import Rights


def managing(caller: Caller, field: str, account_id: str, action: Action = Action.UPDATE_SERVICE_ACCOUNT) -> Rights:
    """The rights of whoever manages some service account. AuthError, ForbiddenError or ValidationError."""
    rights = Rights.of(caller, action)
    validation.identifier(field, account_id, NodeKind.PERSON)
    # Who sees its group only as everybody does does not see who is in it.
    return replace(rights, reach=replace(rights.reach, public=False))


async def lock(transaction: Transaction, rights: Rights, account_id: str) -> Person:
    """A service account as it stays until the transaction ends.

    NotFoundError where there is none that is seen, or it was deleted; ForbiddenError where the caller does not manage
    it. It is locked with its group, in the order of their ids, as whoever changes a membership does.
    """
    found = await people.fetch_seen(transaction, rights.reach, account_id)
    if found is None or found.kind is not PersonKind.SERVICE or found.managed_by is None:
        raise NotFoundError("service account", account_id)
    rows = await locks.lock(transaction, rights.reach, [found.managed_by, account_id])
    account = await people.fetch_one(transaction, account_id)
    if account is None or account_id not in rows or account.status is PersonStatus.DELETED:
        raise NotFoundError("service account", account_id)
    if refused := (await _refused(transaction, rights, {account_id: found.managed_by}, rows)).get(account_id):
        raise refused
    return account


async def require_all(transaction: Transaction, rights: Rights, account: Person) -> None:
    """Refuse to give somebody a key of a locked account that may more than they: ForbiddenError.

    ConflictError where the account is suspended, or its group is archived.
    """
    if refused := (await _exceeding(transaction, rights, [account.id])).get(account.id):
        raise refused
    if account.status is PersonStatus.SUSPENDED:
        raise ConflictError("This service account is suspended: restore it first.", field="serviceAccountId")
    [group] = (await locks.peek(transaction, rights.reach, [account.managed_by or ""])).values()
    if group["status"] == GroupStatus.ARCHIVED:
        raise ConflictError("The group of this service account is archived.", field="serviceAccountId")


async def allowed(transaction: Transaction, rights: Rights, of: Mapping[str, str], *, keys: bool = False) -> set[str]:
    """Those of the service accounts, each with the id of the group that manages it, that may be changed by the rights.

    With `keys` those of which a key may be made too.
    """
    rows = await locks.peek(transaction, rights.reach, {*of, *of.values()})
    seen = {account_id: group_id for account_id, group_id in of.items() if account_id in rows}
    refused = await _refused(transaction, rights, seen, rows)
    found = seen.keys() - refused.keys()
    return found - (await _exceeding(transaction, rights, found)).keys() if keys else found


async def _refused(
    transaction: Transaction, rights: Rights, of: Mapping[str, str], rows: Mapping[str, LockedRow]
) -> dict[str, ForbiddenError]:
    """Which of the accounts, each with the group that manages it, the caller does not manage, and why."""
    held = await rights.roles(transaction, of.values()) if of else {}
    found = {}
    for account_id, group_id in of.items():
        if group_id not in rows:  # also to a key that is confined to other groups
            found[account_id] = ForbiddenError(
                "The administrators of another group manage this service account.",
                AccessReason.NO_MEMBERSHIP,
                group_id=group_id,
                needed_role=MemberRole.ADMIN,
            )
        elif refused := rights.refusal(held, [group_id]):
            found[account_id] = refused
    return found


async def _exceeding(
    transaction: Transaction, rights: Rights, account_ids: Collection[str]
) -> dict[str, ForbiddenError]:
    """Which of the accounts may more than the caller, and where."""
    if not account_ids:
        return {}
    memberships = await standing.groups_of(transaction, account_ids)
    held = await rights.roles(transaction, {group_id for of_one in memberships.values() for group_id in of_one})
    found = {}
    for account_id, roles in memberships.items():
        refusals = (rights.refusal(held, [group_id], role) for group_id, role in roles.items())
        if refused := next(filter(None, refusals), None):
            found[account_id] = refused
    return found


async def managed(store: Store, caller: Caller, of: Mapping[str, str | None]) -> set[str]:
    """Those of the service accounts, each with the id of the group that manages it, that the caller manages."""
    viewer = caller.viewer
    groups = {each for each in of.values() if each is not None}
    if viewer is None or viewer.within is not None or not groups:
        return set()
    if viewer.role is PlatformRole.PLATFORM_OWNER:
        return {account_id for account_id, group_id in of.items() if group_id is not None}
    if viewer.role not in MEMBERS:
        return set()
    held = await standing.fetch(store, viewer.person_id, groups, below=counts_below(viewer), grants=False)
    return {
        account_id
        for account_id, group_id in of.items()
        if group_id in held and held[group_id].role.covers(MemberRole.ADMIN)
    }
