"""Links to files that are good for a while, for whoever has them: HMAC-SHA256 under the keys of the server.

A browser that shows a picture, or a mail program, sends no header that says who asks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from domain.errors import ValidationError
from domain.values import Clock
from services.sealing import SecretBox

PATH: Final = "/files"
"""Where files are fetched from."""

LONGEST: Final = timedelta(days=7)
"""How long a link is good for at the most, as S3's are."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """An address on this server, and until when it is good."""

    url: str
    expires_at: datetime


def address_of(file_id: str) -> str:
    """Where a file is fetched from by those who may read it."""
    return f"{PATH}/{file_id}"


class FileLinks:
    """Makes such links, and tells those that are good."""

    def __init__(self, box: SecretBox, clock: Clock) -> None:
        self._box = box
        self._clock = clock

    def make(self, file_id: str, minutes: int) -> FileLink | None:
        """A link to a file that its reader may read. None where the server has no key. ValidationError."""
        most = int(LONGEST.total_seconds()) // 60
        if not 1 <= minutes <= most:
            raise ValidationError("minutes", f"minutes takes 1 to {most:,}.")
        expires_at = (self._clock() + timedelta(minutes=minutes)).replace(microsecond=0)
        until = int(expires_at.timestamp())
        signature = self._box.sign(_message(file_id, until))
        if signature is None:
            return None
        given = urlencode({"until": until, "signature": signature})
        return FileLink(f"{address_of(file_id)}?{given}", expires_at)

    def is_good(self, file_id: str, until: str, signature: str) -> bool:
        """Whether these are of a link to the file that is good still."""
        if not (until.isascii() and until.isdigit()) or int(until) <= self._clock().timestamp():
            return False
        return self._box.is_signed(_message(file_id, int(until)), signature)


def _message(file_id: str, until: int) -> bytes:
    return f"file {file_id} {until}".encode()
