"""Events taken up for webhooks: out of the log, into deliveries.

A delivery is in a lane: all of one object for one webhook. The first of a lane that waits has a time at which it is
due, and the others have none until it is settled, so that they arrive in order.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from graph.store import Statement, Store, Transaction
from graph.webhooks import EndpointRow


class HeardRow(TypedDict):
    """A group in which something happened, and of what types."""

    groupId: str
    types: list[str]


class FoundRow(TypedDict):
    """An event for a webhook."""

    id: str
    position: int
    targetId: str | None


class NewDelivery(TypedDict):
    """A delivery to make; `key` is unique, so that an event is on its way to a webhook once."""

    key: str
    id: str
    webhookId: str
    eventId: str
    lane: str
    position: int
    createdAt: int


_WANTED: Final = """event.position > $position AND event.position <= $until
        AND (size($types) = 0 OR event.type IN $types) AND NOT event.type STARTS WITH 'webhook_'
        AND coalesce(event.targetId, '') <> $id AND event.at >= $from AND event.at < $before"""
_FOUND: Final = "event {.id, .position, .targetId} AS row ORDER BY event.position"

HEAR: Statement[int] = Statement(
    "hear_events",
    """
    UNWIND $heard AS heard
    MATCH (group:Entity:Group {id: heard.groupId})<-[:PARENT_OF*0..]-(above:Group)
    MATCH (endpoint:WebhookEndpoint)
    WHERE endpoint.groupId = above.id AND (endpoint.below OR above = group) AND endpoint.heard < $position
        AND (size(endpoint.types) = 0 OR any(type IN heard.types WHERE type IN endpoint.types))
    WITH DISTINCT endpoint ORDER BY endpoint.webhookId
    SET endpoint.stale = true, endpoint.heard = $position
    RETURN count(endpoint) AS row""",
    meant="Eager on 5.26: all are found before the first of them is changed.",
)
HEAR_ALL: Statement[int] = Statement(
    "hear_all_events",
    """
    MATCH (endpoint:WebhookEndpoint) WHERE endpoint.state = 'active' AND endpoint.stale = false
    WITH endpoint WHERE endpoint.position < $position
    WITH DISTINCT endpoint ORDER BY endpoint.webhookId
    SET endpoint.stale = true
    RETURN count(endpoint) AS row""",
    meant="Eager on 5.26: all are found before the first of them is changed.",
)
LIST_STALE: Statement[str] = Statement(
    "list_stale_webhooks",
    """
    MATCH (endpoint:WebhookEndpoint) WHERE endpoint.state = 'active' AND endpoint.stale = true
    RETURN endpoint.webhookId AS row LIMIT $limit""",
)
FIND_EVENTS: Statement[FoundRow] = Statement(
    "find_events_of_webhook",
    f"""
    MATCH (event:Event) WHERE event.groupId = $groupId AND {_WANTED}
    WITH event ORDER BY event.groupId, event.position LIMIT $limit
    RETURN {_FOUND}""",
)
FIND_EVENTS_BELOW: Statement[FoundRow] = Statement(
    "find_events_below_webhook",
    f"""
    MATCH (top:Entity:Group {{id: $groupId}})-[:PARENT_OF*0..]->(group:Group)
    CALL (group) {{
        MATCH (event:Event) WHERE event.groupId = group.id AND {_WANTED}
        WITH event ORDER BY event.groupId, event.position LIMIT $limit
        RETURN event
    }}
    WITH event ORDER BY event.position LIMIT $limit
    RETURN {_FOUND}""",
)
ADD_DELIVERIES: Statement[int] = Statement(
    "add_webhook_deliveries",
    """
    UNWIND $deliveries AS row
    MERGE (delivery:WebhookDelivery {key: row.key})
    ON CREATE SET delivery = row, delivery.state = 'new', delivery.tried = 0, delivery.attempts = '[]'
    WITH DISTINCT delivery WHERE delivery.state <> 'pending'
    SET delivery.state = 'pending', delivery.since = 0, delivery.dueAt = null, delivery.settledAt = null,
        delivery.forgetAt = null
    RETURN count(delivery) AS row""",
    meant="Eager: all are made before the first of them is begun again.",
)
RELEASE_LANES: Statement[int] = Statement(
    "release_lanes",
    """
    UNWIND $lanes AS lane
    CALL (lane) {
        MATCH (first:WebhookDelivery)
        WHERE first.lane = lane AND first.state = 'pending' AND first.position > 0
        WITH first ORDER BY first.lane, first.state, first.position LIMIT 1
        RETURN first
    }
    WITH lane, first
    WHERE first.dueAt IS NULL AND NOT EXISTS {
        MATCH (other:WebhookDelivery)
        WHERE other.lane = lane AND other.state = 'pending' AND other.position > 0 AND other.dueAt IS NOT NULL
    }
    SET first.dueAt = $at
    RETURN count(first) AS row""",
    meant="Eager: the first of every lane is found before one of them is due.",
)
PLACE_BEFORE: Statement[int] = Statement(
    "place_before_event",
    """
    MATCH (event:Event) WHERE event.id <= $key AND event.id > 'evt_'
    WITH event ORDER BY event.id DESC LIMIT 1
    RETURN coalesce(event.position, 0) AS row""",
)
PLACE_AFTER: Statement[int] = Statement(
    "place_after_event",
    """
    MATCH (event:Event) WHERE event.id >= $key
    WITH event ORDER BY event.id LIMIT 1
    RETURN coalesce(event.position, 0) AS row""",
)


async def hear(store: Store, heard: Sequence[HeardRow], position: int) -> None:
    """Note that webhooks may have events, up to a place in the log, that happened in these groups."""
    await store.write(lambda transaction: transaction.run(HEAR, {"heard": heard, "position": position}))


async def hear_all(store: Store, position: int) -> None:
    """Note that every webhook may have events whose place is not up to there."""
    await store.write(lambda transaction: transaction.run(HEAR_ALL, {"position": position}))


async def stale(store: Store, limit: int) -> list[str]:
    """Some webhooks that may have events in the log."""
    return await store.read(LIST_STALE, {"limit": limit}, latest=True)


async def find(
    transaction: Transaction, endpoint: EndpointRow, given: Mapping[str, int], *, below: bool
) -> list[FoundRow]:
    """The first events for a webhook after the place `position`, up to `until`, that happened `from` until `before`.

    At most `limit`, in the order of the log, and none that is about the webhook itself; also those `below` its group
    where it is to get them.
    """
    statement = FIND_EVENTS_BELOW if below else FIND_EVENTS
    own = {"id": endpoint["webhookId"], "groupId": endpoint["groupId"], "types": endpoint["types"]}
    return await transaction.run(statement, {**own, **given})


async def add(transaction: Transaction, deliveries: Sequence[NewDelivery], at: int) -> None:
    """Have events delivered to a webhook that is locked; what was settled already begins again."""
    if deliveries:
        await transaction.run(ADD_DELIVERIES, {"deliveries": deliveries})
        await release(transaction, [each["lane"] for each in deliveries], at)


async def release(transaction: Transaction, lanes: Sequence[str], at: int) -> None:
    """Have the first that waits in each of these lanes due, unless one of them is on its way."""
    await transaction.run(RELEASE_LANES, {"lanes": sorted(set(lanes)), "at": at})


async def places(transaction: Transaction, after: str, before: str) -> tuple[int, int | None]:
    """The places of the last event with an id up to the one, and of the first from the other on, where there is one."""
    start = await transaction.run(PLACE_BEFORE, {"key": after})
    end = await transaction.run(PLACE_AFTER, {"key": before})
    return start[0] if start else 0, end[0] or None if end else None
