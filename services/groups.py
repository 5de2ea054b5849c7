"""Groups: reading them, and the rules of the tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.access import Caller, Reach
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.groups import Group, GroupStatus, GroupType, JoinPolicy, Limits, Plan, Visibility
from domain.ids import GROUP_PREFIX, NodeKind, new_id
from domain.values import JSON, now
from graph import events, groups, things
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize, reach_of
from services.journal import changed_names, event
from services.lists import NodeList


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group to create."""

    slug: str
    name: str
    type: GroupType
    parent_id: str | None = None
    description: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    join_policy: JoinPolicy = JoinPolicy.INVITE_ONLY
    plan: Plan = Plan.STARTER
    limits: Limits = field(default_factory=Limits)
    metadata: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """What to change of a group."""

    slug: Change[str] = KEEP
    name: Change[str] = KEEP
    type: Change[GroupType] = KEEP
    description: Change[str | None] = KEEP
    visibility: Change[Visibility] = KEEP
    join_policy: Change[JoinPolicy] = KEEP
    plan: Change[Plan] = KEEP
    limits: Change[Limits] = KEEP
    metadata: Change[Mapping[str, JSON]] = KEEP


def all_groups(group_type: GroupType | None, status: GroupStatus | None) -> NodeList[groups.GroupRow, Group]:
    """Every group that the caller may see."""
    return NodeList("groups", groups.GROUPS, (("type", group_type), ("status", status)))


def children(group_type: GroupType | None, status: GroupStatus | None) -> NodeList[groups.GroupRow, Group]:
    """The groups right below a group."""
    return NodeList("children", groups.CHILDREN, (("type", group_type), ("status", status)))


def descendants(
    depth: int | None, group_type: GroupType | None, status: GroupStatus | None
) -> NodeList[groups.GroupRow, Group]:
    """The groups below a group, down to `depth` levels."""
    if depth is not None and not 1 <= depth <= groups.MAX_DEPTH:
        raise ValidationError("depth", f"depth takes a number from 1 to {groups.MAX_DEPTH}, or nothing for all.")
    return NodeList(f"descendants {depth}", groups.descendants(depth), (("type", group_type), ("status", status)))


def new_group(new: NewGroup) -> Group:
    """The group, once its input was found to be right."""
    at = now()
    return Group(
        id=new_id(GROUP_PREFIX),
        slug=validation.slug("slug", new.slug),
        name=validation.name("name", new.name),
        description=_description(new.description),
        type=new.type,
        status=GroupStatus.ACTIVE,
        visibility=new.visibility,
        join_policy=new.join_policy,
        plan=new.plan,
        limits=_limits(new.limits),
        metadata=validation.json_object("metadata", new.metadata),
        parent_id=None if new.parent_id is None else _group_id("parentId", new.parent_id),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


class Groups:
    """What can be asked and done about groups."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Group]:
        """Those of the groups that the caller may see."""
        return await groups.fetch(self._store, reach_of(caller), ids)

    async def by_slug(self, caller: Caller, slug: str) -> Group | None:
        """The group with that slug, in whatever case. ValidationError where it cannot be one."""
        reach = reach_of(caller)
        return await groups.fetch_by_slug(self._store, reach, validation.slug("slug", slug))

    async def ancestors(self, caller: Caller, ids: Sequence[str]) -> dict[str, list[Group]]:
        """For each group those above it that the caller may see, the nearest first."""
        return await groups.fetch_ancestors(self._store, reach_of(caller), ids)

    async def create(self, caller: Caller, new: NewGroup) -> Group:
        """Add a group, below its parent or as a root."""
        reach = authorize(caller, Action.CREATE_GROUP)
        group = new_group(new)

        async def work(transaction: Transaction) -> Group:
            if group.parent_id is not None:
                await lock_active(transaction, reach, "parentId", group.parent_id)
            await groups.create(transaction, group)
            happened = event(caller, EventType.GROUP_CREATED, target_id=group.id, group_id=group.id)
            await events.append(transaction, [happened])
            return group

        return await self._store.write(work)

    async def update(self, caller: Caller, group_id: str, version: int, changes: GroupChanges) -> Group:
        """Change some of a group. ConflictError where somebody else changed it since `version`."""
        reach = authorize(caller, Action.UPDATE_GROUP)
        _group_id("id", group_id)
        validation.version(version)
        checked = _checked(changes)

        async def work(transaction: Transaction) -> Group:
            group = await _lock_version(transaction, reach, group_id, version)
            _refuse_archived(group)
            updated = _apply(group, checked)
            await groups.save(transaction, updated)
            happened = event(
                caller,
                EventType.GROUP_UPDATED,
                target_id=group_id,
                group_id=group_id,
                properties={"changed": changed_names(changes)},
            )
            await events.append(transaction, [happened])
            return updated

        return await self._store.write(work)

    async def move(self, caller: Caller, group_id: str, version: int, parent_id: str | None) -> Group:
        """Hang a group with all that is below it under another parent, or make it a root."""
        reach = authorize(caller, Action.MOVE_GROUP)
        _group_id("id", group_id)
        validation.version(version)
        if parent_id is not None:
            _group_id("parentId", parent_id)

        async def work(transaction: Transaction) -> Group:
            # One change of the tree's shape at a time: two crossing moves could each look harmless and make a cycle.
            await groups.lock_tree(transaction)
            group = await _lock_version(transaction, reach, group_id, version)
            _refuse_archived(group)
            if parent_id is not None:
                await lock_active(transaction, reach, "parentId", parent_id)
                if await groups.is_below(transaction, parent_id, group_id):
                    raise ValidationError("parentId", "A group cannot be moved below itself.")
            moved = replace(group, parent_id=parent_id, updated_at=now(), version=group.version + 1)
            await groups.move(transaction, moved)
            happened = event(
                caller,
                EventType.GROUP_MOVED,
                target_id=group_id,
                group_id=group_id,
                properties={"from": group.parent_id, "to": parent_id},
            )
            await events.append(transaction, [happened])
            return moved

        return await self._store.write(work)

    async def archive(self, caller: Caller, group_id: str, version: int, *, with_contents: bool) -> Group:
        """Archive a group: alone, refused while something in it is not archived, or with everything below it."""
        reach = authorize(caller, Action.ARCHIVE_GROUP)
        _group_id("id", group_id)
        validation.version(version)

        async def work(transaction: Transaction) -> Group:
            await groups.lock_tree(transaction)
            group = await _lock_version(transaction, reach, group_id, version)
            _refuse_archived(group)
            await groups.lock_subtree(transaction, group_id)
            if not with_contents:
                left = await groups.contents(transaction, group_id)
                if left["groups"] or left["things"]:
                    raise ConflictError(
                        f"This group still holds {left['groups']} groups and {left['things']} things that are not "
                        "archived. Archive or move them first, or archive the group with its contents.",
                        field="withContents",
                    )
            at = now()
            archived = await groups.archive_subtree(transaction, group_id, at)
            gone = await things.archive_of_groups(transaction, archived, at)
            await events.append(
                transaction,
                [
                    *(event(caller, EventType.GROUP_ARCHIVED, target_id=id_, group_id=id_) for id_ in archived),
                    *(
                        event(caller, EventType.THING_ARCHIVED, target_id=row["id"], group_id=row["groupId"])
                        for row in gone
                    ),
                ],
            )
            return replace(group, status=GroupStatus.ARCHIVED, archived_at=at, updated_at=at, version=group.version + 1)

        return await self._store.write(work)


async def lock_active(transaction: Transaction, reach: Reach, field_name: str, group_id: str) -> Group:
    """The group, locked, if things and groups may be put into it."""
    group = await groups.lock(transaction, reach, group_id)
    if group is None:
        raise NotFoundError("group", group_id)
    if group.status is GroupStatus.ARCHIVED:
        raise ConflictError("That group is archived.", field=field_name)
    return group


async def _lock_version(transaction: Transaction, reach: Reach, group_id: str, version: int) -> Group:
    group = await groups.lock(transaction, reach, group_id)
    if group is None:
        raise NotFoundError("group", group_id)
    if group.version != version:
        raise ConflictError(
            f"Somebody changed this group since you read it: it is at version {group.version}. Read it again.",
            field="version",
        )
    return group


def _refuse_archived(group: Group) -> None:
    if group.status is GroupStatus.ARCHIVED:
        raise ConflictError("This group is archived.", field="status")


def _group_id(field_name: str, value: str) -> str:
    return validation.identifier(field_name, value, NodeKind.GROUP)


def _description(value: str | None) -> str | None:
    return None if value is None else validation.text("description", value)


def _limits(limits: Limits) -> Limits:
    for name in Limits.__slots__:
        value = getattr(limits, name)
        if value is not None and not 0 <= value <= validation.MAX_SAFE_INTEGER:
            raise ValidationError(
                f"limits.{validation.client_name(name)}", "A limit is 0 or more, and at most 2^53 - 1."
            )
    return limits


def _checked(changes: GroupChanges) -> GroupChanges:
    return replace(
        changes,
        slug=KEEP if changes.slug is KEEP else validation.slug("slug", changes.slug),
        name=KEEP if changes.name is KEEP else validation.name("name", changes.name),
        description=KEEP if changes.description is KEEP else _description(changes.description),
        limits=KEEP if changes.limits is KEEP else _limits(changes.limits),
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
