"""Operations that come with files: https://github.com/jaydenseric/graphql-multipart-request-spec .

A page of any site may have a browser send a form, so that such a request has to have a header that no form can have.
"""

from collections.abc import Callable
from typing import Final

from cross_web import HTTPException, StarletteRequestAdapter
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import HTTPConnection, Request
from strawberry.file_uploads.utils import replace_placeholders_with_files

FORM: Final = "multipart/form-data"
PREFLIGHT: Final = ("GraphQL-Require-Preflight", "Apollo-Require-Preflight")
"""Headers of which a request with files has to have one, with any value: a browser asks before it sends them."""

MAX_FILES: Final = 10
"""How many files may come with one operation."""

_MAX_OPERATIONS: Final = 1_000_000


class Adapter(StarletteRequestAdapter):
    """A request as Strawberry reads it, which is at hand as it is too."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.request = request


def asks_first(request: HTTPConnection) -> bool:
    """Whether a browser asked this server before it sent the request, if a browser sent it."""
    return any(request.headers.get(name) for name in PREFLIGHT)


async def received(request: Request, parse: Callable[[str], object]) -> object:
    """The operation of a form, with the files in its variables; they are on disk where they are large."""
    if not asks_first(request):
        raise HTTPException(400, f"A form with files takes the header {PREFLIGHT[0]}: 1, which no other site can send.")
    if request.state.context.caller.viewer is None:
        raise HTTPException(401, "Files are taken from those who say who they are: send an Authorization header.")
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=2, max_part_size=_MAX_OPERATIONS)
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    files = {name: value for name, value in form.items() if isinstance(value, UploadFile)}
    operations, places = parse(texts.get("operations", "null")), parse(texts.get("map", "null"))
    if not isinstance(operations, dict) or not isinstance(places, dict):
        raise HTTPException(400, "A form with files has the fields operations and map, each a JSON object.")
    try:
        return replace_placeholders_with_files(operations, places, files)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise HTTPException(400, "The field map names files of the form, and places in operations for them.") from error
