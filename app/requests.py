"""What holds for every request: an id in and out, a log line, and a body of bounded size."""

import asyncio
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import logging_request
from app.time_limits import TimeLimit
from domain.errors import AppError, AuthError, NetworkError, RateLimitError
from domain.ids import new_id

log = logging.getLogger("one.http")

Header: TypeAlias = tuple[bytes, bytes]

REQUEST_ID = "X-Request-Id"
FORMS = "/graphql"
"""Where forms with files are taken: they go to disk, and nothing else is read into memory as large as that."""
SAFE: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",
}
"""The headers of a response that says nothing else about it: it stands in no page's frame."""
GONE = 499
"""The status in the log of a request whose client went away before all of it was here, as nginx has it."""
_STATUS: Final[Mapping[str, int]] = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "RATE_LIMITED": 429,
    "OVERLOADED": 503,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
BODY_SECONDS: Final = 30
"""How long a client may take to send a body, or the next piece of a form with files."""
_PLAIN: Final = b"identity"
_ID: Final = REQUEST_ID.lower().encode()
_SAFE: Final = tuple((name.lower().encode(), value.encode()) for name, value in SAFE.items())
_FOR_ONE: Final = (b"cache-control", b"no-store")
_ENCRYPTED: Final = (b"strict-transport-security", b"max-age=31536000")
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class BodyRefusedError(Exception):
    """The body of a request is too large, or does not come on; `response` says so."""

    def __init__(self, response: JSONResponse) -> None:
        super().__init__()
        self.response = response


class Requests:
    """The whole application as ASGI: WebSockets go straight to theirs, and requests through what holds for each."""

    def __init__(
        self,
        app: ASGIApp,
        sockets: ASGIApp,
        body_limit: int,
        go_away: Callable[[], Awaitable[None]],
        is_idle: Callable[[], bool],
        *,
        form_limit: int = 0,
    ) -> None:
        """Bodies have at most so many bytes, and forms with files `form_limit` more, where those are taken."""
        self._app = app
        self._sockets = sockets
        self._body_limit = body_limit
        self._form_limit = form_limit
        self.go_away = go_away
        """Let every connection go that would stay open: the server stops."""
        self.is_idle = is_idle
        """Whether no operation is under way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a WebSocket, which keeps each frame that waits for it, so that they are few and small."""
        serve = self._sockets if scope["type"] == "websocket" else self._answer
        await serve(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log it."""
        asked: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first of a name counts
        asked_for = asked.get(_ID, b"").decode("latin-1")
        encoding = asked.get(b"content-encoding", _PLAIN).lower()
        is_form = scope["path"] == FORMS and asked.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
        limit = self._body_limit + (self._form_limit if is_form else 0)
        request_id = asked_for if _ACCEPTABLE_ID.fullmatch(asked_for) else new_id("req")
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message.get("headers", ()), request_id, scope["scheme"])
            await send(message)

        with logging_request(request_id):
            try:
                if encoding == _PLAIN:
                    await self._app(scope, _bounded(receive, limit, renewed=is_form), send_with_id)
                else:
                    await compressed(encoding.decode("latin-1"))(scope, receive, send_with_id)
            except ClientDisconnect:
                status = GONE
            except BodyRefusedError as error:
                await error.response(scope, receive, send_with_id)
            except Exception:
                log.exception("unexpected error %s", request_id)
                await failed(request_id)(scope, receive, send_with_id)
            finally:
                fields = {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                    "viewer": state.get("viewer"),
                    "operation": state.get("operation"),
                }
                log.info("request", extra={name: value for name, value in fields.items() if value is not None})


def _completed(headers: Iterable[Header], request_id: str, scheme: str) -> list[Header]:
    """The headers of a response, and those that every one has where it says nothing else."""
    own = [each for each in headers if each[0] != _ID]
    names = {name for name, _ in own}
    added = [each for each in _SAFE if each[0] not in names]
    if b"cache-control" not in names and b"etag" not in names:  # what has a tag may be kept
        added.append(_FOR_ONE)  # and everything else is for whoever asked alone
    if scheme == "https" and _ENCRYPTED[0] not in names:
        added.append(_ENCRYPTED)
    return [*own, (_ID, request_id.encode()), *added]


def _bounded(receive: Receive, limit: int, *, renewed: bool) -> Receive:
    """What receives no more than that, and does not wait for it forever; where `renewed`, each piece has its time."""
    received, complete, loop = 0, False, asyncio.get_running_loop()
    ends = loop.time() + BODY_SECONDS

    async def receive_bounded() -> Message:
        nonlocal received, complete, ends
        if complete:  # what comes yet is that the client went away
            return await receive()
        try:
            with TimeLimit(ends - loop.time()):
                message = await receive()
        except TimeoutError as error:
            raise BodyRefusedError(too_slow()) from error
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyRefusedError(too_large(limit))
        complete = not message.get("more_body", False)
        if renewed:
            ends = loop.time() + BODY_SECONDS
        return message

    return receive_bounded


def refusal(
    status: int, message: str, code: str, headers: dict[str, str] | None = None, **extensions: object
) -> JSONResponse:
    """A response to what never became a GraphQL operation, in the form of one."""
    error = {"message": message, "extensions": {"code": code, **extensions}}
    return JSONResponse({"errors": [error]}, status, headers)


def refused(error: AppError) -> JSONResponse:
    """The same for an expected failure."""
    status = _STATUS.get(error.code, 400)
    match error:
        case AuthError():
            return refusal(status, error.message, error.code, {"WWW-Authenticate": "Bearer"})
        case RateLimitError(retry_after=seconds):
            headers = {"Retry-After": str(math.ceil(seconds))}
            return refusal(status, error.message, error.code, headers, retryAfter=seconds)
        case NetworkError():
            return refusal(status, error.message, error.code, {"Retry-After": "5"})
        case _:
            return refusal(status, error.message, error.code)


def too_large(limit: int) -> JSONResponse:
    """The response to a body that is too large."""
    return refusal(413, f"The body of a request may have at most {limit:,} bytes.", "BODY_TOO_LARGE")


def compressed(encoding: str) -> JSONResponse:
    """The response to a body that would have to be made larger before it can be read, by nobody knows how much."""
    message = f"The body of a request is taken as it is, without Content-Encoding, and not as {encoding[:20]!r}."
    return refusal(415, message, "BAD_REQUEST", {"Accept-Encoding": _PLAIN.decode()})


def too_slow() -> JSONResponse:
    """The response to a body that does not come on."""
    message = f"The body of a request has to be here within {BODY_SECONDS} seconds."
    return refusal(408, message, "BODY_TOO_SLOW", {"Connection": "close"})


def failed(request_id: str) -> JSONResponse:
    """The response to a fault of ours."""
    return refusal(500, f"Something went wrong on our side. Quote {request_id} when you report it.", "INTERNAL")
