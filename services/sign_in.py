"""Signing up and signing in: the same answer and the same work, whether or not there is such an account."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.access import Caller
from domain.errors import AuthError, ConflictError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import Person, PersonStatus, PlatformRole
from domain.second_factors import SecondFactorRequired
from domain.sessions import SignedIn
from domain.values import Clock, to_micros
from graph import credentials, events, mail, one_time_tokens
from graph.store import Store, Transaction
from services import passwords, validation
from services.finishing_sign_in import Entrance
from services.journal import account_of, event
from services.mail import new_mail
from services.one_time_tokens import NewToken, TokenKind
from services.people import NewPerson, new_person
from services.rate_limits import Limited, RateLimits

_WRONG = (
    "The e-mail address or the password is wrong, or the address is not proved yet: then follow the link in the mail."
)
_TAKEN = ConflictError("The same username is there already.", field="username")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who signs up."""

    email: str
    username: str
    display_name: str
    password: str = field(repr=False)
    locale: str | None = None


def _may_sign_in(person: Person) -> bool:
    return person.status is PersonStatus.ACTIVE and person.email_verified_at is not None


def _holder(person: Person, taken: credentials.TakenRow) -> Person:
    """Who has the address already, as far as a mail to them takes it: its language is theirs."""
    return replace(person, id=str(taken["personId"]), locale=taken["locale"])


class SignIn:
    """What people do who are not signed in."""

    def __init__(
        self, store: Store, clock: Clock, limits: RateLimits, entrance: Entrance, words: Sequence[str]
    ) -> None:
        """No password may lean on one of the words."""
        self._store = store
        self._entrance = entrance
        self._words = words
        self._clock = clock
        self._limits = limits

    async def sign_up(self, caller: Caller, new: NewAccount) -> str:
        """Add an account, unless the e-mail address has one, which the answer does not tell; the address.

        ValidationError where the input is not acceptable, ConflictError where the username is taken.
        """
        customer = PlatformRole.CUSTOMER
        person = new_person(NewPerson(new.email, new.username, new.display_name, customer, new.locale))
        await self._limits.count(Limited.SIGN_UP, caller)
        about = passwords.about(person, self._words)
        password = await passwords.acceptable("password", new.password, about)
        credential = credentials.CredentialRow(
            personId=person.id, passwordHash=await passwords.hashed(password), changedAt=to_micros(self._clock())
        )
        registered = event(
            caller,
            EventType.USER_REGISTERED,
            target_id=person.id,
            group_id=None,
            actor=person.id,
            changes=account_of(person),
        )

        async def work(transaction: Transaction) -> None:
            taken = await credentials.find_taken(transaction, person.email, person.username)
            if taken["username"]:
                raise _TAKEN
            is_new = taken["personId"] is None
            await credentials.create_accounts(transaction, [(person, credential)] if is_new else [])
            at = self._clock()
            link = NewToken.make(TokenKind.VERIFY_EMAIL, person, at)
            await one_time_tokens.issue(transaction, [link.row] if is_new else [])
            told = (
                new_mail(MailTemplate.VERIFY_EMAIL, person, at, token=link.token, code=link.code)
                if is_new
                else new_mail(MailTemplate.ACCOUNT_EXISTS, _holder(person, taken), at)
            )
            await mail.add(transaction, [told])
            sent = event(caller, EventType.EMAIL_VERIFICATION_SENT, target_id=person.id, group_id=None)
            await events.append(transaction, [registered, sent], happened=is_new)

        try:
            await self._store.write(work)
        except ConflictError as error:
            if error.field != "email":
                raise
            await self._store.write(work)  # somebody signed up with the same address at the same time
        return person.email

    async def sign_in(self, caller: Caller, email: str, password: str) -> SignedIn | SecondFactorRequired:
        """Begin a session, or ask for a second factor.

        AuthError where no such account may be used, or the password is wrong.
        """
        address = validation.email("email", email)
        password = passwords.typed("password", password)
        await self._limits.count(Limited.SIGN_IN, caller, address)
        found = await credentials.fetch_account(self._store, address)
        person, stored = found or (None, None)
        verified = await passwords.verify(password, stored)
        if person is None or stored is None or not verified.right or not _may_sign_in(person):
            await self._note_failure(caller, person)
            raise AuthError(_WRONG)

        async def work(transaction: Transaction) -> SignedIn | SecondFactorRequired | None:
            # Whoever changed the password meanwhile has ended all sessions that the old one began.
            if await credentials.lock(transaction, person.id) != stored:
                return None
            at = self._clock()
            if verified.better_hash is not None:
                row = credentials.CredentialRow(
                    personId=person.id, passwordHash=verified.better_hash, changedAt=to_micros(at)
                )
                await credentials.set_password(transaction, row)
            return await self._entrance.finish(transaction, caller, person.id, at)

        signed_in = await self._store.write(work)
        if signed_in is None:
            raise AuthError(_WRONG)
        return signed_in

    async def _note_failure(self, caller: Caller, person: Person | None) -> None:
        # Of nobody nothing is noted, by the same statement.
        failed = (
            [] if person is None else [event(caller, EventType.USER_LOGIN_FAILED, target_id=person.id, group_id=None)]
        )
        await self._store.write(lambda transaction: events.append(transaction, failed))
