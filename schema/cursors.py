"""Cursors: a place in one list, signed, so that one from elsewhere is told apart instead of answering nonsense."""

import base64
import binascii
import hashlib
import hmac

from domain.errors import ValidationError

_SIGNATURE_BYTES = 9


class Cursors:
    """Writes and reads cursors under a key that all servers of a store share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, scope: str, key: str) -> str:
        """The cursor of the row `key` in the list that `scope` names."""
        raw = key.encode()
        return base64.urlsafe_b64encode(self._sign(scope, raw) + raw).decode().rstrip("=")

    def read(self, field: str, scope: str, cursor: str) -> str:
        """The row that a cursor names. ValidationError of `field` where it is not a cursor of that list."""
        try:
            data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            key = data[_SIGNATURE_BYTES:].decode()
        except (binascii.Error, ValueError):
            data, key = b"", ""
        if not hmac.compare_digest(data[:_SIGNATURE_BYTES], self._sign(scope, key.encode())):
            raise ValidationError(
                field, f"{field} takes a cursor that this same list gave, with the same arguments beside it."
            )
        return key

    def _sign(self, scope: str, raw: bytes) -> bytes:
        return hashlib.blake2b(raw, key=self._key, digest_size=_SIGNATURE_BYTES, person=_digest(scope)).digest()


def _digest(scope: str) -> bytes:
    return hashlib.blake2b(scope.encode(), digest_size=hashlib.blake2b.PERSON_SIZE).digest()


_LOG = "the log of events"


def log_cursor(cursors: Cursors, position: int) -> str:
    """The cursor of a place in the log of events."""
    return cursors.write(_LOG, str(position))


def log_place(cursors: Cursors, field: str, cursor: str) -> int:
    """The place that a cursor names. ValidationError of `field` where it names none."""
    try:
        return int(cursors.read(field, _LOG, cursor))
    except ValidationError as error:
        raise ValidationError(field, f"{field} takes the cursor of a delivery, or eventCursor.") from error
