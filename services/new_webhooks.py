"""What a new webhook is: where events go and which, beside a secret that is shown once, and of whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.changes import KEEP, Change
from domain.errors import ForbiddenError, ValidationError
from domain.events import EventType
from domain.things import Thing
from domain.values import JSON
from domain.webhooks import OF_WEBHOOKS, TOLD, WebhookState, host_of
from graph.webhooks import EndpointRow
from services.access import counts_below
from services.rights import Rights
from services.webhook_signing import NewSecret


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook to make. Without `event_types` it gets all of them; `below`: also of the groups below its own."""

    group_id: str
    name: str
    url: str
    event_types: Sequence[EventType] = ()
    below: bool = False


@dataclass(frozen=True, slots=True)
class WebhookChanges:
    """What to change of a webhook."""

    name: Change[str] = KEEP
    url: Change[str] = KEEP
    event_types: Change[Sequence[EventType]] = KEEP
    below: Change[bool] = KEEP


@dataclass(frozen=True, slots=True)
class SecretWebhook:
    """A webhook with its new secret, which nobody can ask for again."""

    webhook: Thing
    secret: str = field(repr=False)


NO_FORMER: Final[Mapping[str, None]] = {"formerSecret": None, "formerKeyId": None, "formerUntil": None}
"""What a webhook has whose one secret signs alone."""


def check_below(rights: Rights, below: bool) -> None:
    """Refuse whoever has no role that counts below the group. ForbiddenError."""
    if below and not (rights.unbounded or counts_below(rights.viewer)):
        raise ForbiddenError("What happens in the groups below is for those whose role counts there: an org_owner.")


def checked_types(types: Sequence[EventType]) -> list[JSON]:
    """The names of types, each once. ValidationError where one is of webhooks themselves."""
    for index, each in enumerate(types):
        if each not in TOLD:
            raise ValidationError(f"eventTypes.{index}", f"No webhook is told of {each}: it could be about itself.")
    return [each.value for each in sorted(set(types))]


def types_of(webhook: Thing) -> list[str]:
    """The types of events that a webhook asks for; none is all."""
    found = webhook.properties.get("eventTypes")
    return [str(each) for each in found] if isinstance(found, list | tuple) else []


def access(webhook: Thing, *, below: bool) -> Mapping[str, JSON]:
    """What of a webhook says who learns what, without the rest of the address, which may be a secret."""
    return {
        "webhook": webhook.id,
        "host": host_of(webhook.properties.get("url")),
        "eventTypes": list(types_of(webhook)),
        "below": below,
    }


def endpoint(webhook: Thing, rights: Rights, secret: NewSecret, position: int, *, below: bool) -> EndpointRow:
    """A webhook that begins to work at that place in the log."""
    return {
        "webhookId": webhook.id,
        "groupId": webhook.group_id,
        "makerId": rights.viewer.person_id,
        "below": below,
        "types": [each for each in types_of(webhook) if not each.startswith(OF_WEBHOOKS)],
        "url": str(webhook.properties["url"]),
        "state": WebhookState.ACTIVE.value,
        "pause": None,
        "pausedAt": None,
        "secret": secret.sealed.text,
        "keyId": secret.sealed.key_id,
        "formerSecret": None,
        "formerKeyId": None,
        "formerUntil": None,
        "position": position,
        "heard": position,
        # What commits beside it may have its place in the log already when it is seen.
        "stale": True,
        "full": False,
        "dueAt": None,
        "leasedUntil": None,
        "claim": 0,
        "failures": 0,
        "failingSince": None,
        "replayAfter": None,
        "replayUntil": None,
        "replayFrom": None,
        "replayTo": None,
    }
