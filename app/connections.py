"""Connections as uvicorn serves them, of which strangers may open thousands, and leave them open.

A request has its head here in time, or is not waited for; and a WebSocket keeps little, which does nothing for hours.
"""

import asyncio
from asyncio import TimerHandle, Transport
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

HEAD_SECONDS: Final = 10
"""How long a client may take from connecting, or from the first byte of a request, to the end of its headers."""

HEAD_BYTES: Final = 64 * 1024
"""How much of the line and the headers of a request is taken without having met their end."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class HttpProtocol(HttpToolsProtocol):
    """A connection that is closed where the head of a request does not come, or does not end."""

    _in_message = False
    _head_bytes = 0
    _head_ends: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # uvicorn narrows what asyncio has
        """Wait for a first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes, and no head without an end. What is before the first line of one counts too."""
        if not self._in_message and self._head_ends is None:
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_ends is not None and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """At the first byte of a request, of which several may come at once."""
        super().on_message_begin()
        self._in_message = True
        if self._head_ends is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """At the end of its head."""
        self._head_is_here()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """At the end of its body."""
        super().on_message_complete()
        self._in_message = False

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_ends = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # which uvicorn does not say of the time before it
        if cycle is not None and not cycle.response_complete:  # the answer to the request before is under way
            self._head_ends = self.loop.call_later(HEAD_SECONDS, self._give_up)
        else:
            self.transport.close()

    def _head_is_here(self) -> None:
        if self._head_ends is not None:
            self._head_ends.cancel()
            self._head_ends = None


class Inbox:
    """What arrived and was not taken yet: an `asyncio.Queue` for one reader, without the 3 KB that one of those takes.

    It holds next to nothing, as uvicorn stops reading until a message was taken.
    """

    __slots__ = ("_messages", "_reader")

    def __init__(self) -> None:
        self._messages: list[ASGIReceiveEvent] = []
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, message: "ASGIReceiveEvent") -> None:
        """Add a message."""
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> "ASGIReceiveEvent":
        """The next message, once there is one."""
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._messages.pop(0)

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._messages


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A connection that forgets the headers of its handshake, which the application has in its scope."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Before anything has arrived."""
        super().connection_made(transport)
        self.queue = cast("asyncio.Queue[ASGIReceiveEvent]", Inbox())

    def start_keepalive(self) -> None:
        """Called once the handshake is done."""
        super().start_keepalive()
        self.request.headers.clear()
        self.response.headers.clear()
