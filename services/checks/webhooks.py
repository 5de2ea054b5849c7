"""Rules about how webhooks work, and about what is on its way to them."""

from collections.abc import Iterator, Sequence
from typing import cast

import orjson

from domain.catalogue import Catalogue
from domain.events import Event
from domain.values import JSONObject
from domain.webhooks import WebhookDeliveryState, WebhookState, is_told
from graph import webhook_fan_out
from graph.checks import webhooks
from graph.checks.webhooks import DELIVERIES, ENDPOINTS, DeliveryFacts, EndpointFacts
from graph.store import Transaction
from graph.webhook_deliveries import DeliveryRow
from graph.webhooks import EndpointRow
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule
from services.sealing import key_id_of


@rule(
    "webhook_endpoint_webhook",
    "What says how a webhook works is of a webhook that there is, and names its group, address and types as it does.",
    "One of no webhook is forgotten, and its secret with it; else it is made to agree.",
)
def _of_a_webhook(found: EndpointFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["groupId"] is None or found["properties"] is None:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await webhooks.delete_endpoint(transaction, found["id"])
            return ()

        yield Fault("its webhook is not there", Mend("forget it", apply))
        return
    properties = cast("JSONObject", orjson.loads(found["properties"]))
    types = cast("Sequence[str]", properties.get("eventTypes") or ())
    wanted = {
        "groupId": found["groupId"],
        "url": properties.get("url"),
        "types": [each for each in types if is_told(each)],
    }
    other = {name: value for name, value in wanted.items() if found["row"].get(name) != value}
    if other:
        yield Fault(
            f"{', '.join(sorted(other))} is not what its webhook says",
            nodes.set_values(found["id"], other, webhooks.change_endpoint),
        )


@rule(
    "webhook_endpoint_secret",
    "The secrets of a webhook are encrypted, and name the keys that they are under as keyId and formerKeyId do.",
    f"{nodes.A_PERSON_DECIDES} What is stored instead may be a secret.",
)
def _encrypted(found: EndpointFacts, _types: Catalogue) -> Iterator[Fault]:
    for secret, key in (("secret", "keyId"), ("formerSecret", "formerKeyId")):
        stored, key_id = found["row"].get(secret), found["row"].get(key)
        if (stored is not None or key_id is not None) and key_id_of(str(stored)) != key_id:
            yield Fault(f"its {secret} is not encrypted under its {key}", "Rotate the secret of the webhook.")


@rule(
    "webhook_delivery_due",
    "Of the events of one object that wait for a webhook, one is due at some time.",
    "The first of them is due at once.",
)
def _not_stuck(found: DeliveryFacts, _types: Catalogue) -> Iterator[Fault]:
    if found["stuck"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await webhook_fan_out.release(transaction, [str(found["row"]["lane"])], 1)
            return ()

        yield Fault("nothing that waits for the same webhook and object is due", Mend("have the first due", apply))


ENDPOINT_SECTION: Section[EndpointFacts] = Section(
    ENDPOINTS,
    nodes.form("webhook_endpoint", EndpointRow),
    (
        nodes.no_lock("webhook_endpoint", webhooks.change_endpoint, key="webhookId"),
        nodes.one_of("webhook_endpoint", {"state": list(WebhookState)}),
        _of_a_webhook,
        _encrypted,
    ),
)
DELIVERY_SECTION: Section[DeliveryFacts] = Section(
    DELIVERIES,
    nodes.form("webhook_delivery", DeliveryRow),
    (
        nodes.no_lock("webhook_delivery", webhooks.change_delivery),
        nodes.one_of("webhook_delivery", {"state": list(WebhookDeliveryState)}),
        _not_stuck,
    ),
)
