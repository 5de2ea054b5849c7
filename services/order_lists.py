"""Lists of orders, narrowed by what people look for them by, and what the orders of such a list come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.access import Caller
from domain.errors import ValidationError
from domain.filters import EVERYTHING, All, Comparison, Condition, Operator, Value
from domain.ids import NodeKind
from domain.order_states import OrderState
from domain.people import PlatformRole
from domain.things import Thing
from domain.values import to_micros
from graph import orders
from graph.filters import orders as filtered
from graph.filters.orders import Scope
from graph.things import ThingRow
from services import validation
from services.access import viewer_of
from services.lists import NodeList
from services.money import GivenMoney

__all__ = ["OrderFilter", "Scope", "TotalRange", "list_of", "payments_of_order"]


@dataclass(frozen=True, slots=True)
class TotalRange:
    """What orders cost in one currency, in whole units: from the one amount to the other, both inclusive."""

    currency: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list: all that is said of them holds."""

    seller: str | None = None
    in_subtree_of: str | None = None
    customer: str | None = None
    product: str | None = None
    states: Sequence[OrderState] | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    total: TotalRange | None = None

    def checked(self) -> Condition:
        """The same in the words of the store. ValidationError."""
        return All((*self._ids(), *self._states(), *self._placed(), *self._totals()))

    def _ids(self) -> list[Comparison]:
        given = (
            ("seller", filtered.SELLER, self.seller, (NodeKind.GROUP,)),
            ("inSubtreeOf", filtered.SELLER_BELOW, self.in_subtree_of, (NodeKind.GROUP,)),
            ("customer", filtered.CUSTOMER, self.customer, (NodeKind.PERSON, NodeKind.GROUP)),
            ("product", filtered.PRODUCT, self.product, (NodeKind.THING,)),
        )
        return [
            _compared(column, Operator.IS, validation.identifier(f"filter.{name}", value, *kinds), name)
            for name, column, value, kinds in given
            if value is not None
        ]

    def _states(self) -> list[Comparison]:
        if self.states is None:
            return []
        wanted = tuple(sorted({each.value for each in self.states}))
        if not wanted:
            raise ValidationError("filter.states", "filter.states takes at least one; leave it out to list all.")
        if len(wanted) == 1:
            return [_compared(filtered.STATE, Operator.IS, wanted[0], "states")]
        return [_compared(filtered.STATE, Operator.ONE_OF, wanted, "states")]

    def _placed(self) -> list[Comparison]:
        given = (("from", Operator.AT_LEAST, self.placed_from), ("before", Operator.BELOW, self.placed_before))
        return [
            _compared(filtered.PLACED_AT, operator, to_micros(validation.moment(f"filter.placedAt.{name}", at)), name)
            for name, operator, at in given
            if at is not None
        ]

    def _totals(self) -> list[Comparison]:
        if self.total is None:
            return []
        currency = self.total.currency
        given = (("atLeast", Operator.AT_LEAST, self.total.at_least), ("atMost", Operator.AT_MOST, self.total.at_most))
        bounds = [
            _compared(filtered.TOTAL, operator, _minor(f"filter.total.{name}", amount, currency), name)
            for name, operator, amount in given
            if amount is not None
        ]
        if not bounds:
            raise ValidationError("filter.total", "filter.total needs atLeast or atMost beside the currency.")
        return [
            _compared(filtered.CURRENCY, Operator.IS, validation.name("filter.total.currency", currency), "currency"),
            *bounds,
        ]


def _compared(column: str, operator: Operator, value: Value, name: str) -> Comparison:
    return Comparison(column, operator, value, f"filter.{name}")


def _minor(field: str, amount: Decimal, currency: str) -> int:
    return int(GivenMoney(amount, currency).checked(field).minor)


def list_of(
    caller: Caller, wanted: OrderFilter | None, scope: Scope, *, of_viewer: bool = False
) -> NodeList[ThingRow, Thing]:
    """The orders that somebody sees of those that they ask for, or which they bought. AuthError, or ValidationError.

    A customer sees no others than those, and so they are looked for there.
    """
    viewer = viewer_of(caller)
    condition = EVERYTHING if wanted is None else wanted.checked()
    if of_viewer or (viewer.role is PlatformRole.CUSTOMER and viewer.within is None):
        own = _compared(filtered.CUSTOMER, Operator.IS, viewer.person_id, "customer")
        condition = All((own, condition))
    return NodeList.of(f"orders of {scope}", filtered.orders(condition, scope), condition)


def payments_of_order() -> NodeList[ThingRow, Thing]:
    """The payments and refunds of an order, which is the parent."""
    return NodeList("payments of order", orders.PAYMENTS_OF_ORDER)
