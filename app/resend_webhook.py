"""What Resend tells of mails that it took (https://resend.com/docs/webhooks/event-types), at `/mail/resend`."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

import orjson
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.requests import refusal, too_large
from app.resend import MAIL_TAG
from domain.mail_delivery import DeliveryReason, MailDelivery
from domain.values import JSON
from services.mail_delivery import MailDeliveries

log = logging.getLogger("one.mail")

PATH: Final = "/mail/resend"
LONGEST: Final = 100_000
"""How many bytes a message may have; those of Resend have about a thousand."""

_LONGEST_ID: Final = 100
_HEADERS: Final = ("id", "timestamp", "signature")
_DELIVERIES: Final[Mapping[str, MailDelivery]] = MappingProxyType(
    {
        "email.delivery_delayed": MailDelivery.DELAYED,
        "email.delivered": MailDelivery.DELIVERED,
        "email.failed": MailDelivery.FAILED,
        "email.bounced": MailDelivery.BOUNCED,
        "email.suppressed": MailDelivery.BOUNCED,
        "email.complained": MailDelivery.COMPLAINED,
    }
)
_BOUNCES: Final[Mapping[JSON, DeliveryReason]] = MappingProxyType(
    {"Permanent": DeliveryReason.PERMANENT, "Transient": DeliveryReason.TRANSIENT}
)


class ResendWebhook:
    """Takes signed messages. The same one again changes nothing, so that Resend may send it until it is taken."""

    def __init__(self, deliveries: MailDeliveries, secret: str) -> None:
        """The secret is that of the webhook at Resend, `whsec_…`."""
        self._deliveries = deliveries
        self._webhook = Webhook(secret)
        self.routes = (Route(PATH, self._take, methods=["POST"]),)

    async def _take(self, request: Request) -> Response:
        content = bytearray()
        async for part in request.stream():
            content += part
            if len(content) > LONGEST:
                return too_large(LONGEST)
        # Resend names the headers as Svix did before there was a standard.
        headers = {f"webhook-{name}": request.headers.get(f"svix-{name}", "") for name in _HEADERS}
        try:
            self._webhook.verify(bytes(content), headers, json_parse=False)
        except (WebhookVerificationError, ValueError):
            return refusal(401, "The message is not signed by Resend, or not now.", "UNAUTHENTICATED")
        try:
            told = cast("JSON", orjson.loads(content))
        except ValueError:
            told = None
        if not isinstance(told, Mapping) or not isinstance(told.get("data"), Mapping):
            return refusal(400, "The message is no event of Resend.", "BAD_REQUEST")
        kind, data = told.get("type"), cast("Mapping[str, JSON]", told["data"])
        delivery = _DELIVERIES.get(kind) if isinstance(kind, str) else None
        mail = _mail(data)
        # What else is told, and of mails that others send by the same account, is nothing to be sent again.
        if delivery is not None and mail is not None:
            noted = await self._deliveries.note(mail, delivery, _reason(str(kind), delivery, data))
            log.info("mail %s: %s%s", mail, delivery, "" if noted else ", which changes nothing")
        return Response(status_code=204)


def _mail(data: Mapping[str, JSON]) -> str | None:
    """The id of our mail, with which it was tagged."""
    tags = data.get("tags")
    if isinstance(tags, list):  # as they are sent to Resend
        pairs = [each for each in tags if isinstance(each, Mapping)]
        tags = {str(each.get("name")): each.get("value") for each in pairs}
    found = tags.get(MAIL_TAG) if isinstance(tags, Mapping) else None
    return (
        found
        if isinstance(found, str) and len(found) <= _LONGEST_ID and found.isascii() and found.isprintable()
        else None
    )


def _reason(kind: str, delivery: MailDelivery, data: Mapping[str, JSON]) -> DeliveryReason | None:
    """A class of reasons: what the other server said may quote the address."""
    if kind == "email.suppressed":
        return DeliveryReason.SUPPRESSED
    if delivery is MailDelivery.COMPLAINED:
        return DeliveryReason.COMPLAINT
    if delivery is MailDelivery.BOUNCED:
        bounce = data.get("bounce")
        name = bounce.get("type") if isinstance(bounce, Mapping) else None
        return _BOUNCES.get(name, DeliveryReason.UNKNOWN) if isinstance(name, str) else DeliveryReason.UNKNOWN
    return DeliveryReason.UNKNOWN if delivery is MailDelivery.FAILED else None
