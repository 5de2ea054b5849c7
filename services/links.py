"""Links that go out by mail to an address that somebody names: the same work, whether or not an account has it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.access import Caller
from domain.events import EventType
from domain.mail import MailTemplate
from domain.people import Person, PersonStatus
from graph import events, mail, one_time_tokens
from graph.store import Store, Transaction
from services.journal import event
from services.mail import new_mail
from services.one_time_tokens import WITH_A_CODE, NewToken, TokenKind, is_due

BAD_LINK: Final = "This link is not valid, or no longer: ask for another one."
BAD_CODE: Final = "This code is wrong, or no longer valid, or too many were tried: look again, or ask for another one."


@dataclass(frozen=True, slots=True)
class LinkByMail:
    """A kind of link, the mail that it goes out in, the event that tells so, and of whom it is any use."""

    kind: TokenKind
    template: MailTemplate
    told: EventType
    serves: Callable[[Person], bool] = lambda _: True

    async def send(self, store: Store, caller: Caller, address: str, at: datetime) -> None:
        """Send one, if an account that may be used has the address and none went out a moment ago."""
        found = await one_time_tokens.fetch_address(store, address, self.kind)
        links = [
            (person, NewToken.make(self.kind, person, at))
            for person, issued_at in ([] if found is None else [found])
            if person.status is PersonStatus.ACTIVE and self.serves(person) and is_due(issued_at, at)
        ]

        async def work(transaction: Transaction) -> None:
            await one_time_tokens.issue(transaction, [new.row for _, new in links])
            mails = [new_mail(self.template, person, at, token=new.token, **self._code(new)) for person, new in links]
            await mail.add(transaction, mails)
            told = [event(caller, self.told, target_id=person.id, group_id=None) for person, _ in links]
            await events.append(transaction, told)

        await store.write(work)

    def _code(self, new: NewToken) -> dict[str, str]:
        return {"code": new.code} if self.kind in WITH_A_CODE else {}
