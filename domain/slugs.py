"""Slugs: names as they stand in addresses."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

MAX_SLUG: Final = 100
PATTERN: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"

_NOT_IN_SLUGS: Final = re.compile(r"[^a-z0-9]+")
_NUMBER: Final = 8  # room for a number and its hyphen


def slug_of(name: str, otherwise: str) -> str:
    """A slug that resembles a name; `otherwise` where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-")[: MAX_SLUG - _NUMBER].rstrip("-") or otherwise


def free_slug(slug: str, taken: Collection[str]) -> str:
    """The slug, with the first number behind it that makes it another one than those that are taken."""
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found
