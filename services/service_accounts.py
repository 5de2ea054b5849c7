"""Service accounts: programs of partners, which belong to a group and not to whoever made them.

One is a person of its own kind: a member of groups with a role like anybody, so that what it reads and may change, the
audit log and the actor of events are as they are of people. It acts by its API keys alone, and signs in nowhere. The
administrators of one group manage it, of which it is a member for as long as there is such an account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from domain.access import Caller, Reach
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.groups import GroupStatus
from domain.ids import PERSON_PREFIX, new_id
from domain.people import SERVICE_DOMAIN, MemberRole, Person, PersonKind, PersonStatus, PlatformRole
from domain.values import JSON, now
from graph import events, locks, people, service_accounts
from graph.store import Transaction
from services import service_account_rights, validation
from services.access import Action
from services.account_ending import give_up_grants, leave_groups, revoke_keys
from services.groups import check_id
from services.idempotency import Making
from services.journal import AccessChange, account_of, changed_access, changed_names, event
from services.key_holders import Holder
from services.memberships import join
from services.rights import Rights
from services.work import Work


@dataclass(frozen=True, slots=True)
class NewServiceAccount:
    """A service account to make, for a group that manages it and in which it has that role."""

    group_id: str
    name: str
    role: MemberRole = MemberRole.VIEWER


@dataclass(frozen=True, slots=True)
class ServiceAccountChanges:
    """What to change of a service account."""

    name: Change[str] = KEEP
    status: Change[PersonStatus] = KEEP


@dataclass(frozen=True, slots=True)
class DeletedServiceAccount:
    """A service account that is no more, and how many of its memberships and keys ended with it."""

    person_id: str
    memberships: int
    keys: int


def creating(caller: Caller, new: NewServiceAccount) -> Work[Person]:
    """Add a service account to a group. It takes an administrator there, who gives no more than they hold.

    ValidationError where it is to be an owner: a group is owned by humans.
    """
    rights = Rights.of(caller, Action.CREATE_SERVICE_ACCOUNT)
    check_id("groupId", new.group_id)
    if new.role is MemberRole.OWNER:
        raise ValidationError("role", "A service account owns no group: take admin, editor or viewer.")
    account = _new_account(new)

    async def work(transaction: Transaction) -> Person:
        group = (await locks.lock(transaction, rights.reach, [new.group_id])).get(new.group_id)
        if group is None:
            raise NotFoundError("group", new.group_id)
        await rights.require(transaction, new.group_id)  # an administrator, who is all that an account can be
        if group["status"] == GroupStatus.ARCHIVED:
            raise ConflictError("This group is archived, and takes no members.", field="groupId")
        await people.create(transaction, account)
        registered = event(
            caller,
            EventType.USER_REGISTERED,
            target_id=account.id,
            group_id=new.group_id,
            properties={"kind": PersonKind.SERVICE},
            changes=account_of(account),
        )
        await events.append(transaction, [registered])
        await join(transaction, caller, account.id, new.group_id, new.role)
        return account

    return work


def updating(caller: Caller, account_id: str, version: int, changes: ServiceAccountChanges) -> Work[Person]:
    """Rename a service account, suspend or restore it. ConflictError where somebody else changed it since `version`.

    The keys of a suspended account are refused from the next request on, and are good again once it is restored.
    """
    rights = service_account_rights.managing(caller, "id", account_id)
    validation.version(version)
    name = changes.name
    if name is not KEEP:
        name = validation.name("name", name)
    if changes.status is PersonStatus.DELETED:
        raise ValidationError("status", "status takes active or suspended: to delete it, take deleteServiceAccount.")

    async def work(transaction: Transaction) -> Person:
        account = await _lock_version(transaction, rights, account_id, version)
        updated = replace(
            account,
            display_name=changed(name, account.display_name),
            status=changed(changes.status, account.status),
            updated_at=max(now(), account.created_at),
            version=account.version + 1,
        )
        await service_accounts.save(transaction, updated)
        told = event(
            caller,
            EventType.PROFILE_UPDATED,
            target_id=account.id,
            group_id=account.managed_by,
            properties={"changed": changed_names(changes)},
            changes=changed_access(_access(account), _access(updated)),
        )
        await events.append(transaction, [told])
        return updated

    return work


def deleting(caller: Caller, account_id: str, version: int) -> Work[DeletedServiceAccount]:
    """End all memberships and keys of a service account, for good. What it did stays its own, under its name."""
    rights = service_account_rights.managing(caller, "id", account_id, Action.DELETE_SERVICE_ACCOUNT)
    validation.version(version)

    async def work(transaction: Transaction) -> DeletedServiceAccount:
        account = await _lock_version(transaction, rights, account_id, version)
        at = max(now(), account.created_at)
        revoked = await revoke_keys(transaction, caller, Holder(account.id, "", account.managed_by), at)
        left = await leave_groups(transaction, caller, account, at)
        given_up = await give_up_grants(transaction, caller, account.id, at)
        gone = replace(account, status=PersonStatus.DELETED, updated_at=at, version=account.version + 1)
        await service_accounts.save(transaction, gone)
        told = event(
            caller,
            EventType.ACCOUNT_DELETED,
            target_id=account.id,
            group_id=account.managed_by,
            changes=AccessChange(_access(account), _access(gone)),
        )
        await events.append(transaction, [*revoked.told, *left.told, *given_up, told])
        return DeletedServiceAccount(account.id, left.count, revoked.count)

    return work


def _new_account(new: NewServiceAccount) -> Person:
    at, identifier = now(), new_id(PERSON_PREFIX)
    name = f"service-{identifier.rpartition('_')[2]}"
    return Person(
        id=identifier,
        email=f"{name}@{SERVICE_DOMAIN}",
        username=name,
        display_name=validation.name("name", new.name),
        role=PlatformRole.ORG_USER,
        status=PersonStatus.ACTIVE,
        bio=None,
        avatar_url=None,
        locale=None,
        timezone=None,
        wallets=(),
        settings={},
        created_at=at,
        updated_at=at,
        version=1,
        kind=PersonKind.SERVICE,
        managed_by=new.group_id,
    )


async def _lock_version(transaction: Transaction, rights: Rights, account_id: str, version: int) -> Person:
    account = await service_account_rights.lock(transaction, rights, account_id)
    if account.version != version:
        raise ConflictError(
            f"Somebody changed this service account since you read it: it is at version {account.version}. "
            "Read it again.",
            field="version",
        )
    return account


def _access(account: Person) -> Mapping[str, JSON]:
    return {"role": account.role, "status": account.status}


async def _again(transaction: Transaction, reach: Reach, identifier: str) -> Person:
    """What was made before, as it is now. NotFoundError where it is seen no more."""
    found = await people.fetch_seen(transaction, reach, identifier)
    if found is None:
        raise NotFoundError("service account", identifier)
    return found


CREATE_SERVICE_ACCOUNT: Final[Making[Person]] = Making("createServiceAccount", lambda made: made.id, _again)
