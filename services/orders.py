"""Orders: who may change one, and what all changes of orders have in common.

An order is its buyer's and its seller's: the buyer is whom it names as its customer, the seller are the owners of its
group. What may follow on what is the table of `domain.order_states`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.access import EVERYTHING, AccessReason, Caller, Reach
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.events import Event, EventType
from domain.ids import NodeKind, kind_of, new_id, thing_prefix
from domain.mail import MailTemplate
from domain.money import Money
from domain.people import MemberRole, PersonKind, PersonStatus
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from domain.values import JSON, now
from graph import events, locks, mail, orders, people, references, thing_changes
from graph.store import Transaction
from graph.thing_changes import Written
from services import validation
from services.access import MEMBERS
from services.mail import new_mail
from services.ontology import check_properties
from services.places import check_active
from services.rights import Rights
from services.thing_changes import happened, next_version

ORDER: Final = "order"
PAYMENT: Final = "payment"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator says about orders: the part that the platform keeps, and how long one may stay unpaid.

    A cart is kept so long after it was last changed.
    """

    fee_share: Decimal = Decimal("0.05")
    unpaid_for: timedelta = timedelta(hours=24)
    carts_kept_for: timedelta = timedelta(days=30)


def check_id(field: str, identifier: str, thing_type: str = ORDER) -> str:
    """The id of a thing of that type. ValidationError or NotFoundError."""
    validation.identifier(field, identifier, NodeKind.THING)
    if not identifier.startswith(f"{thing_prefix(thing_type)}_"):
        raise NotFoundError(thing_type, identifier)
    return identifier


async def lock_of_seller(transaction: Transaction, rights: Rights, order_id: str) -> Thing:
    """An order that stays as it is until the transaction ends, given that the caller may change it as its seller.

    NotFoundError where they do not see it, ForbiddenError where they may not, ConflictError where it is archived.
    """
    order = await _lock(transaction, rights.reach, order_id)
    await rights.require_thing(transaction, ORDER, order.group_id)
    return in_use(order)


async def lock_of_either(transaction: Transaction, rights: Rights, order_id: str) -> Thing:
    """The same for its buyer and its seller."""
    order = await _lock(transaction, rights.reach, order_id)
    sells = (rights.unbounded or rights.viewer.role in MEMBERS) and not _is_buyer(rights, order)
    held = await rights.roles(transaction, [order.group_id]) if sells else {}
    if refused := refused_to_either(rights, order, held.get(order.group_id)):
        raise refused
    return in_use(order)


def refused_to_either(rights: Rights, order: Thing, role: MemberRole | None) -> ForbiddenError | None:
    """Why somebody who has that role in the group of an order may not change it as its buyer or its seller."""
    if _is_buyer(rights, order):
        return None
    if not rights.unbounded and rights.viewer.role not in MEMBERS:
        return ForbiddenError("This order is somebody else's.", AccessReason.NO_MEMBERSHIP, group_id=order.group_id)
    held = {} if role is None else {order.group_id: role}
    return rights.refusal(held, [order.group_id], MemberRole.OWNER)


def _is_buyer(rights: Rights, order: Thing) -> bool:
    return order.properties.get("customerId") == rights.viewer.person_id


async def lock_group_of(transaction: Transaction, order: Thing) -> None:
    """Lock the group of an order that is locked, so that it is not archived while something is added to it.

    It comes after the order, as in placing one: only who archives the group takes them the other way, and is tried
    again. ConflictError where it is archived.
    """
    check_active(await locks.lock(transaction, EVERYTHING, [order.group_id]), "orderId", order.group_id)


async def _lock(transaction: Transaction, reach: Reach, order_id: str) -> Thing:
    order = await orders.lock(transaction, reach, order_id)
    if order is None:
        raise NotFoundError(ORDER, order_id)
    return order


def in_use(thing: Thing) -> Thing:
    """The thing. ConflictError where it is archived."""
    if thing.status is ThingStatus.ARCHIVED:
        raise ConflictError(f"This {thing.type} is archived.", field="status")
    return thing


async def save(
    transaction: Transaction,
    caller: Caller,
    event_type: EventType,
    before: Thing,
    properties: Mapping[str, JSON],
    **details: JSON,
) -> Thing:
    """Give an order or a payment that is locked other properties, and tell of it."""
    thing_type = THING_TYPES[before.type]
    after = replace(next_version(before), properties=check_properties(thing_type, {**before.properties, **properties}))
    told = happened(caller, event_type, after, details)
    await thing_changes.save(transaction, Written(after, thing_type, told.id))
    await events.append(transaction, [told])
    return after


def new_purchase(thing_type: str, name: str, group_id: str, properties: Mapping[str, JSON]) -> Thing:
    """An order or a payment that is not written yet."""
    at = now()
    return Thing(
        id=new_id(thing_prefix(thing_type)),
        type=thing_type,
        name=name,
        status=ThingStatus.ACTIVE,
        group_id=group_id,
        properties=check_properties(THING_TYPES[thing_type], properties),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


async def create(transaction: Transaction, thing: Thing, told: Event) -> None:
    """Write a new order or payment and the event that tells of it; its group and what it names are locked."""
    thing_type = THING_TYPES[thing.type]
    await thing_changes.create(transaction, [Written(thing, thing_type, told.id)])
    await references.add(transaction, [references.mentions(thing, thing_type)])
    await events.append(transaction, [told])


async def tell_buyer(
    transaction: Transaction, order: Thing, template: MailTemplate, at: datetime, **values: JSON
) -> None:
    """Have a mail about an order sent to whom it names as its customer, where that is a person with an address."""
    buyer_id = str(order.properties.get("customerId"))
    buyer = await people.fetch_one(transaction, buyer_id) if kind_of(buyer_id) is NodeKind.PERSON else None
    if buyer is not None and buyer.kind is PersonKind.HUMAN and buyer.status is PersonStatus.ACTIVE:
        number = str(order.properties["number"])
        await mail.add(transaction, [new_mail(template, buyer, at, number=number, **values)])


def in_words(minor: int | Decimal, currency: str) -> str:
    """An amount in minor units as people read it, such as `18.00 USD`."""
    return f"{Money(Decimal(minor), currency).amount} {currency}"


async def order_again(transaction: Transaction, reach: Reach, identifier: str) -> Thing:
    """An order or a payment that was made before, as it is now. NotFoundError where it is seen no more."""
    found = await orders.fetch(transaction, reach, identifier)
    if found is None:
        raise NotFoundError(ORDER, identifier)
    return found
