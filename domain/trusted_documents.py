"""Documents that are registered before they are asked for, and how a request refers to one instead of sending it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MAX_ID: Final = 256
"""How many characters an id may have; they are visible ones of ASCII."""
MAX_TEXT: Final = 100_000
"""How many characters the text of a document may have."""
MAX_PUSHED: Final = 10_000
"""How many documents one manifest may have."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document of a manifest."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that may run; `name` is what its operations are called, by commas."""

    id: str
    text: str
    name: str


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """A document that is registered: how many characters it has, and since when."""

    id: str
    name: str
    characters: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pushed:
    """How many documents of a manifest are new, and how many were registered already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class DocumentPolicy:
    """Which documents run: trusted ones alone, or any, which clients may register by their hashes if `automatic`."""

    only_trusted: bool = False
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """What a request says of its document beside the text: the id of a trusted one, or the hash of the text.

    One that was looked for `in_vain` already is not looked for again.
    """

    document_id: str | None = None
    sha256: str | None = None
    in_vain: bool = False


NO_REFERENCE: Final = Reference()
"""That of a request with nothing but a text."""
