"""Another password for somebody who forgot theirs, by a link to their mail."""

from collections.abc import Sequence
from typing import Final

from domain.access import Caller
from domain.errors import ValidationError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import Person
from domain.values import Clock, to_micros
from graph import credentials, events, mail, one_time_tokens, sessions
from graph.store import Store, Transaction
from services import passwords, validation
from services.hashes import hash_of
from services.journal import event
from services.links import BAD_LINK, LinkByMail
from services.mail import new_mail
from services.one_time_tokens import TokenKind, lock_link, withdraw_begun
from services.rate_limits import Limited, RateLimits

_LINK: Final = LinkByMail(TokenKind.RESET_PASSWORD, MailTemplate.RESET_PASSWORD, EventType.PASSWORD_RESET_REQUESTED)


class PasswordReset:
    """What anybody can do about a password that they forgot."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, words: Sequence[str]) -> None:
        """No password may lean on one of the words."""
        self._store = store
        self._words = words
        self._clock = clock
        self._limits = limits

    async def request(self, caller: Caller, email: str) -> str:
        """Send a link, if an account that may be used has the address; the answer does not tell."""
        address = validation.email("email", email)
        await self._limits.count(Limited.MAIL, caller, address)
        await _LINK.send(self._store, caller, address, self._clock())
        return address

    async def reset(self, caller: Caller, token: str, new: str) -> Person:
        """Give the person of a link another password, and end all of their sessions.

        It proves their address too. ValidationError where the link is not valid or was used, or the password is weak.
        """
        await self._limits.count(Limited.PROOF, caller)
        found = await one_time_tokens.fetch_by_link(self._store, hash_of(token))
        if found is None or found["kind"] != TokenKind.RESET_PASSWORD:
            raise ValidationError("token", BAD_LINK)
        about = await passwords.about_account(self._store, found["personId"], self._words)
        password_hash = await passwords.hashed(await passwords.acceptable("newPassword", new, about))

        async def work(transaction: Transaction) -> Person:
            at = self._clock()
            row = await lock_link(transaction, TokenKind.RESET_PASSWORD, token, at)
            if row is None:
                raise ValidationError("token", BAD_LINK)
            await one_time_tokens.use_up(transaction, row["key"])
            person = await one_time_tokens.verify_email(transaction, row["personId"], row["email"], to_micros(at))
            if person is None:
                raise ValidationError("token", BAD_LINK)
            await credentials.set_password(
                transaction,
                credentials.CredentialRow(personId=person.id, passwordHash=password_hash, changedAt=to_micros(at)),
            )
            ended = await sessions.end_all(transaction, person.id)
            # It may have been asked for by whoever knew the old password.
            await withdraw_begun(transaction, person.id)
            await mail.add(transaction, [new_mail(MailTemplate.PASSWORD_CHANGED, person, at)])
            happened = event(
                caller,
                EventType.PASSWORD_RESET_COMPLETED,
                target_id=person.id,
                group_id=None,
                properties={"sessionsEnded": len(ended)},
                actor=person.id,
            )
            await events.append(transaction, [happened])
            return person

        return await self._store.write(work)
