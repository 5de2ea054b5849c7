import asyncio
import logging
import time
from contextlib import suppress
from html import escape
from pathlib import Path
from string import Template

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.explorer_build import Build, BuildError, stamp

logger = logging.getLogger("one.explorer")

REFRESH_SECONDS = 2
PAGE_HEADERS = {
    # Monaco, GraphiQL's editor, sets styles from scripts and starts workers.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; img-src 'self' data:; "
        "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}
PLAIN_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ONE · GraphiQL</title>
<link rel="icon" href="data:,">
$refresh<style>
:root { color-scheme: light dark }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 4rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem }
pre { padding: 1rem; overflow-x: auto; border-radius: 8px; background: #8882 }
</style>
</head>
<body>
<h1>$title</h1>
$body
<p>The API itself answers at this same address:</p>
<pre><code>$example</code></pre>
</body>
</html>
""")
REMEDY = """<p>To get it, do one of these and start the server again:</p>
<ul>
<li>Let this machine reach the npm registry (or a mirror: <code>npm config set registry URL</code>) and,
if it has no Node.js 22.12 or newer, the Python package index too.</li>
<li>Start a server from the same checkout on a machine that reaches them,
and copy its folder <code>explorer/dist</code> here.</li>
</ul>
<p>Details are in <code>explorer/dist/build.log</code> on the server.</p>
"""


TRUSTED = """<p>There is no GraphiQL here: an operation runs if it is registered, and is asked for by its id.
What was registered is told by <code>scripts/one documents list</code>.</p>
"""
BY_TEXT = """{"query": "{ viewer { person { displayName role } } }"}"""
BY_ID = """{"documentId": "THE_ID", "variables": {}}"""


class Explorer:
    """The GraphiQL page: built in the background when its sources in `folder` changed, and served from there.

    Mount `assets` at /explorer beside /graphql, where the page looks for its files.
    """

    def __init__(self, folder: Path, *, enabled: bool = True, only_trusted: bool = False) -> None:
        """`folder` holds package.json; a disabled explorer builds nothing and answers 404.

        So does one of a server that runs `only_trusted` documents: none that is written in it would run.
        """
        self._enabled = enabled and not only_trusted
        self._only_trusted = only_trusted
        self._folder = folder.resolve()
        self._target = self._folder / "dist" / stamp(self._folder)
        self._files: _BuiltFiles | None = None
        self._page = ""
        self._step = "about to start"
        self._failure = ""
        self._began = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the build if the page is not there, and return at once. Raises nothing: see `page`."""
        if not self._enabled:
            return
        if self._target.is_dir():
            self._open()
        else:
            self._began = time.monotonic()
            self._task = asyncio.create_task(self._build(), name="explorer build")

    async def stop(self) -> None:
        """End a build in progress together with the processes it started."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def wait(self) -> bool:
        """Wait for the end of the build, if there is one, and return whether the page can be served."""
        if self._task:
            await self._task
        return self._files is not None

    def page(self, request: Request) -> Response:
        """Answer a browser that asks for /graphql: GraphiQL, or 503 and a plain page that says what is missing."""
        if self._files:
            return HTMLResponse(self._page, headers=PAGE_HEADERS)
        if self._only_trusted:
            return _plain_page(request, 404, "This server runs trusted documents only", TRUSTED, asks=BY_ID)
        if not self._enabled:
            return _plain_page(request, 404, "GraphiQL is switched off on this server", "")
        if self._failure:
            body = f"<p>It could not be built: {escape(self._failure)}.</p>\n{REMEDY}"
            return _plain_page(request, 503, "GraphiQL is not available on this server", body)
        body = (
            f"<p>Now {escape(self._step)}, {time.monotonic() - self._began:.0f} s so far. This happens once and takes"
            " about half a minute. This page will turn into GraphiQL when it is ready.</p>"
        )
        return _plain_page(request, 503, "GraphiQL is being built", body, refresh=True)

    async def assets(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page's scripts, styles and fonts (an ASGI application)."""
        if not self._files:
            raise HTTPException(404)
        await self._files(scope, receive, send)

    async def _build(self) -> None:
        logger.info("Building GraphiQL in the background")
        try:
            await Build(self._folder, self._target, self._report).run()
        except BuildError as error:
            self._failure = str(error)
            logger.warning("GraphiQL is not available: %s (see explorer/dist/build.log)", error)
        else:
            self._open()
            logger.info("GraphiQL is ready after %.0f s", time.monotonic() - self._began)

    def _report(self, step: str) -> None:
        self._step = step

    def _open(self) -> None:
        self._page = (self._target / "index.html").read_text(encoding="utf-8")
        self._files = _BuiltFiles(directory=self._target / "explorer")


class _BuiltFiles(StaticFiles):
    """Files whose names contain a hash of their content, sent compressed where the client accepts it."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._negotiated(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _negotiated(self, path: str, scope: Scope) -> Response:
        plain = await super().get_response(path, scope)
        accepted = Headers(scope=scope).get("Accept-Encoding", "")
        if not isinstance(plain, FileResponse) or "gzip" not in accepted:
            return plain
        try:
            compressed = await super().get_response(f"{path}.gz", scope)
        except HTTPException:
            return plain
        if isinstance(compressed, FileResponse):
            compressed.headers["Content-Type"] = plain.headers["Content-Type"]
            compressed.headers["Content-Encoding"] = "gzip"
        return compressed


def _plain_page(
    request: Request, status: int, title: str, body: str, *, refresh: bool = False, asks: str = BY_TEXT
) -> Response:
    address = request.url.replace(query="", fragment="")
    example = (
        f"curl {address} \\\n  -H 'Content-Type: application/json' \\\n  -H 'Authorization: Bearer YOUR_KEY' \\\n"
        f"  -d '{asks}'"
    )
    content = PLAIN_PAGE.substitute(
        title=title,
        body=body,
        example=escape(example),
        refresh=f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">\n' if refresh else "",
    )
    headers = PAGE_HEADERS | ({"Retry-After": str(REFRESH_SECONDS)} if refresh else {})
    return HTMLResponse(content, status, headers)
