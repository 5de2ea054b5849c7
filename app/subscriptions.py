"""Subscriptions on their way to a client: over WebSocket, and as server-sent events.

graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md ; graphql-sse, its distinct
connections: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md .
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from cross_web import HTTPException
from starlette.types import Message as ASGIMessage
from starlette.types import Send
from starlette.websockets import WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from app.operation_requests import Asked
from domain.access import Caller, Viewer
from domain.errors import AuthError, ForbiddenError, NetworkError, RateLimitError
from schema.context import Context

if TYPE_CHECKING:
    from app.graphql_view import GraphQLView

log = logging.getLogger("one.subscriptions")

GOING_AWAY: Final = 1001
"""The server stops, and another one will answer: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 ."""

TRY_AGAIN_LATER: Final = 1013

TOO_MANY_SOCKETS: Final = "You have {} WebSockets open, which is as many as there may be: close one of them first."

_FORBIDDEN: Final = 4403
_REASON: Final = 123  # bytes that fit into the frame that closes
_CLOSE_SECONDS: Final = 1.0
_RETRY_MILLISECONDS: Final = 1_000
_JSON: Final = {"application/json", "application/graphql-response+json", "application/*", "*/*"}


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """What connections that stay open may take, and how long; times are in seconds.

    A client has `init_seconds` to say who it is, and `patience_seconds` to take what was sent. One connection runs so
    many `operations` at once, and one caller has so many `sockets`. Where nothing happens a heartbeat goes over it
    every `heartbeat_seconds`.
    """

    init_seconds: float = 10
    patience_seconds: float = 30
    operations: int = 50
    sockets: int = 200
    heartbeat_seconds: float = 15


def within(send: Send, seconds: float) -> Send:
    """Send to somebody who has so long to take what was sent before. TimeoutError where they do not."""

    async def send_within(message: ASGIMessage) -> None:
        async with asyncio.timeout(seconds):
            await send(message)

    return send_within


def takes_json(headers: Mapping[str, str]) -> bool:
    """Whether a client says that it takes an answer in JSON, whatever else it takes."""
    accepted = next((value for name, value in headers.items() if name.lower() == "accept"), "")
    return any(part.partition(";")[0].strip().lower() in _JSON for part in accepted.split(","))


class Socket(ASGIWebSocketAdapter):
    """A WebSocket that carries JSON objects as text."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """The objects that arrive."""
        try:
            async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
                if not isinstance(message, dict):
                    raise NonJsonMessageReceived
                yield message
        except HTTPException as error:
            raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send an object."""
        try:
            await self.ws.send_text(cast("bytes", self.view.encode_json(message)).decode())
        except (WebSocketDisconnect, RuntimeError) as error:  # Starlette's, once the socket is closed
            raise WebSocketDisconnected from error


class Connection(BaseGraphQLTransportWSHandler[Context, None]):
    """One client, and the operations that it runs, each with a context of its own."""

    view: "GraphQLView"
    websocket: Socket
    viewer: Viewer | None = None
    cut_off = False
    main: "asyncio.Task[object] | None" = None

    async def handle(self) -> None:
        """Serve it until it goes, or until it is cut off for not taking what it asked for."""
        self.main = asyncio.current_task()
        self.view.connections.add(self)
        started = time.perf_counter()
        try:
            await super().handle()
        except asyncio.CancelledError:
            if not self.cut_off or self.main is None:
                raise
            self.main.uncancel()
            log.warning("a client was cut off that did not take what it had subscribed to")
        finally:
            self.view.connections.discard(self)
            seconds, still = time.perf_counter() - started, len(self.view.connections)
            log.info("socket closed", extra={"duration_ms": round(seconds * 1000, 1), "still_open": still})

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Find out who it is: by the `Authorization` of the payload, else by the header or the cookie it came with."""
        payload: object = message.get("payload")
        given = payload.get("Authorization", payload.get("authorization")) if isinstance(payload, dict) else None
        try:
            self.viewer = await self.view.viewer_of(self.websocket.ws, given if isinstance(given, str) else None)
        except (AuthError, ForbiddenError) as error:
            await self._close(_FORBIDDEN, error.message)
            return
        except NetworkError as error:
            await self._close(TRY_AGAIN_LATER, error.message)
            return
        if self.viewer is not None:  # no more one of those of its address
            sockets, state = self.view.sockets, self.websocket.ws.state
            try:
                who = sockets.enter(Caller(self.viewer))
            except RateLimitError as error:
                await self._close(TRY_AGAIN_LATER, error.message)
                return
            sockets.leave(state.counted_as)
            state.counted_as = who
        if payload is None:  # clients may send null
            message = {"type": "connection_init"}
        await super().handle_connection_init(message)
        self.connection_init_timeout_task = None  # it was cancelled, and would keep what that left behind

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation. One that has another shape than the protocol says closes the connection."""
        given = cast("Mapping[str, object]", message)  # nobody has looked at it yet
        payload = given["payload"]
        try:
            asked = Asked.of(payload)
        except HTTPException:
            asked = None
        if asked is None or not asked.is_something or not isinstance(given["id"], str):
            await self.handle_invalid_message("Failed to parse message")
            return
        # The operation keeps what was asked in place of its text, which is found when it runs.
        carrying = {**message, "payload": {**message["payload"], "query": asked}}
        await super().handle_subscribe(cast("SubscribeMessage", carrying))

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation in the name of who the client is by now: its session may have been refreshed meanwhile."""
        alone, asked = copy(self), cast("Asked", operation.query)
        try:
            alone.context = await self.view.context_again(self.websocket.ws, self.viewer)
        except (AuthError, ForbiddenError, NetworkError) as error:
            code = TRY_AGAIN_LATER if isinstance(error, NetworkError) else _FORBIDDEN
            await self._close(code, error.message)
            return
        alone.context.reference = asked.reference
        operation.query = asked.text  # type: ignore[assignment] # the schema takes None as well
        with contextlib.suppress(WebSocketDisconnected):
            await BaseGraphQLTransportWSHandler[Context, None].run_operation(alone, operation)

    async def send_message(self, message: Message) -> None:
        """Send a message to a client that has some time to take the one before."""
        try:
            async with asyncio.timeout(self.view.patience):
                await super().send_message(message)
        except TimeoutError as error:
            self._cut_off()
            raise WebSocketDisconnected from error

    async def go_away(self) -> None:
        """Tell the client that this server stops, so that it comes back to another one with its cursor."""
        await self._close(GOING_AWAY, "This server stops: connect again.")

    def _cut_off(self) -> None:
        # A copy of this runs each operation, so that it is marked where the connection is.
        connection = next((each for each in self.view.connections if each.main is self.main), self)
        if connection.main is not None and not connection.cut_off:
            connection.cut_off = True
            connection.main.cancel()

    async def _close(self, code: int, reason: str) -> None:
        fits = reason.encode()[:_REASON].decode(errors="ignore")
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.websocket.close(code, fits)


def sent_event(text: str, cursor: str | None, *, first: bool) -> str:
    """A server-sent event with the cursor as its id, so that a browser that comes back sends it as Last-Event-ID."""
    head = f"retry: {_RETRY_MILLISECONDS}\r\n" if first else ""
    return f"{head}id: {cursor}\r\n{text}" if cursor else f"{head}{text}"
