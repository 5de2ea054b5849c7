"""Webhooks as clients see them."""

from schema.define import field, object_type
from schema.properties import sequence, text
from schema.things import Thing


@object_type
class Webhook(Thing):
    """An address of a partner that events are sent to."""

    @field
    def url(self) -> str | None:
        """The address."""
        return text(self, "url")

    @field
    def event_types(self) -> list[str]:
        """Which events are sent; none named is all."""
        return [str(name) for name in sequence(self, "eventTypes")]
