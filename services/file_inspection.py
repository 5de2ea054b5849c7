"""What an upload really is, whatever its sender says: found out by reading it once, a piece at a time."""

import codecs
import hashlib
from typing import BinaryIO, Final

import puremagic

from domain.errors import ValidationError
from domain.files import KINDS, Content, FileKind

PIECE: Final = 256 * 1024
"""How many bytes are read at a time."""


def media_type_of(field: str, declared: str | None) -> str:
    """The media type that was declared, without its parameters. ValidationError where it is none that is taken."""
    media_type = (declared or "").partition(";")[0].strip().lower()
    if media_type not in KINDS:
        raise ValidationError(
            field, f"A file of type {media_type[:60]!r} is not taken. These are: {', '.join(sorted(KINDS))}."
        )
    return media_type


def inspect(field: str, media_type: str, file: BinaryIO) -> Content:
    """What the bytes of a file are. ValidationError where they are none, or not of the type that was declared.

    It reads the whole file, and so is for a thread.
    """
    kind = KINDS[media_type]
    _check_signature(field, media_type, kind, file)
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
        if kind.text:
            _check_text(field, media_type, decoder, piece)
    if kind.text:
        _check_text(field, media_type, decoder, b"", final=True)
    if not size:
        raise ValidationError(field, f"{field} takes a file that is not empty.")
    file.seek(0)
    return Content(media_type, size, digest.hexdigest())


def _check_signature(field: str, media_type: str, kind: FileKind, file: BinaryIO) -> None:
    if not kind.recognised_as:
        return
    file.seek(0)
    try:
        found = {match.mime_type for match in puremagic.magic_stream(file)}
    except (puremagic.PureError, ValueError):  # nothing that is known; or it is empty
        found = set()
    if not found & kind.recognised_as:
        raise ValidationError(field, f"{field} was sent as {media_type}, and its content is something else.")


def _check_text(
    field: str, media_type: str, decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False
) -> None:
    try:
        is_text = "\0" not in decoder.decode(piece, final)
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise ValidationError(field, f"{field} was sent as {media_type}, and is no text in UTF-8.")
