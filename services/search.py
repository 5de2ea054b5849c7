"""Searching groups, people and things by their words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from domain.access import Caller, Reach
from domain.errors import ValidationError
from domain.ids import NodeKind
from domain.things import ThingStatus
from domain.words import runs
from graph import search
from graph.search import START, Hit, Place, Search
from graph.store import Store
from services import validation
from services.access import open_reach_of, reach_of
from services.lists import MAX_PAGE
from services.ontology import Ontology

__all__ = ["FOUND_KINDS", "START", "Hit", "HitPage", "Search", "Searching", "ThingFilters", "key_of", "place_of"]

MAX_SEARCH: Final = 1_000
"""The most characters of a text to search for."""
FOUND_KINDS: Final = (NodeKind.GROUP, NodeKind.PERSON, NodeKind.THING)
"""What a search can find."""


@dataclass(frozen=True, slots=True)
class ThingFilters:
    """What a thing has to be to be found; where any is given, nothing but things is found."""

    type: str | None = None
    group_id: str | None = None
    in_subtree_of: str | None = None
    label: str | None = None
    status: ThingStatus | None = None


@dataclass(frozen=True, slots=True)
class HitPage:
    """Hits in order; `more` says that there are others after them."""

    items: Sequence[Hit]
    more: bool

    @property
    def keys(self) -> Sequence[str]:
        """The keys of their cursors."""
        return [key_of(hit.place) for hit in self.items]


def key_of(place: Place) -> str:
    """A place as the key of a cursor."""
    return f"{place.score.hex()} {place.id}"


def place_of(key: str) -> Place:
    """The place that `key_of` wrote down."""
    score, _, identifier = key.partition(" ")
    return Place(float.fromhex(score), identifier)


def _reach_of(caller: Caller, wanted: Search) -> Reach:
    return open_reach_of(caller) if wanted.public else reach_of(caller)


class Searching:
    """What can be searched."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology

    async def search(
        self, text: str, kinds: Collection[NodeKind] | None, filters: ThingFilters, *, public: bool = False
    ) -> Search:
        """The search that is asked for. ValidationError where it cannot be."""
        if len(text) > MAX_SEARCH:
            raise ValidationError(
                "text", f"text takes at most {MAX_SEARCH:,} characters; this has {len(text):,}. Look for a few words."
            )
        if not runs(text):
            raise ValidationError("text", "text takes at least one letter or digit to look for.")
        wanted = frozenset(FOUND_KINDS if kinds is None else kinds)
        for kind in sorted(wanted - set(FOUND_KINDS)):
            raise ValidationError("kinds", f"kinds takes {', '.join(FOUND_KINDS)}; a search does not find {kind}.")
        if filters != ThingFilters():
            wanted &= {NodeKind.THING}
        if public:
            wanted -= {NodeKind.PERSON}
        if filters.type is not None:
            await self._ontology.thing_type("type", filters.type)
        group_id, within, label = filters.group_id, filters.in_subtree_of, filters.label
        return Search(
            text=text,
            kinds=wanted,
            type=filters.type,
            group_id=None if group_id is None else validation.identifier("groupId", group_id, NodeKind.GROUP),
            in_subtree_of=None if within is None else validation.identifier("inSubtreeOf", within, NodeKind.GROUP),
            label=None if label is None else validation.label("label", label),
            status=filters.status,
            public=public,
        )

    async def page(self, caller: Caller, wanted: Search, after: Place, limit: int) -> HitPage:
        """The hits after a place that the caller may see.

        ValidationError where the limit is none of a page, BroadFilterError where too many others fit better, AuthError
        where the caller did not say who they are and what is public is not asked for.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValidationError("first", f"first takes a number from 1 to {MAX_PAGE}.")
        found = await search.hits(self._store, _reach_of(caller, wanted), wanted, after, limit + 1)
        return HitPage(found[:limit], more=len(found) > limit)

    async def count(self, caller: Caller, wanted: Search) -> int:
        """How many hits the caller may see, at most 1,000. BroadFilterError as above."""
        return await search.count(self._store, _reach_of(caller, wanted), wanted)
