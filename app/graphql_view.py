"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ ."""

from collections.abc import Set as AbstractSet
from typing import cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.consistency import ConsistencyTokens
from app.cookies import Cookies
from app.explorer import Explorer
from app.requests import refusal
from domain.access import Caller, Viewer
from domain.errors import AuthError, ForbiddenError, NetworkError, ValidationError
from graph.bookmarks import seeing
from resolvers.failures import BAD_REQUEST
from schema.context import Context
from schema.cursors import Cursors
from schema.limits import Limits
from schema.loaders import Loaders
from services.services import Services
from services.sessions import ACCESS_PREFIX

_JSON = "application/json"
_RESPONSE_JSON = "application/graphql-response+json"
_SCHEME = "bearer "


class GraphQLView(GraphQL[Context, None]):
    """Runs operations in the name of whoever sends them."""

    def __init__(
        self,
        schema: BaseSchema,
        services: Services,
        cursors: Cursors,
        explorer: Explorer,
        limits: Limits,
        *,
        origins: AbstractSet[str],
    ) -> None:
        super().__init__(schema, subscription_protocols=())
        self._services = services
        self._cursors = cursors
        self._tokens = ConsistencyTokens(cursors)
        self._explorer = explorer
        self._limits = limits
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. What never becomes an operation is refused in JSON too."""
        request = Request(scope, receive)
        try:
            with seeing(self._tokens.read(request)) as seen:
                response = self._negotiated(request, await self.run(request))
            self._tokens.write(seen, response)
        except ValidationError as error:
            response = refusal(400, error.message, error.code)
        except HTTPException as error:
            response = refusal(error.status_code, error.reason, BAD_REQUEST)
        except AuthError as error:
            response = refusal(401, error.message, error.code, {"WWW-Authenticate": "Bearer"})
        except ForbiddenError as error:
            response = refusal(403, error.message, error.code)
        except NetworkError as error:
            response = refusal(503, error.message, error.code, {"Retry-After": "5"})
        await response(scope, receive, send)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Whether a browser asks for a page; a program that takes anything wants no page."""
        return (
            request.method == "GET"
            and request.query_params.get("query") is None
            and "text/html" in request.headers.get("accept", "")
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        """What a browser gets."""
        return self._explorer.page(request)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """What the resolvers of one operation find. AuthError or ForbiddenError where the credentials are wrong."""
        cookies = Cookies(request, cast("Response", response), self._origins)
        address = request.client.host if request.client else None
        viewer = await self._viewer(request, cookies, address)
        caller = Caller(viewer, request.state.request_id, address, request.headers.get("User-Agent"))
        if viewer is not None:
            request.state.viewer = viewer.person_id
        loaders = Loaders(self._services, caller)
        return Context(caller, self._services, loaders, self._cursors, self._limits, cookies)

    async def execute_single(  # noqa: PLR0917 - as Strawberry declares it
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Run one operation, whose name is then in the log."""
        request.state.operation = request_data.operation_name
        return await super().execute_single(request, request_adapter, sub_response, context, root_value, request_data)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response of one operation. One that never ran has no `data`, not even null."""
        response = await super().process_result(request, result)
        never_ran = result.data is None and all(error.path is None for error in result.errors or ())
        if isinstance(result, PreExecutionError) or never_ran:
            request.state.request_error = True
            return cast("GraphQLHTTPResponse", {"errors": [error.formatted for error in result.errors or ()]})
        return response

    def decode_json(self, data: str | bytes) -> object:
        """Strictly JSON and strictly UTF-8, and an object or the list that a batch would be."""
        decoded: object = orjson.loads(data)
        if not isinstance(decoded, dict | list):
            raise HTTPException(400, "A request is a JSON object.")
        return decoded

    def encode_json(self, data: object) -> bytes:
        """As bytes."""
        return orjson.dumps(data)

    def _negotiated(self, request: Request, response: Response) -> Response:
        accepted = request.headers.get("accept", "")
        if response.headers.get("content-type") == _JSON and _RESPONSE_JSON in accepted:
            response.headers["content-type"] = f"{_RESPONSE_JSON}; charset=utf-8"
            if getattr(request.state, "request_error", False):
                response.status_code = 400
        return response

    async def _viewer(self, request: Request | WebSocket, cookies: Cookies, address: str | None) -> Viewer | None:
        header = request.headers.get("Authorization")
        if header is None:
            return await self._viewer_by_cookie(cookies, address)
        if not header.lower().startswith(_SCHEME):
            raise AuthError("The Authorization header takes `Bearer <API key or access token>`.")
        secret = header[len(_SCHEME) :].strip()
        if secret.startswith(ACCESS_PREFIX):
            return await self._services.sessions.authenticate(secret, address)
        return await self._services.keys.authenticate(secret)

    async def _viewer_by_cookie(self, cookies: Cookies, address: str | None) -> Viewer | None:
        token = cookies.access_token
        if token is None:
            return None
        try:
            return await self._services.sessions.authenticate(token, address)
        except AuthError:  # a browser sends it unasked, also when it comes to sign in or to refresh
            return None
