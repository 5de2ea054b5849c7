"""Events on their way to webhooks: `(:WebhookDelivery)` nodes, each with every try, sent by who leased their webhook.

As with mails a lease outlives whoever died with it, and what was sent and not noted is sent once more under its id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict, cast

import orjson

from domain.values import JSON, from_micros, to_micros
from domain.webhooks import Attempt, Due, WebhookDelivery, WebhookDeliveryState
from graph.access import thing_visible
from graph.event_log import LOGGED, LoggedRow
from graph.events import from_row as event_from_row
from graph.listing import Listing, listing
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import optional_time
from graph.webhooks import IN_USE, LOCKED, LockedEndpoint, SeesBelow


class DeliveryRow(TypedDict):
    """A delivery; `attempts` is a JSON list of every try that ended, of `tried` that began."""

    id: str
    webhookId: str
    eventId: str
    lane: str
    state: str
    tried: int
    since: int
    attempts: str
    dueAt: int | None
    createdAt: int
    settledAt: int | None


class DueRow(TypedDict):
    """A delivery that is due, and its event, if it is there and for the webhook to know."""

    delivery: DeliveryRow
    event: LoggedRow | None
    told: bool


class Settled(TypedDict):
    """What to note of a delivery."""

    id: str
    properties: Mapping[str, object]


class LogRow(TypedDict):
    """A try, as it is kept."""

    at: int
    milliseconds: int
    status: int | None
    error: str | None
    answer: str | None


DELIVERY: Final = f"delivery {{{', '.join(f'.{column}' for column in DeliveryRow.__annotations__)}}}"
_CLAIMABLE: Final = "endpoint.state = 'active' AND endpoint.dueAt <= $at AND coalesce(endpoint.leasedUntil, 0) <= $at"

CLAIM_ENDPOINTS: Statement[LockedEndpoint] = Statement(
    "claim_webhook_endpoints",
    f"""
    MATCH (endpoint:WebhookEndpoint) WHERE {_CLAIMABLE} AND {IN_USE}
    WITH endpoint ORDER BY endpoint.state, endpoint.dueAt LIMIT $limit
    {lock_what_stays("endpoint", "state")} AND {_CLAIMABLE}
    SET endpoint.leasedUntil = $leasedUntil, endpoint.claim = endpoint.claim + 1
    RETURN {LOCKED} AS row""",
    meant="Eager: all that are due are found before the first of them is claimed.",
)
CLAIM_DELIVERIES: Statement[DueRow] = Statement(
    "claim_webhook_deliveries",
    f"""
    MATCH (delivery:WebhookDelivery)
    WHERE delivery.webhookId = $id AND delivery.state = 'pending' AND delivery.dueAt <= $at
    WITH delivery ORDER BY delivery.webhookId, delivery.state, delivery.dueAt LIMIT $limit
    SET delivery.tried = delivery.tried + 1, delivery.since = delivery.since + 1
    WITH DISTINCT delivery
    OPTIONAL MATCH (event:Event {{id: delivery.eventId}})
    RETURN {{
        delivery: {DELIVERY},
        event: {LOGGED},
        told: event.groupId = $groupId OR ($below AND EXISTS {{
            MATCH (here:Entity:Group {{id: event.groupId}})<-[:PARENT_OF*0..]-(top:Group) WHERE top.id = $groupId
        }})
    }} AS row""",
    meant="Eager: all that are due are found before the first of them is counted.",
)
SETTLE_DELIVERIES: Statement[int] = Statement(
    "settle_webhook_deliveries",
    """
    UNWIND $settled AS row
    MATCH (delivery:WebhookDelivery {id: row.id})
    SET delivery += row.properties
    RETURN count(delivery) AS row""",
    meant="Eager on 5.26: of the few that were sent together.",
)
RESUME_DELIVERIES: Statement[int] = Statement(
    "resume_webhook_deliveries",
    """
    MATCH (delivery:WebhookDelivery)
    WHERE delivery.webhookId = $id AND delivery.state = 'pending' AND delivery.dueAt > 0
    SET delivery.since = 0, delivery.dueAt = $at
    RETURN count(delivery) AS row""",
    meant="Eager on 5.26: all are found before the first of them is due.",
)
FORGET_DELIVERIES: Statement[int] = Statement(
    "forget_webhook_deliveries",
    """
    MATCH (delivery:WebhookDelivery) WHERE delivery.forgetAt < $before
    WITH delivery LIMIT $limit
    DELETE delivery
    RETURN count(*) AS row""",
)


def from_row(row: DeliveryRow) -> WebhookDelivery:
    """The delivery that a row holds."""
    tries = cast("list[LogRow]", orjson.loads(row["attempts"]))
    return WebhookDelivery(
        id=row["id"],
        webhook_id=row["webhookId"],
        event_id=row["eventId"],
        state=WebhookDeliveryState(row["state"]),
        tried=row["tried"],
        attempts=tuple(
            Attempt(from_micros(each["at"]), each["milliseconds"], each["status"], each["error"], each["answer"])
            for each in tries
        ),
        due_at=optional_time(row["dueAt"]),
        created_at=from_micros(row["createdAt"]),
        settled_at=optional_time(row["settledAt"]),
    )


def attempts_json(attempts: Sequence[Attempt]) -> str:
    """Tries, as they are kept."""
    rows: list[JSON] = [
        {
            "at": to_micros(each.at),
            "milliseconds": each.milliseconds,
            "status": each.status,
            "error": each.error,
            "answer": each.answer,
        }
        for each in attempts
    ]
    return orjson.dumps(rows).decode()


DELIVERIES: Final[Listing[DeliveryRow, WebhookDelivery]] = listing(
    "webhook_deliveries",
    parent=f"MATCH (owner:Entity:Thing {{id: parent}}) WHERE {thing_visible('owner')}",
    match="MATCH (delivery:WebhookDelivery) WHERE delivery.webhookId = parent",
    where=("($state IS NULL OR delivery.state = $state)",),
    key="delivery.id",
    prefix=("delivery.webhookId",),
    project=DELIVERY,
    item=from_row,
    filtered=True,
)


async def claim(
    store: Store, at: datetime, leased_until: datetime, limit: int, below: SeesBelow
) -> list[LockedEndpoint]:
    """Some webhooks to which something is due, which nobody else sends to until the lease is over."""
    given = {"at": to_micros(at), "leasedUntil": to_micros(leased_until), "limit": limit}
    return await store.write(lambda transaction: transaction.run(CLAIM_ENDPOINTS, {**given, **below.parameters}))


async def take(store: Store, claimed: LockedEndpoint, at: datetime, limit: int) -> list[Due]:
    """What is due to a webhook that was claimed; each is a try that began."""
    endpoint = claimed["endpoint"]
    given = {
        "id": endpoint["webhookId"],
        "groupId": endpoint["groupId"],
        "below": claimed["seesBelow"],
        "at": to_micros(at),
        "limit": limit,
    }
    return [_due(row) for row in await store.write(lambda transaction: transaction.run(CLAIM_DELIVERIES, given))]


async def settle(transaction: Transaction, settled: Sequence[Settled]) -> None:
    """Note what became of deliveries of a webhook that is locked."""
    await transaction.run(SETTLE_DELIVERIES, {"settled": settled})


async def resume(transaction: Transaction, webhook_id: str, at: datetime) -> None:
    """Have what waits for a webhook that is locked tried at once, as often as if it were new."""
    await transaction.run(RESUME_DELIVERIES, {"id": webhook_id, "at": to_micros(at)})


async def forget(store: Store, before: datetime, limit: int) -> None:
    """Erase some of the deliveries that were to be kept until then."""
    given = {"before": to_micros(before), "limit": limit}
    await store.write(lambda transaction: transaction.run(FORGET_DELIVERIES, given))


def _due(row: DueRow) -> Due:
    event = row["event"] if row["told"] else None
    return Due(
        from_row(row["delivery"]),
        row["delivery"]["lane"],
        row["delivery"]["since"],
        None if event is None else event_from_row(event),
        None if event is None else event["position"],
    )
