"""Webhooks: the addresses of partners that a group has events sent to. Administrators of the group look after them.

Where events go stands on a thing of the type `webhook`, with its versions and its events; how it works stands beside
it. A webhook without a secret, as an import makes it, is sent nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from domain.access import Caller
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.groups import GroupStatus
from domain.ids import NodeKind, new_id, thing_prefix
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from domain.values import JSON, Clock, to_micros
from domain.webhooks import WEBHOOK, WebhookDeliveryState, checked_url
from graph import event_log, events, locks, thing_changes, webhooks
from graph.store import Store, Transaction
from graph.thing_changes import Written
from graph.webhooks import EndpointRow, LockedEndpoint
from services import validation
from services.access import Action
from services.journal import AccessChange, changed_access, changed_names, event
from services.new_webhooks import (
    NO_FORMER,
    NewWebhook,
    SecretWebhook,
    WebhookChanges,
    access,
    check_below,
    checked_types,
    endpoint,
    types_of,
)
from services.orders import check_id
from services.rights import SEES_BELOW, Rights
from services.sealing import SecretBox
from services.thing_changes import happened, lock_in_use
from services.webhook_outcomes import over
from services.webhook_signing import NewSecret

MAX_WEBHOOKS: Final = 50
"""How many webhooks a group may have."""

OVERLAP: Final = timedelta(days=1)
"""For how long a secret that was replaced signs beside its successor, unless somebody says otherwise."""

MAX_OVERLAP: Final = timedelta(days=7)

_NO_KEY: Final = "This server cannot keep secrets: its operator has to set ONE_SECRET_KEYS."
_NO_SECRET: Final = "This webhook has no secret yet: give it one with rotateWebhookSecret."  # noqa: S105 - a message


class Webhooks:
    """What can be done about them."""

    def __init__(self, store: Store, clock: Clock, box: SecretBox, *, loopback: bool = False) -> None:
        """On this machine they may be only where `loopback` is allowed, as it is for development."""
        self._store = store
        self._clock = clock
        self._box = box
        self._loopback = loopback

    async def create(self, caller: Caller, new: NewWebhook) -> SecretWebhook:
        """Make a webhook, which gets what happens from now on. ConflictError where the group has too many."""
        rights = Rights.of(caller, Action.CREATE_WEBHOOK)
        validation.identifier("groupId", new.group_id, NodeKind.GROUP)
        check_below(rights, new.below)
        at = self._clock()
        url = checked_url("url", new.url, loopback=self._loopback)
        properties: Mapping[str, JSON] = {"url": url, "eventTypes": checked_types(new.event_types)}
        webhook = Thing(
            id=new_id(thing_prefix(WEBHOOK)),
            type=WEBHOOK,
            name=validation.name("name", new.name),
            status=ThingStatus.ACTIVE,
            group_id=new.group_id,
            properties=properties,
            created_at=at,
            updated_at=at,
            archived_at=None,
            version=1,
        )
        secret = self._new_secret(webhook.id)

        async def work(transaction: Transaction) -> SecretWebhook:
            group = (await locks.lock(transaction, rights.reach, [new.group_id])).get(new.group_id)
            if group is None:
                raise NotFoundError("group", new.group_id)
            await rights.require(transaction, new.group_id)
            if group["status"] == GroupStatus.ARCHIVED:
                raise ConflictError("This group is archived, and takes no webhooks.", field="groupId")
            if await webhooks.count(transaction, new.group_id) >= MAX_WEBHOOKS:
                raise ConflictError(f"This group has {MAX_WEBHOOKS} webhooks: delete one.", field="groupId")
            await event_log.number_in(transaction)  # what happened before has its place before the webhook's
            gains = AccessChange(after=access(webhook, below=new.below))
            told = happened(caller, EventType.THING_CREATED, webhook, {"type": WEBHOOK}, gains)
            await thing_changes.create(transaction, [Written(webhook, THING_TYPES[WEBHOOK], told.id)])
            row = endpoint(webhook, rights, secret, await webhooks.head(transaction), below=new.below)
            await webhooks.create(transaction, row)
            await events.append(transaction, [told])
            return SecretWebhook(webhook, secret.text)

        return await self._store.write(work)

    async def update(self, caller: Caller, identifier: str, version: int, changes: WebhookChanges) -> Thing:
        """Change where events go, and which. What waits goes to the new address. ConflictError as of any thing."""
        rights = rights_to(caller, Action.UPDATE_WEBHOOK, identifier)
        validation.version(version)
        name: Change[str] = KEEP if changes.name is KEEP else validation.name("name", changes.name)
        given: dict[str, JSON] = {}
        if changes.url is not KEEP:
            given["url"] = checked_url("url", changes.url, loopback=self._loopback)
        if changes.event_types is not KEEP:
            given["eventTypes"] = checked_types(changes.event_types)
        check_below(rights, changes.below is True)

        async def work(transaction: Transaction) -> Thing:
            webhook, locked = await _lock(transaction, rights, identifier, version)
            if locked is None and changes.below is not KEEP:
                raise ConflictError(_NO_SECRET, field="below")
            updated = replace(
                webhook,
                name=changed(name, webhook.name),
                properties={**webhook.properties, **given},
                updated_at=max(self._clock(), webhook.updated_at),
                version=webhook.version + 1,
            )
            was_below = locked is not None and locked["endpoint"]["below"]
            below = changed(changes.below, was_below)
            other = changed_access(access(webhook, below=was_below), access(updated, below=below))
            details: Mapping[str, JSON] = {"changed": changed_names(changes)}
            told = happened(caller, EventType.THING_UPDATED, updated, details, other)
            await thing_changes.save(transaction, Written(updated, THING_TYPES[WEBHOOK], told.id))
            if locked is not None:
                maker = {"makerId": rights.viewer.person_id} if changes.below is True else {}
                properties = {"url": updated.properties["url"], "types": types_of(updated), "below": below, **maker}
                await webhooks.change(transaction, identifier, properties)
            await events.append(transaction, [told])
            return updated

        return await self._store.write(work)

    async def rotate(self, caller: Caller, identifier: str, overlap: timedelta = OVERLAP) -> SecretWebhook:
        """Give a webhook another secret; the one before signs beside it for the overlap.

        One that has none, as after an import, works from now on.
        """
        rights = rights_to(caller, Action.ROTATE_WEBHOOK_SECRET, identifier)
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            most = int(MAX_OVERLAP.total_seconds())
            raise ValidationError("overlapSeconds", f"overlapSeconds takes 0 to {most}.")
        secret, at = self._new_secret(identifier), self._clock()

        async def work(transaction: Transaction) -> SecretWebhook:
            webhook, locked = await _lock(transaction, rights, identifier)
            if locked is None:
                checked_url("url", str(webhook.properties["url"]), loopback=self._loopback)
                row = endpoint(webhook, rights, secret, await webhooks.head(transaction), below=False)
                await webhooks.create(transaction, row)
            else:
                rotated = {
                    "secret": secret.sealed.text,
                    "keyId": secret.sealed.key_id,
                    "formerSecret": locked["endpoint"]["secret"],
                    "formerKeyId": locked["endpoint"]["keyId"],
                    "formerUntil": to_micros(at + overlap),
                }
                await webhooks.change(transaction, identifier, rotated if overlap else {**rotated, **NO_FORMER})
            await tell(transaction, caller, EventType.WEBHOOK_SECRET_ROTATED, webhook)
            return SecretWebhook(webhook, secret.text)

        return await self._store.write(work)

    async def delete(self, caller: Caller, identifier: str, version: int) -> Thing:
        """Send a webhook nothing any more, and forget its secret, for good. It stays readable, as an archived thing."""
        rights = rights_to(caller, Action.DELETE_WEBHOOK, identifier)
        validation.version(version)
        at = self._clock()

        async def work(transaction: Transaction) -> Thing:
            webhook, locked = await _lock(transaction, rights, identifier, version)
            end = max(at, webhook.updated_at)
            gone = replace(
                webhook, status=ThingStatus.ARCHIVED, archived_at=end, updated_at=end, version=webhook.version + 1
            )
            below = locked is not None and locked["endpoint"]["below"]
            loses = AccessChange(before=access(webhook, below=below))
            told = happened(caller, EventType.THING_ARCHIVED, gone, {}, loses)
            await thing_changes.save(transaction, Written(gone, THING_TYPES[WEBHOOK], told.id))
            await forget(transaction, identifier, at)
            await events.append(transaction, [told])
            return gone

        return await self._store.write(work)

    def _new_secret(self, webhook_id: str) -> NewSecret:
        if self._box.first is None:
            raise ConflictError(_NO_KEY)
        return NewSecret.of(self._box, webhook_id)


async def forget(transaction: Transaction, identifier: str, at: datetime) -> None:
    """Send a webhook nothing any more; what waits for it is given up."""
    await webhooks.delete(transaction, identifier, over(WebhookDeliveryState.FAILED, at))


async def lock_working(transaction: Transaction, rights: Rights, identifier: str) -> tuple[Thing, EndpointRow]:
    """A webhook in use, and how it works, until the transaction ends. ConflictError where it has no secret."""
    webhook, locked = await _lock(transaction, rights, identifier)
    if locked is None:
        raise ConflictError(_NO_SECRET, field="id")
    return webhook, locked["endpoint"]


async def _lock(
    transaction: Transaction, rights: Rights, identifier: str, version: int | None = None
) -> tuple[Thing, LockedEndpoint | None]:
    webhook = await lock_in_use(transaction, rights, identifier, version)
    return webhook, await webhooks.lock(transaction, identifier, SEES_BELOW)


async def tell(
    transaction: Transaction,
    caller: Caller,
    event_type: EventType,
    webhook: Thing,
    properties: Mapping[str, JSON] | None = None,
) -> None:
    """Record what somebody did to how a webhook works."""
    told = event(caller, event_type, target_id=webhook.id, group_id=webhook.group_id, properties=properties)
    await events.append(transaction, [told])


def rights_to(caller: Caller, action: Action, identifier: str) -> Rights:
    """What somebody may do who may do this to some webhooks.

    ValidationError where the id is none of a thing, NotFoundError where it is none of a webhook.
    """
    rights = Rights.of(caller, action)
    check_id("id", identifier, WEBHOOK)
    return rights
