"""Files as clients see them."""

from datetime import datetime
from typing import Annotated, TypeAlias, cast

import strawberry

from domain.files import is_stored
from domain.things import Thing as DomainThing
from schema.context import Info
from schema.define import field, object_type
from schema.properties import text, whole
from schema.things import Thing
from services.file_links import address_of

Minutes: TypeAlias = Annotated[
    int, strawberry.argument(description="How long it is good for, from 1 to 10,080: seven days.")
]


@object_type
class FileLink:
    """A link to a file of this server, for whoever has it: a browser that shows a picture sends no header."""

    url: str = strawberry.field(description="Where to fetch it: `/files/…` on this server.")
    expires_at: datetime = strawberry.field(description="Until when it is good.")


def url_of(file: DomainThing) -> str | None:
    """Where a file is fetched from."""
    if is_stored(file):
        return address_of(file.id)
    url = file.properties.get("url")
    return None if url is None else str(url)


def link_to(info: Info, file: DomainThing, minutes: int) -> FileLink | None:
    """A link to a file that this server keeps and that the viewer may have."""
    links = info.context.services.files.links
    return cast("FileLink | None", links.make(file.id, minutes)) if is_stored(file) else None


@object_type
class File(Thing):
    """An uploaded file."""

    @field
    def file_name(self) -> str | None:
        """Its name when it was uploaded."""
        return text(self, "fileName")

    @field
    def content_type(self) -> str | None:
        """Its media type, such as `image/png`."""
        return text(self, "contentType")

    @field
    def size(self) -> float | None:
        """How many bytes: a whole number."""
        return whole(self, "size")

    @field
    def sha256(self) -> str | None:
        """The SHA-256 of its content, in hexadecimal."""
        return text(self, "sha256")

    @field
    def url(self) -> str | None:
        """Where to fetch it: `/files/…` on this server, with an Authorization header, or an address elsewhere."""
        return url_of(cast("DomainThing", self))

    @field
    def link(self, info: Info, minutes: Minutes = 60) -> FileLink | None:
        """A link that is good for a while, for whoever has it; null for a file that is elsewhere."""
        return link_to(info, cast("DomainThing", self), minutes)
