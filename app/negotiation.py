"""The form in which a client takes an answer, and whether it has it already: RFC 9110, sections 12 and 13.

Each answer is made anew before it is compared, so that no cache ever answers by itself what is not so any more.
"""

import hashlib
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

_JSON: Final = "application/json"
_RESPONSE_JSON: Final = "application/graphql-response+json"
_VARY: Final = "Accept, Authorization, Cookie"


def negotiated(request: Request, response: Response) -> Response:
    """The response in the media type of GraphQL, and with its statuses, where the client takes that."""
    accepted = request.headers.get("accept", "")
    if response.headers.get("content-type") == _JSON and _RESPONSE_JSON in accepted:
        response.headers["content-type"] = f"{_RESPONSE_JSON}; charset=utf-8"
        if getattr(request.state, "request_error", False):
            response.status_code = HTTPStatus.BAD_REQUEST
    return conditional(request, response)


def has(tags: str | None, tag: str) -> bool:
    """Whether the tags of an `If-None-Match` name this one."""
    return tags is not None and any(each.strip().removeprefix("W/") in {tag, "*"} for each in tags.split(","))


def conditional(request: Request, response: Response) -> Response:
    """The response to a question by GET, or that the client has it; what somebody alone may see is kept by no cache."""
    if request.method != "GET" or response.status_code != HTTPStatus.OK or isinstance(response, StreamingResponse):
        return response
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        return response
    tag = f'"{hashlib.sha256(kind.encode() + bytes(response.body)).hexdigest()[:32]}"'
    signed_in = getattr(request.state, "viewer", None) is not None
    headers = {"ETag": tag, "Cache-Control": "private, no-store" if signed_in else "no-cache", "Vary": _VARY}
    if has(request.headers.get("If-None-Match"), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return response
