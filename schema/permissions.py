"""What the viewer may do to an object, as fields of it."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

import strawberry

from schema.actions import Action
from schema.context import Info
from services.permissions import permitted

OfAction: TypeAlias = Annotated[Action, strawberry.argument(description="What you would do.")]


async def permissions(
    info: Info, actions: Iterable[Action], group_id: str, thing_type: str | None = None, thing_id: str | None = None
) -> list[Action]:
    """Those of the actions that the viewer may do in that group, to things of that type, or that thing, if given."""
    held = await info.context.loaders.roles.load(group_id)
    return permitted(info.context.caller, actions, held, thing_type, thing_id)
