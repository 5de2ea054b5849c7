"""Another e-mail address: asked for in a session of late, and taken once somebody reads the mail there."""

from dataclasses import replace
from typing import Final

from domain.access import Caller
from domain.errors import AuthError, ConflictError, ValidationError
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import Person
from domain.values import Clock, to_micros
from graph import email_change, events, mail, one_time_tokens, sessions
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.journal import event
from services.links import BAD_LINK
from services.mail import new_mail
from services.one_time_tokens import NewToken, TokenKind, lock_link, withdraw_challenges
from services.rate_limits import Limited, RateLimits

_TAKEN: Final = ConflictError("Another account has this address by now.", field="email")


class EmailChange:
    """What somebody can do about the address of their account."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits

    async def request(self, caller: Caller, email: str) -> str:
        """Send a link to another address; the answer does not tell whether an account has it.

        ValidationError where it is the caller's already, and else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.REQUEST_EMAIL_CHANGE, self._clock())
        address = validation.email("email", email)
        await self._limits.count(Limited.MAIL, caller, viewer.person_id)
        found = await email_change.fetch_wanted(self._store, viewer.person_id, address)
        if found is None:
            raise AuthError("This session is over: sign in again.")
        person, holder = found
        if holder is not None and holder.id == person.id:
            raise ValidationError("email", "This is the address of your account already.")
        at = self._clock()
        new = NewToken.make(TokenKind.CHANGE_EMAIL, person, at, address)
        told = (
            new_mail(MailTemplate.CHANGE_EMAIL, replace(person, email=address), at, token=new.token)
            if holder is None
            else new_mail(MailTemplate.ACCOUNT_EXISTS, holder, at)
        )
        asked = event(caller, EventType.EMAIL_CHANGE_REQUESTED, target_id=person.id, group_id=None)

        async def work(transaction: Transaction) -> None:
            await one_time_tokens.issue(transaction, [new.row] if holder is None else [])
            await mail.add(transaction, [told])
            await events.append(transaction, [asked])

        await self._store.write(work)
        return address

    async def confirm(self, caller: Caller, token: str) -> Person:
        """Take the address that a link went to, end all sessions but the caller's, and tell the address before.

        ValidationError where the link is not valid or was used, ConflictError where an account has the address by now.
        """
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> Person:
            at = self._clock()
            row = await lock_link(transaction, TokenKind.CHANGE_EMAIL, token, at)
            if row is None:
                raise ValidationError("token", BAD_LINK)
            await one_time_tokens.use_up(transaction, row["key"])
            changed = await email_change.change(transaction, row["personId"], row["email"], to_micros(at))
            if changed is None:
                raise ValidationError("token", BAD_LINK)
            person, before = changed
            viewer = caller.viewer
            mine = viewer is not None and viewer.person_id == person.id
            keep = viewer.session.id if mine and viewer is not None and viewer.session is not None else None
            ended = await sessions.end_all(transaction, person.id, keep)
            # It may have been begun by mail to the address before.
            await withdraw_challenges(transaction, person.id)
            await mail.add(transaction, [new_mail(MailTemplate.EMAIL_CHANGED, replace(person, email=before), at)])
            happened = event(
                caller,
                EventType.EMAIL_CHANGED,
                target_id=person.id,
                group_id=None,
                properties={"sessionsEnded": len(ended)},
                actor=person.id,
            )
            await events.append(transaction, [happened])
            return person

        try:
            return await self._store.write(work)
        except ConflictError as error:
            raise _TAKEN from error
