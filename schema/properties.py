"""Reading the stored properties of a thing as typed values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from domain.values import JSON
from schema.context import Info
from schema.node import Node
from schema.things import Thing


def properties(thing: Thing) -> Mapping[str, JSON]:
    """All of them, as stored."""
    return cast("Mapping[str, JSON]", thing.properties)


def text(thing: Thing, name: str) -> str | None:
    """One that is text."""
    value = properties(thing).get(name)
    return None if value is None else str(value)


def whole(thing: Thing, name: str) -> int | None:
    """One that is a whole number."""
    value = properties(thing).get(name)
    return int(value) if isinstance(value, int | float) else None  # JSON Schema takes 3.0 for an integer too


def time(thing: Thing, name: str) -> datetime | None:
    """One that is a time."""
    value = properties(thing).get(name)
    return None if value is None else datetime.fromisoformat(str(value))


def sequence(thing: Thing, name: str) -> Sequence[JSON]:
    """One that is a list; empty where it is absent."""
    return cast("Sequence[JSON]", properties(thing).get(name, ()))


async def node(info: Info, thing: Thing, name: str) -> Node | None:
    """What one names by its id; None where the viewer may not see it."""
    identifier = text(thing, name)
    return None if identifier is None else cast("Node | None", await info.context.loaders.node(identifier))
