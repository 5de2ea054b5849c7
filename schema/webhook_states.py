"""The states of webhooks and of what is sent to them, as clients see them."""

from domain.webhooks import WebhookDeliveryState, WebhookPause, WebhookState
from schema.define import enum

__all__ = ["WebhookDeliveryState", "WebhookPause", "WebhookState"]

enum(
    WebhookState,
    {
        WebhookState.ACTIVE: "Events are sent to it.",
        WebhookState.PAUSED: "Nothing is sent to it until somebody resumes it.",
    },
)
enum(
    WebhookPause,
    {
        WebhookPause.ASKED: "Somebody wanted it.",
        WebhookPause.FAILING: "Every try has failed for days.",
        WebhookPause.GONE: "It answered 410, as an address does that is given up.",
    },
)
enum(
    WebhookDeliveryState,
    {
        WebhookDeliveryState.PENDING: "It is to be sent, or to be tried again.",
        WebhookDeliveryState.DELIVERED: "It was taken.",
        WebhookDeliveryState.FAILED: "It was given up.",
    },
)
