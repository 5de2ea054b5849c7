"""Filters: what a client may ask, checked and put in the words of the store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import cast

from domain.errors import ValidationError
from domain.events import SYSTEM_ACTOR
from domain.filterable import FilterKind, filter_kind
from domain.filters import All, Comparison, Condition, Either, Not, Operator, Scalar, Value, comparisons
from domain.ids import ENTITIES, NodeKind
from domain.thing_types import ThingType
from domain.values import to_micros
from graph.things import FILTER_COLUMNS
from services import validation
from services.ontology import Ontology

MAX_NESTING = 5
"""How many levels of and, or and not a filter may have."""
MAX_CONDITIONS = 50
"""How many conditions a filter may have in all."""
MAX_VALUES = 100
"""How many values one condition may compare with."""

Check = Callable[[str, object], Scalar]
"""Checks one value at a place of the input, and answers it as the store has it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field that clients filter by is called in the store, and what its values are."""

    column: str
    check: Check


def _moment(at: str, value: object) -> int:
    return to_micros(validation.moment(at, cast("datetime", value)))


def _text(at: str, value: object) -> str:
    return validation.name(at, str(value)).lower()


def _label(at: str, value: object) -> str:
    return validation.label(at, str(value))


def _as_it_is(_at: str, value: object) -> Scalar:
    return cast("Scalar", value)


def _id(*kinds: NodeKind) -> Check:
    def check(at: str, value: object) -> str:
        return validation.identifier(at, str(value), *kinds)

    return check


def _actor(at: str, value: object) -> str:
    return (
        SYSTEM_ACTOR
        if value == SYSTEM_ACTOR
        else validation.identifier(at, str(value), NodeKind.PERSON, NodeKind.THING)
    )


THING_RULES: Mapping[str, Rule] = {
    "ids": Rule("id", _id(NodeKind.THING)),
    "type": Rule("type", _as_it_is),
    "types": Rule("type", _as_it_is),
    "status": Rule("status", _as_it_is),
    "statuses": Rule("status", _as_it_is),
    "groupId": Rule("groupId", _id(NodeKind.GROUP)),
    "inSubtreeOf": Rule("inSubtreeOf", _id(NodeKind.GROUP)),
    "label": Rule("label", _label),
    "labels": Rule("label", _label),
    "ownerId": Rule("ownerId", _id(*ENTITIES)),
    "text": Rule("name", _text),
    "createdAt": Rule("createdAt", _moment),
    "updatedAt": Rule("updatedAt", _moment),
}

GROUP_RULES: Mapping[str, Rule] = {
    "ids": Rule("id", _id(NodeKind.GROUP)),
    "type": Rule("type", _as_it_is),
    "types": Rule("type", _as_it_is),
    "status": Rule("status", _as_it_is),
    "visibility": Rule("visibility", _as_it_is),
    "parentId": Rule("parentId", _id(NodeKind.GROUP)),
    "inSubtreeOf": Rule("inSubtreeOf", _id(NodeKind.GROUP)),
    "text": Rule("text", _text),
    "createdAt": Rule("createdAt", _moment),
    "updatedAt": Rule("updatedAt", _moment),
}
PERSON_RULES: Mapping[str, Rule] = {
    "ids": Rule("id", _id(NodeKind.PERSON)),
    "role": Rule("role", _as_it_is),
    "roles": Rule("role", _as_it_is),
    "kind": Rule("kind", _as_it_is),
    "memberRole": Rule("memberRole", _as_it_is),
    "status": Rule("status", _as_it_is),
    "groupId": Rule("groupId", _id(NodeKind.GROUP)),
    "inSubtreeOf": Rule("inSubtreeOf", _id(NodeKind.GROUP)),
    "text": Rule("text", _text),
    "createdAt": Rule("createdAt", _moment),
}

RELATIONSHIP_RULES: Mapping[str, Rule] = {
    "type": Rule("type", _as_it_is),
    "types": Rule("type", _as_it_is),
    "fromId": Rule("fromId", _id(*ENTITIES)),
    "toId": Rule("toId", _id(*ENTITIES)),
    "between": Rule("between", _id(*ENTITIES)),
    "direction": Rule("direction", _as_it_is),
    "memberStatus": Rule("memberStatus", _as_it_is),
    "liveAt": Rule("liveAt", _moment),
    "includeEnded": Rule("includeEnded", _as_it_is),
    "createdAt": Rule("createdAt", _moment),
}
EVENT_RULES: Mapping[str, Rule] = {
    "type": Rule("type", _as_it_is),
    "types": Rule("type", _as_it_is),
    "actor": Rule("actor", _actor),
    "targetId": Rule("targetId", _id(*ENTITIES)),
    "targetPrefix": Rule("targetPrefix", _as_it_is),  # clients know no such field
    "groupId": Rule("groupId", _id(NodeKind.GROUP)),
    "inSubtreeOf": Rule("inSubtreeOf", _id(NodeKind.GROUP)),
    "at": Rule("at", _moment),
}
_PAIR = 2
_LIVE = Comparison("includeEnded", Operator.IS, value=False, at="filter.includeEnded")


def checked_by(rules: Mapping[str, Rule], condition: Condition) -> Condition:
    """A condition whose every comparison is one of the rules. ValidationError where it is not right."""
    check_size(condition)
    return _mapped(condition, lambda test: _by_rule(rules, test))


def _mapped(condition: Condition, change: Callable[[Comparison], Comparison]) -> Condition:
    match condition:
        case Comparison():
            return change(condition)
        case Not(part=part):
            return Not(_mapped(part, change))
        case All(parts=parts):
            return All(tuple(_mapped(part, change) for part in parts))
        case Either(parts=parts):
            return Either(tuple(_mapped(part, change) for part in parts))


def _by_rule(rules: Mapping[str, Rule], test: Comparison) -> Comparison:
    rule = rules[test.field]
    return replace(test, field=rule.column, value=_checked_value(rule.check, test))


def _checked_value(check: Check, test: Comparison) -> Value:
    checked = tuple(check(at, value) for at, value in _values(test))
    return checked if isinstance(test.value, tuple) else checked[0]


def check_size(condition: Condition) -> None:
    """See that a filter is not too deep and not too large. ValidationError."""
    if _nesting(condition) > MAX_NESTING:
        raise ValidationError("filter", f"filter takes at most {MAX_NESTING} levels of and, or and not.")
    every = list(comparisons(condition))
    if len(every) > MAX_CONDITIONS:
        raise ValidationError(every[MAX_CONDITIONS].at, f"filter takes at most {MAX_CONDITIONS} conditions in all.")
    for test in every:
        if isinstance(test.value, tuple) and len(test.value) > MAX_VALUES:
            raise ValidationError(test.at, f"{test.at} takes at most {MAX_VALUES} values.")


def _nesting(condition: Condition) -> int:
    """How many filters stand within each other: what is nested has an All of its own each time."""
    match condition:
        case Comparison():
            return 0
        case Not(part=part):
            return _nesting(part)
        case All(parts=parts):
            return 1 + max(map(_nesting, parts), default=0)
        case Either(parts=parts):
            return max(map(_nesting, parts), default=0)


class Filters:
    """Checks the filters for which the catalogue of types has to be known."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    async def things(self, condition: Condition) -> Condition:
        """A filter of things: types are known, and properties are those that the one type beside them lets filter."""
        check_size(condition)
        return await self._things(condition, None)

    async def connections(self, condition: Condition, *, of_a_node: bool) -> Condition:
        """A filter of connections: types are known; only live ones, unless it speaks of that itself."""
        check_size(condition)
        said = list(comparisons(condition))
        for test in said:
            if test.field in {"type", "types"}:
                for at, name in _values(test):
                    await self._ontology.connection_type(at, str(name))
            elif test.field == "direction" and not of_a_node:
                raise ValidationError(test.at, f"{test.at} is for the connections of a node: here, say fromId or toId.")
            elif test.field == "between" and not _PAIR == len(_values(test)) == len(
                {name for _, name in _values(test)}
            ):
                raise ValidationError(test.at, f"{test.at} takes the ids of two different nodes.")
        checked = checked_by(RELATIONSHIP_RULES, condition)
        live = {"liveAt", "includeEnded"}
        return checked if any(test.field in live for test in said) else All((checked, _LIVE))

    async def _things(self, condition: Condition, thing_type: ThingType | None) -> Condition:
        match condition:
            case Comparison(field="type" | "types"):
                for at, name in _values(condition):
                    await self._ontology.thing_type(at, str(name))
                return _by_rule(THING_RULES, condition)
            case Comparison(field="properties"):
                return await self._property(condition, thing_type)
            case Comparison():
                return _by_rule(THING_RULES, condition)
            case Not(part=part):
                return Not(await self._things(part, thing_type))
            case Either(parts=parts):
                return Either(tuple([await self._things(part, thing_type) for part in parts]))
            case All(parts=parts):
                for part in parts:
                    if isinstance(part, Comparison) and part.field == "type":
                        thing_type = await self._ontology.thing_type(part.at, str(part.value))
                return All(tuple([await self._things(part, thing_type) for part in parts]))

    async def _property(self, test: Comparison, thing_type: ThingType | None) -> Comparison:
        at = test.at.rpartition(".")[0]
        if thing_type is None:
            raise ValidationError(at, f"{at} needs a filter.type with one type beside it, or around it.")
        if thing_type.filterable[: thing_type.filters_ready].count(test.path) == 0:
            thing_type = (await self._ontology.catalogue()).thing_types[thing_type.name]
        ready = thing_type.filterable[: thing_type.filters_ready]
        if test.path not in ready:
            raise ValidationError(f"{at}.name", _not_filterable(thing_type, test.path))
        kind = filter_kind(thing_type.schema, test.path)
        if kind is FilterKind.BOOLEAN and test.operator not in {Operator.IS, Operator.ONE_OF, Operator.PRESENT}:
            raise ValidationError(
                test.at, f"{test.at} compares numbers, texts and times; {test.path} is true or false."
            )
        check = _as_it_is if test.operator is Operator.PRESENT else partial(_of_kind, kind)
        column = FILTER_COLUMNS[thing_type.filterable.index(test.path)]
        return replace(test, field=column, value=_checked_value(check, test))


def _values(test: Comparison) -> list[tuple[str, object]]:
    """The values of a comparison, each with its place in the input."""
    if not isinstance(test.value, tuple):
        return [(test.at, test.value)]
    return [(f"{test.at}.{index}", each) for index, each in enumerate(test.value)]


def _not_filterable(thing_type: ThingType, path: str) -> str:
    if path in thing_type.filterable:
        return f"Things cannot be found by {path} yet: the store is still being prepared for it."
    ready = thing_type.filterable[: thing_type.filters_ready]
    known = ", ".join(ready) or "none of its properties"
    return f"A {thing_type.name} cannot be found by {path[:60]!r}, but by: {known}."


def _of_kind(kind: FilterKind | None, at: str, value: object) -> Scalar:
    match kind, value:
        case FilterKind.BOOLEAN, bool():
            return value
        case FilterKind.NUMBER, int() | float() if not isinstance(value, bool):
            return cast("Scalar", validation.json_value(at, value))
        case FilterKind.TEXT, str():
            return cast("Scalar", validation.json_value(at, value))
        case FilterKind.TIME, str():
            try:
                return _moment(at, datetime.fromisoformat(value))
            except ValueError:
                pass
    wanted = {
        FilterKind.BOOLEAN: "true or false",
        FilterKind.NUMBER: "a number",
        FilterKind.TEXT: "a text",
        FilterKind.TIME: "a time with an offset, such as 2026-01-31T09:30:00Z",
    }
    raise ValidationError(at, f"{at} takes {wanted[kind] if kind else 'nothing'}.")
