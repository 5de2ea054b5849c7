"""Lists of orders as filters narrow them, and what the orders of such a list come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from domain.filters import Comparison, Condition, Operator, conjuncts
from domain.order_states import PAID_FOR, OrderState
from domain.orders import NET_SCALE, OrderTotals, StateTotals
from domain.thing_types import THING_TYPES
from domain.things import Thing
from graph.access import below_visible, group_visible, thing_visible
from graph.filters.paths import Path, Shape, listing_of
from graph.filters.predicates import Filtered, Musts, Values, compare, predicates
from graph.filters.ranges import Range, range_of
from graph.filters.subtrees import Subtree, subtree_of
from graph.listing import SumRow
from graph.things import FEE_PARTS, FILTER_COLUMNS, THING, ThingRow, from_row

_COLUMNS: Final = dict(zip(THING_TYPES["order"].filterable, FILTER_COLUMNS, strict=False))
STATE: Final = _COLUMNS["state"]
CURRENCY: Final = _COLUMNS["currency"]
PLACED_AT: Final = _COLUMNS["placedAt"]
TOTAL: Final = "total"
CUSTOMER: Final = "customerId"
SELLER: Final = "groupId"
SELLER_BELOW: Final = "inSubtreeOf"
PRODUCT: Final = "mentions"
"""What orders are found by."""

_OPEN: Final = frozenset({OrderState.PENDING, *PAID_FOR} - {OrderState.COMPLETED})
"""States that orders go on from, and which few are in at a time."""

_KEY: Final = "thing.sortKey"
_ADVICE: Final = "add filter.seller, filter.customer or filter.product, or narrow filter.placedAt"
_SUMS: Final = f"""thing.currency AS currency, thing.{STATE} AS state, {{
                    looked: count(*), orders: sum(holds), lines: sum(holds * thing.lineCount),
                    netScaled: sum(holds * thing.netScaled), feeWhole: sum(holds * thing.feeWhole),
                    feeRest: sum(holds * thing.feeRest), refunded: sum(holds * thing.refunded)
                }} AS sums
                WITH sums {{.*, currency: currency, state: state}} AS sum ORDER BY sum.currency"""


class Scope(StrEnum):
    """Whose orders a list has: everybody's, or those that its parent sells, with the groups below it or without."""

    EVERYWHERE = "everywhere"
    GROUP = "group"
    SUBTREE = "subtree"


@dataclass(slots=True)
class _Reading:
    """What is left of a condition, once its access path has taken what that serves."""

    musts: Musts
    values: Values
    scope: Scope

    def seller(self) -> str:
        """What the id of the one group that sells is called; nothing where it is not one."""
        return self._named(Scope.GROUP, SELLER)

    def top(self) -> str:
        """The same of the group whose subtree sells."""
        return self._named(Scope.SUBTREE, SELLER_BELOW)

    def _named(self, scope: Scope, field: str) -> str:
        if self.scope is scope:
            self.scope = Scope.EVERYWHERE  # which is seen to
            return "parent"
        test = self.musts.take(field, Operator.IS)
        return "" if test is None else self.values.add(test)

    def state(self) -> str:
        """The one state that all of them are in."""
        test = self.musts.take(STATE, Operator.IS)
        return "" if test is None else self.values.add(test)

    def open_states(self) -> str:
        """The states that they are in, where only few orders are."""
        test = self.musts.find(STATE, Operator.IS, Operator.ONE_OF)
        if test is None or not _OPEN.issuperset(wanted := as_tuple(test.value)):
            return ""
        self.musts.rest.remove(test)
        return self.values.hold(wanted)

    def bounds(self) -> tuple[str, str] | None:
        """The column that is within bounds, and these."""
        for column in (PLACED_AT, TOTAL):
            found = [each for each in self.musts.rest if isinstance(each, Comparison) and each.field == column]
            if found:
                for each in found:
                    self.musts.rest.remove(each)
                return column, " AND ".join(compare(f"thing.{column}", each, self.values) for each in found)
        return None

    def rest(self) -> tuple[str, ...]:
        """The predicates that are left to be tested."""
        tested = predicates(self.musts.rest, _predicate, self.values)
        if self.scope is Scope.GROUP:
            return (*tested, "thing.groupId = parent")
        return (*tested, _below("parent")) if self.scope is Scope.SUBTREE else tested


def as_tuple(value: object) -> tuple[str, ...]:
    """One text or several."""
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def orders(condition: Condition, scope: Scope) -> Filtered[ThingRow, Thing]:
    """The orders for which a condition holds that a service has checked: comparisons that must all hold.

    The way to them is the customer's orders, which are few; or else those of the product, which one group sells; or
    what the seller has, by a state or in a range, or in order; or else everything.
    """
    reading = _Reading(Musts(list(conjuncts(condition))), Values(), scope)
    way = (
        _of_customer(reading) or _of_product(reading) or _of_seller(reading) or _of_sellers(reading) or _of_all(reading)
    )
    tested = reading.rest()
    where, filters = (*tested, thing_visible("thing")), reading.values.filters
    match way:
        case Path():
            shape = Shape("orders", "thing", THING, bool(tested), _SUMS)
            return Filtered(listing_of(shape, way, where, from_row), filters)
        case Range():
            return Filtered(range_of("orders", way, where, THING, from_row, sums=_SUMS), filters)
        case Subtree():
            filtered = bool(tested)
            return Filtered(
                subtree_of("orders", way, tested, THING, from_row, filtered=filtered, advice=_ADVICE, sums=_SUMS),
                filters,
            )


def _of_customer(reading: _Reading) -> Path | None:
    test = reading.musts.take(CUSTOMER, Operator.IS)
    if test is None:
        return None
    # While hardly anybody has bought anything the planner would as well read the whole index.
    match = (
        "MATCH (thing:Thing:Order) USING INDEX SEEK thing:Thing(customerId, sortKey)"
        f" WHERE thing.customerId = {reading.values.add(test)}"
    )
    return Path(match, _KEY, _ADVICE, ("thing.customerId",))


def _of_product(reading: _Reading) -> Path | None:
    test = reading.musts.take(PRODUCT, Operator.IS)
    if test is None:
        return None
    match = f"MATCH (:Entity:Product {{id: {reading.values.add(test)}}})<-[:MENTIONS]-(thing:Order)"
    return Path(match, _KEY, walk="thing")


def _of_seller(reading: _Reading) -> Path | Range | None:
    """The orders of one group."""
    seller = reading.seller()
    if not seller:
        return None
    if found := reading.bounds():
        column, within = found
        return Range(seller, column, within, _ADVICE, "Order", "groupId", ("thing.type = 'order'",))
    if state := reading.state():
        match = f"MATCH (thing:Order) WHERE thing.groupId = {seller} AND thing.{STATE} = {state}"
        return Path(match, _KEY, _ADVICE, ("thing.groupId", f"thing.{STATE}"))
    if states := reading.open_states():
        match = (
            f"UNWIND {states} AS state MATCH (thing:Order) USING INDEX thing:Order(groupId, {STATE}, sortKey)"
            f" WHERE thing.groupId = {seller} AND thing.{STATE} = state AND {_KEY} > ''"
        )
        return Path(match, _KEY, walk="thing")
    match = f"MATCH (thing:Thing) WHERE thing.groupId = {seller} AND thing.type = 'order'"
    return Path(match, _KEY, _ADVICE, ("thing.groupId", "thing.type"))


def _of_sellers(reading: _Reading) -> Path | Subtree | None:
    """The orders of a group and those below it."""
    top = reading.top()
    if not top:
        return None
    owner = f"MATCH (owner:Entity:Group {{id: {top}}}) WHERE {group_visible('owner')}"
    below = f"{owner} MATCH (owner)-[:PARENT_OF*0..]->(group:Group) WHERE {below_visible('group')}"
    if found := reading.bounds():
        column, within = found
        hint = f"USING INDEX thing:Order(groupId, {column}, sortKey)"
        match = f"{below} MATCH (thing:Order) {hint} WHERE thing.groupId = group.id AND {within} AND {_KEY} > ''"
        return Path(match, _KEY, walk="thing")
    if states := reading.open_states():
        hint = f"USING INDEX thing:Order(groupId, {STATE}, sortKey)"
        match = (
            f"{below} UNWIND {states} AS state"
            f" MATCH (thing:Order) {hint} WHERE thing.groupId = group.id AND thing.{STATE} = state AND {_KEY} > ''"
        )
        return Path(match, _KEY, walk="thing")
    return Subtree(owner, "thing", "Thing", "sortKey", "thing.type = 'order'")


def _of_all(reading: _Reading) -> Path | Range:
    """Whoever sells them."""
    if found := reading.bounds():
        column, within = found
        return Range("'order'", column, within, _ADVICE)
    if state := reading.state():
        match = f"MATCH (thing:Thing) WHERE thing.type = 'order' AND thing.{STATE} = {state}"
        return Path(match, _KEY, _ADVICE, ("thing.type", f"thing.{STATE}"))
    return Path("MATCH (thing:Thing) WHERE thing.type = 'order'", _KEY, _ADVICE, ("thing.type",))


def _predicate(test: Comparison, values: Values) -> str:
    """One comparison of an order."""
    if test.field == SELLER_BELOW:
        return _below(values.add(test))
    if test.field == PRODUCT:
        return f"EXISTS {{ MATCH (thing)-[:MENTIONS]->(:Product {{id: {values.add(test)}}}) }}"
    return compare(f"thing.{test.field}", test, values)


def _below(top: str) -> str:
    # As where the groups are the way to the orders: whichever way is taken, the same is found.
    return (
        "EXISTS { MATCH (thing)-[:IN_GROUP]->(group:Group)<-[:PARENT_OF*0..]-(top:Group)"
        f" WHERE top.id = {top} AND {group_visible('top')} AND {below_visible('group')} }}"
    )


def totals(rows: Sequence[SumRow]) -> list[OrderTotals]:
    """What the sums of a list come to, one for each currency."""
    found: list[OrderTotals] = []
    for currency in sorted({str(row["currency"]) for row in rows if row["orders"]}):
        of_it = [cast("Mapping[str, int]", row) for row in rows if row["currency"] == currency and row["orders"]]

        def total(name: str, of_it: Sequence[Mapping[str, int]] = of_it) -> int:
            return sum(row[name] for row in of_it)

        states = {str(row["state"]): row for row in of_it}
        by_state = [
            StateTotals(state, states[state]["orders"], Decimal(states[state]["netScaled"]) / NET_SCALE)
            for state in OrderState
            if state in states
        ]
        net = Decimal(total("netScaled")) / NET_SCALE
        fees = total("feeWhole") + Decimal(total("feeRest")) / FEE_PARTS
        found.append(OrderTotals(currency, total("orders"), total("lines"), net, fees, total("refunded"), by_state))
    return found
