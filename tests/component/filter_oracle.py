"""Random filters, and a second opinion on which rows they let through: a few lines of Python for each condition."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast

from domain.groups import GroupType
from domain.people import PlatformRole
from domain.values import JSON, JSONObject
from tests.component.filter_world import LABELS, MEMBER_STATES, TYPES, WORDS, Filled, Row, moment

Ordered = TypeVar("Ordered", float, datetime)
Holds = Callable[[Filled, Row, JSON], bool]
Draw = Callable[[Filled], JSON]


def row_at(row: Row, path: str) -> JSON:
    """The value at a path in a row; None where there is none."""
    value: JSON = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _is(path: str) -> Holds:
    return lambda _, row, wanted: row_at(row, path) == wanted


def _one_of(path: str) -> Holds:
    return lambda _, row, wanted: row_at(row, path) in cast("Sequence[JSON]", wanted)


def _within(path: str) -> Holds:
    def holds(_: Filled, row: Row, wanted: JSON) -> bool:
        limits = cast("Mapping[str, str]", wanted)
        at = datetime.fromisoformat(str(row_at(row, path)))
        return not (
            ("from" in limits and at < datetime.fromisoformat(limits["from"]))
            or ("before" in limits and at >= datetime.fromisoformat(limits["before"]))
        )

    return holds


def _contains(*paths: str) -> Holds:
    return lambda _, row, wanted: any(str(wanted).lower() in str(row_at(row, path)).lower() for path in paths)


def _below(path: str) -> Holds:
    return lambda filled, row, wanted: str(wanted) in filled.above.get(str(row_at(row, path)), set())


def _properties(_: Filled, row: Row, wanted: JSON) -> bool:
    return all(_property(row, each) for each in cast("Sequence[JSONObject]", wanted))


def _property(row: Row, wanted: JSONObject) -> bool:
    value = row_at(row, f"properties.{wanted['name']}")
    is_time = wanted["name"] == "expiresAt"

    def compared(comparison: str, of: JSON) -> bool:
        if comparison == "present":
            return (value is not None) is of
        if comparison == "oneOf":
            return value in cast("Sequence[JSON]", of)
        if value is None:
            return False
        if is_time:
            return _ordered(comparison, datetime.fromisoformat(str(value)), datetime.fromisoformat(str(of)))
        return _ordered(comparison, cast("float", value), cast("float", of))

    return all(compared(name, of) for name, of in wanted.items() if name != "name")


def _ordered(comparison: str, value: Ordered, other: Ordered) -> bool:
    match comparison:
        case "atLeast":
            return value >= other
        case "above":
            return value > other
        case "atMost":
            return value <= other
        case "below":
            return value < other
        case _:
            return value == other


STATUSES: Sequence[str] = ("draft", "active", "published", "archived")


EDGE_TYPES = ("following", "member_of", "owns", "part_of", "references")
EVENT_TYPES = ("thing_created", "thing_updated", "product_published", "user_registered")
ROLES = tuple(PlatformRole)
GROUP_TYPES = tuple(GroupType)


def _groups_of(row: Row) -> list[str]:
    memberships = cast("list[Row]", row_at(row, "connections.nodes"))
    return [str(each["toId"]) for each in memberships if row_at(each, "properties.status") == "active"]


def _ends(row: Row) -> JSON:
    return [row["toId"], row["fromId"]]


def _lives(row: Row, at: datetime) -> bool:
    until = row["validTo"]
    started = datetime.fromisoformat(str(row["validFrom"])) <= at
    return started and (until is None or at < datetime.fromisoformat(str(until)))


def _label(filled: Filled) -> JSON:
    return filled.chance.choice(LABELS)


def _owner(filled: Filled) -> JSON:
    owners = [str(row_at(row, "owner.id")) for row in filled.rows["things"] if row["owner"]]
    return filled.chance.choice(owners)


FIELDS: Mapping[str, Mapping[str, tuple[Holds, Draw]]] = {
    "things": {
        "ids": (_one_of("id"), lambda filled: _some(filled, filled.ids("things"), 20)),
        "type": (_is("type"), lambda filled: filled.chance.choice(TYPES)),
        "types": (_one_of("type"), lambda filled: _some(filled, TYPES, 2)),
        "status": (_is("status"), lambda filled: filled.chance.choice(STATUSES)),
        "statuses": (_one_of("status"), lambda filled: _some(filled, STATUSES, 2)),
        "groupId": (_is("group.id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "inSubtreeOf": (_below("group.id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "label": (lambda _, row, wanted: wanted in cast("list[JSON]", row["labels"]), _label),
        "labels": (
            lambda _, row, wanted: bool(set(cast("list[str]", wanted)) & set(cast("list[str]", row["labels"]))),
            lambda filled: _some(filled, LABELS, 2),
        ),
        "ownerId": (_is("owner.id"), _owner),
        "text": (_contains("name"), lambda filled: filled.chance.choice(WORDS)[1:].upper()),
        "createdAt": (_within("createdAt"), lambda filled: _range(filled.chance)),
        "updatedAt": (_within("updatedAt"), lambda filled: _range(filled.chance)),
        "properties": (_properties, lambda _: []),
    },
    "groups": {
        "ids": (_one_of("id"), lambda filled: _some(filled, filled.ids("groups"), 8)),
        "type": (_is("type"), lambda filled: filled.chance.choice(GROUP_TYPES)),
        "types": (_one_of("type"), lambda filled: _some(filled, GROUP_TYPES, 3)),
        "status": (_is("status"), lambda filled: filled.chance.choice(["active", "archived"])),
        "visibility": (_is("visibility"), lambda filled: filled.chance.choice(["public", "private"])),
        "parentId": (_is("parent.id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "inSubtreeOf": (_below("id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "text": (_contains("name", "slug"), lambda filled: filled.chance.choice(["g1", "INK", "lamp"])),
        "createdAt": (_within("createdAt"), lambda filled: _range(filled.chance)),
        "updatedAt": (_within("updatedAt"), lambda filled: _range(filled.chance)),
    },
    "connections": {
        "type": (_is("type"), lambda filled: filled.chance.choice(EDGE_TYPES)),
        "types": (_one_of("type"), lambda filled: _some(filled, EDGE_TYPES, 3)),
        "fromId": (_is("fromId"), lambda filled: filled.chance.choice(filled.rows["connections"])["fromId"]),
        "toId": (_is("toId"), lambda filled: filled.chance.choice(filled.rows["connections"])["toId"]),
        "between": (
            lambda _, row, wanted: {row["fromId"], row["toId"]} == set(cast("list[str]", wanted)),
            lambda filled: _ends(filled.chance.choice(filled.rows["connections"])),
        ),
        "memberStatus": (_is("properties.status"), lambda filled: filled.chance.choice(MEMBER_STATES)),
        "liveAt": (
            lambda _, row, wanted: _lives(row, datetime.fromisoformat(str(wanted))),
            lambda filled: moment(filled.chance).isoformat(),
        ),
        "includeEnded": (
            lambda _, row, wanted: bool(wanted) or row["validTo"] is None,
            lambda filled: filled.chance.choice([True, False]),
        ),
        "createdAt": (_within("createdAt"), lambda filled: _range(filled.chance)),
    },
    "events": {
        "type": (_is("type"), lambda filled: filled.chance.choice(EVENT_TYPES)),
        "types": (_one_of("type"), lambda filled: _some(filled, EVENT_TYPES, 2)),
        "actor": (_is("actor"), lambda filled: filled.chance.choice(["system", *filled.ids("people")])),
        "targetId": (_is("targetId"), lambda filled: filled.chance.choice(filled.ids("things"))),
        "groupId": (_is("group.id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "inSubtreeOf": (_below("group.id"), lambda filled: filled.chance.choice(filled.ids("groups"))),
        "at": (_within("at"), lambda filled: _range(filled.chance)),
    },
    "people": {
        "ids": (_one_of("id"), lambda filled: _some(filled, filled.ids("people"), 8)),
        "role": (_is("role"), lambda filled: filled.chance.choice(ROLES)),
        "roles": (_one_of("role"), lambda filled: _some(filled, ROLES, 3)),
        "status": (_is("status"), lambda filled: filled.chance.choice(["active", "suspended"])),
        "kind": (_is("kind"), lambda filled: filled.chance.choice(["human", "service"])),
        "groupId": (
            lambda _, row, wanted: wanted in _groups_of(row),
            lambda filled: filled.chance.choice(filled.ids("groups")),
        ),
        "inSubtreeOf": (
            lambda filled, row, wanted: any(wanted in filled.above[group] for group in _groups_of(row)),
            lambda filled: filled.chance.choice(filled.ids("groups")),
        ),
        "text": (_contains("displayName", "username"), lambda filled: filled.chance.choice(["p1", "INK", "lamp"])),
        "createdAt": (_within("createdAt"), lambda filled: _range(filled.chance)),
    },
}


def _some(filled: Filled, of: Sequence[str], most: int) -> JSON:
    return filled.chance.sample(list(of), filled.chance.randint(1, most))


def _range(chance: random.Random) -> JSON:
    first, last = sorted((moment(chance), moment(chance)))
    whole = {"from": first.isoformat(), "before": last.isoformat()}
    return chance.choice([whole, {"from": first.isoformat()}, {"before": last.isoformat()}])


def _comparison(chance: random.Random, kind: str) -> JSON:
    if kind == "cart":
        operator = chance.choice(["equals", "atLeast", "above", "atMost", "below"])
        return {"name": "expiresAt", operator: moment(chance).isoformat()}
    name, values = chance.choice([("stock", [0, 1, 2.5, 4]), ("price.amount", [0, 100, 250]), ("category", ["course"])])
    operator = chance.choice(["equals", "oneOf", "atLeast", "above", "atMost", "below", "present"])
    value: JSON = cast("JSON", values if operator == "oneOf" else chance.choice([True, False]))
    return {
        "name": name,
        operator: value if operator in {"oneOf", "present"} else chance.choice(cast("list[JSON]", values)),
    }


def draw(filled: Filled, noun: str, nesting: int = 3) -> JSONObject:
    """A random filter of a list."""
    chance, fields = filled.chance, FIELDS[noun]
    names = [name for name in fields if name != "properties"]
    made: dict[str, JSON] = {
        name: fields[name][1](filled) for name in chance.sample(names, chance.choice([0, 1, 1, 1, 2, 2]))
    }
    if noun == "things" and chance.random() < 0.4:
        kind = chance.choice(["product", "cart"])
        made |= {"type": kind, "properties": [_comparison(chance, kind) for _ in range(chance.randint(1, 2))]}
    if nesting > 1 and chance.random() < 0.5:
        made["or"] = [draw(filled, noun, nesting - 1) for _ in range(chance.randint(1, 3))]
    if nesting > 1 and chance.random() < 0.3:
        made["not"] = draw(filled, noun, nesting - 1)
    if nesting > 1 and chance.random() < 0.2:
        made["and"] = [draw(filled, noun, nesting - 1) for _ in range(chance.randint(1, 2))]
    return made


def draw_start(filled: Filled) -> JSONObject:
    """A filter of connections that says where to begin."""
    name = filled.chance.choice(["type", "fromId", "toId", "between"])
    return {name: FIELDS["connections"][name][1](filled)}


def said(wanted: JSON) -> set[str]:
    """The names of everything that a filter speaks of."""
    if isinstance(wanted, Mapping):
        return set(wanted) | {name for each in wanted.values() for name in said(each)}
    if isinstance(wanted, list):
        return {name for each in wanted for name in said(each)}
    return set()


def holds(filled: Filled, noun: str, wanted: JSONObject, row: Row) -> bool:
    """Whether a filter lets a row through."""
    for name, value in wanted.items():
        parts = cast("Sequence[JSONObject]", value)
        match name:
            case "and":
                found = all(holds(filled, noun, each, row) for each in parts)
            case "or":
                found = any(holds(filled, noun, each, row) for each in parts)
            case "not":
                found = not holds(filled, noun, cast("JSONObject", value), row)
            case _:
                found = FIELDS[noun][name][0](filled, row, value)
        if not found:
            return False
    return True
