"""Signing in by a link or a six-digit code that comes by mail, which proves the address as well."""

from typing import Final

from domain.access import Caller
from domain.errors import AppError, ValidationError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import PersonStatus
from domain.second_factors import SecondFactorRequired
from domain.sessions import SignedIn
from domain.values import Clock, from_micros, to_micros
from graph import credentials, events, one_time_tokens
from graph.one_time_tokens import OneTimeTokenRow
from graph.store import Store, Transaction
from services import validation
from services.finishing_sign_in import Entrance
from services.journal import event
from services.links import BAD_CODE, BAD_LINK, LinkByMail
from services.one_time_tokens import TokenKind, lock_link, try_code
from services.rate_limits import Limited, RateLimits
from services.work import Work

_LINK: Final = LinkByMail(TokenKind.SIGN_IN, MailTemplate.SIGN_IN, EventType.SIGN_IN_LINK_REQUESTED)


class SignInByMail:
    """What people do who sign in without a password."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, entrance: Entrance) -> None:
        self._store = store
        self._entrance = entrance
        self._clock = clock
        self._limits = limits

    async def request(self, caller: Caller, email: str) -> str:
        """Send a link and a code, if an account that may be used has the address; the answer does not tell."""
        address = validation.email("email", email)
        await self._limits.count(Limited.MAIL, caller, address)
        await _LINK.send(self._store, caller, address, self._clock())
        return address

    async def sign_in_by_link(self, caller: Caller, token: str) -> SignedIn | SecondFactorRequired:
        """Begin a session by the token of a link, or ask for a second factor.

        ValidationError where it is not valid, or was used.
        """
        await self._limits.count(Limited.PROOF, caller)
        wrong = ValidationError("token", BAD_LINK)

        async def work(transaction: Transaction) -> SignedIn | SecondFactorRequired | AppError:
            row = await lock_link(transaction, TokenKind.SIGN_IN, token, self._clock())
            return wrong if row is None else await self._begin(transaction, caller, row, wrong)

        return await self._let_in(work)

    async def sign_in_by_code(self, caller: Caller, email: str, code: str) -> SignedIn | SecondFactorRequired:
        """Begin a session by a code that went to an address, or ask for a second factor.

        ValidationError where it is not valid, or was used. Five may be tried an hour, whoever tries
        them; then the right one is refused too, until a later one.
        """
        address = validation.email("email", email)
        await self._limits.count(Limited.PROOF, caller)
        wrong = ValidationError("code", BAD_CODE)

        async def work(transaction: Transaction) -> SignedIn | SecondFactorRequired | AppError:
            row = await try_code(transaction, TokenKind.SIGN_IN, address, code, self._clock())
            return wrong if row is None else await self._begin(transaction, caller, row, wrong)

        return await self._let_in(work)

    async def _let_in(self, work: Work[SignedIn | SecondFactorRequired | AppError]) -> SignedIn | SecondFactorRequired:
        outcome = await self._store.write(work)
        if isinstance(outcome, AppError):
            raise outcome
        return outcome

    async def _begin(
        self, transaction: Transaction, caller: Caller, row: OneTimeTokenRow, otherwise: AppError
    ) -> SignedIn | SecondFactorRequired | AppError:
        await one_time_tokens.use_up(transaction, row["key"])
        at = self._clock()
        person = await one_time_tokens.verify_email(transaction, row["personId"], row["email"], to_micros(at))
        if person is None or person.status is not PersonStatus.ACTIVE:
            return otherwise
        if person.email_verified_at == from_micros(to_micros(at)):
            # Whoever chose the password did not prove the address: it may have been somebody else.
            await credentials.forget(transaction, person.id)
            proved = event(caller, EventType.EMAIL_VERIFIED, target_id=person.id, group_id=None, actor=person.id)
            await events.append(transaction, [proved])
        return await self._entrance.finish(transaction, caller, person.id, at)
