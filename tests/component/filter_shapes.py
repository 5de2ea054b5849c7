"""A filter of each shape that makes a statement of another kind: each access path once, and a few tests beside it."""

from domain.connection_types import CONNECTION_TYPES
from domain.connections import Direction
from domain.filters import EVERYTHING, All, Comparison, Condition, Either, Not, Operator, Value
from graph.connections import RELATIONSHIPS
from graph.filters import orders
from graph.filters.connections import Scope as Connections
from graph.filters.events import Scope as Events
from graph.filters.people import Scope as People
from graph.filters.related import Step
from graph.filters.things import Scope


def compare(field: str, value: Value = "x", operator: Operator = Operator.IS) -> Comparison:
    """A comparison as a service hands it on."""
    return Comparison(field, operator, value, "", path="x" if field.startswith("filter") else "")


def both(*parts: Condition) -> All:
    """All of them."""
    return All(parts)


TYPE, GROUP, STATUS = compare("type"), compare("groupId"), compare("status")
IN_SUBTREE = compare("inSubtreeOf")
SINCE = compare("createdAt", 1, Operator.AT_LEAST)
PRICED = compare("filter1", 1, Operator.AT_LEAST)
COMPOSED = Either(
    (
        STATUS,
        Not(both(compare("name", "x", Operator.CONTAINS), compare("updatedAt", 1, Operator.BELOW))),
        both(compare("label"), compare("label", ("x",), Operator.ONE_OF)),
        both(compare("ownerId"), compare("inSubtreeOf")),
    )
)

THINGS: list[tuple[object, ...]] = [
    (EVERYTHING, Scope.EVERYWHERE),
    (both(SINCE, COMPOSED), Scope.EVERYWHERE),
    (compare("id"), Scope.EVERYWHERE),
    (both(compare("id", ("x",), Operator.ONE_OF), TYPE), Scope.EVERYWHERE),
    (TYPE, Scope.EVERYWHERE),
    (both(TYPE, compare("filter8"), STATUS), Scope.EVERYWHERE),
    (both(TYPE, PRICED, SINCE), Scope.EVERYWHERE),
    (
        both(TYPE, PRICED, compare("filter1", 9, Operator.BELOW), compare("filter2", 1, Operator.ABOVE), STATUS),
        Scope.EVERYWHERE,
    ),
    (both(compare("ownerId"), TYPE), Scope.EVERYWHERE),
    (both(compare("label"), STATUS), Scope.EVERYWHERE),
    (GROUP, Scope.EVERYWHERE),
    (both(GROUP, TYPE, COMPOSED), Scope.EVERYWHERE),
    (both(IN_SUBTREE, SINCE), Scope.EVERYWHERE),
    (both(IN_SUBTREE, TYPE, PRICED), Scope.EVERYWHERE),
    (EVERYTHING, Scope.SUBTREE),
    (both(TYPE, STATUS), Scope.SUBTREE),
    (EVERYTHING, Scope.GROUP),
    (STATUS, Scope.GROUP),
    (both(TYPE, PRICED), Scope.GROUP),
]
STATE, STATES = compare(orders.STATE), compare(orders.STATE, ("pending", "paid"), Operator.ONE_OF)
ALL_STATES = compare(orders.STATE, ("paid", "completed"), Operator.ONE_OF)
PLACED = compare(orders.PLACED_AT, 1, Operator.AT_LEAST)
COSTS = both(
    compare(orders.CURRENCY), compare(orders.TOTAL, 1, Operator.AT_LEAST), compare(orders.TOTAL, 9, Operator.AT_MOST)
)
OF_CUSTOMER, OF_PRODUCT = compare(orders.CUSTOMER), compare(orders.PRODUCT)
ORDERS: list[tuple[object, ...]] = [
    *(
        (both(seller, *more), scope)
        for seller, scope in (
            (EVERYTHING, orders.Scope.EVERYWHERE),
            (EVERYTHING, orders.Scope.GROUP),
            (EVERYTHING, orders.Scope.SUBTREE),
            (GROUP, orders.Scope.EVERYWHERE),
            (IN_SUBTREE, orders.Scope.EVERYWHERE),
        )
        for more in (
            (),
            (STATE,),
            (STATES,),
            (ALL_STATES,),
            (PLACED,),
            (COSTS,),
            (PLACED, COSTS, STATE),
            (OF_CUSTOMER,),
            (OF_CUSTOMER, OF_PRODUCT, STATE, PLACED),
            (OF_PRODUCT,),
            (OF_PRODUCT, STATE),
        )
    ),
    (both(GROUP, IN_SUBTREE, STATE), orders.Scope.SUBTREE),
]
PUBLIC_THINGS = [given[:1] for given in THINGS if given[1] is Scope.EVERYWHERE]
GROUPS: list[tuple[object, ...]] = [
    (EVERYTHING,),
    (both(SINCE, Either((compare("text", "x", Operator.CONTAINS), compare("parentId"), IN_SUBTREE))),),
    (both(compare("id", ("x",), Operator.ONE_OF), STATUS),),
    (compare("parentId"),),
    (IN_SUBTREE,),
    (TYPE,),
]
PEOPLE: list[tuple[object, ...]] = [
    (EVERYTHING, People.EVERYWHERE),
    (Either((compare("text", "x", Operator.CONTAINS), GROUP, IN_SUBTREE)), People.EVERYWHERE),
    (both(compare("id", ("x",), Operator.ONE_OF), STATUS), People.EVERYWHERE),
    (GROUP, People.EVERYWHERE),
    (IN_SUBTREE, People.EVERYWHERE),
    (compare("role"), People.EVERYWHERE),
    (compare("role"), People.GROUP),
    (compare("memberRole"), People.GROUP),
    (Either((compare("memberRole"), compare("roleIn", ("x", "owner"), Operator.ONE_OF))), People.SUBTREE),
    (compare("roleIn", ("x", "owner"), Operator.ONE_OF), People.EVERYWHERE),
    (compare("roleBelow", ("x", "owner"), Operator.ONE_OF), People.EVERYWHERE),
    (Either((compare("role"), compare("roleBelow", ("x", "owner"), Operator.ONE_OF))), People.EVERYWHERE),
    (EVERYTHING, People.SUBTREE),
]

LIVE = compare("includeEnded", value=False)
BETWEEN = compare("between", ("x", "y"), Operator.ONE_OF)
CONNECTIONS: list[tuple[object, ...]] = [
    *(
        (both(*direction, *of_type, LIVE), Connections.NODE)
        for direction in ((), (compare("direction", "outgoing"),), (compare("direction", "incoming"),))
        for of_type in ((), *((compare("type", name),) for name in (*CONNECTION_TYPES, "registered")))
    ),
    (Either((compare("fromId"), compare("toId"), BETWEEN, compare("type"), compare("liveAt", 1))), Connections.NODE),
    (both(compare("fromId"), LIVE), Connections.EVERYWHERE),
    (both(compare("toId"), compare("type", "owns"), compare("liveAt", 1)), Connections.EVERYWHERE),
    (both(compare("toId"), compare("type", "member_of"), compare("memberStatus"), LIVE), Connections.EVERYWHERE),
    (both(BETWEEN, LIVE), Connections.EVERYWHERE),
    (LIVE, Connections.SUBTREE),
    (both(compare("type", "owns"), LIVE), Connections.SUBTREE),
    *((both(compare("type", name), LIVE), Connections.EVERYWHERE) for name in (*CONNECTION_TYPES, "registered")),
]
EVENTS: list[tuple[object, ...]] = [
    *((EVERYTHING, scope) for scope in Events),
    (both(compare("at", 1, Operator.AT_LEAST), Either((IN_SUBTREE, Not(GROUP)))), Events.EVERYWHERE),
    *((compare(name), Events.EVERYWHERE) for name in ("type", "targetId", "actor", "groupId")),
    *((TYPE, scope) for scope in Events if scope),
    (both(IN_SUBTREE, TYPE), Events.EVERYWHERE),
]
EVENTS_AFTER: list[tuple[object, ...]] = [
    (EVERYTHING,),
    (both(TYPE, Either((IN_SUBTREE, Not(GROUP)))),),
    (compare("targetPrefix"),),
]
RELATED: list[tuple[object, ...]] = [
    *(((Step(direction, RELATIONSHIPS, None, 1),), EVERYTHING) for direction in Direction),
    ((Step(Direction.BOTH, frozenset({"RELATED"}), ("x",), 2), Step(Direction.BOTH, RELATIONSHIPS, None, 1)), STATUS),
]
