"""Buying what is in a cart: an order with each group that sells some of it, in each currency, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.access import Caller, Reach
from domain.carts import Availability, Cart, amounts, differences, stands
from domain.errors import AuthError, ConflictError, ValidationError
from domain.things import Thing
from domain.values import Clock
from graph import carts, locks, orders
from graph.carts import Holder
from graph.store import Transaction
from services.access import Action
from services.idempotency import Making
from services.money import GivenMoney
from services.order_placing import Purchase, Sale, WantedLine, checked_address, place
from services.orders import Terms, in_words, order_again
from services.rights import Rights
from services.work import Work

_TOTALS: Final = "expectedTotals"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What somebody expects their cart to cost, in each currency, and where it goes to."""

    expected: Sequence[GivenMoney]
    ship_to: Mapping[str, str] = field(default_factory=dict)


def checking_out(caller: Caller, wanted: Checkout, terms: Terms, clock: Clock) -> Work[list[Thing]]:
    """Buy all that is in one's cart, which is empty then, at the prices of this moment.

    ConflictError where the cart is empty, and where something of it is not as its holder saw it and the sums are not
    those that they expect: it names what is different. Nothing is bought then.
    """
    rights = Rights.of(caller, Action.CHECKOUT)
    expected = _checked(wanted.expected)
    ship_to = checked_address(wanted.ship_to)

    async def work(transaction: Transaction) -> list[Thing]:
        buyer_id, at = rights.viewer.person_id, clock()
        if not await locks.lock(transaction, rights.reach, [buyer_id]):
            raise AuthError("This account is no more.")
        cart = await carts.lock(transaction, Holder(person_id=buyer_id), at)
        if cart is None or not cart.lines:
            raise ConflictError("There is nothing in your cart.", field="cart")
        products = await orders.lock_products(transaction, rights.reach, [each.product_id for each in cart.lines])
        _check(cart, products, expected)
        sales = [Sale.of(lines, products, terms.fee_share) for lines in _by_seller(cart, products)]
        await orders.set_sold(transaction, [taken for sale in sales for taken in sale.taken])
        await carts.delete(transaction, Holder(person_id=buyer_id))
        purchase = Purchase(buyer_id, ship_to, at, terms)
        return [await place(transaction, caller, sale, purchase) for sale in sales]

    return work


def _checked(expected: Sequence[GivenMoney]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, each in enumerate(expected):
        money = each.checked(f"{_TOTALS}.{index}")
        if money.currency in found:
            raise ValidationError(f"{_TOTALS}.{index}", f"{_TOTALS}.{index} has a currency that was there before.")
        found[money.currency] = int(money.minor)
    return dict(sorted(found.items()))


def _check(cart: Cart, products: Mapping[str, Thing], expected: Mapping[str, int]) -> None:
    now = [stands(line, products.get(line.product_id)) for line in cart.lines]
    costs = amounts(now)
    changes = differences(now)
    if costs == expected and all(each.availability is Availability.AVAILABLE for each in changes):
        return
    told = "; ".join(each.told() for each in changes) or "its sums are others than you expect"
    total = " and ".join(in_words(minor, currency) for currency, minor in costs.items()) or "nothing"
    raise ConflictError(f"Your cart is not as you saw it: {told}. What is on sale of it costs {total}.", field=_TOTALS)


def _by_seller(cart: Cart, products: Mapping[str, Thing]) -> list[list[WantedLine]]:
    """The lines of each order, in the order of the ids of those who sell: so their groups are locked."""
    found: dict[tuple[str, str], list[WantedLine]] = {}
    for line in cart.lines:
        product = products[line.product_id]
        currency = stands(line, product).currency
        found.setdefault((product.group_id, currency), []).append(WantedLine(line.product_id, line.quantity))
    return [found[each] for each in sorted(found)]


async def orders_again(transaction: Transaction, reach: Reach, identifiers: str) -> list[Thing]:
    """The orders that were placed before, as they are now. NotFoundError where one is seen no more."""
    return [await order_again(transaction, reach, each) for each in identifiers.split(" ")]


CHECKOUT: Final[Making[list[Thing]]] = Making("checkout", lambda made: " ".join(each.id for each in made), orders_again)
