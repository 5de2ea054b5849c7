"""Lists of people as filters narrow them."""

from collections.abc import Mapping
from enum import StrEnum

from domain.filters import Comparison, Condition, Operator, conjuncts
from domain.people import Person
from graph.access import group_visible, person_visible
from graph.filters.paths import BY_TIME, Path, Shape, listing_of
from graph.filters.predicates import Filtered, Leaf, Musts, Values, among, compare, predicates
from graph.people import PERSON, PersonRow, from_row

_KEY = "person.sortKey"
_VISIBLE_GROUP = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"


class Scope(StrEnum):
    """Of which groups the people of a list are members: of any, of one, or of one and those below it."""

    EVERYWHERE = "everywhere"
    GROUP = "group"
    SUBTREE = "subtree"


def people(condition: Condition, scope: Scope) -> Filtered[PersonRow, Person]:
    """The people for whom a condition holds that a service has checked."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    if scope is Scope.EVERYWHERE:
        path = _path(musts, values)
    else:
        match = _members("(owner)" if scope is Scope.GROUP else "(owner)-[:PARENT_OF*0..]->(:Group)")
        path = Path(match, _KEY, walk="person", parent=_VISIBLE_GROUP)
    shown = (person_visible("person"),) if scope is Scope.EVERYWHERE else ()
    tested = predicates(musts.rest, _predicate, values)
    shape = Shape("people" if scope is Scope.EVERYWHERE else "members", "person", PERSON, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def _members(group: str) -> str:
    return f"MATCH {group}<-[membership:MEMBER_OF]-(person:Person) WHERE membership.validTo IS NULL"


def _path(musts: Musts, values: Values) -> Path:
    if test := musts.take("id", Operator.ONE_OF):
        return Path(f"UNWIND {values.add(test)} AS id MATCH (person:Entity:Person {{id: id}})", _KEY, walk="person")
    for name, group in (("groupId", "(top)"), ("inSubtreeOf", "(top)-[:PARENT_OF*0..]->(:Group)")):
        if test := musts.take(name, Operator.IS):
            top = f"MATCH (top:Entity:Group {{id: {values.add(test)}}}) WHERE {group_visible('top')}"
            return Path(f"{top} {_members(group)}", _KEY, walk="person")
    if test := musts.take("role", Operator.IS):
        advice = f"add filter.groupId or filter.inSubtreeOf, {BY_TIME}"
        return Path(f"MATCH (person:Person) WHERE person.role = {values.add(test)}", _KEY, advice, ("person.role",))
    return Path("MATCH (person:Person)", _KEY, f"add filter.role, filter.groupId or filter.inSubtreeOf, {BY_TIME}")


def _predicate(test: Comparison, values: Values) -> str:
    special = _SPECIAL.get(test.field)
    return compare(f"person.{test.field}", test, values) if special is None else special(test, values)


def _text(test: Comparison, values: Values) -> str:
    # Neither has a line feed in it, so that nothing is found half in one and half in the other.
    return compare("person.displayName + '\\n' + person.username", test, values)


def _is_member(test: Comparison, values: Values) -> str:
    return (
        "EXISTS { MATCH (person)-[membership:MEMBER_OF]->(top:Group) WHERE membership.validTo IS NULL"
        f" AND top.id {among(test, values)} AND {group_visible('top')} }}"
    )


def _is_member_below(test: Comparison, values: Values) -> str:
    return (
        "EXISTS { MATCH (person)-[membership:MEMBER_OF]->(:Group)<-[:PARENT_OF*0..]-(top:Group)"
        f" WHERE membership.validTo IS NULL AND top.id {among(test, values)} AND {group_visible('top')} }}"
    )


_SPECIAL: Mapping[str, Leaf] = {"text": _text, "groupId": _is_member, "inSubtreeOf": _is_member_below}
