"""The ASGI application: its routes and what stands around them."""

from collections.abc import Awaitable, Sequence
from collections.abc import Set as AbstractSet

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app.event_streams import TOKEN as STREAM_TOKEN
from app.explorer import Explorer
from app.file_downloads import FileDownloads
from app.graphql_view import COST, GraphQLView
from app.load import LoadLimits
from app.metrics import Metrics
from app.order_export import OrderExportRoutes
from app.order_papers import OrderPaperRoutes
from app.requests import REQUEST_ID, Requests
from app.subscriptions import LiveLimits
from app.uploads import PREFLIGHT
from domain.errors import NetworkError, StoreError
from domain.files import UPLOAD_LIMIT
from domain.sign_in_policy import LENIENT, SignInPolicy
from domain.trusted_documents import DocumentPolicy
from domain.values import Clock, now
from execution.schema import compiled
from graph.bookmarks import HEADER as CONSISTENCY_TOKEN
from graph.migrate import read_migrations, status
from graph.store import Store
from resolvers.federation import subgraph
from resolvers.schema import schema
from schema.cursors import Cursors
from schema.limits import Limits
from services.embedding import Embedder
from services.event_log import EventLog
from services.files import FileContents
from services.kept_answers import KEPT_BYTES
from services.lists import SCAN_LIMIT
from services.orders import Terms
from services.passkey_proofs import RelyingParty
from services.providers import Provider
from services.rate_limits import RateLimits
from services.sealing import SecretBox
from services.services import ANY_DOCUMENT, LOCAL, NO_CHAINS, NO_KEYS, TERMS, Services
from services.wallet_proofs import Chains

DEFAULT_LIMITS = Limits()
DEFAULT_LIVE = LiveLimits()
DEFAULT_LOAD = LoadLimits()


def create_app(
    store: Store,
    cursor_key: bytes,
    explorer: Explorer,
    *,
    body_limit: int,
    limits: Limits = DEFAULT_LIMITS,
    compiled_execution: bool = True,
    federation: bool = False,
    embedder: Embedder | None = None,
    scan_limit: int = SCAN_LIMIT,
    origins: AbstractSet[str] = frozenset(),
    more_routes: Sequence[Route] = (),
    clock: Clock = now,
    rate_limits: RateLimits,
    providers: Sequence[Provider] = (),
    box: SecretBox = NO_KEYS,
    party: RelyingParty = LOCAL,
    wallet_origins: Sequence[str] = LOCAL.origins,
    chains: Chains = NO_CHAINS,
    log: EventLog | None = None,
    live: LiveLimits = DEFAULT_LIVE,
    load: LoadLimits = DEFAULT_LOAD,
    terms: Terms = TERMS,
    local_webhooks: bool = False,
    policy: SignInPolicy = LENIENT,
    files: FileContents | None = None,
    upload_limit: int = UPLOAD_LIMIT,
    documents: DocumentPolicy = ANY_DOCUMENT,
    kept_bytes: int = KEPT_BYTES,
) -> Requests:
    """Everything that is served on one port, over a store that is migrated; texts to look for go to the embedder.

    With `federation` a router may take the schema in as a part of a larger one.
    Pages of the `origins` may use it too, with the cookies of who is signed in. People sign in with accounts at
    the providers too. Secrets are encrypted by the box, and passkeys are for the party. Pages
    of the wallet origins may ask wallets to sign in, and those that are contracts are asked on the chains.
    Subscriptions follow the log, where it is one that runs. Orders are placed on the terms. Webhooks may be on this
    machine where that is said. Who signs in does so by the policy. The bytes of files are kept in
    `files`, of at most `upload_limit` each. What a request may run is by `documents`. Answers are kept in at most
    `kept_bytes`, until something changes.
    """
    migrations = read_migrations()

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_request: Request) -> Response:
        try:
            states = await status(store, migrations)
        except (NetworkError, StoreError) as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        if not all(state.applied_at for state in states):
            return JSONResponse({"status": "not ready", "reason": "The store is not migrated."}, 503)
        return JSONResponse({"status": "ready"})

    async def home(_request: Request) -> Response:
        return RedirectResponse("/graphql")

    # The loaders shield what several fields wait for, so that a field can be cancelled.
    served_schema = subgraph() if federation else schema
    executable = compiled(served_schema, cancel=True) if compiled_execution else served_schema
    services = Services.of(
        store,
        clock,
        rate_limits,
        embedder,
        scan_limit,
        providers=providers,
        box=box,
        party=party,
        origins=wallet_origins,
        chains=chains,
        log=log,
        terms=terms,
        local_webhooks=local_webhooks,
        policy=policy,
        files=files,
        upload_limit=upload_limit,
        documents=documents,
        kept_bytes=kept_bytes,
    )
    view = GraphQLView(
        executable, services, Cursors(cursor_key), explorer, limits, origins=origins, live=live, load=load
    )

    def sockets(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        serve = view.serve_socket if scope["path"] == "/graphql" else WebSocketClose(reason="Nothing is served here.")
        return serve(scope, receive, send)

    routes = [
        Route("/", home),
        Mount("/explorer", explorer.assets),
        Route("/health/live", alive),
        Route("/health/ready", ready),
        Metrics(services.kept_answers, view).route,
        *OrderPaperRoutes(services.order_printing, view.caller_of).routes,
        FileDownloads(services).route,
        *OrderExportRoutes(services.order_export, view.caller_of, live.patience_seconds).routes,
        *more_routes,
    ]
    others = ExceptionMiddleware(Router(routes))

    def operations(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        serve = view if scope["path"] == "/graphql" else others  # what is asked most is looked for first
        return serve(scope, receive, send)

    served: ASGIApp = operations
    if origins:
        served = CORSMiddleware(
            served,
            allow_origins=sorted(origins),
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Last-Event-ID",
                COST,
                "Range",
                CONSISTENCY_TOKEN,
                REQUEST_ID,
                STREAM_TOKEN,
                *PREFLIGHT,
            ],
            expose_headers=[CONSISTENCY_TOKEN, REQUEST_ID],
        )
    return Requests(served, sockets, body_limit, view.go_away, view.is_idle, form_limit=upload_limit)
