"""What the viewer may do to an object, as fields of it."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

import strawberry

from domain.people import PlatformRole
from domain.support import NOT_NEEDED
from schema.actions import Action
from schema.context import Info
from services.permissions import permitted

OfAction: TypeAlias = Annotated[Action, strawberry.argument(description="What you would do.")]


async def permissions(
    info: Info, actions: Iterable[Action], group_id: str, thing_type: str | None = None, thing_id: str | None = None
) -> list[Action]:
    """Those of the actions that the viewer may do in that group, to things of that type, or that thing, if given."""
    caller, loaders = info.context.caller, info.context.loaders
    held, helped = await loaders.roles.load(group_id), NOT_NEEDED
    if caller.viewer is not None and caller.viewer.role is PlatformRole.PLATFORM_OWNER:
        helped = await loaders.supports.load(group_id) or NOT_NEEDED
    return permitted(caller, actions, held, thing_type, thing_id, helped=helped)
