"""Placing orders: what is bought is locked, and taken from the stock in the transaction that makes the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from domain.access import Caller
from domain.errors import AuthError, ConflictError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind
from domain.mail import MailTemplate
from domain.order_states import OrderState
from domain.orders import whole_amount
from domain.people import PersonStatus
from domain.products import left, price
from domain.things import Thing, ThingStatus
from domain.values import JSON, Clock
from graph import locks, orders
from graph.store import Transaction
from services import validation
from services.access import Action
from services.idempotency import Making
from services.orders import ORDER, Terms, create, in_words, new_purchase, order_again, tell_buyer
from services.rights import Rights
from services.thing_changes import happened
from services.work import Work

MAX_LINES: Final = 50
"""How many products one order may have, so that what proves their delivery finds room in it."""

MAX_QUANTITY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A product to buy, and how many of it."""

    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to place; `ship_to` holds the parts of an address that are known."""

    lines: Sequence[WantedLine]
    ship_to: Mapping[str, str] = field(default_factory=dict)


def placing(caller: Caller, new: NewOrder, terms: Terms, clock: Clock) -> Work[Thing]:
    """Buy published products of one group. Whoever is signed in may.

    ValidationError names the line that cannot be bought so; ConflictError says how many are left where it is too few.
    """
    rights = Rights.of(caller, Action.PLACE_ORDER)
    _check(new)
    ship_to = checked_address(new.ship_to)

    async def work(transaction: Transaction) -> Thing:
        buyer_id = rights.viewer.person_id
        buyer = (await locks.lock(transaction, rights.reach, [buyer_id])).get(buyer_id)
        if buyer is None or buyer["status"] != PersonStatus.ACTIVE:  # by now: whoever deletes an account locks it too
            raise AuthError("This account is no more.")
        ids = [line.product_id for line in new.lines]
        products = await orders.lock_products(transaction, rights.reach, ids)
        sale = Sale.of(new.lines, products, terms.fee_share)
        await orders.set_sold(transaction, sale.taken)
        return await place(transaction, caller, sale, Purchase(buyer_id, ship_to, clock(), terms))

    return work


@dataclass(frozen=True, slots=True)
class Purchase:
    """Who buys, where it goes to, when that is, and on which terms."""

    buyer_id: str
    ship_to: Mapping[str, str]
    at: datetime
    terms: Terms


async def place(transaction: Transaction, caller: Caller, sale: "Sale", purchase: Purchase) -> Thing:
    """Make the order of a sale whose products are locked and were taken from the stock.

    The group that sells is locked here: last, so that buyers of other products of the group wait for it shortly. Who
    buys of several locks them in order of their ids. ConflictError where it takes no orders.
    """
    serial = await orders.take_number(transaction, sale.group_id)
    if serial is None:
        raise ConflictError("Whoever sells this takes no orders any more.", field="lines.0.productId")
    properties: dict[str, JSON] = {
        "number": str(serial),
        "serial": serial,
        "state": OrderState.PENDING,
        "currency": sale.currency,
        "lines": sale.lines,
        "placedAt": purchase.at.isoformat(),
        "expiresAt": (purchase.at + purchase.terms.unpaid_for).isoformat(),
        "customerId": purchase.buyer_id,
    }
    if purchase.ship_to:
        properties["shipTo"] = purchase.ship_to
    order = new_purchase(ORDER, f"Order {serial}", sale.group_id, properties)
    told = happened(caller, EventType.ORDER_CREATED, order, {"number": str(serial)})
    await create(transaction, order, told)
    await tell_buyer(
        transaction,
        order,
        MailTemplate.ORDER_PLACED,
        purchase.at,
        lines=sale.told(),
        total=in_words(whole_amount(order.properties), sale.currency),
        until=f"{properties['expiresAt']:.16} UTC",
    )
    return order


def checked_address(ship_to: Mapping[str, str]) -> dict[str, str]:
    """The parts of an address that are known. ValidationError."""
    return {name: validation.text(f"shipTo.{name}", value) for name, value in ship_to.items()}


def _check(new: NewOrder) -> None:
    if not 1 <= len(new.lines) <= MAX_LINES:
        raise ValidationError("lines", f"lines takes 1 to {MAX_LINES} products; these are {len(new.lines)}.")
    seen: set[str] = set()
    for index, line in enumerate(new.lines):
        path = f"lines.{index}"
        validation.identifier(f"{path}.productId", line.product_id, NodeKind.THING)
        if line.product_id in seen:
            raise ValidationError(f"{path}.productId", f"{path}.productId is in a line before: add its quantity there.")
        seen.add(line.product_id)
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise ValidationError(f"{path}.quantity", f"{path}.quantity takes 1 to {MAX_QUANTITY:,}.")


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold: the lines of the order, and the products with less of a stock that is counted."""

    group_id: str
    currency: str
    lines: Sequence[Mapping[str, JSON]]
    taken: Sequence[Thing]

    @classmethod
    def of(cls, wanted: Sequence[WantedLine], products: Mapping[str, Thing], fee_share: Decimal) -> "Sale":
        """What the lines come to, given the products that were found, which are locked."""
        lines: list[Mapping[str, JSON]] = []
        taken: list[Thing] = []
        group_id, currency, total = "", "", 0
        for index, line in enumerate(wanted):
            path = f"lines.{index}"
            product = products.get(line.product_id)
            if product is None or product.status is not ThingStatus.PUBLISHED:
                # The same where it is hidden, so that nobody learns what there is.
                raise ValidationError(f"{path}.productId", f"{path}.productId takes a product that is on sale.")
            unit_price, of = price(product)
            group_id, currency = group_id or product.group_id, currency or of
            if product.group_id != group_id:
                raise ValidationError(
                    f"{path}.productId", f"{path}.productId is sold by another group: place an order with each."
                )
            if of != currency:
                raise ValidationError(
                    f"{path}.productId", f"{path}.productId costs {of}, and not {currency}: place an order for each."
                )
            total += unit_price * line.quantity
            if total > validation.MAX_SAFE_INTEGER:
                raise ValidationError(f"{path}.quantity", f"{path}.quantity makes this more than an order can cost.")
            there = left(product)
            if there is not None:
                if there < line.quantity:
                    raise ConflictError(
                        f"Of {product.name!r} {there} are left, and not {line.quantity}.", field=f"{path}.quantity"
                    )
                taken.append(replace(product, sold=product.sold + line.quantity))
            lines.append(
                {
                    "productId": product.id,
                    "name": product.name,
                    "sellerId": product.group_id,
                    "unitPrice": unit_price,
                    "quantity": line.quantity,
                    "feeShare": f"{fee_share.normalize():f}",
                    "stocked": there is not None,
                }
            )
        return cls(group_id, currency, lines, taken)

    def told(self) -> str:
        """The lines as a mail shows them in any language."""
        return "\n".join(
            f"{line['quantity']} x {line['name']}, {in_words(Decimal(str(line['unitPrice'])), self.currency)}"
            for line in self.lines
        )


PLACE_ORDER: Final[Making[Thing]] = Making("placeOrder", lambda made: made.id, order_again)
