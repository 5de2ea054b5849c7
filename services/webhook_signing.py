"""Secrets of webhooks, and what is sent under them: https://www.standardwebhooks.com says how."""

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson
from standardwebhooks import Webhook

from domain.events import Event
from domain.values import from_micros
from domain.webhooks import Outgoing
from graph.webhooks import EndpointRow
from services.sealing import Purpose, Sealed, SecretBox

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32

CursorOf = Callable[[int], str]
"""The cursor of a place in the log of events, as clients know it."""


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that is shown once, and as it is kept."""

    text: str = field(repr=False)
    sealed: Sealed = field(repr=False)

    @classmethod
    def of(cls, box: SecretBox, webhook_id: str) -> "NewSecret":
        """A random one. SecretKeyError where the box has no key."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        text = _PREFIX + base64.b64encode(secret).decode()
        return cls(text, box.seal(secret, Purpose.WEBHOOK, webhook_id))


def outgoing(box: SecretBox, endpoint: EndpointRow, event: Event, cursor: str, at: datetime) -> Outgoing:
    """What a webhook is sent of an event: the same each time but for the time of it, and the signatures.

    The secret that was replaced signs too for as long as it is good. SecretKeyError where one cannot be decrypted.
    """
    body = _body(event, cursor)
    sealed = [endpoint["secret"]]
    former, until = endpoint["formerSecret"], endpoint["formerUntil"]
    if former is not None and until is not None and at < from_micros(until):
        sealed.append(former)
    keys = [box.unseal(each, Purpose.WEBHOOK, endpoint["webhookId"]) for each in sealed]
    signatures = [Webhook(key).sign(event.id, at, body.decode()) for key in keys]
    return Outgoing(endpoint["url"], _headers(event.id, at, signatures), body)


def _headers(identifier: str, at: datetime, signatures: Sequence[str]) -> Sequence[tuple[str, str]]:
    return (
        ("content-type", "application/json"),
        ("webhook-id", identifier),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    )


def _body(event: Event, cursor: str) -> bytes:
    """An event as GraphQL shows it, by ids alone."""
    return orjson.dumps(
        {
            "type": event.type,
            "timestamp": event.at.isoformat(),
            "data": {
                "id": event.id,
                "cursor": cursor,
                "actor": event.actor,
                "targetId": event.target_id,
                "groupId": event.group_id,
                "requestId": event.request_id,
                "properties": event.properties,
            },
        }
    )
