"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ , and subscriptions over what stays open."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, GraphQLRequestProtocol
from strawberry.http.base import BaseRequestProtocol
from strawberry.http.streaming import AsyncTextStream, HTTPStreamTransport, merge_stream_with_heartbeat
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import SubscriptionExecutionResult
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.consistency import ConsistencyTokens
from app.cookies import Cookies
from app.event_streams import EventStreams
from app.explorer import Explorer
from app.load import Load, LoadLimits, PerCaller
from app.negotiation import negotiated
from app.operation_requests import OPERATION, Asked, OperationRequest, asked_by, is_ordinary, is_subscription
from app.requests import refusal, refused
from app.subscriptions import TOO_MANY_SOCKETS, Connection, LiveLimits, Socket, sent_event, takes_json, within
from app.uploads import Adapter, received
from app.viewers import viewer_of_header
from domain.access import Caller, Viewer
from domain.errors import AppError, AuthError, RateLimitError
from domain.ids import new_id
from graph import claims
from graph.bookmarks import seeing
from resolvers.failures import BAD_REQUEST
from schema.context import Context
from schema.cursors import Cursors
from schema.limits import Limits
from schema.loaders import Loaders
from services.budgets import Budgets
from services.services import Services

COST = "GraphQL-Cost"
"""The header of a request that wants to know what it costs."""

_STREAMS = ("text/event-stream", "multipart/")


log = logging.getLogger("one.subscriptions")


class GraphQLView(GraphQL[Context, None]):
    """Runs operations in the name of whoever sends them."""

    graphql_transport_ws_handler_class = Connection
    websocket_adapter_class = Socket
    request_adapter_class = Adapter

    def __init__(
        self,
        schema: BaseSchema,
        services: Services,
        cursors: Cursors,
        explorer: Explorer,
        limits: Limits,
        *,
        origins: AbstractSet[str],
        live: LiveLimits,
        load: LoadLimits,
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=live.init_seconds),
            max_subscriptions_per_connection=live.operations,
            multipart_uploads_enabled=True,
            allowed_origins=sorted(origins),
        )
        self._services = services
        self._cursors = cursors
        self._tokens = ConsistencyTokens(cursors)
        self._explorer = explorer
        self._limits = limits
        self._origins = origins
        self._heartbeat_seconds = live.heartbeat_seconds
        self._load = Load(load)
        self._budgets = Budgets(load.budget)
        self.patience = live.patience_seconds
        """How many seconds a client has to take what was sent to it before it is cut off."""
        self.connections: set[Connection] = set()
        """Those that are open over WebSocket."""
        self.sockets = PerCaller(live.sockets, TOO_MANY_SOCKETS.format(live.sockets))
        """How many of them each caller has, who is an address until they say who they are."""
        self._streams = EventStreams(self, live)

    @property
    def operations(self) -> int:
        """How many operations are under way."""
        return self._load.operations

    def is_idle(self) -> bool:
        """Whether none is."""
        return not self._load.operations

    async def go_away(self) -> None:
        """Let every subscription go, so that its client comes back to another server with its last cursor."""
        self._streams.go_away()
        await asyncio.gather(*(each.go_away() for each in list(self.connections)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. What never becomes an operation is refused in JSON too."""
        request = OperationRequest(scope, receive)
        try:
            self._load.check()
            with seeing(self._tokens.read(request)) as seen:
                response = negotiated(request, await self._answer(request))
            self._tokens.write(seen, response)
        except HTTPException as error:
            response = refusal(error.status_code, error.reason, BAD_REQUEST)
        except AppError as error:
            response = refused(error)
        finally:
            await request.close()  # files that came with it
            request.state.context = None  # it leads back to the request, and neither would go by itself
        if not isinstance(response, StreamingResponse):
            await response(scope, receive, send)
            return
        try:
            await response(scope, receive, within(send, self.patience))
        except (ClientDisconnect, TimeoutError):
            log.warning("a client was cut off that did not take what it had subscribed to")

    async def serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        scope.setdefault("state", {})["request_id"] = new_id("req")
        socket = WebSocket(scope, receive, send)
        try:
            socket.state.counted_as = self.sockets.enter(self._caller(socket, None))
        except RateLimitError as error:
            await socket.send_denial_response(refused(error))
            return
        try:
            await self.run(socket)
        finally:
            self.sockets.leave(socket.state.counted_as)

    async def _answer(self, request: Request) -> Response:
        """The response to a request; that of a second try where who asks was not as this process remembered."""
        if EventStreams.concern(request):
            return await self._streams.answer(request)
        accepted = request.headers.get("accept", "")
        if not any(kind in accepted for kind in _STREAMS):  # what goes on after its first answer is confirmed by none
            with claims.confirming():
                try:
                    response = await (self._run_ordinary(request) if is_ordinary(request) else self.run(request))
                    await self._services.sessions.confirm()
                except AuthError:
                    if not claims.outdated():
                        raise
                else:
                    return response
            request.state.request_error = False
        return await self.run(request)

    async def _run_ordinary(self, request: Request) -> Response:
        """What `run` does, straight away, with what most requests are: JSON that is posted for one answer."""
        response = Response(media_type="application/json")  # which may be given cookies
        context = await self.get_context(request, response)
        asked = Asked.of(self.parse_json(await request.body()))
        context.reference = asked.reference
        data = GraphQLRequestData(asked.text, asked.variables, asked.operation_name, asked.extensions)
        result = await self.execute_single(request, self.request_adapter_class(request), response, context, None, data)
        response.body = self.encode_json(await self.process_result(request, result))
        response.headers["content-length"] = str(len(response.body))
        return response

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Whether a browser asks for a page; a program that takes anything wants no page."""
        return (
            request.method == "GET"
            and all(request.query_params.get(name) is None for name in OPERATION)
            and "text/html" in request.headers.get("accept", "")
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        """What a browser gets."""
        return self._explorer.page(request)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """What the resolvers of one operation find. AuthError or ForbiddenError where the credentials are wrong."""
        if isinstance(request, WebSocket):  # each operation has one of its own
            return cast("Context", None)
        cookies = Cookies(request, cast("Response", response), self._origins)
        context = self._context(request, await self._viewer(request, None, cookies), cookies)
        request.state.context = context
        return context

    async def viewer_of(self, socket: WebSocket, authorization: str | None) -> Viewer | None:
        """Who opened a WebSocket, and may say so by something else than the header of that name; errors as above."""
        return await self._viewer(socket, authorization, Cookies(socket, None, self._origins))

    async def context_again(self, socket: WebSocket, viewer: Viewer | None) -> Context:
        """The context of an operation over a WebSocket, of whoever opened it as they are now. AuthError."""
        if viewer is not None:
            viewer = await self._services.live_events.again(viewer)
        return self._context(socket, viewer, Cookies(socket, None, self._origins))

    async def context_elsewhere(self, request: Request) -> Context:
        """The context of an operation whose answer is part of another response. AuthError or ForbiddenError."""
        cookies = Cookies(request, None, self._origins)
        context = self._context(request, await self._viewer(request, None, cookies), cookies)
        context.cursor = None
        return context

    async def again(self, viewer: Viewer) -> None:
        """AuthError where somebody's session or key is not in force any more."""
        await self._services.live_events.again(viewer)

    async def caller_of(self, request: Request) -> Caller:
        """Who sent a request that is no operation. AuthError or ForbiddenError where the credentials are wrong."""
        viewer = await self._viewer(request, None, Cookies(request, None, self._origins))
        return self._caller(request, viewer)

    def _caller(self, request: HTTPConnection, viewer: Viewer | None) -> Caller:
        address = request.client.host if request.client else None
        if viewer is not None:
            request.state.viewer = viewer.person_id
        return Caller(viewer, request.state.request_id, address, request.headers.get("User-Agent"))

    def _context(self, request: HTTPConnection, viewer: Viewer | None, cookies: Cookies) -> Context:
        caller = self._caller(request, viewer)
        loaders = Loaders(self._services, caller)
        last = request.headers.get("Last-Event-ID") or None
        return Context(
            caller,
            self._services,
            loaders,
            self._cursors,
            self._limits,
            cookies,
            last,
            budget=self._budgets.of(caller),
            taking_on=partial(self._load.taking_on, caller),
            tells_cost=COST in request.headers,
        )

    async def execute_single(  # noqa: PLR0917 - as Strawberry declares it
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Run one operation to its one answer; its name is then in the log. RateLimitError, DeadlineError."""
        request.state.operation = request_data.operation_name
        context.streams = False
        with self._load.taking_on(context.caller):
            return await super().execute_single(
                request, request_adapter, sub_response, context, root_value, request_data
            )

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response of one operation. One that never ran has no `data`, not even null."""
        response = await super().process_result(request, result)
        never_ran = result.data is None and all(error.path is None for error in result.errors or ())
        if isinstance(result, PreExecutionError) or never_ran:
            request.state.request_error = True
            return cast("GraphQLHTTPResponse", {"errors": [error.formatted for error in result.errors or ()]})
        return response

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """What is asked for. It is a stream to who takes nothing else, and a subscription to who takes one too.

        How it refers to a document is then in its context. HTTPException where it is not right.
        """
        asked = await asked_by(request, self)
        context: Context = cast("Adapter", request).request.state.context
        context.reference = asked.reference
        stream = self._get_stream_transport_from_headers(request.headers)
        if stream and takes_json(request.headers) and not await is_subscription(asked, context):
            stream = None
        protocol: GraphQLRequestProtocol = stream.protocol if stream else "http"
        return GraphQLRequestData(asked.text, asked.variables, asked.operation_name, asked.extensions, protocol)

    async def parse_multipart(self, request: AsyncHTTPRequestAdapter) -> dict[str, str]:
        """An operation that comes with files. HTTPException where nobody says who they are, or it is not right."""
        return cast("dict[str, str]", await received(cast("Adapter", request).request, self.parse_json))

    def decode_json(self, data: str | bytes) -> object:
        """Strictly JSON and strictly UTF-8, and an object or the list that a batch would be."""
        decoded: object = orjson.loads(data)
        if not isinstance(decoded, dict | list):
            raise HTTPException(400, "A request is a JSON object.")
        return decoded

    def encode_json(self, data: object) -> bytes:
        """As bytes."""
        return orjson.dumps(data)

    def _stream_result(
        self, request: Request, result: SubscriptionExecutionResult, transport: HTTPStreamTransport
    ) -> AsyncTextStream:
        """Server-sent events, each with its cursor; none that says that it is complete where it is the server's end."""
        context: Context = request.state.context

        async def stream() -> AsyncGenerator[str]:
            first = True
            async with aclosing(cast("AsyncGenerator[ExecutionResult]", result)) as results:
                async for each in results:
                    text = transport.encode_next(await self.process_result(request, each), self.encode_json_string)
                    yield sent_event(text, context.cursor, first=first)
                    first = False
            if not self._services.live_events.closed:
                yield transport.encode_complete()

        return merge_stream_with_heartbeat(
            stream,
            lambda: transport.heartbeat_message(self.encode_json_string),
            interval=self._heartbeat_seconds,
            send_initial_heartbeat=True,
        )

    async def _viewer(self, request: HTTPConnection, authorization: str | None, cookies: Cookies) -> Viewer | None:
        address = request.client.host if request.client else None
        header = authorization or request.headers.get("Authorization")
        if header is None:
            return await self._viewer_by_cookie(cookies, address)
        return await viewer_of_header(self._services, request, header)

    async def _viewer_by_cookie(self, cookies: Cookies, address: str | None) -> Viewer | None:
        token = cookies.access_token
        if token is None:
            return None
        try:
            viewer = await self._services.sessions.authenticate(token, address)
        except AuthError:  # a browser sends it unasked, also when it comes to sign in or to refresh
            return None
        cookies.carried = True
        return viewer
