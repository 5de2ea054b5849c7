"""Consistency tokens: a client that sends back what a change gave it reads nothing older, whichever server it asks."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import ValidationError
from graph.bookmarks import HEADER, Seen
from schema.cursors import Cursors

_SCOPE: Final = "consistency"


class ConsistencyTokens:
    """Reads and writes them: bookmarks of the store, signed, as a forged one would make the store wait."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    def read(self, request: Request) -> Sequence[str]:
        """The bookmarks in a request. ValidationError where they are not what a server of this store gave."""
        token = request.headers.get(HEADER)
        if token is None:
            return ()
        try:
            return self._cursors.read(HEADER, _SCOPE, token).split()
        except ValidationError:
            raise ValidationError(HEADER, f"{HEADER} takes what a response of this server had as such.") from None

    def write(self, seen: Seen, response: Response) -> None:
        """Put those of what the request wrote into its response."""
        if seen.wrote:
            response.headers[HEADER] = self._cursors.write(_SCOPE, " ".join(sorted(seen.bookmarks)))
