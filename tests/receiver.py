"""A partner's server that gets webhooks, on a free port of this machine, and that behaves as badly as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import cast

import orjson
from standardwebhooks import Webhook

from app.webhook_http import WebhookHttp
from domain.values import JSON
from graph.store import Store
from schema.cursors import Cursors, log_cursor
from services.event_log import EventLog
from services.sealing import SecretBox
from services.webhook_fan_out import MAX_WAITING, WebhookFanOut
from services.webhook_sending import WebhookSender, WebhookSending, WebhookTimes
from tests.accounts import TurnedClock
from tests.conftest import BOX, CURSOR_KEY


@dataclass(frozen=True)
class Got:
    """A request that arrived."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The id of the event."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> Mapping[str, JSON]:
        """What it says."""
        return cast("Mapping[str, JSON]", orjson.loads(self.body))

    @property
    def target(self) -> str:
        """What it is about."""
        return str(cast("Mapping[str, JSON]", self.told["data"])["targetId"])

    def signed_by(self, *secrets: str) -> bool:
        """Whether it has one signature by each of these secrets, and no other; at whatever time that was."""
        at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        wanted = [Webhook(secret).sign(self.id, at, self.body.decode()) for secret in secrets]
        return self.headers["webhook-signature"].split(" ") == wanted

    def verify(self, secret: str) -> object:
        """What is verified as the library does; WebhookVerificationError where it is not right, or not of now."""
        return Webhook(secret).verify(self.body, dict(self.headers))


Behaviour = Callable[[Got], str]
"""What is answered to a request: one of the ways below."""


@dataclass
class Receiver:
    """What arrived, and what is answered."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    behaves: Behaviour = lambda _: "200"
    answers: Mapping[str, bytes] = field(default_factory=dict)

    def taken(self) -> list[Got]:
        """What arrived, once for each event."""
        return list({each.id: each for each in self.got}.values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
            got = Got(headers, await reader.readexactly(int(headers["content-length"])))
            self.got.append(got)
            way = self.behaves(got)
            if way == "never":
                await reader.read()  # until the other side has had enough
            elif way == "hang up":
                writer.transport.abort()
            elif way == "huge":
                writer.write(b"HTTP/1.1 500 Oh\r\n\r\n")
                with contextlib.suppress(ConnectionError):
                    for _ in range(10_000):
                        writer.write(b"x" * 10_000)
                        await writer.drain()
            elif way == "redirect":
                writer.write(f"HTTP/1.1 307 Go\r\nLocation: {self.url}/other\r\nContent-Length: 0\r\n\r\n".encode())
            elif way == "later":
                writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n")
            else:
                writer.write(f"HTTP/1.1 {way} Told\r\nContent-Length: 12\r\n\r\nlooked at\nit".encode())
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver for as long as the context lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield receiver


@dataclass
class Worker:
    """One process that sends webhooks, step by step."""

    log: EventLog
    fan_out: WebhookFanOut
    sending: WebhookSending
    sender: WebhookSender

    @classmethod
    async def start(
        cls,
        store: Store,
        clock: TurnedClock,
        *,
        most: int = MAX_WAITING,
        sender: WebhookSender | None = None,
        box: SecretBox = BOX,
    ) -> "Worker":
        """One that follows the log from now on."""
        log = EventLog(store)
        await log.start()
        times = WebhookTimes(clock, dice=lambda: 0.5)
        sending = WebhookSending(store, times, box, partial(log_cursor, Cursors(CURSOR_KEY)))
        sender = sender or WebhookHttp(loopback=True, seconds=0.3)
        return cls(log, WebhookFanOut(store, clock, log, most=most), sending, sender)

    async def tell(self) -> int:
        """Take up what happened, and send what is due, until nothing is; how many were tried."""
        tried = 0
        while True:
            await self.log.advance()
            await self.fan_out.advance()
            some = await self.sending.deliver(self.sender)
            tried += some
            if not some:
                return tried
