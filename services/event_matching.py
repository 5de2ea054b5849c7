"""Filters of events decided here, for events that are in memory already; the store decides the same in Cypher."""

from collections.abc import Set as AbstractSet

from domain.events import Event
from domain.filters import All, Comparison, Condition, Either, Not, Operator, comparisons
from domain.values import to_micros

WITHIN = "inSubtreeOf"
"""What only the store knows: whether a group is below another."""


def groups_in(condition: Condition) -> frozenset[str]:
    """The ids of the groups that a filter asks about whether an event happened in or below them."""
    return frozenset(str(value) for test in comparisons(condition) if test.field == WITHIN for value in _values(test))


def holds(condition: Condition, event: Event, within: AbstractSet[str] = frozenset()) -> bool:
    """Whether a checked filter holds for an event, which happened in or below the groups `within` of `groups_in`."""
    match condition:
        case Comparison(field=field):
            if field == WITHIN:
                return not within.isdisjoint(str(value) for value in _values(condition))
            return _compares(condition, event)
        case Not(part=part):
            return not holds(part, event, within)
        case All(parts=parts):
            return all(holds(part, event, within) for part in parts)
        case Either(parts=parts):
            return any(holds(part, event, within) for part in parts)


def _values(test: Comparison) -> tuple[object, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _compares(test: Comparison, event: Event) -> bool:
    if test.field == "at":
        return _in_time(test.operator, to_micros(event.at), int(str(test.value)))
    if test.field == "targetPrefix":
        return event.target_id is not None and event.target_id.startswith(str(test.value))
    value = {
        "type": str(event.type),
        "actor": event.actor,
        "targetId": event.target_id,
        "groupId": event.group_id,
    }[test.field]
    if test.operator not in {Operator.IS, Operator.ONE_OF}:
        raise AssertionError(f"events are not compared by {test.operator} of {test.field}")
    return value in _values(test)


def _in_time(operator: Operator, at: int, limit: int) -> bool:
    match operator:
        case Operator.IS:
            return at == limit
        case Operator.AT_LEAST:
            return at >= limit
        case Operator.ABOVE:
            return at > limit
        case Operator.AT_MOST:
            return at <= limit
        case Operator.BELOW:
            return at < limit
        case _:
            raise AssertionError(f"times are not compared by {operator}")
