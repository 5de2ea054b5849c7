"""Files that this server keeps: what they may be, and what is stored of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast

from domain.things import Thing
from domain.values import JSON

FILE: Final = "file"

UPLOAD_LIMIT: Final = 100_000_000
"""How many bytes a file may have where an operator says nothing."""

STORED: Final = "stored"
"""The property of a file whose bytes this server keeps: uploadFile alone sets it."""

FIXED: Final = (STORED, "contentType", "size", "sha256")
"""Properties of such a file that say what its bytes are, and so stay as they are."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A media type that is taken: what its content is recognised as, where it has a signature.

    A `text` has none and is valid UTF-8. What is `shown` a browser may show in a page; all else it downloads.
    """

    recognised_as: frozenset[str] = frozenset()
    text: bool = False
    shown: bool = False


def _signed(*recognised_as: str, shown: bool = False) -> FileKind:
    return FileKind(frozenset(recognised_as), shown=shown)


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_TEXT: Final = FileKind(text=True)
# What runs in a browser, such as HTML and SVG, is none of them: it would be somebody's program in our name.
KINDS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {
        **{name: _signed(name, shown=True) for name in ("image/png", "image/jpeg", "image/gif", "image/webp")},
        "image/avif": _signed("image/avif", shown=True),
        "application/pdf": _signed("application/pdf"),
        "application/zip": _signed("application/zip"),
        "application/gzip": _signed("application/gzip", "application/x-gzip"),
        "application/epub+zip": _signed("application/epub+zip"),
        **{
            name: _signed(name)
            for name in (
                f"{_OFFICE}.wordprocessingml.document",
                f"{_OFFICE}.spreadsheetml.sheet",
                f"{_OFFICE}.presentationml.presentation",
            )
        },
        "audio/mpeg": _signed("audio/mpeg", shown=True),
        "audio/mp4": _signed("audio/mp4", shown=True),
        "audio/wav": _signed("audio/wav", "audio/wave", "audio/x-wav", shown=True),
        "audio/ogg": _signed("audio/ogg", "application/ogg", shown=True),
        "audio/flac": _signed("audio/flac", shown=True),
        "video/mp4": _signed("video/mp4", shown=True),
        "video/webm": _signed("video/webm", shown=True),
        "video/quicktime": _signed("video/quicktime"),
        "text/plain": _TEXT,
        "text/csv": _TEXT,
        "text/markdown": _TEXT,
        "application/json": _TEXT,
        "application/octet-stream": FileKind(),
    }
)
"""The media types that an upload may have."""

IMAGES: Final = frozenset(name for name in KINDS if name.startswith("image/"))
"""The media types of pictures that any browser shows."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the bytes of a file are: their media type, how many there are, and their SHA-256 in hexadecimal."""

    media_type: str
    size: int
    sha256: str


def is_stored(thing: Thing) -> bool:
    """Whether a thing is a file whose bytes this server keeps."""
    return thing.type == FILE and thing.properties.get(STORED) is True


def content_of(properties: Mapping[str, JSON]) -> Content:
    """What the bytes of a file are that this server keeps."""
    size = int(cast("int", properties["size"]))  # JSON Schema takes 3.0 for an integer too
    return Content(str(properties["contentType"]), size, str(properties.get("sha256", "")))
