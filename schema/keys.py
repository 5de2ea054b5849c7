"""API keys as clients see them."""

from datetime import datetime

from schema.define import field, object_type
from schema.properties import text, time
from schema.things import Thing


@object_type
class ApiKey(Thing):
    """A key that a program uses in a person's name. Only that person sees it, and its secret nobody does."""

    @field
    def scope(self) -> str | None:
        """What it may be used for: read or write."""
        return text(self, "scope")

    @field
    def hint(self) -> str | None:
        """How its secret begins, to tell keys apart."""
        return text(self, "hint")

    @field
    def expires_at(self) -> datetime | None:
        """Until when it is valid; null where it does not expire."""
        return time(self, "expiresAt")
