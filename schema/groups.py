"""Groups as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.ids import NodeKind
from schema.arguments import (
    Below,
    BelowWithThings,
    Depth,
    OfCategory,
)
from schema.context import Info
from schema.define import field, field_as, object_type
from schema.enums import CreationOrder, GroupStatus, GroupType, JoinPolicy, MemberRole, Plan, Visibility
from schema.filters import OfConnections, OfEvents, OfGroups, OfPeople, OfThings, condition
from schema.node import Node
from schema.order_filters import OfOrders, wanted
from schema.order_totals import OrderTotals, order_totals
from schema.paging import After, Connection, listed, paged
from schema.product_search import (
    HowManyProducts,
    InProductOrder,
    OfProducts,
    ProductConnection,
    ProductSource,
    Words,
    scope_of,
)
from schema.statistics import GroupStatistics
from schema.support import SupportAccess
from services import events, groups, people, support
from services.knowledge import labels_of_group
from services.order_lists import Scope, list_of
from services.product_search import ProductPage, ProductWishes, place_of, search_for
from services.products import ProductAddress
from services.validation import identifier

if TYPE_CHECKING:
    from schema.events import Event
    from schema.knowledge import Label
    from schema.orders import Order
    from schema.people import Person
    from schema.products import Product
    from schema.relationships import Relationship
    from schema.things import Thing

Events: TypeAlias = Connection[Annotated["Event", strawberry.lazy("schema.events")]]
Labels: TypeAlias = Connection[Annotated["Label", strawberry.lazy("schema.knowledge")]]
Orders: TypeAlias = Connection[Annotated["Order", strawberry.lazy("schema.orders")]]
People: TypeAlias = Connection[Annotated["Person", strawberry.lazy("schema.people")]]
Relationships: TypeAlias = Connection[Annotated["Relationship", strawberry.lazy("schema.relationships")]]
Slug: TypeAlias = Annotated[str, strawberry.argument(description="The slug of the product.")]
Things: TypeAlias = Connection[Annotated["Thing", strawberry.lazy("schema.things")]]


@object_type
class GroupLimits:
    """What a group may use. Null is no limit."""

    members: int | None = strawberry.field(description="The most members that it may have.")
    storage_bytes: float | None = strawberry.field(description="The most bytes of its files: a whole number.")
    api_calls_per_month: float | None = strawberry.field(description="The most API calls a month: a whole number.")


@object_type
class Group(Node):
    """Where something belongs, and who shares it. Groups form a tree of any depth."""

    slug: str = strawberry.field(description="Its unique name in URLs, in lower case.")
    name: str = strawberry.field(description="Its name for people.")
    description: str | None = strawberry.field(description="What it is about.")
    type: GroupType = strawberry.field(description="What sort of community it is.")
    status: GroupStatus = strawberry.field(description="Whether it is in use.")
    visibility: Visibility = strawberry.field(description="Who may know of it.")
    join_policy: JoinPolicy = strawberry.field(description="How a person becomes a member.")
    created_at: datetime = strawberry.field(description="When it was created.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    archived_at: datetime | None = strawberry.field(description="When it was archived.")
    version: int = strawberry.field(description="Goes up with every change: give it back with yours.")
    parent_id: strawberry.Private[str | None]
    plan: strawberry.Private[Plan]
    limits: strawberry.Private[GroupLimits]
    metadata: strawberry.Private[JSON]

    @field_as("plan")
    async def held_plan(self, info: Info) -> Plan | None:
        """What it pays for; null where you see the group only because it is public."""
        return self.plan if await info.context.loaders.held_groups.load(self.id) else None

    @field_as("limits")
    async def held_limits(self, info: Info) -> GroupLimits | None:
        """What it may use; null where you see the group only because it is public."""
        return self.limits if await info.context.loaders.held_groups.load(self.id) else None

    @field_as("metadata")
    async def held_metadata(self, info: Info) -> JSON | None:
        """Free-form properties; null where you see the group only because it is public."""
        return self.metadata if await info.context.loaders.held_groups.load(self.id) else None

    @field
    async def parent(self, info: Info) -> "Group | None":
        """The group right above; null for a root, and where you may not see it."""
        if self.parent_id is None:
            return None
        return cast("Group | None", await info.context.loaders.groups.load(self.parent_id))

    @field
    async def ancestors(self, info: Info) -> "list[Group]":
        """The groups above, the nearest first, as far up as you may see."""
        return cast("list[Group]", await info.context.loaders.ancestors.load(self.id) or [])

    @field
    async def viewer_role(self, info: Info) -> MemberRole | None:
        """Your role that counts here; for an org_owner the highest of those in this group and the groups above."""
        held = await info.context.loaders.roles.load(self.id)
        return None if held is None else held.role

    @paged(CreationOrder.OLDEST_FIRST, public=True)
    def children(self, filter: OfGroups = None) -> "Connection[Group]":  # noqa: A002
        """The groups right below; of a group that you see only because it is public, those that are public too."""
        return listed(groups.children(condition(filter)), self.id)

    @paged(CreationOrder.OLDEST_FIRST)
    def descendants(
        self,
        depth: Depth = None,
        filter: OfGroups = None,  # noqa: A002
    ) -> "Connection[Group]":
        """The groups below, down to some depth."""
        return listed(groups.descendants(depth, condition(filter)), self.id)

    @paged(CreationOrder.NEWEST_FIRST, public=True)
    async def things(
        self,
        info: Info,
        filter: OfThings = None,  # noqa: A002
        include_descendants: Below = False,
    ) -> Things:
        """The things of this group; private ones only by their type.

        Of a group that you see only because it is public, what is published in the group itself.
        """
        return listed(
            await info.context.services.things.things_of_group(condition(filter), below=include_descendants), self.id
        )

    @field
    async def product(self, info: Info, slug: Slug) -> Annotated["Product", strawberry.lazy("schema.products")] | None:
        """Its product of that slug; null where there is none that you see."""
        found = await info.context.loaders.products_by_slug.load(ProductAddress(str(self.id), slug))
        return cast("Product | None", found)

    @field
    async def products(  # noqa: PLR0917 - as the schema has them
        self,
        info: Info,
        first: HowManyProducts,
        after: After = None,
        search: Words = None,
        filter: OfProducts = None,  # noqa: A002
        order: InProductOrder = None,
        include_descendants: Below = False,
    ) -> ProductConnection:
        """Its products by words, filter and order, with counts of all that are found.

        Of a group that you see only because it is public, those on sale; nobody has to say who they are to ask. Where
        there are more than 100,000, the answer is the error TOO_BROAD.
        """
        wishes = ProductWishes() if filter is None else filter.to_domain()
        wanted = search_for(search, wishes, order, below=include_descendants)
        context, parent = info.context, str(self.id)
        scope = scope_of(wanted, parent)
        place = None if after is None else place_of(context.cursors.read("after", scope, after))
        page = await context.loaders.product_pages(wanted, place, first).load(parent)
        found = page or ProductPage((), more=False)
        return ProductConnection(source=ProductSource(context, wanted, parent, found, is_first=after is None))

    @paged(CreationOrder.OLDEST_FIRST)
    def people(self, filter: OfPeople = None, include_descendants: Below = False) -> People:  # noqa: A002
        """The members of this group. Their roles in it, and who wants to be one, are on its `member_of` connections."""
        return listed(people.members(condition(filter), below=include_descendants), self.id)

    @paged(CreationOrder.OLDEST_FIRST)
    async def connections(
        self,
        info: Info,
        filter: OfConnections = None,  # noqa: A002
        include_descendants: BelowWithThings = False,
    ) -> Relationships:
        """How this group relates to others."""
        service = info.context.services.connections
        find = service.connections_below if include_descendants else service.connections_of
        return listed(await find(condition(filter)), self.id)

    @paged(CreationOrder.OLDEST_FIRST)
    def labels(self, category: OfCategory = None) -> Labels:
        """The labels in use on the things of this group itself, without those of the groups below."""
        return listed(labels_of_group(category), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    def events(self, filter: OfEvents = None, include_descendants: Below = False) -> Events:  # noqa: A002
        """What happened in this group."""
        return listed(events.events_of_group(condition(filter), below=include_descendants), self.id)

    @paged(CreationOrder.NEWEST_FIRST)
    async def support_access(self, info: Info) -> Connection[SupportAccess]:
        """The support access that there is or was to this group, and to those above it.

        For platform owners, and for administrators and owners of this group.
        """
        held = await info.context.loaders.roles.load(self.id)
        return listed(support.covering(info.context.caller, None if held is None else held.role), self.id)

    @field
    async def is_descendant_of(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="A group.")],  # noqa: A002
    ) -> bool:
        """Whether this group is somewhere below another one, as far up as you may see."""
        wanted = identifier("id", id, NodeKind.GROUP)
        return any(group.id == wanted for group in await info.context.loaders.ancestors.load(self.id) or ())

    @field
    async def statistics(self, info: Info, include_descendants: Below = False) -> GroupStatistics | None:
        """How much of everything this group holds."""
        loaders = info.context.loaders
        loader = loaders.subtree_statistics if include_descendants else loaders.statistics
        return cast("GroupStatistics | None", await loader.load(self.id))

    @paged(CreationOrder.NEWEST_FIRST)
    def orders(
        self,
        info: Info,
        filter: OfOrders = None,  # noqa: A002
        include_descendants: Below = False,
    ) -> Orders:
        """The orders that this group sells."""
        scope = Scope.SUBTREE if include_descendants else Scope.GROUP
        return listed(list_of(info.context.caller, wanted(filter), scope), self.id)

    @field
    async def order_totals(self, info: Info, filter: OfOrders = None) -> list[OrderTotals]:  # noqa: A002
        """Sums over the orders of this group and every group below it, one for each currency."""
        return await order_totals(info, list_of(info.context.caller, wanted(filter), Scope.SUBTREE), self.id)
