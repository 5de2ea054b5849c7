"""The outbox: mails are written in the transaction of what they tell, sent afterwards, and tried again if need be.

A mail is sent at least once. Whoever sends it holds a lease; a crash between sending and noting so sends it once more,
under the same idempotency key.
"""

import logging
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.access import Caller
from domain.errors import NotFoundError
from domain.events import EventType
from domain.ids import MAIL_PREFIX, new_id
from domain.mail import Mail, MailStatus, MailTemplate, Message, SendingError
from domain.people import Person
from domain.values import JSON, Clock, to_micros
from graph import events, mail, mail_delivery, one_time_tokens
from graph.store import Store, Transaction
from services.access import Action, authorize, authorize_overview
from services.journal import event, system_event
from services.mail_rendering import rendered

log = logging.getLogger("one.mail")

LEASE: Final = timedelta(minutes=5)
"""How long whoever claimed a mail has for it."""

MAX_ATTEMPTS: Final = 8
"""How often a mail is tried before it is given up: over two days."""

FIRST_REST: Final = timedelta(seconds=30)
"""How long a mail rests after the first failure; four times as long after each further one, up to a day."""

LONGEST_REST: Final = timedelta(days=1)

MAX_DEAD_SHOWN: Final = 100

_BATCH: Final = 5
_KEPT: Final = timedelta(days=30)  # as long as a sent mail is remembered
_FORGOTTEN_AT_ONCE: Final = 1_000


class Sender(Protocol):
    """Sends mails somewhere."""

    async def send(self, message: Message) -> None:
        """Send one. SendingError where that cannot be."""


def new_mail(template: MailTemplate, person: Person, at: datetime, **values: JSON) -> Mail:
    """A mail to a person in their language, which is due at once."""
    return Mail(
        id=new_id(MAIL_PREFIX),
        person_id=person.id,
        address=person.email,
        template=template,
        values=values,
        status=MailStatus.PENDING,
        attempts=0,
        error=None,
        created_at=at,
        sent_at=None,
        locale=person.locale,
    )


class Mails:
    """What is done with mails that are to be sent."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def deliver(self, sender: Sender, app_url: str) -> int:
        """Send some mails that are due, with links to pages below that address; how many were tried."""
        at = self._clock()
        claimed = await mail.claim(self._store, at, at + LEASE, _BATCH)
        for each in claimed:
            try:
                await self._check_address(each)
                await sender.send(rendered(each, app_url))
            except SendingError as error:
                await self._note_failure(each, error)
            else:
                await self._note_success(each)
        return len(claimed)

    async def forget(self) -> None:
        """Erase mails that were sent long ago, and links that expired a day ago."""
        at = self._clock()
        await mail.forget(self._store, at - _KEPT, _FORGOTTEN_AT_ONCE)
        await one_time_tokens.forget(self._store, to_micros(at - timedelta(days=1)), _FORGOTTEN_AT_ONCE)

    async def dead(self, caller: Caller) -> list[Mail]:
        """The first mails that were given up. Only a platform owner may ask."""
        authorize_overview(caller)
        return await mail.fetch_dead(self._store, MAX_DEAD_SHOWN)

    async def replay(self, caller: Caller, identifier: str) -> Mail:
        """Have a dead mail tried again. NotFoundError where there is no such one."""
        authorize(caller, Action.REPLAY_MAIL)

        async def work(transaction: Transaction) -> Mail:
            replayed = await mail.replay(transaction, identifier, self._clock())
            if replayed is None:
                raise NotFoundError("dead mail", identifier)
            happened = event(
                caller,
                EventType.EMAIL_REPLAYED,
                target_id=replayed.person_id,
                group_id=None,
                properties={"mail": identifier},
            )
            await events.append(transaction, [happened])
            return replayed

        return await self._store.write(work)

    async def _check_address(self, each: Mail) -> None:
        if reason := await mail_delivery.reason_against(self._store, each.person_id, each.address):
            raise SendingError(f"no mail goes to its address any more: {reason}", final=True)

    async def _note_success(self, each: Mail) -> None:
        happened = system_event(
            EventType.EMAIL_SENT,
            target_id=each.person_id,
            group_id=None,
            properties={"mail": each.id, "template": each.template},
        )

        async def work(transaction: Transaction) -> None:
            if await mail.sent(transaction, each, self._clock()):
                await events.append(transaction, [happened])

        await self._store.write(work)

    async def _note_failure(self, each: Mail, error: SendingError) -> None:
        dead = error.final or each.attempts >= MAX_ATTEMPTS
        status = MailStatus.DEAD if dead else MailStatus.PENDING
        rest = min(FIRST_REST * 4 ** (each.attempts - 1), LONGEST_REST)
        log.warning("mail %s was not sent, try %d: %s", each.id, each.attempts, error)
        happened = system_event(
            EventType.EMAIL_FAILED,
            target_id=each.person_id,
            group_id=None,
            properties={"mail": each.id, "template": each.template, "attempt": each.attempts, "dead": dead},
        )

        async def work(transaction: Transaction) -> None:
            if await mail.failed(transaction, each, status, self._clock() + rest, str(error)):
                await events.append(transaction, [happened])

        await self._store.write(work)
