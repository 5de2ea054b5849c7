"""Relay connections: https://relay.dev/graphql/connections.htm, over the keyset pages of the services."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Annotated, Generic, ParamSpec, TypeVar, cast

import strawberry

from domain.errors import ValidationError
from domain.pages import Page, Window
from schema.context import Context, Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from services.access import viewer_of
from services.lists import ROOT, AnyList, NodeList

NodeT = TypeVar("NodeT")
RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")
P = ParamSpec("P")

First = Annotated[
    int | None,
    strawberry.argument(description="How many to answer from the start, 1 to 100. Give either `first` or `last`."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor of the same list.")]
Last = Annotated[int | None, strawberry.argument(description="How many to answer from the end, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor of the same list.")]
InOrder = Annotated[CreationOrder, strawberry.argument(description="Which comes first.")]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a page came from, and the means to look beyond it."""

    context: Context
    of: AnyList
    parent: str
    window: Window
    page: Page[object]

    @property
    def scope(self) -> str:
        """What tells this list from others in a cursor."""
        return _scope(self.of, self.parent, self.window.order)

    async def exists(self, *, before: bool) -> bool:
        """Whether the list has a row before the page, or after it."""
        page, window = self.page, self.window
        if before is window.from_end:
            return page.more
        bound = window.after if before else window.before
        if bound is None:
            return False
        edge = page.keys[0 if before else -1] if page.keys else None
        beyond = Window(
            limit=1,
            order=window.order,
            before=(edge or _past(bound, window.order, up=True)) if before else None,
            after=None if before else (edge or _past(bound, window.order, up=False)),
            from_end=before,
        )
        found = await self.context.loaders.pages(self.of, beyond).load(self.parent)
        return found is not None and bool(found.items)


def _past(key: str, order: CreationOrder, *, up: bool) -> str:
    """A bound that lets the row `key` itself through: just beyond it in list order, or just short of it."""
    larger = up is (order is CreationOrder.OLDEST_FIRST)
    return key + " " if larger else key[:-1] + chr(ord(key[-1]) - 1) + "~"


@object_type
class PageInfo:
    """Where a page stands in its list."""

    source: strawberry.Private[Source]

    @field
    async def has_next_page(self) -> bool:
        """Whether there is more after this page."""
        return await self.source.exists(before=False)

    @field
    async def has_previous_page(self) -> bool:
        """Whether there is more before this page."""
        return await self.source.exists(before=True)

    @field
    def start_cursor(self) -> str | None:
        """The cursor of the first row of this page."""
        keys = self.source.page.keys
        return self.source.context.cursors.write(self.source.scope, keys[0]) if keys else None

    @field
    def end_cursor(self) -> str | None:
        """The cursor of the last row of this page: give it as `after` for the next page."""
        keys = self.source.page.keys
        return self.source.context.cursors.write(self.source.scope, keys[-1]) if keys else None


@object_type
class Edge(Generic[NodeT]):
    """One row of a page."""

    node: NodeT = strawberry.field(description="The row itself.")
    source: strawberry.Private[Source]
    key: strawberry.Private[str]

    @field
    def cursor(self) -> str:
        """The place of this row in the list."""
        return self.source.context.cursors.write(self.source.scope, self.key)


@object_type
class Connection(Generic[NodeT]):
    """A page of a list."""

    source: strawberry.Private[Source]

    @field
    def edges(self) -> list[Edge[NodeT]]:
        """The rows of this page, each with its cursor."""
        page = self.source.page
        return [
            Edge(node=cast("NodeT", item), source=self.source, key=key)
            for item, key in zip(page.items, page.keys, strict=True)
        ]

    @field
    def nodes(self) -> list[NodeT]:
        """The rows of this page, for those who need no cursor of each."""
        return cast("list[NodeT]", self.source.page.items)

    @field
    def page_info(self) -> PageInfo:
        """Where this page stands in its list."""
        return PageInfo(source=self.source)

    @field
    async def total_count(self) -> int:
        """How many rows the whole list has. It is counted only when asked for."""
        return await self.source.context.loaders.totals(self.source.of).load(self.source.parent)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, and the parent below which to read it."""

    of: AnyList
    parent: str


def listed(of: NodeList[RowT, ItemT], parent: str = ROOT) -> "Connection[NodeT]":
    """What a method under `paged` answers: the list that the page is to come from."""
    return cast("Connection[NodeT]", Listed(cast("AnyList", of), parent))


def paged(
    default: CreationOrder, *, public: bool = False
) -> Callable[
    [Callable[P, Connection[NodeT] | Awaitable[Connection[NodeT]]]], Callable[P, Awaitable[Connection[NodeT]]]
]:
    """Make a method that names a list, be it once it has asked something, a field that answers a page of it.

    The field takes the arguments of the method, and before them those of paging: first, after, last, before, order.
    Where it is `public`, nobody has to say who they are.
    """

    def define(
        method: Callable[P, Connection[NodeT] | Awaitable[Connection[NodeT]]],
    ) -> Callable[P, Awaitable[Connection[NodeT]]]:
        async def resolver(  # noqa: PLR0917 - as the schema has them
            self: object,
            info: Info,
            first: First = None,
            after: After = None,
            last: Last = None,
            before: Before = None,
            order: InOrder = default,
            **arguments: object,
        ) -> Connection[NodeT]:
            if not public:
                viewer_of(info.context.caller)  # before anything is said about what nobody asks for
            if wants_info:
                arguments["info"] = info
            name = cast("Callable[[object], object]", partial(cast("Callable[[object], object]", method), **arguments))
            of = name(self)
            if inspect.isawaitable(of):
                of = await of
            return await _read(info.context, cast("Listed", of), (first, after, last, before), order)

        own = inspect.signature(resolver).parameters
        others = inspect.signature(method)
        wants_info = "info" in others.parameters
        # By their names, as one that must be given may then follow those of paging, which need not.
        named = inspect.Parameter.KEYWORD_ONLY
        given = [each.replace(kind=named) for name, each in others.parameters.items() if name not in {"self", "info"}]
        parameters = [*list(own.values())[:-1], *given]
        update_wrapper(resolver, method)
        resolver.__signature__ = others.replace(parameters=parameters)  # type: ignore[attr-defined] # as inspect reads it
        return cast("Callable[P, Awaitable[Connection[NodeT]]]", field(resolver))

    return define


async def _read(
    context: Context,
    listed: Listed,
    arguments: tuple[int | None, str | None, int | None, str | None],
    order: CreationOrder,
) -> Connection[NodeT]:
    """The page that `first`, `after`, `last` and `before` ask for; an empty one below a parent that is not there."""
    first, after, last, before = arguments
    if (first is None) is (last is None):
        raise ValidationError("first", "Give either first or last: how many rows you want, from 1 to 100.")
    scope = _scope(listed.of, listed.parent, order)
    window = Window(
        limit=first if first is not None else cast("int", last),
        order=order,
        after=None if after is None else context.cursors.read("after", scope, after),
        before=None if before is None else context.cursors.read("before", scope, before),
        from_end=first is None,
    )
    page = await context.loaders.pages(listed.of, window).load(listed.parent)
    return Connection(source=Source(context, listed.of, listed.parent, window, page or Page((), (), more=False)))


def _scope(of: AnyList, parent: str, order: CreationOrder) -> str:
    return f"{of.scope} {parent} {order.value}"
