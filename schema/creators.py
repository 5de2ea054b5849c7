"""Creators as clients see them."""

from schema.define import field, object_type
from schema.properties import text, whole
from schema.things import Thing


@object_type
class Creator(Thing):
    """Somebody who makes and publishes."""

    @field
    def bio(self) -> str | None:
        """What they say of themselves."""
        return text(self, "bio")

    @field
    def niche(self) -> str | None:
        """What they are known for."""
        return text(self, "niche")

    @field
    def website_url(self) -> str | None:
        """Where they are on the web."""
        return text(self, "websiteUrl")

    @field
    def followers(self) -> int | None:
        """How many follow them elsewhere."""
        return whole(self, "followers")
