"""Arguments that several fields take, each described once."""

from typing import Annotated

import strawberry

from schema.enums import KnowledgeType, ThingStatus

OfThingType = Annotated[
    str | None, strawberry.argument(description="Only things of this type, such as `product` or `blog_post`.")
]
OfThingStatus = Annotated[ThingStatus | None, strawberry.argument(description="Only things in this state.")]
OfKnowledgeType = Annotated[KnowledgeType | None, strawberry.argument(description="Only knowledge of this type.")]
OfCategory = Annotated[
    str | None, strawberry.argument(description="Only labels of this category, which is what stands before the colon.")
]
Below = Annotated[bool, strawberry.argument(description="Whether to include those of every group below this one.")]
BelowWithThings = Annotated[
    bool,
    strawberry.argument(
        description="Whether to list those of every group below, and of all things in this group and below, as well."
    ),
]
Depth = Annotated[
    int | None, strawberry.argument(description="How many levels down, 1 to 16; null for all the way to the leaves.")
]
IDEMPOTENCY_KEY = (
    "A name of your own for this request, such as a UUID: the same key with the same input is done once within seven "
    "days, and answers what was made."
)
INPUT = strawberry.argument(description="All that the mutation takes, as one object.")
