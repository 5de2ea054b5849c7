"""Lists of people as filters narrow them."""

from enum import StrEnum
from functools import partial

from domain.filters import Comparison, Condition, Operator, conjuncts
from domain.people import Person, PersonKind
from graph.access import below_visible, group_visible, person_visible
from graph.filters.paths import BY_TIME, Path, Shape, listing_of
from graph.filters.predicates import Filtered, Musts, Values, among, compare, predicates
from graph.people import PERSON, PersonRow, from_row

_KEY = "person.sortKey"
_VISIBLE_GROUP = f"MATCH (owner:Entity:Group {{id: parent}}) WHERE {group_visible('owner')}"


_BELOW = "-[:PARENT_OF*0..]->(here:Group)"
_UP = "(here:Group)<-[:PARENT_OF*0..]-(top:Group)"
_IN_FORCE = "membership.validTo IS NULL AND membership.status = 'active'"
_PAIRS = ("roleIn", "roleBelow")
_VALUES = {
    # Neither has a line feed in it, so that nothing is found half in one and half in the other.
    "text": "person.displayName + '\\n' + person.username",
    "kind": f"coalesce(person.kind, '{PersonKind.HUMAN}')",
}
"""What is compared where it is no column of its own."""


class Scope(StrEnum):
    """Of which groups the people of a list are members: of any, of one, or of one and those below it."""

    EVERYWHERE = "everywhere"
    GROUP = "group"
    SUBTREE = "subtree"


_HERE = {Scope.GROUP: "(owner)", Scope.SUBTREE: f"(owner){_BELOW}"}


def people(condition: Condition, scope: Scope) -> Filtered[PersonRow, Person]:
    """The people for whom a condition holds that a service has checked."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    if scope is Scope.EVERYWHERE:
        path = _path(musts, values)
    else:
        role = musts.take("memberRole", Operator.IS)
        match = _members(_HERE[scope], "" if role is None else values.add(role))
        path = Path(match, _KEY, walk="person", parent=_VISIBLE_GROUP)
    shown = (person_visible("person"),) if scope is Scope.EVERYWHERE else ()
    tested = predicates(musts.rest, partial(_predicate, scope), values)
    shape = Shape("people" if scope is Scope.EVERYWHERE else "members", "person", PERSON, bool(tested))
    return Filtered(listing_of(shape, path, (*tested, *shown), from_row), values.filters)


def _members(group: str, role: str = "") -> str:
    with_role = f" AND membership.role = {role}" if role else ""
    below = f" AND {below_visible('here')}" if group.endswith(_BELOW) else ""
    return f"MATCH {group}<-[membership:MEMBER_OF]-(person:Person) WHERE {_IN_FORCE}{with_role}{below}"


def _path(musts: Musts, values: Values) -> Path:
    if test := musts.take("id", Operator.ONE_OF):
        return Path(f"UNWIND {values.add(test)} AS id MATCH (person:Entity:Person {{id: id}})", _KEY, walk="person")
    below = f"(top){_BELOW}"
    for name, group in (("roleIn", "(top)"), ("roleBelow", below), ("groupId", "(top)"), ("inSubtreeOf", below)):
        if test := musts.take(name, Operator.IS, Operator.ONE_OF):
            given = values.add(test)
            wanted, role = (f"{given}[0]", f"{given}[1]") if name in _PAIRS else (given, "")
            top = f"MATCH (top:Entity:Group {{id: {wanted}}}) WHERE {group_visible('top')}"
            return Path(f"{top} {_members(group, role)}", _KEY, walk="person")
    if test := musts.take("role", Operator.IS):
        advice = f"add filter.groupId or filter.inSubtreeOf, {BY_TIME}"
        return Path(f"MATCH (person:Person) WHERE person.role = {values.add(test)}", _KEY, advice, ("person.role",))
    return Path("MATCH (person:Person)", _KEY, f"add filter.role, filter.groupId or filter.inSubtreeOf, {BY_TIME}")


def _predicate(scope: Scope, test: Comparison, values: Values) -> str:
    match test.field:
        case "groupId":
            return _is_member("(top:Group)", f"top.id {among(test, values)}")
        case "inSubtreeOf":
            return _is_member(_UP, f"top.id {among(test, values)}")
        case "roleIn" | "roleBelow":
            pair = values.add(test)
            group = "(top:Group)" if test.field == "roleIn" else _UP
            return _is_member(group, f"top.id = {pair}[0] AND membership.role = {pair}[1]")
        case "memberRole":
            return f"EXISTS {{ {_members(_HERE[scope], values.add(test))} }}"
        case _:
            return compare(_VALUES.get(test.field, f"person.{test.field}"), test, values)


def _is_member(group: str, wanted: str) -> str:
    below = f" AND {below_visible('here')}" if group == _UP else ""
    return (
        f"EXISTS {{ MATCH (person)-[membership:MEMBER_OF]->{group} WHERE {_IN_FORCE}"
        f" AND {wanted} AND {group_visible('top')}{below} }}"
    )
