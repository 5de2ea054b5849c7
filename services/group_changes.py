"""Changing groups, and the rules of their tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from domain.access import EVERYTHING, Caller
from domain.changes import KEEP, changed
from domain.errors import ConflictError, DependedOnError, DependentKind, NotFoundError, ValidationError
from domain.events import EventType
from domain.groups import Group, GroupStatus
from domain.ids import EVENT_PREFIX, new_id
from domain.people import MemberRole
from domain.values import JSON, now
from graph import dependents, events, group_changes, service_accounts, thing_changes
from graph.group_changes import GroupInUse
from graph.store import Transaction
from services import validation
from services.access import Action, authorize_root
from services.groups import GroupChanges, NewGroup, check_description, check_id, check_limits, new_group
from services.journal import AccessChange, changed_access, changed_names, event
from services.memberships import join
from services.product_rules import thing_in_use
from services.rights import Rights
from services.work import Work

T = TypeVar("T")

ARCHIVING_SECONDS: Final = 600
"""How long archiving a group with all that it holds may take."""

_SLICE: Final = 1_000  # how many groups or things one statement archives


def creating(caller: Caller, new: NewGroup) -> Work[Group]:
    """Add a group, below its parent or as a root."""
    rights = Rights.of(caller, Action.CREATE_GROUP)
    group = new_group(new)

    async def work(transaction: Transaction) -> Group:
        if group.parent_id is not None:
            await _lock_active(transaction, rights, "parentId", group.parent_id)
        else:
            authorize_root(rights.viewer)
        await group_changes.create(transaction, group)
        await _tell(transaction, caller, EventType.GROUP_CREATED, group)
        if not rights.unbounded:  # who makes a group below one of theirs has to have a role in it
            await join(
                transaction, caller, rights.viewer.person_id, group.id, MemberRole.OWNER, decided_in=group.parent_id
            )
        return group

    return work


def updating(caller: Caller, group_id: str, version: int, changes: GroupChanges) -> Work[Group]:
    """Change some of a group. ConflictError where somebody else changed it since `version`."""
    rights = Rights.of(caller, Action.UPDATE_GROUP)
    _check(group_id, version)
    checked = _checked(changes)

    async def work(transaction: Transaction) -> Group:
        group = await _lock_version(transaction, rights, group_id, version)
        _refuse_archived(group)
        if changes.plan is not KEEP or changes.limits is not KEEP:
            await rights.require(transaction, group_id, role=MemberRole.OWNER)
        updated = _apply(group, checked)
        await group_changes.save(transaction, updated)
        access = changed_access(_policy(group), _policy(updated))
        await _tell(
            transaction, caller, EventType.GROUP_UPDATED, updated, {"changed": changed_names(changes)}, changes=access
        )
        return updated

    return work


def moving(caller: Caller, group_id: str, version: int, parent_id: str | None) -> Work[Group]:
    """Hang a group with all that is below it under another parent, or make it a root."""
    rights = Rights.of(caller, Action.MOVE_GROUP)
    _check(group_id, version)
    if parent_id is not None:
        check_id("parentId", parent_id)

    async def work(transaction: Transaction) -> Group:
        # One change of the tree's shape at a time: two crossing moves could each look harmless and make a cycle.
        await group_changes.lock_tree(transaction)
        group = await _lock_version(transaction, rights, group_id, version)
        _refuse_archived(group)
        await _require_all(transaction, rights, group_id)
        if group.parent_id is not None:
            await rights.require(transaction, group.parent_id, role=MemberRole.ADMIN)
        if parent_id is not None:
            await _lock_active(transaction, rights, "parentId", parent_id, MemberRole.ADMIN)
            if await group_changes.is_below(transaction, parent_id, group_id):
                raise ValidationError("parentId", "A group cannot be moved below itself.")
        else:
            authorize_root(rights.viewer)
        moved = replace(group, parent_id=parent_id, updated_at=now(), version=group.version + 1)
        await group_changes.move(transaction, moved)
        access = AccessChange({"parentId": group.parent_id}, {"parentId": parent_id})
        ends = {"from": group.parent_id, "to": parent_id}
        await _tell(transaction, caller, EventType.GROUP_MOVED, moved, ends, changes=access)
        return moved

    return work


def archiving(caller: Caller, group_id: str, version: int, *, with_contents: bool) -> Work[Group]:
    """Archive a group: alone, refused while something in it is not archived, or with everything below it.

    However much that is, it is one transaction, and a slice of it at a time is in memory.
    """
    rights = Rights.of(caller, Action.ARCHIVE_GROUP)
    _check(group_id, version)

    async def work(transaction: Transaction) -> Group:
        await group_changes.lock_tree(transaction)
        group = await _lock_version(transaction, rights, group_id, version)
        _refuse_archived(group)
        await group_changes.lock_subtree(transaction, group_id)
        if with_contents:
            await _require_all(transaction, rights, group_id)
        else:
            left = await group_changes.contents(transaction, group_id)
            if left["groups"] or left["things"]:
                raise ConflictError(
                    f"This group still holds {left['groups']} groups and {left['things']} things that are not "
                    "archived. Archive or move them first, or archive the group with its contents.",
                    field="withContents",
                )
        at = await archive_all(transaction, caller, group_id)
        return replace(group, status=GroupStatus.ARCHIVED, archived_at=at, updated_at=at, version=group.version + 1)

    return work


async def archive_all(transaction: Transaction, caller: Caller, group_id: str) -> datetime:
    """Archive a group and all that is below it, which must be locked, with what is in it; when that was."""
    # What the events of a slice have in common.
    group_told = event(caller, EventType.GROUP_ARCHIVED, target_id=group_id, group_id=group_id)
    thing_told = event(caller, EventType.THING_ARCHIVED, target_id=group_id, group_id=group_id)
    at = now()
    groups = sorted(await group_changes.in_use(transaction, group_id))
    things = sorted([thing for part in _slices(groups) for thing in await thing_changes.in_use(transaction, part)])
    for part in _slices(groups):
        gone = [GroupInUse(id=each, eventId=new_id(EVENT_PREFIX)) for each in part]
        await group_changes.archive(transaction, gone, group_told, at)
    for part in _slices(things):
        told = [thing_in_use(each) for each in part]
        await thing_changes.archive(transaction, told, thing_told, at)
    return at


def restoring(caller: Caller, group_id: str, version: int) -> Work[Group]:
    """Put an archived group back into use, below a parent that is in use or as a root; what it holds stays archived."""
    rights = Rights.of(caller, Action.RESTORE_GROUP)
    _check(group_id, version)

    async def work(transaction: Transaction) -> Group:
        await group_changes.lock_tree(transaction)
        group = await _lock_version(transaction, rights, group_id, version)
        if group.status is not GroupStatus.ARCHIVED:
            raise ConflictError("This group is not archived.", field="status")
        if group.parent_id is not None:
            parent = await group_changes.lock(transaction, EVERYTHING, group.parent_id)
            if parent is None or parent.status is GroupStatus.ARCHIVED:
                raise ConflictError("The group above this one is archived: restore that one first.", field="status")
        restored = replace(
            group, status=GroupStatus.ACTIVE, archived_at=None, updated_at=now(), version=group.version + 1
        )
        await group_changes.save(transaction, restored)
        await _tell(transaction, caller, EventType.GROUP_RESTORED, restored)
        return restored

    return work


def deleting(caller: Caller, group_id: str, version: int) -> Work[str]:
    """Erase a group that holds nothing, and answer its id. DependedOnError otherwise.

    A group that ever had an owner keeps one, so its last member goes with it, as memberships do that have ended, but
    for a service account that it manages.
    """
    rights = Rights.of(caller, Action.DELETE_GROUP)
    _check(group_id, version)

    async def work(transaction: Transaction) -> str:
        await group_changes.lock_tree(transaction)
        group = await _lock_version(transaction, rights, group_id, version)
        found = await dependents.of_group(transaction, rights.reach, group_id)
        last = await group_changes.members(transaction, group_id)
        managers = await service_accounts.managers_of(transaction, [each["id"] for each in last])
        most = 0 if group_id in managers.values() else 1
        if needed := [each for each in found if each.kind is not DependentKind.MEMBER or each.total > most]:
            raise DependedOnError("group", needed)
        await group_changes.delete(transaction, group_id)
        removed = [
            event(caller, EventType.USER_REMOVED_FROM_GROUP, target_id=each["id"], group_id=group_id, changes=access)
            for each in last
            for access in [AccessChange(before={"role": each["role"], "status": each["status"]})]
        ]
        await events.append(transaction, removed)
        await _tell(transaction, caller, EventType.GROUP_DELETED, group, {"slug": group.slug})
        return group.id

    return work


def _slices(of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (of[start : start + _SLICE] for start in range(0, len(of), _SLICE))


async def _tell(
    transaction: Transaction,
    caller: Caller,
    event_type: EventType,
    group: Group,
    properties: Mapping[str, JSON] | None = None,
    *,
    changes: AccessChange | None = None,
) -> None:
    happened = event(caller, event_type, target_id=group.id, group_id=group.id, properties=properties, changes=changes)
    await events.append(transaction, [happened])


def _policy(group: Group) -> Mapping[str, JSON]:
    """What of a group says who may see and join it."""
    return {"visibility": group.visibility, "joinPolicy": group.join_policy}


async def _require_all(transaction: Transaction, rights: Rights, group_id: str) -> None:
    """Refuse where the rights do not cover all that is below a group: a role in it may say nothing about that."""
    if not rights.below:
        await rights.require(transaction, *await group_changes.below(transaction, group_id))


async def _lock_active(
    transaction: Transaction, rights: Rights, field_name: str, group_id: str, role: MemberRole | None = None
) -> Group:
    group = await group_changes.lock(transaction, rights.reach, group_id)
    if group is None:
        raise NotFoundError("group", group_id)
    await rights.require(transaction, group_id, role=role)
    if group.status is GroupStatus.ARCHIVED:
        raise ConflictError("That group is archived.", field=field_name)
    return group


async def _lock_version(transaction: Transaction, rights: Rights, group_id: str, version: int) -> Group:
    group = await group_changes.lock(transaction, rights.reach, group_id)
    if group is None:
        raise NotFoundError("group", group_id)
    await rights.require(transaction, group_id)
    if group.version != version:
        raise ConflictError(
            f"Somebody changed this group since you read it: it is at version {group.version}. Read it again.",
            field="version",
        )
    return group


def _refuse_archived(group: Group) -> None:
    if group.status is GroupStatus.ARCHIVED:
        raise ConflictError("This group is archived.", field="status")


def _check(group_id: str, version: int) -> None:
    check_id("id", group_id)
    validation.version(version)


def _checked(changes: GroupChanges) -> GroupChanges:
    return replace(
        changes,
        slug=KEEP if changes.slug is KEEP else validation.slug("slug", changes.slug),
        name=KEEP if changes.name is KEEP else validation.name("name", changes.name),
        description=KEEP if changes.description is KEEP else check_description(changes.description),
        limits=KEEP if changes.limits is KEEP else check_limits(changes.limits),
        metadata=KEEP if changes.metadata is KEEP else validation.json_object("metadata", changes.metadata),
    )


def _apply(group: Group, changes: GroupChanges) -> Group:
    return replace(
        group,
        slug=changed(changes.slug, group.slug),
        name=changed(changes.name, group.name),
        type=changed(changes.type, group.type),
        description=changed(changes.description, group.description),
        visibility=changed(changes.visibility, group.visibility),
        join_policy=changed(changes.join_policy, group.join_policy),
        plan=changed(changes.plan, group.plan),
        limits=changed(changes.limits, group.limits),
        metadata=changed(changes.metadata, group.metadata),
        updated_at=now(),
        version=group.version + 1,
    )
