"""What became of mails after they were handed over, and addresses that no mail goes to any more."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from domain.access import Caller
from domain.errors import NotFoundError
from domain.events import EventType
from domain.mail_delivery import UNDELIVERABLE, DeliveryReason, MailDelivery
from domain.values import JSON, Clock
from graph import events, mail_delivery
from graph.mail_delivery import Undeliverable
from graph.store import Store, Transaction
from services import validation
from services.journal import event, system_event

MOST_SHOWN: Final = 1_000

_EVENTS: Final[Mapping[MailDelivery, EventType]] = MappingProxyType(
    {
        MailDelivery.DELAYED: EventType.EMAIL_DELAYED,
        MailDelivery.DELIVERED: EventType.EMAIL_DELIVERED,
        MailDelivery.FAILED: EventType.EMAIL_FAILED,
        MailDelivery.BOUNCED: EventType.EMAIL_BOUNCED,
        MailDelivery.COMPLAINED: EventType.EMAIL_COMPLAINED,
    }
)


class MailDeliveries:
    """What whoever delivers mails tells of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def note(self, identifier: str, delivery: MailDelivery, reason: DeliveryReason | None) -> bool:
        """Note what became of a mail, with its event; False where that is known, outweighed, or of no mail here.

        An address that refused a mail for good, or whose person complained of one, gets none any more.
        """

        async def work(transaction: Transaction) -> bool:
            at = self._clock()
            to = await mail_delivery.note(transaction, identifier, delivery, reason, at)
            if to is None:
                return False
            ended = reason in UNDELIVERABLE and await mail_delivery.mark(transaction, to, reason, at)
            properties: dict[str, JSON] = {"mail": identifier, "template": to["template"]}
            if reason is not None:
                properties |= {"reason": reason.value, "undeliverable": ended}
            happened = system_event(_EVENTS[delivery], target_id=to["personId"], group_id=None, properties=properties)
            await events.append(transaction, [happened])
            return True

        return await self._store.write(work)


async def undeliverable(store: Store) -> Sequence[Undeliverable]:
    """The first addresses that no mail goes to: for an operator."""
    return await mail_delivery.undeliverable(store, MOST_SHOWN)


async def lift(store: Store, caller: Caller, email: str) -> str:
    """Have mail go to an address again, as an operator decides; whose it is.

    NotFoundError where mail does go there, or nobody has it.
    """
    address = validation.email("email", email)

    async def work(transaction: Transaction) -> str:
        person_id = await mail_delivery.lift(transaction, address)
        if person_id is None:
            raise NotFoundError("undeliverable address", address)
        happened = event(caller, EventType.EMAIL_RESTORED, target_id=person_id, group_id=None)
        await events.append(transaction, [happened])
        return person_id

    return await store.write(work)
