"""What the viewer may do to an object, as fields of it."""

import asyncio
from collections.abc import Collection
from typing import Annotated, TypeAlias

import strawberry

from domain.groups import Group
from domain.knowledge import Knowledge
from domain.people import PlatformRole
from domain.standing import Standing
from domain.support import NOT_NEEDED, Support
from domain.things import Thing
from schema.actions import Action
from schema.context import Info
from services.node_permissions import Found, Question, questions_about
from services.permissions import IN_GROUPS, actions_on, permitted, permitted_on

OfAction: TypeAlias = Annotated[Action, strawberry.argument(description="What you would do.")]


async def permissions(info: Info, node: Found, asked: Collection[Action] = tuple(Action)) -> list[Action]:
    """Those of the actions that the viewer may do to an object that they see."""
    by_role, others = await asyncio.gather(_by_role(info, node, asked), _others(info, node, asked))
    return [*by_role, *others]


async def _by_role(info: Info, node: Found, asked: Collection[Action]) -> list[Action]:
    """Those that a role in the object's group allows, or on the thing."""
    loaders, caller = info.context.loaders, info.context.caller
    if isinstance(node, Group):
        actions = [each for each in IN_GROUPS if each in asked]
        if not actions:
            return []
        held, helped = await _standing(info, node.id)
        return permitted(caller, actions, held, helped=helped)
    if not isinstance(node, Thing | Knowledge):
        return []
    actions = [each for each in actions_on(node) if each in asked]
    thing = node if isinstance(node, Thing) else await loaders.things.load(node.thing_id) if actions else None
    if thing is None or not actions:
        return []
    held, helped = await _standing(info, thing.group_id)
    return permitted_on(caller, actions, held, thing, helped)


async def _standing(info: Info, group_id: str) -> tuple[Standing | None, Support]:
    """The viewer's standing in a group, and what a platform owner needs and has there."""
    loaders, viewer = info.context.loaders, info.context.caller.viewer
    if viewer is not None and viewer.role is PlatformRole.PLATFORM_OWNER:
        return None, await loaders.supports.load(group_id) or NOT_NEEDED
    return await loaders.roles.load(group_id), NOT_NEEDED


async def _others(info: Info, node: Found, asked: Collection[Action]) -> list[Action]:
    """Those that something else decides."""
    actions = [each for each in questions_about(node) if each in asked]
    load = info.context.loaders.permissions.load
    found = await asyncio.gather(*(load(Question(each, node.id, node)) for each in actions))
    return [each for each, allowed in zip(actions, found, strict=True) if allowed]
