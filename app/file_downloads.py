"""Files over HTTP: whole, in part, or not again where the client has them (RFC 9110, sections 13 and 14).

Cookies are not looked at, so that no page of another site gets more than what is public or what it has a link to.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.negotiation import has
from app.requests import refusal
from app.viewers import viewer_of_header
from domain.access import Caller
from domain.errors import AppError, AuthError, ForbiddenError, NetworkError
from domain.files import KINDS
from domain.ids import NodeKind, kind_of
from services.file_links import PATH
from services.files import Readable
from services.services import Services

_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)
_PUBLIC_SECONDS: Final = 300
# Whatever is in a file, a browser neither runs it nor takes it for something else than it is.
_SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "bytes",
}


class FileDownloads:
    """Answers requests for files."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.route = Route(f"{PATH}/{{id}}", self._answer, methods=["GET", "HEAD"])

    async def _answer(self, request: Request) -> Response:
        try:
            file = await self._find(request)
            if file is None:
                return refusal(404, "There is no such file, or you may not read it.", "NOT_FOUND")
            return await self._respond(request, file)
        except AuthError as error:
            return refusal(401, error.message, error.code, {"WWW-Authenticate": "Bearer"})
        except ForbiddenError as error:
            return refusal(403, error.message, error.code)
        except NetworkError as error:
            return refusal(503, error.message, error.code, {"Retry-After": "5"})
        except AppError as error:
            return refusal(400, error.message, error.code)

    async def _find(self, request: Request) -> Readable | None:
        file_id = str(request.path_params["id"])
        if kind_of(file_id) is not NodeKind.THING:
            return None
        header = request.headers.get("Authorization")
        viewer = None if header is None else await viewer_of_header(self._services, request, header)
        if viewer is not None:
            request.state.viewer = viewer.person_id
        given = request.query_params
        signed = self._services.files.links.is_good(file_id, given.get("until", ""), given.get("signature", ""))
        return await self._services.files.readable(Caller(viewer), file_id, signed=signed)

    async def _respond(self, request: Request, file: Readable) -> Response:
        size, tag = file.content.size, f'"{file.content.sha256}"'
        headers = {**_SAFE, **_told_of(file), "ETag": tag}
        if has(request.headers.get("If-None-Match"), tag):
            return Response(status_code=304, headers=headers)
        start, end, status = 0, size, 200
        wanted = request.headers.get("Range")
        if wanted is not None and request.headers.get("If-Range", tag) == tag:
            part = _part(wanted, size)
            if part is not None and part[0] >= part[1]:
                return Response(status_code=416, headers={**_SAFE, "Content-Range": f"bytes */{size}"})
            if part is not None:
                (start, end), status = part, 206
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - start)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=file.content.media_type)
        pieces = await self._services.files.read(file, start, end)
        if pieces is None:
            return refusal(404, "The bytes of this file are lost.", "NOT_FOUND")
        return StreamingResponse(pieces, status, headers, file.content.media_type)


def _told_of(file: Readable) -> Mapping[str, str]:
    name = str(file.thing.properties["fileName"])
    how = "inline" if KINDS[file.content.media_type].shown else "attachment"
    return {
        "Content-Disposition": f"{how}; filename*=utf-8''{quote(name, safe='')}",  # RFC 6266
        "Cache-Control": f"public, max-age={_PUBLIC_SECONDS}" if file.public else "private, no-cache",
    }


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """The bytes of a range of one part, of which there may be none there; None where it is no such range."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        return size - length, size
    start = int(found[1])
    end = min(int(found[2]) + 1 if found[2] else size, size)
    if found[2] and int(found[2]) < start:
        return None
    return start, end
