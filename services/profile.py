"""A person's own profile, as far as it bears on what others and the server do with it."""

from domain.access import Caller
from domain.errors import AuthError
from domain.events import EventType
from domain.people import Person
from domain.values import Clock, to_micros
from graph import events, people
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.journal import event


class Profile:
    """What somebody can do about their own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def set_locale(self, caller: Caller, locale: str | None) -> Person:
        """Have mails to the caller be in a language, a BCP 47 tag; None for the server's own. The person they are then.

        ValidationError where that is none; else as authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.SET_LOCALE, self._clock())
        chosen = None if locale is None else validation.locale("locale", locale)

        async def work(transaction: Transaction) -> Person:
            person = await people.set_locale(transaction, viewer.person_id, chosen, to_micros(self._clock()))
            if person is None:
                raise AuthError("This session is over: sign in again.")
            changed = event(
                caller,
                EventType.PROFILE_UPDATED,
                target_id=person.id,
                group_id=None,
                properties={"changed": ["locale"]},
            )
            await events.append(transaction, [changed])
            return person

        return await self._store.write(work)
