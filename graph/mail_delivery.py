"""What became of mails, on their nodes; and addresses that no mail goes to any more, on the people who have them.

That stands on the person, for whom the address is there already: it goes when they do, and means nothing once they
have another address.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from domain.mail_delivery import DeliveryReason, MailDelivery
from domain.values import to_micros
from graph.store import Statement, Store, Transaction, lock_what_stays

NOT_UNDELIVERABLE: Final = dict.fromkeys(("undeliverableAddress", "undeliverableReason", "undeliverableAt"), None)
"""What a person has to whose address mail goes."""


class Recipient(TypedDict):
    """Whom a mail was to, and of which template it is."""

    personId: str
    address: str
    template: str


class Undeliverable(TypedDict):
    """An address that no mail goes to; `at` is when that began, in microseconds since the epoch."""

    personId: str
    address: str
    reason: str
    at: int


NOTE_DELIVERY: Statement[Recipient] = Statement(
    "note_delivery",
    f"""
    MATCH (mail:Mail {{id: $id}})
    {lock_what_stays("mail")} AND coalesce(mail.deliveryWeight, 0) < $number
    SET mail += $properties
    RETURN mail {{.personId, .address, .template}} AS row""",
    meant="Eager on 5.26: of the one mail that it finds.",
)
MARK_UNDELIVERABLE: Statement[bool] = Statement(
    "mark_undeliverable",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person", "email")} AND person.email = $address
    SET person += $properties
    RETURN true AS row""",
    meant="Eager on 5.26: of the one person that it finds.",
)
FETCH_UNDELIVERABLE: Statement[str] = Statement(
    "fetch_undeliverable",
    """
    MATCH (person:Entity:Person {id: $personId}) WHERE person.undeliverableAddress = $address
    RETURN person.undeliverableReason AS row""",
)
# Hardly anybody has such an address: counts of the store that are a little old have it walk through all people.
LIST_UNDELIVERABLE: Statement[Undeliverable] = Statement(
    "list_undeliverable",
    """
    MATCH (person:Person)
    USING INDEX SEEK person:Person(undeliverableAt)
    WHERE person.undeliverableAt > 0 AND person.undeliverableAddress = person.email
    WITH person ORDER BY person.undeliverableAt LIMIT $limit
    RETURN {
        personId: person.id,
        address: person.email,
        reason: person.undeliverableReason,
        at: person.undeliverableAt
    } AS row""",
)
LIFT_UNDELIVERABLE: Statement[str] = Statement(
    "lift_undeliverable",
    f"""
    MATCH (person:Entity:Person {{email: $email}})
    {lock_what_stays("person", "email")} AND person.undeliverableAddress = $email
    SET person += $properties
    RETURN person.id AS row""",
    meant="Eager on 5.26: of the one person that it finds.",
)


async def note(
    transaction: Transaction, identifier: str, delivery: MailDelivery, reason: DeliveryReason | None, at: datetime
) -> Recipient | None:
    """Note what became of a mail; None where there is no such mail, or what is known of it outweighs this."""
    properties: dict[str, object] = {
        "delivery": delivery.value,
        "deliveryWeight": delivery.weight,
        "deliveryReason": reason,
        f"{delivery}At": to_micros(at),
    }
    given = {"id": identifier, "number": delivery.weight, "properties": properties}
    rows = await transaction.run(NOTE_DELIVERY, given)
    return rows[0] if rows else None


async def mark(transaction: Transaction, to: Recipient, reason: DeliveryReason, at: datetime) -> bool:
    """Have no further mail go to an address; False where its person has another one by now."""
    properties = {
        "undeliverableAddress": to["address"],
        "undeliverableReason": reason.value,
        "undeliverableAt": to_micros(at),
    }
    given = {"personId": to["personId"], "address": to["address"], "properties": properties}
    return bool(await transaction.run(MARK_UNDELIVERABLE, given))


async def reason_against(store: Store, person_id: str, address: str) -> DeliveryReason | None:
    """Why no mail goes to an address of somebody; None where it does."""
    rows = await store.read(FETCH_UNDELIVERABLE, {"personId": person_id, "address": address})
    return DeliveryReason(rows[0]) if rows else None


async def undeliverable(store: Store, limit: int) -> Sequence[Undeliverable]:
    """Some addresses that no mail goes to, the earliest first."""
    return await store.read(LIST_UNDELIVERABLE, {"limit": limit})


async def lift(transaction: Transaction, email: str) -> str | None:
    """Have mail go to an address again; whose it is, or None where mail does go there, or nobody has it."""
    rows = await transaction.run(LIFT_UNDELIVERABLE, {"email": email, "properties": NOT_UNDELIVERABLE})
    return rows[0] if rows else None
