"""Lists of groups as filters narrow them."""

from collections.abc import Mapping

from domain.filters import Comparison, Condition, Operator, conjuncts
from domain.groups import Group
from graph.access import below_visible, group_public, group_shown, group_visible
from graph.filters.paths import BY_TIME, Path, Shape, listing_of
from graph.filters.predicates import Filtered, Leaf, Musts, Values, among, compare, predicates
from graph.groups import GROUP, GroupRow, from_row

MAX_DEPTH = 16
"""How far down `descendants` can be limited to: the depth has to stand in the statement's text."""
_KEY = "group.sortKey"
_SHOWN_PARENT = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_shown('owner')}"
_VISIBLE_PARENT = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"


def groups(condition: Condition) -> Filtered[GroupRow, Group]:
    """The groups for which a condition holds that a service has checked."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    return _filtered("groups", _path(musts, values), musts, values, (group_visible("group"),))


def public_groups(condition: Condition) -> Filtered[GroupRow, Group]:
    """The same, of those that everybody may see."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    return _filtered("public_groups", _path(musts, values), musts, values, (group_public("group"),))


def children(condition: Condition) -> Filtered[GroupRow, Group]:
    """The same, of those right below a group."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    match = "MATCH (group:Group) WHERE group.parentId = parent"
    advice, index = "narrow filter.createdAt", ("group.parentId",)
    path = Path(match, _KEY, advice, index, parent=_SHOWN_PARENT, inside=group_visible("owner"))
    shown = f"((inside AND {below_visible('group')}) OR {group_public('group')})"
    return _filtered("children", path, musts, values, (shown,))


def descendants(condition: Condition, depth: int | None) -> Filtered[GroupRow, Group]:
    """The same, of those below a group, down to `depth` levels (at most MAX_DEPTH) or to the leaves."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    levels = "1.." if depth is None else f"1..{min(depth, MAX_DEPTH)}"
    match = f"MATCH (owner)-[:PARENT_OF*{levels}]->(group:Group)"
    path = Path(match, _KEY, walk="group", parent=_VISIBLE_PARENT)
    return _filtered("descendants", path, musts, values, (below_visible("group"),))


def _filtered(name: str, path: Path, musts: Musts, values: Values, shown: tuple[str, ...]) -> Filtered[GroupRow, Group]:
    tested = predicates(musts.rest, _predicate, values)
    shape = Shape(name, "group", GROUP, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def _path(musts: Musts, values: Values) -> Path:
    if test := musts.take("id", Operator.ONE_OF):
        return Path(f"UNWIND {values.add(test)} AS id MATCH (group:Entity:Group {{id: id}})", _KEY, walk="group")
    if test := musts.take("parentId", Operator.IS):
        match = (
            f"MATCH (above:Entity:Group {{id: {values.add(test)}}}) WHERE {group_shown('above')}"
            " MATCH (above)-[:PARENT_OF]->(group:Group)"
        )
        return Path(match, _KEY, walk="group")
    if test := musts.take("inSubtreeOf", Operator.IS):
        match = (
            f"MATCH (top:Entity:Group {{id: {values.add(test)}}}) WHERE {group_shown('top')}"
            " MATCH (top)-[:PARENT_OF*0..]->(group:Group)"
        )
        return Path(match, _KEY, walk="group")
    if test := musts.take("type", Operator.IS):
        advice = f"add filter.inSubtreeOf or filter.parentId, {BY_TIME}"
        return Path(f"MATCH (group:Group) WHERE group.type = {values.add(test)}", _KEY, advice, ("group.type",))
    return Path("MATCH (group:Group)", _KEY, f"add filter.type, filter.inSubtreeOf or filter.parentId, {BY_TIME}")


def _predicate(test: Comparison, values: Values) -> str:
    special = _SPECIAL.get(test.field)
    return compare(f"group.{test.field}", test, values) if special is None else special(test, values)


def _text(test: Comparison, values: Values) -> str:
    # Neither has a line feed in it, so that nothing is found half in one and half in the other.
    return compare("group.name + '\\n' + group.slug", test, values)


def _has_parent(test: Comparison, values: Values) -> str:
    return (
        f"EXISTS {{ MATCH (group)<-[:PARENT_OF]-(above:Group) WHERE above.id {among(test, values)}"
        f" AND {group_shown('above')} }}"
    )


def _is_below(test: Comparison, values: Values) -> str:
    return (
        f"EXISTS {{ MATCH (group)<-[:PARENT_OF*0..]-(top:Group) WHERE top.id {among(test, values)}"
        f" AND {group_shown('top')} }}"
    )


_SPECIAL: Mapping[str, Leaf] = {"text": _text, "parentId": _has_parent, "inSubtreeOf": _is_below}
