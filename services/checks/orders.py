"""Rules about orders that were placed, their numbers and their payments. What an import brings is history."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, cast

from domain.catalogue import Catalogue
from domain.errors import ValidationError
from domain.events import EventType
from domain.order_states import MOVED, PAID_FOR, OrderState
from domain.orders import order_lines, refunded, state_of, whole_amount
from domain.thing_types import THING_TYPES
from domain.values import JSON
from graph.bulk import StoredRow
from graph.checks import orders
from graph.checks.orders import COUNTERS, CounterFacts, StoredCounter
from graph.checks.things import ThingFacts
from graph.reconciliation import SoldFacts
from services import validation
from services.checks import nodes
from services.checks.rules import Fault, Section, rule

_PAID = PAID_FOR | {OrderState.REFUNDED}
_DELIVERED = frozenset({OrderState.FULFILLED, OrderState.COMPLETED})


def _placed(found: ThingFacts) -> Mapping[str, JSON] | None:
    """The properties of an order that was placed here; None of anything else, and where another rule is broken."""
    properties = _parsed(found["row"], "order") if found["row"]["type"] == "order" else None
    return properties if properties and "serial" in properties else None


def _parsed(row: StoredRow, thing_type: str) -> Mapping[str, JSON] | None:
    properties = nodes.parsed(row, "properties")
    try:
        return validation.properties("properties", THING_TYPES[thing_type].schema, properties)
    except ValidationError:
        return None


@rule(
    "order_number",
    "An order that was placed has a number that its group gave.",
    f"{nodes.A_PERSON_DECIDES} Invoices may name it already.",
)
def right_number(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    """Its number is one that its group gave."""
    properties = _placed(found)
    if properties is None or found["counted"] == [None]:  # which is a fault of the counter
        return
    if max((each or 0 for each in found["counted"]), default=0) < cast("int", properties["serial"]):
        yield Fault(f"its group gave no number {properties['serial']} yet", "Find out where the number comes from.")


@rule(
    "order_payments",
    "What was paid for an order that was placed, and what was given back, is what its state says.",
    f"{nodes.A_PERSON_DECIDES} Which of them is wrong shows in what the bank says.",
)
def right_payments(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    """Its payments fit its state."""
    properties = _placed(found)
    if properties is None:
        return
    read = (_parsed({"properties": each}, "payment") for each in found["payments"])
    payments = [each for each in read if each is not None]
    paid = _sum(each for each in payments if "refundOf" not in each)
    back = _sum(each for each in payments if "refundOf" in each)
    state = state_of(properties)
    if paid != (whole_amount(properties) if state in _PAID else 0):
        yield Fault(f"it is {state}, and its payments come to {paid} minor units", "Record or correct the payment.")
    elif back != refunded(properties) or back > paid or (state is OrderState.REFUNDED) is not (0 < paid == back):
        yield Fault(f"it is {state}, and its refunds come to {back} minor units", "Record or correct the refund.")


def _sum(payments: Iterable[Mapping[str, JSON]]) -> int:
    return sum(
        int(cast("int", cast("Mapping[str, JSON]", each["amount"])["amount"]))
        for each in payments
        if each["state"] in MOVED
    )


@rule(
    "order_receipts",
    "Every line of an order that was placed, and is fulfilled or completed, has a receipt.",
    f"{nodes.A_PERSON_DECIDES} What was delivered is not known to a machine.",
)
def right_receipts(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    """Its lines have receipts where they must."""
    properties = _placed(found)
    if properties is None or state_of(properties) not in _DELIVERED:
        return
    missing = sum(line.receipt is None for line in order_lines(properties))
    if missing:
        yield Fault(f"{missing} of its lines have no receipt", "Find out what was delivered.")


_TOLD: Final[Mapping[EventType, frozenset[OrderState]]] = MappingProxyType(
    {
        EventType.ORDER_CREATED: frozenset(OrderState),
        EventType.ORDER_PAID: _PAID,
        EventType.ORDER_FULFILLED: _DELIVERED,
        EventType.ORDER_COMPLETED: frozenset({OrderState.COMPLETED}),
        EventType.ORDER_CANCELLED: frozenset({OrderState.CANCELLED, OrderState.EXPIRED}),
        EventType.ORDER_REFUNDED: frozenset({OrderState.REFUNDED}),
    }
)
"""For each event the states that no order comes into without it."""


@rule(
    "order_events",
    "Each step that an order which was placed has taken is told by an event.",
    f"{nodes.A_PERSON_DECIDES} Whoever follows the orders, as a partner's webhook does, was not told of it.",
)
def right_events(found: ThingFacts, _types: Catalogue) -> Iterator[Fault]:
    """Its events are those of its state."""
    properties = _placed(found)
    if properties is None:
        return
    state = state_of(properties)
    missing = [each.value for each, states in _TOLD.items() if state in states and each.value not in found["happened"]]
    if missing:
        yield Fault(
            f"it is {state}, and no event tells {', '.join(missing)}", "Find out who changed it, and tell them."
        )


@rule(
    "order_counter",
    "The numbers of a group's orders are without a gap up to the last one that it gave.",
    f"A counter that is behind is put forward. {nodes.A_PERSON_DECIDES} about a gap: the books must say why.",
)
def no_gap(found: CounterFacts, _types: Catalogue) -> Iterator[Fault]:
    """It gave each of its numbers to one order."""
    last, most = cast("int", found["row"]["last"]), found["most"] or 0
    if last < most:
        mend = nodes.set_values(found["id"], {"last": most}, orders.change)
        yield Fault(f"it has given {last}, and there is an order {most}", mend)
    elif found["groups"] != 1 or found["total"] != last:
        yield Fault(f"{found['total']} orders have one of {last} numbers", "Find out what became of the others.")


@rule(
    "product_sold",
    "What was sold of a product whose stock is counted is what its orders took that were not cancelled and did not "
    "expire.",
    f"{nodes.A_PERSON_DECIDES} Count the shelf, and set the stock to what is there with what was sold.",
)
def right_sold(found: SoldFacts, _types: Catalogue) -> Iterator[Fault]:
    """Its count of what was sold is that of its orders. A reconciliation alone asks so much."""
    product = nodes.parsed(found["row"], "properties")
    if product is None or "stock" not in product:
        return
    read = (_parsed({"properties": each}, "order") for each in found["taken"])
    lines = (line for order in read if order for line in order_lines(order))
    taken = sum(line.quantity for line in lines if line.stocked and line.product_id == found["id"])
    sold = int(cast("int", found["row"].get("sold") or 0))
    if sold > taken or (sold < taken and not found["uncounted"]):
        yield Fault(f"{sold} are noted as sold, and its orders took {taken}", "Count the shelf, and set the stock.")


OF_ORDERS: Final = (right_number, right_payments, right_receipts, right_events)
"""The rules about one order."""

SECTION: Section[CounterFacts] = Section(
    COUNTERS,
    nodes.form("order_counter", StoredCounter),
    (nodes.no_lock("order_counter", orders.change, key="groupId"), no_gap),
)
