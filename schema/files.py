"""Files as clients see them."""

from schema.define import field, object_type
from schema.properties import text, whole
from schema.things import Thing


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
        """Where to fetch it."""
        return text(self, "url")
