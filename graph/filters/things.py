"""Lists of things as filters narrow them: the index or the edges that serve each, and tests for the rest."""

from collections.abc import Callable
from enum import StrEnum
from functools import cache

from domain.filters import EVERYTHING, Comparison, Condition, Operator, conjuncts
from domain.things import Thing
from graph.access import entity_visible, group_shown, group_visible, thing_public, thing_visible
from graph.filters.paths import BY_TIME, Path, Shape, listing_of
from graph.filters.predicates import RANGES, Filtered, Musts, Values, among, compare, predicates
from graph.filters.ranges import Range, range_of
from graph.filters.subtrees import Subtree, subtree_of
from graph.things import THING, ThingRow, from_row

NOT_PRIVATE = "thing.privateTo IS NULL"
"""Keys and the like are no content: a list that was not asked for their type leaves them out."""
_PRIVATE = "($everything OR thing.privateTo IS NULL OR thing.privateTo = $personId)"
_SHOWN_GROUP = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_shown('owner')}"
_VISIBLE_GROUP = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"
_KEY = "thing.sortKey"
_IN_SUBTREE = f"add filter.type or filter.groupId, {BY_TIME}"


class Scope(StrEnum):
    """Where the things of a list are."""

    EVERYWHERE = "everywhere"
    GROUP = "group"
    SUBTREE = "subtree"


def things(condition: Condition, scope: Scope) -> Filtered[ThingRow, Thing]:
    """The things for which a condition holds that a service has checked."""
    return _all_things(scope) if condition == EVERYTHING else _things(condition, scope)


@cache
def _all_things(scope: Scope) -> Filtered[ThingRow, Thing]:
    """All of them: what is asked for most is put together once."""
    return _things(EVERYTHING, scope)


def _things(condition: Condition, scope: Scope) -> Filtered[ThingRow, Thing]:
    musts, values = Musts(list(conjuncts(condition))), Values()
    by_type = musts.find("type", Operator.IS, Operator.ONE_OF) is not None
    musts.bound("createdAt", values)
    private = () if by_type else (NOT_PRIVATE,)
    if top := _top(musts, values, scope):
        found = Subtree(top, "thing", "Thing", "sortKey", _of_type(musts, values))
        tested = predicates(musts.rest, predicate, values)
        where = (*tested, *(private or (_PRIVATE,)))
        return Filtered(
            subtree_of("things_of_subtree", found, where, THING, from_row, filtered=bool(tested), advice=_IN_SUBTREE),
            values.filters,
        )
    if scope is Scope.EVERYWHERE and (between := _range(musts, values)):
        tested = predicates(musts.rest, predicate, values)
        return Filtered(
            range_of("things", between, (*tested, *private, thing_visible("thing")), THING, from_row), values.filters
        )
    path = (_path_in_group if scope is Scope.GROUP else _path)(musts, values)
    tested = predicates(musts.rest, predicate, values)
    shown = private or (_PRIVATE,)
    shown = (
        (*shown, f"(inside OR {thing_public('thing')})") if scope is Scope.GROUP else (*private, thing_visible("thing"))
    )
    name = "things" if scope is Scope.EVERYWHERE else "things_of_group"
    shape = Shape(name, "thing", THING, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def public_things(condition: Condition) -> Filtered[ThingRow, Thing]:
    """The same, of those that everybody may see; a subtree is a test here, and no way to them."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    if between := _range(musts, values):
        tested = predicates(musts.rest, predicate, values)
        where = (*tested, thing_public("thing"))
        return Filtered(range_of("public_things", between, where, THING, from_row), values.filters)
    path = _path(musts, values)
    tested = predicates(musts.rest, predicate, values)
    shape = Shape("public_things", "thing", THING, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, thing_public("thing")), from_row), values.filters)


def _top(musts: Musts, values: Values, scope: Scope) -> str:
    """What matches the group whose subtree is to be read, where that is the way."""
    if scope is Scope.SUBTREE:
        return _VISIBLE_GROUP
    better = (musts.find(name, Operator.IS, Operator.ONE_OF) for name in ("id", "ownerId", "groupId"))
    if scope is Scope.GROUP or any(better) or musts.find("label", Operator.IS) or _equal(musts):
        return ""
    test = musts.take("inSubtreeOf", Operator.IS)
    if test is None:
        return ""
    return f"MATCH (owner:Entity:Group {{id: {values.add(test)}}}) WHERE {group_visible('owner')}"


def _of_type(musts: Musts, values: Values) -> str:
    test = musts.take("type", Operator.IS)
    return "" if test is None else f"thing.type = {values.add(test)}"


def _equal(musts: Musts) -> Comparison | None:
    """A property that has to have one value, of things that have to have one type."""
    if musts.find("type", Operator.IS) is None:
        return None
    equal = (each for each in musts.rest if isinstance(each, Comparison) and each.path)
    return next((each for each in equal if each.operator is Operator.IS), None)


def _range(musts: Musts, values: Values) -> Range | None:
    """A range of a property, of things that have to have one type, where nothing better leads to them."""
    better = (musts.find(name, Operator.IS, Operator.ONE_OF) for name in ("id", "ownerId", "groupId"))
    of_type = musts.find("type", Operator.IS)
    if of_type is None or any(better) or musts.find("label", Operator.IS) or _equal(musts):
        return None
    tests = [each for each in musts.rest if isinstance(each, Comparison) and each.path and each.operator in RANGES]
    if not tests:
        return None
    bounds = [each for each in tests if each.field == tests[0].field]
    for each in (of_type, *bounds):
        musts.rest.remove(each)
    name = values.add(of_type)
    within = " AND ".join(compare(f"thing.{each.field}", each, values) for each in bounds)
    advice = f"narrow the range in filter.properties, add filter.groupId, {BY_TIME}"
    return Range(name, tests[0].field, within, advice)


def _path(musts: Musts, values: Values) -> Path:
    """The way to the things that looks at the fewest, as far as a filter tells."""
    for attempt in (_by_id, _by_property, _by_owner, _by_label, _by_group, _by_type):
        found = attempt(musts, values)
        if found is not None:
            return found
    advice = f"add filter.type, filter.groupId, filter.label or filter.ownerId, {BY_TIME}"
    return Path("MATCH (thing:Thing)", _KEY, advice)


def _by_id(musts: Musts, values: Values) -> Path | None:
    if test := musts.take("id", Operator.ONE_OF):
        return Path(f"UNWIND {values.add(test)} AS id MATCH (thing:Entity:Thing {{id: id}})", _KEY, walk="thing")
    if test := musts.take("id", Operator.IS):
        return Path(f"MATCH (thing:Entity:Thing {{id: {values.add(test)}}})", _KEY, walk="thing")
    return None


def _by_property(musts: Musts, values: Values) -> Path | None:
    test = _equal(musts)
    if test is None:
        return None
    column, of_type = f"thing.{test.field}", _of_type(musts, values)
    musts.rest.remove(test)
    match = f"MATCH (thing:Thing) WHERE {of_type} AND {column} = {values.add(test)}"
    return Path(match, _KEY, f"add filter.groupId, {BY_TIME}", ("thing.type", column))


def _by_owner(musts: Musts, values: Values) -> Path | None:
    test = musts.take("ownerId", Operator.IS)
    if test is None:
        return None
    match = (
        f"MATCH (holder:Entity {{id: {values.add(test)}}}) WHERE {entity_visible('holder')}"
        " MATCH (holder)-[owns:OWNS]->(thing:Thing) WHERE owns.validTo IS NULL"
    )
    return Path(match, _KEY, walk="thing")


def _by_label(musts: Musts, values: Values) -> Path | None:
    test = musts.take("label", Operator.IS)
    if test is None:
        return None
    match = f"MATCH (thing:Thing)-[edge:HAS_KNOWLEDGE]->(:Knowledge) WHERE edge.label = {values.add(test)}"
    advice = f"add filter.groupId or filter.ownerId in place of filter.label, {BY_TIME}"
    return Path(match, "edge.sortKey", advice, ("edge.label",), "thing, edge")


def _by_group(musts: Musts, values: Values) -> Path | None:
    test = musts.take("groupId", Operator.IS)
    return None if test is None else _in_group(musts, values, f"= {values.add(test)}", parent="")


def _path_in_group(musts: Musts, values: Values) -> Path:
    return _in_group(musts, values, "= parent", parent=_SHOWN_GROUP)


def _in_group(musts: Musts, values: Values, group: str, *, parent: str) -> Path:
    match = f"MATCH (thing:Thing) WHERE thing.groupId {group}"
    inside = group_visible("owner") if parent else ""
    test = musts.take("type", Operator.IS)
    if test is None:
        return Path(match, _KEY, f"add filter.type, {BY_TIME}", ("thing.groupId",), parent=parent, inside=inside)
    match = f"{match} AND thing.type = {values.add(test)}"
    return Path(match, _KEY, "narrow filter.createdAt", ("thing.groupId", "thing.type"), parent=parent, inside=inside)


def _by_type(musts: Musts, values: Values) -> Path | None:
    test = musts.take("type", Operator.IS)
    if test is None:
        return None
    advice = f"add filter.groupId, filter.ownerId or filter.properties with `equals`, {BY_TIME}"
    return Path(f"MATCH (thing:Thing) WHERE thing.type = {values.add(test)}", _KEY, advice, ("thing.type",))


def predicate(test: Comparison, values: Values) -> str:
    """One comparison of a thing."""
    special = _SPECIAL.get(test.field)
    return compare(f"thing.{test.field}", test, values) if special is None else special(test, values)


def _has_label(test: Comparison, values: Values) -> str:
    if test.operator is Operator.IS:
        return f"{values.add(test)} IN thing.labels"
    return f"any(label IN thing.labels WHERE label {among(test, values)})"


def _has_owner(test: Comparison, values: Values) -> str:
    return (
        f"EXISTS {{ MATCH (thing)<-[owns:OWNS]-(holder:Entity) WHERE owns.validTo IS NULL"
        f" AND holder.id {among(test, values)} AND {entity_visible('holder')} }}"
    )


def _is_below(test: Comparison, values: Values) -> str:
    return (
        f"EXISTS {{ MATCH (thing)-[:IN_GROUP]->(:Group)<-[:PARENT_OF*0..]-(top:Group)"
        f" WHERE top.id {among(test, values)} AND {group_shown('top')} }}"
    )


_SPECIAL: dict[str, Callable[[Comparison, Values], str]] = {
    "label": _has_label,
    "ownerId": _has_owner,
    "inSubtreeOf": _is_below,
}
