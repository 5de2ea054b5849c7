"""Lists of events as filters narrow them."""

from collections.abc import Mapping
from enum import StrEnum

from domain.events import SYSTEM_ACTOR, Event
from domain.filters import Comparison, Condition, Operator, conjuncts
from graph.access import PARAMETERS, below_visible, entity_visible, event_visible, group_visible
from graph.event_log import LOGGED, LoggedRow
from graph.events import EVENT, EventRow, from_row
from graph.filters.paths import Path, Shape, listing_of
from graph.filters.predicates import Filtered, Filters, Leaf, Musts, Values, among, compare, predicates
from graph.filters.subtrees import Subtree, subtree_of
from graph.store import Statement

_KEY = "event.id"
_VISIBLE_PARENT = f"MATCH (owner:Entity {{id: parent}}) WHERE {entity_visible('owner')}"
_BY_TIME = "or narrow filter.at"
_IN_SUBTREE = f"add filter.groupId or filter.targetId, {_BY_TIME}"
_SLACK = 3_600_000
"""How many milliseconds an event's time and the one in its id may differ by: a large change takes them apart."""


class Scope(StrEnum):
    """What the parent of a list has to do with its events: the column that holds its id."""

    EVERYWHERE = ""
    GROUP = "groupId"
    TARGET = "targetId"
    ACTOR = "actor"
    SUBTREE = "subtree"


_NAMES: Mapping[Scope, str] = {
    Scope.EVERYWHERE: "events",
    Scope.GROUP: "events_of_group",
    Scope.TARGET: "events_of_target",
    Scope.ACTOR: "events_of_actor",
}


def events(condition: Condition, scope: Scope) -> Filtered[EventRow, Event]:
    """The events for which a condition holds that a service has checked."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    _bound(musts, values)
    if top := _top(musts, values, scope):
        tested = predicates(musts.rest, _predicate, values)
        found = Subtree(top, "event", "Event", "id")
        return Filtered(
            subtree_of("events_of_subtree", found, tested, EVENT, from_row, filtered=bool(tested), advice=_IN_SUBTREE),
            values.filters,
        )
    if scope is Scope.EVERYWHERE:
        path = _path(musts, values)
    else:
        match = f"MATCH (event:Event) WHERE event.{scope} = parent"
        path = Path(match, _KEY, "narrow filter.at", (f"event.{scope}",), parent=_VISIBLE_PARENT)
    tested = predicates(musts.rest, _predicate, values)
    # A visible group's events are visible; a visible target's or actor's may have happened elsewhere.
    shown = () if scope is Scope.GROUP else (event_visible("event"),)
    shape = Shape(_NAMES[scope], "event", EVENT, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def events_after(condition: Condition) -> tuple[Statement[LoggedRow], Filters]:
    """What of the log, from one place to another, a condition holds for and the viewer sees; and its parameters."""
    values = Values()
    tests = (*predicates(conjuncts(condition), _predicate, values), event_visible("event"))
    return Statement(
        "events_after",
        f"""
        MATCH (event:Event)
        WHERE event.position > $position AND event.position <= $until AND {" AND ".join(tests)}
        WITH event ORDER BY event.position LIMIT $limit
        RETURN {LOGGED} AS row""",
    ), values.filters


def _top(musts: Musts, values: Values, scope: Scope) -> str:
    """What matches the group whose subtree is to be read, where that is the way."""
    if scope is Scope.SUBTREE:
        return _VISIBLE_PARENT
    better = (musts.find(name, Operator.IS) for name in ("targetId", "groupId"))
    if scope is not Scope.EVERYWHERE or any(better):
        return ""
    test = musts.take("inSubtreeOf", Operator.IS)
    if test is None:
        return ""
    return f"MATCH (owner:Entity:Group {{id: {values.add(test)}}}) WHERE {group_visible('owner')}"


def _bound(musts: Musts, values: Values) -> None:
    """Bound the ids by the times that must hold: the first 48 bits of a UUIDv7 are its milliseconds (RFC 9562)."""
    for test in musts.rest:
        if isinstance(test, Comparison) and test.field == "at":
            milliseconds = int(test.value) // 1_000  # type: ignore[arg-type] # a service made a number of it
            if test.operator is Operator.AT_LEAST:
                values.at_least(_edge(milliseconds - _SLACK))
            else:
                values.below(_edge(milliseconds + _SLACK))


def _edge(milliseconds: int) -> str:
    return f"evt_{min(max(milliseconds, 0), 2**48 - 1):012x}"


def _path(musts: Musts, values: Values) -> Path:
    actor = musts.find("actor", Operator.IS)
    for name in ("targetId", *(("actor",) if actor and actor.value != SYSTEM_ACTOR else ()), "groupId", "type"):
        if test := musts.take(name, Operator.IS):
            others = " or ".join(f"filter.{each}" for each in ("targetId", "groupId") if each != name)
            match = f"MATCH (event:Event) WHERE event.{name} = {values.add(test)}"
            return Path(match, _KEY, f"add {others}, {_BY_TIME}", (f"event.{name}",))
    return Path(
        "MATCH (event:Event)", _KEY, f"add filter.type, filter.groupId, filter.targetId or filter.actor, {_BY_TIME}"
    )


def _predicate(test: Comparison, values: Values) -> str:
    special = _SPECIAL.get(test.field)
    return compare(f"event.{test.field}", test, values) if special is None else special(test, values)


def _is_below(test: Comparison, values: Values) -> str:
    return below(among(test, values))


def below(wanted: str, of: str = PARAMETERS) -> str:
    """Whether an event happened in or below a visible group whose id is as `wanted`."""
    return (
        "EXISTS { MATCH (here:Entity:Group {id: event.groupId})<-[:PARENT_OF*0..]-(top:Group)"
        f" WHERE top.id {wanted} AND {group_visible('top', of)} AND {below_visible('here', of)} }}"
    )


def _is_about(test: Comparison, values: Values) -> str:
    return f"event.targetId STARTS WITH {values.add(test)}"


_SPECIAL: Mapping[str, Leaf] = {"inSubtreeOf": _is_below, "targetPrefix": _is_about}
