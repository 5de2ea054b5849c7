"""Groups: reading them, and what a new one has to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.access import Caller
from domain.changes import KEEP, Change
from domain.errors import ValidationError
from domain.filters import Condition
from domain.groups import Group, GroupStatus, GroupType, JoinPolicy, Limits, Plan, Visibility
from domain.ids import GROUP_PREFIX, NodeKind, new_id
from domain.statistics import GroupStatistics
from domain.values import JSON, now
from graph import groups, statistics
from graph.filters import groups as filtered
from graph.store import Store
from services import validation
from services.access import open_reach_of, reach_of
from services.filters import GROUP_RULES, checked_by
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


def all_groups(condition: Condition) -> NodeList[groups.GroupRow, Group]:
    """Every group that the caller may see and for which a filter holds."""
    checked = checked_by(GROUP_RULES, condition)
    return NodeList.of("groups", filtered.groups(checked), checked)


def public_groups(condition: Condition) -> NodeList[groups.GroupRow, Group]:
    """Every group that everybody may see and for which a filter holds."""
    checked = checked_by(GROUP_RULES, condition)
    return NodeList.of("public groups", filtered.public_groups(checked), checked, public=True)


def children(condition: Condition) -> NodeList[groups.GroupRow, Group]:
    """The groups right below a group for which a filter holds."""
    checked = checked_by(GROUP_RULES, condition)
    return NodeList.of("children", filtered.children(checked), checked, public=True)


def descendants(depth: int | None, condition: Condition) -> NodeList[groups.GroupRow, Group]:
    """The groups below a group, down to `depth` levels, for which a filter holds."""
    if depth is not None and not 1 <= depth <= filtered.MAX_DEPTH:
        raise ValidationError("depth", f"depth takes a number from 1 to {filtered.MAX_DEPTH}, or nothing for all.")
    checked = checked_by(GROUP_RULES, condition)
    return NodeList.of(f"descendants {depth}", filtered.descendants(checked, depth), checked)


def new_group(new: NewGroup) -> Group:
    """The group, once its input was found to be right."""
    at = now()
    return Group(
        id=new_id(GROUP_PREFIX),
        slug=validation.slug("slug", new.slug),
        name=validation.name("name", new.name),
        description=check_description(new.description),
        type=new.type,
        status=GroupStatus.ACTIVE,
        visibility=new.visibility,
        join_policy=new.join_policy,
        plan=new.plan,
        limits=check_limits(new.limits),
        metadata=validation.json_object("metadata", new.metadata),
        parent_id=None if new.parent_id is None else check_id("parentId", new.parent_id),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


class Groups:
    """What can be asked about groups."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Group]:
        """Those of the groups that the caller may see."""
        return await groups.fetch(self._store, open_reach_of(caller), ids)

    async def held(self, caller: Caller, ids: Sequence[str]) -> dict[str, bool]:
        """Whether the caller sees a group as theirs, and not only as everybody does."""
        held = set() if caller.viewer is None else await groups.held(self._store, reach_of(caller), ids)
        return {each: each in held for each in ids}

    async def by_slug(self, caller: Caller, slug: str) -> Group | None:
        """The group with that slug, in whatever case. ValidationError where it cannot be one."""
        reach = open_reach_of(caller)
        return await groups.fetch_by_slug(self._store, reach, validation.slug("slug", slug))

    async def ancestors(self, caller: Caller, ids: Sequence[str]) -> dict[str, list[Group]]:
        """For each group those above it that the caller may see, the nearest first."""
        return await groups.fetch_ancestors(self._store, open_reach_of(caller), ids)

    async def statistics(self, caller: Caller, ids: Sequence[str]) -> dict[str, GroupStatistics]:
        """How much of everything each group holds by itself."""
        return await statistics.fetch(self._store, reach_of(caller), ids, below=False)

    async def subtree_statistics(self, caller: Caller, ids: Sequence[str]) -> dict[str, GroupStatistics]:
        """The same of each group and every group below it."""
        return await statistics.fetch(self._store, reach_of(caller), ids, below=True)


def check_id(field_name: str, value: str) -> str:
    """The id of a group."""
    return validation.identifier(field_name, value, NodeKind.GROUP)


def check_description(value: str | None) -> str | None:
    """What a group is about."""
    return None if value is None else validation.text("description", value)


def check_limits(limits: Limits) -> Limits:
    """What a group may use."""
    for name in Limits.__slots__:
        value = getattr(limits, name)
        if value is not None and not 0 <= value <= validation.MAX_SAFE_INTEGER:
            raise ValidationError(
                f"limits.{validation.client_name(name)}", "A limit is 0 or more, and at most 2^53 - 1."
            )
    return limits
