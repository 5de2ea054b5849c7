"""Filters as clients write them: what stands in one filter must all hold, and `and`, `or` and `not` compose."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, cast

import strawberry
from strawberry.scalars import JSON

from domain.errors import ValidationError
from domain.filters import EVERYTHING, All, Comparison, Condition, Either, Not, Operator
from schema.define import input_type
from schema.enums import (
    Direction,
    GroupStatus,
    GroupType,
    MemberRole,
    MemberStatus,
    PersonKind,
    PersonStatus,
    PlatformRole,
    ThingStatus,
    Visibility,
)
from schema.event_types import EventType
from services.connections import GivenStep
from services.validation import client_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ALL_OF: Final = "All of these hold."
ONE_OF: Final = "At least one of these holds."
NONE_OF: Final = "This does not hold."
WHICH: Final = "Which of them to list; null for all."


@input_type
class TimeRange:
    """From one time until just before another; each may be left out."""

    from_: datetime | None = strawberry.field(name="from", default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")


@input_type
class PropertyFilter:
    """What a property is: one that the type declares as filterable, and of the kind that it has."""

    name: str = strawberry.field(description="Its path in the properties, such as `price.amount`.")
    equals: JSON | None = strawberry.field(default=None, description="It is this.")
    one_of: list[JSON] | None = strawberry.field(default=None, description="It is one of these.")
    at_least: JSON | None = strawberry.field(default=None, description="It is this or more, or later.")
    above: JSON | None = strawberry.field(default=None, description="It is more than this, or later.")
    at_most: JSON | None = strawberry.field(default=None, description="It is this or less, or earlier.")
    below: JSON | None = strawberry.field(default=None, description="It is less than this, or earlier.")
    present: bool | None = strawberry.field(default=None, description="Whether the thing has it at all.")


@input_type
class ThingFilter:
    """Which things to list: all that is said of them holds."""

    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="It is one of these.")
    type: str | None = strawberry.field(default=None, description="Its type, such as `product` or `blog_post`.")
    types: list[str] | None = strawberry.field(default=None, description="Its type is one of these.")
    status: ThingStatus | None = strawberry.field(default=None, description="How far along it is.")
    statuses: list[ThingStatus] | None = strawberry.field(
        default=None, description="It is as far along as one of these."
    )
    group_id: strawberry.ID | None = strawberry.field(default=None, description="The group that it is in itself.")
    in_subtree_of: strawberry.ID | None = strawberry.field(
        default=None, description="It is in this group, or in one anywhere below."
    )
    label: str | None = strawberry.field(default=None, description="It has this label, as `category:value`.")
    labels: list[str] | None = strawberry.field(default=None, description="It has at least one of these labels.")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="It is owned by this person, group or thing: their live connection of type `owns`."
    )
    properties: list[PropertyFilter] | None = strawberry.field(
        default=None, description="What its properties are, all of them; needs one `type` beside it, or around it."
    )
    text: str | None = strawberry.field(default=None, description="Its name contains this, in any case.")
    created_at: TimeRange | None = strawberry.field(default=None, description="When it was created.")
    updated_at: TimeRange | None = strawberry.field(default=None, description="When it last changed.")
    and_: list["ThingFilter"] | None = strawberry.field(name="and", default=None, description=ALL_OF)
    or_: list["ThingFilter"] | None = strawberry.field(name="or", default=None, description=ONE_OF)
    not_: "ThingFilter | None" = strawberry.field(name="not", default=None, description=NONE_OF)


@input_type
class GroupFilter:
    """Which groups to list: all that is said of them holds."""

    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="It is one of these.")
    type: GroupType | None = strawberry.field(default=None, description="What sort of community it is.")
    types: list[GroupType] | None = strawberry.field(default=None, description="It is of one of these sorts.")
    status: GroupStatus | None = strawberry.field(default=None, description="Whether it is in use.")
    visibility: Visibility | None = strawberry.field(default=None, description="Who may know of it.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="It is right below this group.")
    in_subtree_of: strawberry.ID | None = strawberry.field(
        default=None, description="It is this group, or one anywhere below."
    )
    text: str | None = strawberry.field(default=None, description="Its name or its slug contains this, in any case.")
    created_at: TimeRange | None = strawberry.field(default=None, description="When it was created.")
    updated_at: TimeRange | None = strawberry.field(default=None, description="When it last changed.")
    and_: list["GroupFilter"] | None = strawberry.field(name="and", default=None, description=ALL_OF)
    or_: list["GroupFilter"] | None = strawberry.field(name="or", default=None, description=ONE_OF)
    not_: "GroupFilter | None" = strawberry.field(name="not", default=None, description=NONE_OF)


@input_type
class PersonFilter:
    """Which people to list: all that is said of them holds."""

    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="They are one of these.")
    role: PlatformRole | None = strawberry.field(default=None, description="Their role on the platform.")
    roles: list[PlatformRole] | None = strawberry.field(
        default=None, description="Their role on the platform is one of these."
    )
    kind: PersonKind | None = strawberry.field(
        default=None, description="Whether they are a human or a service account."
    )
    member_role: MemberRole | None = strawberry.field(
        default=None,
        description="Their role in the group that `groupId` names beside it, in `inSubtreeOf` or a group below that, "
        "or in the group whose people are listed.",
    )
    status: PersonStatus | None = strawberry.field(default=None, description="Whether their account may be used.")
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="They are a member of this group itself."
    )
    in_subtree_of: strawberry.ID | None = strawberry.field(
        default=None, description="They are a member of this group, or of one anywhere below."
    )
    text: str | None = strawberry.field(
        default=None, description="Their display name or their username contains this, in any case."
    )
    created_at: TimeRange | None = strawberry.field(default=None, description="When they joined.")
    and_: list["PersonFilter"] | None = strawberry.field(name="and", default=None, description=ALL_OF)
    or_: list["PersonFilter"] | None = strawberry.field(name="or", default=None, description=ONE_OF)
    not_: "PersonFilter | None" = strawberry.field(name="not", default=None, description=NONE_OF)


@input_type
class RelationshipFilter:
    """Which connections to list: all that is said of them holds.

    Only live ones, unless `liveAt` or `includeEnded` is said anywhere in the filter.
    """

    type: str | None = strawberry.field(default=None, description="Its type, such as `owns` or `member_of`.")
    types: list[str] | None = strawberry.field(default=None, description="Its type is one of these.")
    from_id: strawberry.ID | None = strawberry.field(
        default=None, description="It starts from this group, person or thing."
    )
    to_id: strawberry.ID | None = strawberry.field(default=None, description="It leads to this group, person or thing.")
    between: list[strawberry.ID] | None = strawberry.field(
        default=None, description="It joins these two, in whichever direction."
    )
    direction: Direction | None = strawberry.field(
        default=None, description="Which end of it the node is whose connections these are."
    )
    member_status: MemberStatus | None = strawberry.field(
        default=None,
        description="It is a membership in this state: `pending` where somebody was invited, or asked to join.",
    )
    live_at: datetime | None = strawberry.field(default=None, description="It was live at this time.")
    include_ended: bool | None = strawberry.field(
        default=None, description="True: it is live, or it has ended. False: it is live."
    )
    created_at: TimeRange | None = strawberry.field(default=None, description="When it was made.")
    and_: list["RelationshipFilter"] | None = strawberry.field(name="and", default=None, description=ALL_OF)
    or_: list["RelationshipFilter"] | None = strawberry.field(name="or", default=None, description=ONE_OF)
    not_: "RelationshipFilter | None" = strawberry.field(name="not", default=None, description=NONE_OF)


@input_type
class EventFilter:
    """Which events to list: all that is said of them holds."""

    type: EventType | None = strawberry.field(default=None, description="What happened.")
    types: list[EventType] | None = strawberry.field(default=None, description="One of these happened.")
    actor: str | None = strawberry.field(
        default=None, description="Who did it: the id of a person or an API key, or `system`."
    )
    target_id: strawberry.ID | None = strawberry.field(
        default=None, description="It happened to this group, person or thing."
    )
    group_id: strawberry.ID | None = strawberry.field(default=None, description="It happened in this group itself.")
    in_subtree_of: strawberry.ID | None = strawberry.field(
        default=None, description="It happened in this group, or in one anywhere below."
    )
    at: TimeRange | None = strawberry.field(default=None, description="When.")
    and_: list["EventFilter"] | None = strawberry.field(name="and", default=None, description=ALL_OF)
    or_: list["EventFilter"] | None = strawberry.field(name="or", default=None, description=ONE_OF)
    not_: "EventFilter | None" = strawberry.field(name="not", default=None, description=NONE_OF)


@input_type
class PathStep:
    """One step along live connections."""

    types: list[str] | None = strawberry.field(
        default=None, description="Along connections of these types, such as `part_of`; null for all."
    )
    direction: Direction = strawberry.field(
        default=Direction.BOTH, description="Which end of the connection the step starts from."
    )
    depth: int = strawberry.field(default=1, description="How often the step may be done again: 1 for once.")


Steps = Annotated[
    list[PathStep] | None,
    strawberry.argument(
        description="The steps that lead to them, 5 at most with their depths; null for one of any type."
    ),
]
OfConnections = Annotated[RelationshipFilter | None, strawberry.argument(description=WHICH)]
OfEvents = Annotated[EventFilter | None, strawberry.argument(description=WHICH)]
OfGroups = Annotated[GroupFilter | None, strawberry.argument(description=WHICH)]
OfPeople = Annotated[PersonFilter | None, strawberry.argument(description=WHICH)]
OfThings = Annotated[ThingFilter | None, strawberry.argument(description=WHICH)]

Filter: TypeAlias = EventFilter | GroupFilter | PersonFilter | RelationshipFilter | ThingFilter


def steps(given: list[PathStep] | None) -> list[GivenStep] | None:
    """The steps of a path."""
    if given is None:
        return None
    return [GivenStep(None if step.types is None else tuple(step.types), step.direction, step.depth) for step in given]


_OPERATORS: Final = {
    "equals": Operator.IS,
    "one_of": Operator.ONE_OF,
    "at_least": Operator.AT_LEAST,
    "above": Operator.ABOVE,
    "at_most": Operator.AT_MOST,
    "below": Operator.BELOW,
    "present": Operator.PRESENT,
}


def condition(given: Filter | None, at: str = "filter") -> Condition:
    """What a filter says. ValidationError of a list without anything in it."""
    if given is None:
        return EVERYTHING
    parts: list[Condition] = []
    for name, value in _said(given):
        place = f"{at}.{client_name(name.rstrip('_'))}"
        match name, value:
            case "and_", _:
                parts.extend(_each(value, place))
            case "or_", _:
                parts.append(Either(tuple(_each(value, place))))
            case "not_", _:
                parts.append(Not(condition(cast("Filter", value), place)))
            case _, TimeRange():
                parts.extend(_times(client_name(name), value, place))
            case "properties", list():
                for index, each in enumerate(_some(value, place)):
                    parts.extend(_comparisons(cast("PropertyFilter", each), f"{place}.{index}"))
            case _:
                parts.append(_test(client_name(name), value, place))
    return All(tuple(parts))


def _said(given: "DataclassInstance") -> list[tuple[str, object]]:
    found = [(field.name, getattr(given, field.name)) for field in fields(given)]
    return [(name, value) for name, value in found if value is not None]


def _some(values: object, at: str) -> Sequence[object]:
    found = cast("Sequence[object]", values)
    if not found:
        raise ValidationError(at, f"{at} takes at least one; leave it out where it does not matter.")
    return found


def _each(values: object, at: str) -> list[Condition]:
    return [condition(cast("Filter", each), f"{at}.{index}") for index, each in enumerate(_some(values, at))]


def _times(name: str, given: TimeRange, at: str) -> list[Condition]:
    found: list[Condition] = []
    if given.from_ is not None:
        found.append(Comparison(name, Operator.AT_LEAST, given.from_, f"{at}.from"))
    if given.before is not None:
        found.append(Comparison(name, Operator.BELOW, given.before, f"{at}.before"))
    return found


def _comparisons(given: PropertyFilter, at: str) -> list[Condition]:
    found: list[Condition] = [
        _valued("properties", _OPERATORS[name], value, f"{at}.{client_name(name)}", given.name)
        for name, value in _said(given)
        if name != "name"
    ]
    if not found:
        raise ValidationError(at, f"{at} needs a comparison beside the name, such as `equals`.")
    return found


def _test(name: str, value: object, at: str) -> Condition:
    return _valued(name, Operator.CONTAINS if name == "text" else Operator.IS, value, at)


def _valued(name: str, operator: Operator, value: object, at: str, path: str = "") -> Comparison:
    if isinstance(value, list) and (operator is Operator.ONE_OF or not path):
        return Comparison(name, Operator.ONE_OF, tuple(_some(value, at)), at, path)
    return Comparison(name, operator, cast("str", value), at, path)
