"""Searching: what can be asked."""

from typing import Annotated

import strawberry

from schema.arguments import OfThingStatus, OfThingType
from schema.context import Info
from schema.define import field, object_type
from schema.enums import NodeKind
from schema.paging import After
from schema.search import SearchConnection, SearchSource, scope_of
from services.search import START, ThingFilters, place_of

Text = Annotated[
    str,
    strawberry.argument(
        description="Words to look for, in any script: at most 1,000 characters, of which the first 16 words count. "
        "Only letters, digits and symbols matter; nothing in it is a command."
    ),
]
OfKinds = Annotated[
    list[NodeKind] | None,
    strawberry.argument(description="What to find, of `group`, `person` and `thing`; null for all three."),
]
InGroup = Annotated[strawberry.ID | None, strawberry.argument(description="Only the things of this group itself.")]
InSubtree = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only the things of this group and of those below it.")
]
OfLabel = Annotated[
    str | None, strawberry.argument(description="Only things with this label, such as `category:course`.")
]
OnlyPublic = Annotated[
    bool,
    strawberry.argument(
        description="Find what is public instead of what you see otherwise: groups, and what is published in them. "
        "Nobody has to say who they are to ask."
    ),
]
HowMany = Annotated[int, strawberry.argument(description="How many to answer, 1 to 100.")]


@object_type
class SearchQueries:
    """Questions in words."""

    @field
    async def search(  # noqa: PLR0917 - as the schema has them
        self,
        info: Info,
        text: Text,
        first: HowMany,
        after: After = None,
        kinds: OfKinds = None,
        type: OfThingType = None,  # noqa: A002
        group_id: InGroup = None,
        in_subtree_of: InSubtree = None,
        label: OfLabel = None,
        status: OfThingStatus = None,
        public: OnlyPublic = False,
    ) -> SearchConnection:
        """Groups, people and things that have every word of a text, or one that begins so or is nearly so spelt.

        Names are searched, slugs and usernames, descriptions (a thing's `description` property), what people say of
        themselves, and labels. `type`, `groupId`, `inSubtreeOf`, `label` and `status` are about things, and only
        things are found where one is given. At most 1,000 hits are answered. Where they are not among the 100,000 that
        fit best, the search is refused with the code TOO_BROAD, and the message says what to add.
        """
        context = info.context
        service = context.services.search
        wanted = await service.search(
            text, kinds, ThingFilters(type, group_id, in_subtree_of, label, status), public=public
        )
        start = START if after is None else place_of(context.cursors.read("after", scope_of(wanted), after))
        page = await service.page(context.caller, wanted, start, first)
        return SearchConnection(source=SearchSource(context, wanted, page, is_first=after is None))
