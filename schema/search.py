"""What a search answers: a Relay connection (https://relay.dev/graphql/connections.htm) the best hit first."""

from dataclasses import dataclass
from typing import cast

import strawberry

from schema.context import Context
from schema.define import field, object_type
from schema.node import Node
from schema.paging import PageInfo, Source
from services.search import Hit, HitPage, Search, key_of


@dataclass(frozen=True, slots=True)
class SearchSource:
    """Where a page of hits came from."""

    context: Context
    search: Search
    page: HitPage
    is_first: bool

    @property
    def scope(self) -> str:
        """What tells this search from others in a cursor."""
        return scope_of(self.search)

    async def exists(self, *, before: bool) -> bool:
        """Whether there are hits before the page, or after it."""
        return not self.is_first if before else self.page.more


def scope_of(search: Search) -> str:
    """What tells a search from others in a cursor."""
    kinds = " ".join(sorted(search.kinds))
    places = (search.group_id, search.in_subtree_of)
    return f"search {(search.text, kinds, search.type, places, search.label, search.status, search.public)!r}"


@object_type
class SearchEdge:
    """One hit."""

    source: strawberry.Private[SearchSource]
    hit: strawberry.Private[Hit]

    @field
    def node(self) -> Node:
        """What was found: a group, a person or a thing."""
        return cast("Node", self.hit.node)

    @field
    def score(self) -> float:
        """How well it fits, the higher the better. It compares hits of one search, and means nothing beyond that."""
        return self.hit.place.score

    @field
    def cursor(self) -> str:
        """The place of this hit in the search."""
        return self.source.context.cursors.write(self.source.scope, key_of(self.hit.place))


@object_type
class SearchConnection:
    """A page of hits, the best first; of those that fit alike, in order of their ids."""

    source: strawberry.Private[SearchSource]

    @field
    def edges(self) -> list[SearchEdge]:
        """The hits of this page, each with its cursor and its score."""
        return [SearchEdge(source=self.source, hit=hit) for hit in self.source.page.items]

    @field
    def nodes(self) -> list[Node]:
        """What was found, for those who need neither cursors nor scores."""
        return [cast("Node", hit.node) for hit in self.source.page.items]

    @field
    def page_info(self) -> PageInfo:
        """Where this page stands among the hits."""
        return PageInfo(source=cast("Source", self.source))

    @field
    async def total_count(self) -> int:
        """How many hits there are, at most 1,000. They are counted only when asked for."""
        context = self.source.context
        return await context.services.search.count(context.caller, self.source.search)
