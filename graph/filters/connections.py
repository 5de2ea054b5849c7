"""Lists of connections as filters narrow them."""

from collections.abc import Mapping
from enum import StrEnum

from domain.connection_types import CONNECTION_TYPES
from domain.connections import Connection, Direction
from domain.filters import Comparison, Condition, Operator, conjuncts
from domain.ids import connection_prefix
from graph.access import entity_visible, group_visible
from graph.connections import CONNECTION, RELATIONSHIPS, ConnectionRow, from_row, relationship_of
from graph.filters.paths import Path, Shape, listing_of
from graph.filters.predicates import Filtered, Leaf, Musts, Values, among, compare, predicates
from graph.listing import CEILING, FLOOR

_KEY = "edge.id"
_TYPE = "coalesce(edge.type, toLower(type(edge)))"
_VISIBLE_OWNER = f"WHERE {entity_visible('owner')}"
_ARROWS = {Direction.OUTGOING: ("-", "->"), Direction.INCOMING: ("<-", "-"), Direction.BOTH: ("-", "-")}


class Scope(StrEnum):
    """Whose connections a list is of."""

    EVERYWHERE = "everywhere"
    NODE = "node"
    SUBTREE = "subtree"


def connections(condition: Condition, scope: Scope) -> Filtered[ConnectionRow, Connection] | None:
    """The connections for which a condition holds that a service has checked; None where no index leads to them."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    path = {Scope.EVERYWHERE: _path, Scope.NODE: _of_node, Scope.SUBTREE: _of_subtree}[scope](musts, values)
    if path is None:
        return None
    tested = predicates(musts.rest, _predicate, values)
    ends = ("other",) if path.walk == _FOUND else ("source", "target")
    shown = tuple(entity_visible(end) for end in ends)
    shape = Shape("connections", "edge", CONNECTION, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def _of_node(musts: Musts, _values: Values) -> Path:
    test = musts.take("direction", Operator.IS)
    direction = Direction.BOTH if test is None else Direction(str(test.value))
    parent = f"MATCH (owner:Entity {{id: parent}}) {_VISIBLE_OWNER}"
    return Path(_walk(musts, direction), _KEY, walk=_FOUND, parent=parent)


def _of_subtree(musts: Musts, _values: Values) -> Path:
    """The connections of a group, of those below it, and of the things that they hold."""
    parent = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"
    members = "MATCH (owner)-[:PARENT_OF*0..]->(:Group)<-[:IN_GROUP*0..1]-(member:Entity)"
    edges = _walk(musts, Direction.BOTH).replace("(owner)", "(member)")
    ends = "edge, startNode(edge) AS source, endNode(edge) AS target"
    return Path(f"{members} {edges}", _KEY, walk=ends, parent=parent)


_FOUND = "edge, other"


def _walk(musts: Musts, direction: Direction) -> str:
    """The edges of the types that must be, from the node `owner`."""
    relationships, test = RELATIONSHIPS, musts.find("type", Operator.IS, Operator.ONE_OF)
    if test is not None:
        names = test.value if isinstance(test.value, tuple) else (test.value,)
        relationships = frozenset(relationship_of(str(name)) for name in names)
        if all(name in CONNECTION_TYPES for name in names):
            musts.rest.remove(test)
    before, after = _ARROWS[direction]
    return f"MATCH (owner){before}[edge:{'|'.join(sorted(relationships))}]{after}(other:Entity)"


def _path(musts: Musts, values: Values) -> Path | None:
    for name, direction in (("fromId", Direction.OUTGOING), ("toId", Direction.INCOMING)):
        if test := musts.take(name, Operator.IS):
            owner = f"MATCH (owner:Entity {{id: {values.add(test)}}}) {_VISIBLE_OWNER}"
            return Path(f"{owner} {_walk(musts, direction)}", _KEY, walk=_FOUND)
    if test := musts.find("between", Operator.ONE_OF):  # the other end is tested, once the edges of the one are found
        owner = f"MATCH (owner:Entity {{id: {values.add(test)}[0]}}) {_VISIBLE_OWNER}"
        return Path(f"{owner} {_walk(musts, Direction.BOTH)}", _KEY, walk=_FOUND)
    if test := musts.take("type", Operator.IS):
        # The type stands in the key, so that one of the registered types has a range of their common index.
        prefix = f"{connection_prefix(str(test.value))}_"
        values.given[FLOOR], values.given[CEILING] = prefix, f"{prefix}~"
        match = f"MATCH (source:Entity)-[edge:{relationship_of(str(test.value))}]->(target:Entity)"
        return Path(match, _KEY, "add filter.fromId, filter.toId or filter.between", carry="edge, source, target")
    return None


def _predicate(test: Comparison, values: Values) -> str:
    special = _SPECIAL.get(test.field)
    return compare(f"edge.{test.field}", test, values) if special is None else special(test, values)


def _live_at(test: Comparison, values: Values) -> str:
    time = values.add(test)
    return f"edge.validFrom <= {time} AND coalesce(edge.validTo, {time} + 1) > {time}"


def _ended_too(test: Comparison, _values: Values) -> str:
    return "true" if test.value else "edge.validTo IS NULL"


def _leads(test: Comparison, _values: Values) -> str:
    return {
        Direction.OUTGOING: "startNode(edge) = owner",
        Direction.INCOMING: "endNode(edge) = owner",
        Direction.BOTH: "true",
    }[Direction(str(test.value))]


def _joins(test: Comparison, values: Values) -> str:
    pair = values.add(test)
    return f"startNode(edge).id IN {pair} AND endNode(edge).id IN {pair} AND startNode(edge) <> endNode(edge)"


_SPECIAL: Mapping[str, Leaf] = {
    "type": lambda test, values: f"{_TYPE} {among(test, values)}",
    "fromId": lambda test, values: f"startNode(edge).id {among(test, values)}",
    "toId": lambda test, values: f"endNode(edge).id {among(test, values)}",
    "between": _joins,
    # Other connections have no status, and are none of these whatever it is.
    "memberStatus": lambda test, values: f"coalesce(edge.status, '') {among(test, values)}",
    "liveAt": _live_at,
    "includeEnded": _ended_too,
    "direction": _leads,
}
