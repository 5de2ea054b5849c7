"""Fulfilling orders line by line, each with a receipt, and completing those of which every line has one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind
from domain.mail import MailTemplate
from domain.order_states import OrderState, check_transition
from domain.orders import order_lines, state_of
from domain.receipts import Appointment, Download, LicenceKey, Receipt, Shipment, to_json
from domain.things import Thing
from domain.values import JSON, now
from graph.store import Transaction
from services import validation
from services.access import Action
from services.idempotency import Making
from services.orders import check_id, lock_of_seller, order_again, save, tell_buyer
from services.rights import Rights
from services.work import Work

_MAX_URL: Final = 2_000
_MAX_KEY: Final = 1_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """The line of a product, and what proves that the customer got it."""

    product_id: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Lines of an order that were fulfilled."""

    order_id: str
    lines: Sequence[Delivered]


def fulfilling(caller: Caller, new: Fulfilment) -> Work[Thing]:
    """Give lines of a paid order their receipts; with the last one the order is fulfilled. It takes an owner.

    ConflictError where it is not paid, or where a line has a receipt already.
    """
    rights = Rights.of(caller, Action.FULFIL_ORDER)
    check_id("orderId", new.order_id)
    _check(new.lines)

    async def work(transaction: Transaction) -> Thing:
        order = await lock_of_seller(transaction, rights, new.order_id)
        check_transition(state_of(order.properties), OrderState.FULFILLED)
        at = now()
        lines = _with_receipts(order, {each.product_id: to_json(each.receipt, at) for each in new.lines})
        changes: dict[str, JSON] = {"lines": lines}
        whole = all("receipt" in line for line in lines)
        if whole:
            changes |= {"state": OrderState.FULFILLED, "fulfilledAt": at.isoformat()}
        products = [each.product_id for each in new.lines]
        saved = await save(
            transaction, caller, EventType.ORDER_FULFILLED, order, changes, products=products, whole=whole
        )
        named = "\n".join(line.name for line in order_lines(saved.properties) if line.product_id in set(products))
        await tell_buyer(transaction, order, MailTemplate.ORDER_FULFILLED, at, lines=named)
        return saved

    return work


def completing(caller: Caller, order_id: str) -> Work[Thing]:
    """End an order well: all of its lines have receipts. It takes an owner of the group that sells."""
    rights = Rights.of(caller, Action.COMPLETE_ORDER)
    check_id("orderId", order_id)

    async def work(transaction: Transaction) -> Thing:
        order = await lock_of_seller(transaction, rights, order_id)
        check_transition(state_of(order.properties), OrderState.COMPLETED)
        if any(line.receipt is None for line in order_lines(order.properties)):  # an import may have it so
            raise ConflictError(
                "A line of this order has no receipt, without which it is not completed.", field="lines"
            )
        changes = {"state": OrderState.COMPLETED, "completedAt": now().isoformat()}
        return await save(transaction, caller, EventType.ORDER_COMPLETED, order, changes)

    return work


def _check(lines: Sequence[Delivered]) -> None:
    if not lines:
        raise ValidationError("lines", "lines takes at least one line that was fulfilled.")
    seen: set[str] = set()
    for index, each in enumerate(lines):
        path = f"lines.{index}"
        validation.identifier(f"{path}.productId", each.product_id, NodeKind.THING)
        if each.product_id in seen:
            raise ValidationError(f"{path}.productId", f"{path}.productId is in a line before.")
        seen.add(each.product_id)
        _check_receipt(f"{path}.receipt", each.receipt)


def _check_receipt(path: str, receipt: Receipt) -> None:
    match receipt:
        case Download(url, expires_at):
            if (
                not url.startswith(("https://", "http://"))
                or len(url) > _MAX_URL
                or not url.isprintable()
                or " " in url
            ):
                raise ValidationError(f"{path}.download.url", f"{path}.download.url takes an address, https://…")
            if validation.moment(f"{path}.download.expiresAt", expires_at) <= now():
                raise ValidationError(f"{path}.download.expiresAt", f"{path}.download.expiresAt is over already.")
        case LicenceKey(key):
            if not 0 < len(key) <= _MAX_KEY:
                raise ValidationError(f"{path}.licenceKey.key", f"{path}.licenceKey.key takes 1 to 1,000 characters.")
            validation.text(f"{path}.licenceKey.key", key)
        case Shipment(carrier, tracking):
            validation.name(f"{path}.shipment.carrier", carrier)
            validation.name(f"{path}.shipment.tracking", tracking)
        case Appointment(at, place):
            validation.moment(f"{path}.appointment.at", at)
            validation.text(f"{path}.appointment.place", place or "")


def _with_receipts(order: Thing, receipts: Mapping[str, JSON]) -> list[Mapping[str, JSON]]:
    lines = list(cast("Sequence[Mapping[str, JSON]]", order.properties["lines"]))
    for product_id, receipt in receipts.items():
        places = [index for index, line in enumerate(lines) if line["productId"] == product_id]
        if not places:
            raise NotFoundError("line of this order", product_id)
        for place in places:
            if "receipt" in lines[place]:
                raise ConflictError(f"{lines[place]['name']!r} has a receipt already.", field="lines")
            lines[place] = {**lines[place], "receipt": receipt}
    return lines


FULFIL_ORDER: Final[Making[Thing]] = Making("fulfilOrder", lambda made: made.id, order_again)
COMPLETE_ORDER: Final[Making[Thing]] = Making("completeOrder", lambda made: made.id, order_again)
