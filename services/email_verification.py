"""Proving that somebody reads the mail at their address: by a link, or by a six-digit code."""

from typing import Final

from domain.access import Caller
from domain.errors import AppError, ValidationError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import Person
from domain.values import Clock, to_micros
from graph import events, one_time_tokens
from graph.one_time_tokens import OneTimeTokenRow
from graph.store import Store, Transaction
from services import validation
from services.journal import event
from services.links import BAD_CODE, BAD_LINK, LinkByMail
from services.one_time_tokens import TokenKind, lock_link, try_code
from services.rate_limits import Limited, RateLimits
from services.work import done

_LINK: Final = LinkByMail(
    TokenKind.VERIFY_EMAIL,
    MailTemplate.VERIFY_EMAIL,
    EventType.EMAIL_VERIFICATION_SENT,
    serves=lambda person: person.email_verified_at is None,
)


class EmailVerification:
    """What anybody can do about an address."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits

    async def request(self, caller: Caller, email: str) -> str:
        """Send a link and a code, if an account has the address and has not proved it; the answer does not tell."""
        address = validation.email("email", email)
        await self._limits.count(Limited.MAIL, caller, address)
        await _LINK.send(self._store, caller, address, self._clock())
        return address

    async def verify_by_link(self, caller: Caller, token: str) -> Person:
        """Take the token of a link as a proof. ValidationError where it is not valid, or was used."""
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> Person:
            row = await lock_link(transaction, TokenKind.VERIFY_EMAIL, token, self._clock())
            if row is None:
                raise ValidationError("token", BAD_LINK)
            return await self._verify(transaction, caller, row, ValidationError("token", BAD_LINK))

        return await self._store.write(work)

    async def verify_by_code(self, caller: Caller, email: str, code: str) -> Person:
        """Take a code that went to an address as a proof. ValidationError where it is not valid, or was used.

        Five may be tried an hour, whoever tries them; then the right one is refused too, until a later one.
        """
        address = validation.email("email", email)
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> Person | AppError:
            wrong = ValidationError("code", BAD_CODE)
            row = await try_code(transaction, TokenKind.VERIFY_EMAIL, address, code, self._clock())
            return wrong if row is None else await self._verify(transaction, caller, row, wrong)

        return done(await self._store.write(work))

    async def _verify(
        self, transaction: Transaction, caller: Caller, row: OneTimeTokenRow, otherwise: AppError
    ) -> Person:
        await one_time_tokens.use_up(transaction, row["key"])
        at = to_micros(self._clock())
        person = await one_time_tokens.verify_email(transaction, row["personId"], row["email"], at)
        if person is None:
            raise otherwise
        verified = event(caller, EventType.EMAIL_VERIFIED, target_id=person.id, group_id=None, actor=row["personId"])
        await events.append(transaction, [verified])
        return person
