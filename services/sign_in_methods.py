"""All that somebody can sign in with: seeing it, and taking one away, but never the last one.

The link by mail is there for everybody and does not count: who loses their mailbox has to get in still.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.errors import AuthError, ConflictError, NotFoundError
from domain.events import EventType
from domain.identities import SignInMethod, SignInMethodKind
from domain.mail import MailTemplate
from domain.values import Clock, to_micros
from graph import credentials, events, identities, mail, people
from graph.store import Store, Transaction
from services import passwords
from services.access import Action, authorize_oneself
from services.journal import AccessChange, event
from services.mail import new_mail
from services.one_time_tokens import withdraw_challenges
from services.rate_limits import Limited, RateLimits

_OVER: Final = "This session is over: sign in again."
LAST_WAY: Final = "This is the last way to sign in that you have: add another one first."
_HAS_PASSWORD: Final = "You have a password already: change it with changePassword."  # noqa: S105 - not one


async def told_of_change(transaction: Transaction, person_id: str, at: datetime) -> None:
    """Tell a person by mail that they can sign in with something else from now on."""
    person = await people.fetch_one(transaction, person_id)
    told = [] if person is None else [new_mail(MailTemplate.SIGN_IN_METHODS_CHANGED, person, at)]
    await mail.add(transaction, told)


class SignInMethods:
    """What somebody can do about what they sign in with."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, words: Sequence[str]) -> None:
        """No password may lean on one of the words."""
        self._store = store
        self._words = words
        self._clock = clock
        self._limits = limits

    async def of_viewer(self, caller: Caller) -> list[SignInMethod]:
        """All that the caller can sign in with."""
        return [] if caller.viewer is None else await identities.fetch_ways(self._store, caller.viewer.person_id)

    async def unlink(self, caller: Caller, identifier: str) -> str:
        """Have the caller no longer sign in with an account elsewhere; its id.

        NotFoundError where it is none of theirs, ConflictError where it is the last way that they have.
        """
        viewer, _ = authorize_oneself(caller, Action.UNLINK_PROVIDER, self._clock())

        async def work(transaction: Transaction) -> None:
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                raise AuthError(_OVER)
            linked = (way for way in ways if way.kind is SignInMethodKind.PROVIDER)
            gone = next((way for way in linked if way.id == identifier), None)
            if gone is None:
                raise NotFoundError("sign-in method", identifier[:60])
            if len(ways) == 1:
                raise ConflictError(LAST_WAY)
            await identities.delete(transaction, identifier)
            # It may have been begun with what is gone now.
            await withdraw_challenges(transaction, viewer.person_id)
            happened = event(
                caller,
                EventType.PROVIDER_UNLINKED,
                target_id=viewer.person_id,
                group_id=None,
                properties={"provider": gone.provider},
                changes=AccessChange(before={"provider": gone.provider}),
            )
            await events.append(transaction, [happened])
            await told_of_change(transaction, viewer.person_id, self._clock())

        await self._store.write(work)
        return identifier

    async def set_password(self, caller: Caller, new: str) -> None:
        """Give the caller their first password.

        ConflictError where they have one, ValidationError where it is too weak, and else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.SET_PASSWORD, self._clock())
        await self._limits.count(Limited.PASSWORD, caller, viewer.person_id)
        about = await passwords.about_account(self._store, viewer.person_id, self._words)
        password_hash = await passwords.hashed(await passwords.acceptable("newPassword", new, about))

        async def work(transaction: Transaction) -> None:
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                raise AuthError(_OVER)
            if any(way.kind is SignInMethodKind.PASSWORD for way in ways):
                raise ConflictError(_HAS_PASSWORD)
            at = self._clock()
            await credentials.set_password(
                transaction,
                credentials.CredentialRow(
                    personId=viewer.person_id, passwordHash=password_hash, changedAt=to_micros(at)
                ),
            )
            happened = event(caller, EventType.PASSWORD_CHANGED, target_id=viewer.person_id, group_id=None)
            await events.append(transaction, [happened])
            await told_of_change(transaction, viewer.person_id, at)

        await self._store.write(work)
