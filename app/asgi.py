"""The ASGI application: its routes and what stands around them."""

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router

from app.explorer import Explorer
from app.graphql_view import GraphQLView
from app.requests import Requests
from domain.errors import NetworkError, StoreError
from execution.schema import compiled
from graph.migrate import read_migrations, status
from graph.store import Store
from resolvers.schema import schema
from schema.cursors import Cursors
from schema.limits import Limits
from services.embedding import Embedder
from services.lists import SCAN_LIMIT
from services.services import Services

DEFAULT_LIMITS = Limits()


def create_app(
    store: Store,
    cursor_key: bytes,
    explorer: Explorer,
    *,
    body_limit: int,
    limits: Limits = DEFAULT_LIMITS,
    compiled_execution: bool = True,
    embedder: Embedder | None = None,
    scan_limit: int = SCAN_LIMIT,
) -> Requests:
    """Everything that is served on one port, over a store that is migrated; texts to look for go to the embedder."""
    migrations = read_migrations()

    async def live(_request: Request) -> Response:
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
    executable = compiled(schema, cancel=True) if compiled_execution else schema
    view = GraphQLView(executable, Services.of(store, embedder, scan_limit), Cursors(cursor_key), explorer, limits)
    routes = [
        Route("/", home),
        Route("/graphql", view),
        Mount("/explorer", explorer.assets),
        Route("/health/live", live),
        Route("/health/ready", ready),
    ]
    return Requests(ExceptionMiddleware(Router(routes)), body_limit)
