"""One stream of server-sent events for many operations: the single connection mode of graphql-sse.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md . A client reserves a stream, opens it with the token
that it got, and begins operations on it by further requests; their results come over the stream. A stream is in the
memory of this process alone, so that all requests about it have to come here.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http import GraphQLRequestData, process_result
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.uploads import Adapter
from domain.access import Viewer
from domain.errors import AppError, AuthError, ConflictError, RateLimitError
from schema.context import Context

if TYPE_CHECKING:
    from app.graphql_view import GraphQLView
    from app.subscriptions import LiveLimits

log = logging.getLogger("one.subscriptions")

TOKEN: Final = "X-GraphQL-Event-Stream-Token"  # noqa: S105 - the name of a header
"""The header with the token of a stream; it may also be the query parameter `token`."""

MOST: Final = 100
"""How many streams one person may have at once, in one process."""

_RETRY_SECONDS: Final = 5.0
_LONGEST_ID: Final = 200
_UNKNOWN: Final = "There is no such stream, or not any more, or it is not yours: reserve one with PUT."
_ELSEWHERE: Final = (
    "This stream was reserved at another server, or before this one was started: all requests about a stream have to "
    "reach the server at which it was reserved. Reserve one with PUT."
)

SSE: Final = SSETransport()

Refused: TypeAlias = ExecutionResult | None
"""Why an operation was not accepted; None where it was."""


class UnknownStreamError(AppError):
    """No stream has that token here, or it is another person's."""

    code = "NOT_FOUND"


class EventStream:
    """A stream of one person, reserved or open, and the operations on it. Nothing is kept for it but one message."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.opened = False
        self.operations: dict[str, asyncio.Task[None]] = {}
        self._next: asyncio.Queue[str | None] = asyncio.Queue(1)

    async def messages(self) -> AsyncGenerator[str]:
        """What goes over it, until it is ended."""
        while (text := await self._next.get()) is not None:
            yield text

    async def tell(self, event: str, operation: str, view: "GraphQLView", **more: object) -> None:
        """Send something about an operation, once what was sent before was taken."""
        data = view.encode_json_string({"id": operation, **more})
        await self._next.put(SSE.encode_event(event, data))

    def stop(self, operation: str) -> None:
        """Stop an operation, if it runs."""
        task = self.operations.pop(operation, None)
        if task is not None:
            task.cancel()

    def end(self) -> None:
        """Stop all operations, and the stream."""
        for operation in list(self.operations):
            self.stop(operation)
        while not self._next.empty():
            self._next.get_nowait()
        self._next.put_nowait(None)


class EventStreams:
    """The streams that were reserved here."""

    def __init__(self, view: "GraphQLView", live: "LiveLimits") -> None:
        self._view = view
        self._live = live
        self._streams: dict[str, EventStream] = {}
        self._of_person: Counter[str] = Counter()
        self._here = secrets.token_urlsafe(6)

    @staticmethod
    def concern(request: Request) -> bool:
        """Whether a request is about such a stream."""
        return request.method in {"PUT", "DELETE"} or _token(request) is not None

    async def answer(self, request: Request) -> Response:
        """The response to such a request.

        AuthError or ForbiddenError where it is not clear who asks, UnknownStreamError, ConflictError or RateLimitError
        where the stream cannot take it, HTTPException where the request is not right.
        """
        match request.method:
            case "PUT":
                return await self._reserve(request)
            case "GET":
                return await self._open(request)
            case "POST":
                return await self._begin(request)
            case "DELETE":
                return await self._stop(request)
        raise HTTPException(405, "A stream takes GET, POST and DELETE requests.")

    def go_away(self) -> None:
        """End all of them: the server stops."""
        for stream in self._streams.values():
            stream.end()

    async def _reserve(self, request: Request) -> Response:
        viewer = (await self._view.caller_of(request)).viewer
        if viewer is None:
            raise AuthError("A stream is for somebody who says who they are: send an Authorization header.")
        if self._of_person[viewer.person_id] >= MOST:
            raise RateLimitError(f"You have {MOST} streams here already: close one of them first.", _RETRY_SECONDS)
        token, stream = f"{self._here}.{secrets.token_urlsafe(32)}", EventStream(viewer)
        self._streams[token] = stream
        self._of_person[viewer.person_id] += 1
        asyncio.get_running_loop().call_later(self._live.init_seconds, self._expire, token)
        return PlainTextResponse(token, 201, {"Cache-Control": "no-store"})

    async def _open(self, request: Request) -> Response:
        """The stream itself. The token is all that a browser's EventSource can send, so that it is enough."""
        token = str(_token(request))
        await self._view.again(self._found(token).viewer)
        stream = self._found(token)  # it may have expired meanwhile
        if stream.opened:
            raise ConflictError("This stream is open already: reserve another one with PUT.")
        stream.opened = True
        request.state.viewer = stream.viewer.person_id
        return _Opened(self, token, stream, self._live.heartbeat_seconds)

    async def _begin(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "An operation of a stream is sent as application/json.")
        context = request.state.context = await self._view.context_elsewhere(request)
        data = await self._view.parse_http_body(Adapter(request))
        stream = self._of(request, context.caller.viewer)
        request.state.operation = data.operation_name
        operation = (data.extensions or {}).get("operationId")
        if not isinstance(operation, str) or not 0 < len(operation) <= _LONGEST_ID:
            raise HTTPException(400, f"extensions.operationId takes 1 to {_LONGEST_ID} characters.")
        if operation in stream.operations:
            raise ConflictError("This stream has an operation with this id already.")
        if len(stream.operations) >= self._live.operations:
            most = f"A stream takes {self._live.operations} operations at once: stop one of them first."
            raise RateLimitError(most, _RETRY_SECONDS)
        accepted: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()

        def accept(*_: object) -> None:
            if not accepted.done():
                accepted.set_result(None)

        context.accepted = accept
        task = asyncio.create_task(self._run(stream, operation, data, context, accepted))
        task.add_done_callback(accept)  # it may be stopped before it begins
        stream.operations[operation] = task
        if (refused := await accepted) is not None:
            body = await self._view.process_result(request, refused)
            return Response(self._view.encode_json(body), 400, media_type="application/json")
        return Response(status_code=202)

    async def _stop(self, request: Request) -> Response:
        viewer = (await self._view.caller_of(request)).viewer
        stream = self._of(request, viewer)
        stream.stop(request.query_params.get("operationId", ""))
        return Response(status_code=200)

    async def _run(
        self,
        stream: EventStream,
        operation: str,
        data: GraphQLRequestData,
        context: Context,
        accepted: "asyncio.Future[Refused]",
    ) -> None:
        """Run an operation, and send what it answers; whether it is accepted is known before it begins."""
        try:
            results = await self._view.schema.stream(
                data.query,
                variable_values=data.variables,
                context_value=context,
                operation_name=data.operation_name,
                operation_extensions=data.extensions,
            )
            async with aclosing(results):
                async for each in results:
                    if isinstance(each, PreExecutionError) and not accepted.done():
                        accepted.set_result(each)
                        return
                    payload = process_result(cast("ExecutionResult", each))  # the schema has neither @defer nor @stream
                    await stream.tell("next", operation, self._view, payload=payload)
            stream.operations.pop(operation, None)  # before the client learns of it, which may use the id again then
            await stream.tell("complete", operation, self._view)
        except Exception:  # a fault of one operation ends it, and nothing else on the stream
            log.exception("an operation of a stream failed")
            await stream.tell("complete", operation, self._view)
        finally:
            if stream.operations.get(operation) is asyncio.current_task():
                del stream.operations[operation]

    def _of(self, request: Request, viewer: Viewer | None) -> EventStream:
        """The stream of whoever asks."""
        if viewer is None:
            raise AuthError("Say who you are with each request, as with the one that reserved the stream.")
        token = _token(request)
        if token is None:
            raise HTTPException(400, f"Send the token of the stream in the header {TOKEN}.")
        stream = self._found(token)
        if stream.viewer.person_id != viewer.person_id:
            raise UnknownStreamError(_UNKNOWN)
        return stream

    def _found(self, token: str) -> EventStream:
        stream = self._streams.get(token)
        if stream is None:
            raise UnknownStreamError(_UNKNOWN if token.startswith(f"{self._here}.") else _ELSEWHERE)
        return stream

    def _expire(self, token: str) -> None:
        stream = self._streams.get(token)
        if stream is not None and not stream.opened:
            self.forget(token)

    def forget(self, token: str) -> None:
        """End a stream, which is gone then."""
        stream = self._streams.pop(token)
        stream.end()
        person = stream.viewer.person_id
        self._of_person[person] -= 1
        if not self._of_person[person]:
            del self._of_person[person]


class _Opened(StreamingResponse):
    """The response that is a stream, which is forgotten with it."""

    def __init__(self, streams: EventStreams, token: str, stream: EventStream, heartbeat_seconds: float) -> None:
        merged = merge_stream_with_heartbeat(
            stream.messages, lambda: SSE.encode_comment("ping"), heartbeat_seconds, send_initial_heartbeat=True
        )
        super().__init__(merged(), headers=SSE.headers)
        self._streams = streams
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, for as long as the client is there."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.forget(self._token)


def _token(request: Request) -> str | None:
    token = request.headers.get(TOKEN)
    return token if token or not request.scope["query_string"] else request.query_params.get("token")
