"""Webhooks in the store: beside each `(:Thing:Webhook)`, which says where to, a `(:WebhookEndpoint)` of how it works.

The endpoint changes with every event, and so is no part of the thing, whose versions are kept. It has the webhook's
place in the log of events: up to `position` all that is for it was taken up. What of the thing decides which events
those are stands on it too. All that works on one webhook takes the lock of its endpoint first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from domain.webhooks import WebhookPause, WebhookState, WebhookStatus
from graph.event_log import READ_HEAD
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import optional_time


class EndpointRow(TypedDict):
    """How a webhook works. `dueAt` is when the next of its deliveries is due; whoever sends holds a lease.

    `failures` tries in a row failed, the first of them at `failingSince`. It is `stale` when there may be events for
    it in the log, up to `heard` at least, and `full` when there are, and no room. What is replayed lies between
    `replayAfter` and `replayUntil`, and happened from `replayFrom` until `replayTo`, where that is given.
    """

    webhookId: str
    groupId: str
    makerId: str
    below: bool
    types: list[str]
    url: str
    state: str
    pause: str | None
    pausedAt: int | None
    secret: str
    keyId: str
    formerSecret: str | None
    formerKeyId: str | None
    formerUntil: int | None
    position: int
    heard: int
    stale: bool
    full: bool
    dueAt: int | None
    leasedUntil: int | None
    claim: int
    failures: int
    failingSince: int | None
    replayAfter: int | None
    replayUntil: int | None
    replayFrom: int | None
    replayTo: int | None


class LockedEndpoint(TypedDict):
    """An endpoint, whether its webhook is in use, whether it gets what happens below its group, and what waits."""

    endpoint: EndpointRow
    inUse: bool
    seesBelow: bool
    waiting: int


class StatusRow(TypedDict):
    """How a webhook works, for those who look after it."""

    webhookId: str
    state: str
    below: bool
    pause: str | None
    pausedAt: int | None
    failingSince: int | None
    formerUntil: int | None
    position: int
    waiting: int


class AdminRow(TypedDict):
    """Somebody who looks after a group, or one so many groups above it."""

    person: PersonRow
    distance: int


@dataclass(frozen=True, slots=True)
class SeesBelow:
    """What the maker of a webhook has to have for it to get what happens below its group.

    A role on the platform that counts below, and one of the roles in the group, or in one above it.
    """

    flowing: Sequence[str]
    roles: Sequence[str]

    @property
    def parameters(self) -> Mapping[str, object]:
        """As the statements take it."""
        return {"flowing": self.flowing, "memberRoles": self.roles}


ENDPOINT: Final = f"endpoint {{{', '.join(f'.{column}' for column in EndpointRow.__annotations__)}}}"
IN_USE: Final = "EXISTS { MATCH (thing:Entity:Thing {id: endpoint.webhookId}) WHERE thing.status <> 'archived' }"
SEES_BELOW: Final = """(endpoint.below AND EXISTS {
        MATCH (maker:Entity:Person {id: endpoint.makerId})
        WHERE maker.status = 'active' AND (maker.role = 'platform_owner' OR (maker.role IN $flowing AND EXISTS {
            MATCH (home:Entity:Group {id: endpoint.groupId})<-[:PARENT_OF*0..]-(held:Group)
            MATCH (maker)-[membership:MEMBER_OF]->(held)
            WHERE membership.validTo IS NULL AND membership.status = 'active' AND membership.role IN $memberRoles
        }))
    })"""
"""Whether whoever had it get what happens below its group still has that right."""

_WAITS: Final = """MATCH (waits:WebhookDelivery)
        WHERE waits.webhookId = endpoint.webhookId AND waits.state = 'pending' AND waits.position > 0"""
WAITING: Final = f"COUNT {{ {_WAITS} }}"
LOCKED: Final = f"{{endpoint: {ENDPOINT}, inUse: {IN_USE}, seesBelow: {SEES_BELOW}, waiting: {WAITING}}}"

LOCK_ENDPOINT: Statement[LockedEndpoint] = Statement(
    "lock_webhook_endpoint",
    f"""
    MATCH (endpoint:WebhookEndpoint {{webhookId: $id}})
    {lock_what_stays("endpoint", "state")}
    RETURN {LOCKED} AS row""",
    meant="Eager on 5.26: of the one endpoint that it finds.",
)
CREATE_ENDPOINT: Statement[bool] = Statement(
    "create_webhook_endpoint",
    "CREATE (endpoint:WebhookEndpoint) SET endpoint = $properties RETURN true AS row",
)
CHANGE_ENDPOINT: Statement[bool] = Statement(
    "change_webhook_endpoint",
    """
    MATCH (endpoint:WebhookEndpoint {webhookId: $id})
    SET endpoint += $properties,
        endpoint.dueAt = COLLECT {
            MATCH (next:WebhookDelivery)
            WHERE next.webhookId = $id AND next.state = 'pending' AND next.dueAt > 0
            WITH next ORDER BY next.webhookId, next.state, next.dueAt LIMIT 1
            RETURN next.dueAt
        }[0]
    RETURN true AS row""",
    meant="Eager on 5.26: of the one endpoint that it finds.",
)
DELETE_ENDPOINT: Statement[int] = Statement(
    "delete_webhook_endpoint",
    f"""
    MATCH (endpoint:WebhookEndpoint {{webhookId: $id}})
    CALL (endpoint) {{
        {_WAITS}
        SET waits += $properties
    }}
    DELETE endpoint
    RETURN 1 AS row""",
    meant="Eager: of what waits for the one endpoint that it deletes.",
)
COUNT_ENDPOINTS: Statement[int] = Statement(
    "count_webhook_endpoints",
    "MATCH (endpoint:WebhookEndpoint) WHERE endpoint.groupId = $groupId RETURN count(endpoint) AS row",
)
FETCH_STATUSES: Statement[StatusRow] = Statement(
    "fetch_webhook_statuses",
    f"""
    UNWIND $ids AS id
    MATCH (endpoint:WebhookEndpoint {{webhookId: id}})
    RETURN endpoint {{
        .webhookId, .state, .below, .pause, .pausedAt, .failingSince, .formerUntil, .position, waiting: {WAITING}
    }} AS row""",
)
FIND_ADMINS: Statement[AdminRow] = Statement(
    "find_admins",
    f"""
    MATCH (group:Entity:Group {{id: $groupId}})
    MATCH above = (group)<-[:PARENT_OF*0..]-(held:Group)
    MATCH (held)<-[membership:MEMBER_OF]-(person:Person)
    WHERE membership.validTo IS NULL AND membership.status = 'active' AND membership.role IN $memberRoles
        AND person.status = 'active' AND person.kind IS NULL
    WITH person, min(length(above)) AS distance ORDER BY distance, person.id LIMIT $limit
    RETURN {{person: {PERSON}, distance: distance}} AS row""",
)


async def lock(transaction: Transaction, identifier: str, below: SeesBelow) -> LockedEndpoint | None:
    """How a webhook works, until the transaction ends; None where it has no secret."""
    rows = await transaction.run(LOCK_ENDPOINT, {"id": identifier, **below.parameters})
    return rows[0] if rows else None


async def create(transaction: Transaction, row: EndpointRow) -> None:
    """Let a webhook work. ConflictError where it does already."""
    await transaction.run(CREATE_ENDPOINT, {"properties": row})


async def change(transaction: Transaction, identifier: str, properties: Mapping[str, object]) -> None:
    """Give an endpoint that is locked other values, and see when its next delivery is due."""
    await transaction.run(CHANGE_ENDPOINT, {"id": identifier, "properties": properties})


async def delete(transaction: Transaction, identifier: str, settled: Mapping[str, object]) -> None:
    """Forget how a webhook works; what waits for it gets these values."""
    await transaction.run(DELETE_ENDPOINT, {"id": identifier, "properties": settled})


async def count(transaction: Transaction, group_id: str) -> int:
    """How many webhooks of a group, which is locked, have a secret."""
    return (await transaction.run(COUNT_ENDPOINTS, {"groupId": group_id}))[0]


async def head(transaction: Transaction) -> int:
    """The last place in the log of events."""
    rows = await transaction.run(READ_HEAD, {})
    return rows[0] if rows else 0


async def statuses(store: Store, ids: Sequence[str]) -> dict[str, WebhookStatus]:
    """How webhooks work that have a secret."""
    return {row["webhookId"]: _status(row) for row in await store.read(FETCH_STATUSES, {"ids": ids})}


async def admins(transaction: Transaction, group_id: str, roles: Sequence[str], most: int) -> list[PersonRow]:
    """The people with one of these roles in a group, or in the nearest above it in which there is any."""
    rows = await transaction.run(FIND_ADMINS, {"groupId": group_id, "memberRoles": roles, "limit": most})
    return [row["person"] for row in rows if row["distance"] == rows[0]["distance"]]


def _status(row: StatusRow) -> WebhookStatus:
    return WebhookStatus(
        webhook_id=row["webhookId"],
        state=WebhookState(row["state"]),
        below=row["below"],
        pause=None if row["pause"] is None else WebhookPause(row["pause"]),
        paused_at=optional_time(row["pausedAt"]),
        failing_since=optional_time(row["failingSince"]),
        former_until=optional_time(row["formerUntil"]),
        waiting=row["waiting"],
        position=row["position"],
    )
