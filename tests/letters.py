"""A sender that keeps what it is given, or refuses it."""

import re
from dataclasses import dataclass, field

from domain.mail import Message, SendingError
from graph.store import Store
from services.mail import Mails
from tests.accounts import TurnedClock

APP = "https://app.one.example"


@dataclass
class Letters:
    """Mails that were sent."""

    store: Store
    clock: TurnedClock
    sent: list[Message] = field(default_factory=list)
    refusal: BaseException | None = None
    """What the next tries end with."""

    async def send(self, message: Message) -> None:
        """Keep it."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(message)

    async def deliver(self) -> int:
        """Send what is due; how many were tried."""
        tried = 0
        while some := await Mails(self.store, self.clock).deliver(self, APP):
            tried += some
        return tried

    async def last(self, name: str) -> Message:
        """The last mail to somebody, once all were sent."""
        await self.deliver()
        return [message for message in self.sent if message.address == f"{name}@one.example"][-1]

    async def token(self, name: str) -> str:
        """The token of the link in the last mail to somebody, which its text and its HTML agree about."""
        message = await self.last(name)
        [token] = re.findall(rf"{APP}/[a-z-]+#token=(onet_[\w-]+)", message.text)
        assert f'href="{APP}/' in message.html
        assert token in message.html
        return str(token)

    async def code(self, name: str) -> str:
        """The code in the last mail to somebody."""
        [code] = re.findall(r"\b\d{6}\b", (await self.last(name)).text)
        return str(code)


def refused(*, final: bool = False) -> SendingError:
    """What a mail server says that does not take a mail."""
    return SendingError("the mail server answered 451", final=final)
