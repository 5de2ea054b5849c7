"""What a check has to know of how a webhook works, and of what is on its way to one."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject
from graph.store import Statement, Transaction


class EndpointFacts(TypedDict):
    """How a webhook works, and the group and the properties of the webhook, if it is there; `id` is the webhook's."""

    id: str
    row: StoredRow
    groupId: str | None
    properties: str | None


class DeliveryFacts(TypedDict):
    """A delivery, and whether one of its lane is due, if any waits there."""

    id: str
    row: StoredRow
    stuck: bool


ENDPOINTS: Final[Subject[EndpointFacts]] = subject(
    "webhook_endpoints",
    "(node:WebhookEndpoint)",
    "node",
    """{
        id: node.webhookId,
        row: properties(node),
        groupId: COLLECT { MATCH (thing:Entity:Thing {id: node.webhookId}) RETURN thing.groupId }[0],
        properties: COLLECT { MATCH (thing:Entity:Thing {id: node.webhookId}) RETURN thing.properties }[0]
    }""",
    key="webhookId",
)
DELIVERIES: Final[Subject[DeliveryFacts]] = subject(
    "webhook_deliveries",
    "(node:WebhookDelivery)",
    "node",
    """{
        id: node.id,
        row: properties(node),
        stuck: node.state = 'pending' AND node.dueAt IS NULL AND NOT EXISTS {
            MATCH (other:WebhookDelivery)
            WHERE other.lane = node.lane AND other.state = 'pending' AND other.position > 0 AND other.dueAt IS NOT NULL
        }
    }""",
)
CHANGE_CHECKED_ENDPOINT: Statement[bool] = Statement(
    "change_checked_endpoint",
    "MATCH (node:WebhookEndpoint {webhookId: $id}) SET node += $properties RETURN true AS row",
)
DELETE_CHECKED_ENDPOINT: Statement[bool] = Statement(
    "delete_checked_endpoint", "MATCH (node:WebhookEndpoint {webhookId: $id}) DELETE node RETURN true AS row"
)
CHANGE_CHECKED_DELIVERY: Statement[bool] = Statement(
    "change_checked_delivery",
    "MATCH (node:WebhookDelivery {id: $id}) SET node += $properties RETURN true AS row",
)


async def change_endpoint(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give how a webhook works other values; None takes one away."""
    await transaction.run(CHANGE_CHECKED_ENDPOINT, {"id": identifier, "properties": properties})


async def delete_endpoint(transaction: Transaction, identifier: str) -> None:
    """Forget how a webhook works."""
    await transaction.run(DELETE_CHECKED_ENDPOINT, {"id": identifier})


async def change_delivery(transaction: Transaction, identifier: str, properties: StoredRow) -> None:
    """Give a delivery other values; None takes one away."""
    await transaction.run(CHANGE_CHECKED_DELIVERY, {"id": identifier, "properties": properties})
