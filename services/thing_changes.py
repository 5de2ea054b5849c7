"""Changing things of any type: the rules that they all share.

Each change is checked first and then is a unit of work, so that it can be done alone or together with others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from domain.access import Caller, Reach
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, DependedOnError, NotFoundError, ValidationError
from domain.events import Event, EventType
from domain.files import content_of, is_stored
from domain.ids import KNOWLEDGE_PREFIX, NodeKind, new_id
from domain.references import named_by
from domain.thing_types import SOLD, ThingType
from domain.things import Thing, ThingStatus
from domain.values import JSON, now, to_micros
from domain.webhooks import WEBHOOK, WebhookDeliveryState
from graph import dependents, events, files, history, knowledge, locks, thing_changes, webhooks
from graph import references as mentions
from graph.locks import LockedRow
from graph.store import Transaction
from graph.thing_changes import Written
from services import validation
from services.access import Action
from services.journal import AccessChange, changed_access, changed_names, event
from services.new_keys import key_access
from services.ontology import Ontology, check_properties
from services.places import check_active, check_named, check_there
from services.product_rules import keeping_slug, new_files, refused_files, told_of
from services.rights import API_KEY, Rights
from services.storage import require_room
from services.things import ThingChanges, bought_by
from services.type_rules import check_changed
from services.webhook_outcomes import over
from services.work import Work


class ChangesOfThings:
    """What can be done about things."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    def updating(self, caller: Caller, thing_id: str, version: int, changes: ThingChanges) -> Work[Thing]:
        """Change some of a thing; `properties` replaces them all. ConflictError where it changed since `version`."""
        rights = Rights.of(caller, Action.UPDATE_THING)
        _check(thing_id, version)
        name: Change[str] = KEEP if changes.name is KEEP else validation.name("name", changes.name)
        if changes.status is ThingStatus.ARCHIVED:
            raise ValidationError("status", "To archive a thing, use archiveThing.")

        async def work(transaction: Transaction) -> Thing:
            thing = await lock_in_use(transaction, rights, thing_id, version)
            properties = changes.properties
            if changes.patch is not KEEP:
                properties = _patched(thing.properties, changes.patch)
            if properties is not KEEP:
                thing_type = await self._ontology.lock_thing_type(transaction, thing.type)
                properties = keeping_slug(thing, check_properties(thing_type, properties))
                await _name(transaction, rights, thing, thing_type, properties)
                thing = _counted(thing, properties)
            updated = replace(
                next_version(thing),
                name=changed(name, thing.name),
                status=changed(changes.status, thing.status),
                properties=changed(properties, thing.properties),
            )
            check_changed(thing, updated)
            given = changes if changes.patch is KEEP else replace(changes, properties=changes.patch, patch=KEEP)
            details: Mapping[str, JSON] = {"changed": changed_names(given)}
            return await self._save(transaction, caller, EventType.THING_UPDATED, updated, details, before=thing)

        return work

    def archiving(self, caller: Caller, thing_id: str, version: int) -> Work[Thing]:
        """Take a thing out of use; it stays readable."""
        rights = Rights.of(caller, Action.ARCHIVE_THING)
        _check(thing_id, version)

        async def work(transaction: Transaction) -> Thing:
            thing = await _lock_version(transaction, rights, thing_id, version)
            if thing.status is ThingStatus.ARCHIVED:
                raise ConflictError("This thing is archived already.", field="status")
            after = next_version(thing)
            archived = replace(after, status=ThingStatus.ARCHIVED, archived_at=after.updated_at)
            await _end_webhook(transaction, thing)
            return await self._save(transaction, caller, EventType.THING_ARCHIVED, archived, before=thing)

        return work

    def restoring(self, caller: Caller, thing_id: str, version: int, status: ThingStatus | None) -> Work[Thing]:
        """Put an archived thing back into use, in the state that it had before, or in `status`.

        One that was never seen in use, as an import may make them, becomes active.
        """
        rights = Rights.of(caller, Action.RESTORE_THING)
        _check(thing_id, version)
        if status is ThingStatus.ARCHIVED:
            raise ValidationError("status", "status takes a state of use: draft, active or published.")

        async def work(transaction: Transaction) -> Thing:
            locked = await _lock_groups(transaction, rights.reach, thing_id)
            thing = await _lock_version(transaction, rights, thing_id, version)
            if thing.status is not ThingStatus.ARCHIVED:
                raise ConflictError("This thing is not archived.", field="status")
            kind = await self._ontology.thing_type("id", thing.type)
            if not kind.creatable and kind.name not in SOLD:  # those are archived with their group alone
                raise ConflictError(f"What was an {thing.type} is not taken back into use: make a new one.", field="id")
            check_active(locked, "groupId", thing.group_id)
            before = status or await history.status_in_use(transaction, thing_id) or ThingStatus.ACTIVE
            restored = replace(next_version(thing), status=before, archived_at=None)
            check_changed(thing, restored)
            return await self._save(
                transaction, caller, EventType.THING_RESTORED, restored, {"status": before}, before=thing
            )

        return work

    def moving(self, caller: Caller, thing_id: str, version: int, group_id: str) -> Work[Thing]:
        """Put a thing into another group. ConflictError where that one is archived."""
        rights = Rights.of(caller, Action.MOVE_THING)
        _check(thing_id, version)
        validation.identifier("groupId", group_id, NodeKind.GROUP)

        async def work(transaction: Transaction) -> Thing:
            locked = await _lock_groups(transaction, rights.reach, thing_id, group_id)
            thing = await lock_in_use(transaction, rights, thing_id, version)
            check_active(locked, "groupId", group_id)
            await rights.require_thing(transaction, thing.type, group_id)
            if thing.group_id == group_id:
                raise ConflictError("This thing is in that group already.", field="groupId")
            if is_stored(thing):
                await require_room(transaction, group_id, content_of(thing.properties).size)
            details: Mapping[str, JSON] = {"from": thing.group_id, "to": group_id}
            moved = replace(next_version(thing), group_id=group_id)
            await self._save(transaction, caller, EventType.THING_MOVED, moved, details)
            await thing_changes.move(transaction, moved)
            return moved

        return work

    def labelling(self, caller: Caller, thing_id: str, version: int | None, label: str, *, on: bool) -> Work[Thing]:
        """Put a label on a thing, or take it off; where that is so already nothing is written."""
        rights = Rights.of(caller, Action.LABEL_THING)
        _check(thing_id, version)
        label = validation.label("label", label)

        async def work(transaction: Transaction) -> Thing:
            thing = await lock_in_use(transaction, rights, thing_id, version)
            if (label in await knowledge.labels_of(transaction, thing_id)) is on:
                return thing
            told = EventType.THING_LABELLED if on else EventType.THING_UNLABELLED
            labelled = await self._save(transaction, caller, told, next_version(thing), {"label": label})
            link: knowledge.LabelLink = {"thingId": thing_id, "label": label, "knowledgeId": new_id(KNOWLEDGE_PREFIX)}
            if on:
                await knowledge.add_labels(transaction, [link], to_micros(labelled.updated_at))
            else:
                await knowledge.remove_labels(transaction, [link])
            return labelled

        return work

    def deleting(self, caller: Caller, thing_id: str, version: int) -> Work[str]:
        """Erase a thing with all that describes it, and answer its id. DependedOnError while anything depends on it."""
        rights = Rights.of(caller, Action.DELETE_THING)
        _check(thing_id, version)

        async def work(transaction: Transaction) -> str:
            thing = await _lock_version(transaction, rights, thing_id, version)
            if found := await dependents.of_thing(transaction, rights.reach, thing_id):
                raise DependedOnError("thing", found)
            await thing_changes.delete(transaction, thing_id)
            await _end_webhook(transaction, thing)
            if is_stored(thing):
                await files.leave(transaction, thing.id, to_micros(now()))
            access = AccessChange(before=key_access(thing)) if thing.type == API_KEY else None
            told = happened(caller, EventType.THING_DELETED, thing, {"type": thing.type}, access)
            await events.append(transaction, [told])
            return thing.id

        return work

    async def _save(
        self,
        transaction: Transaction,
        caller: Caller,
        event_type: EventType,
        thing: Thing,
        properties: Mapping[str, JSON] | None = None,
        *,
        before: Thing | None = None,
    ) -> Thing:
        is_key = before is not None and thing.type == API_KEY
        access = changed_access(key_access(before or thing), key_access(thing)) if is_key else None
        told = happened(caller, event_type, thing, properties, access)
        also = () if before is None else also_happened(caller, before.status, thing)
        thing_type = await self._ontology.lock_thing_type(transaction, thing.type)
        await thing_changes.save(transaction, Written(thing, thing_type, told.id))
        await events.append(transaction, [told, *also])
        return thing


def _check(thing_id: str, version: int | None) -> None:
    validation.identifier("id", thing_id, NodeKind.THING)
    if version is not None:
        validation.version(version)


async def _lock_version(transaction: Transaction, rights: Rights, thing_id: str, version: int | None) -> Thing:
    thing = await thing_changes.lock(transaction, rights.reach, thing_id)
    if thing is None:
        raise NotFoundError("thing", thing_id)
    await rights.require_thing(transaction, thing.type, thing.group_id, thing.id)
    if version is not None and thing.version != version:
        raise ConflictError(
            f"Somebody changed this thing since you read it: it is at version {thing.version}. Read it again.",
            field="version",
        )
    return thing


async def lock_in_use(transaction: Transaction, rights: Rights, thing_id: str, version: int | None = None) -> Thing:
    """A thing as it is now and stays until the transaction ends.

    NotFoundError where there is none; ForbiddenError where the rights do not cover it; ConflictError where it is
    archived, or changed since `version`.
    """
    thing = await _lock_version(transaction, rights, thing_id, version)
    if thing.status is ThingStatus.ARCHIVED:
        raise ConflictError("This thing is archived.", field="status")
    return thing


async def _lock_groups(transaction: Transaction, reach: Reach, thing_id: str, *more: str) -> Mapping[str, LockedRow]:
    """The group that a thing is in, and more, locked before the thing is, as whoever archives a group does it."""
    locked: dict[str, LockedRow] = {}
    while True:
        seen = (await locks.peek(transaction, reach, [thing_id])).get(thing_id)
        group_id = None if seen is None else seen["groupId"]
        if group_id is None or group_id in locked:
            return locked
        locked |= await locks.lock(transaction, reach, {group_id, *more})
        if group_id not in locked:  # a private thing may be seen by somebody who does not see its group
            return locked


def _patched(properties: Mapping[str, JSON], patch: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Properties with some of them set, and without those that are null now."""
    return {name: value for name, value in {**properties, **patch}.items() if value is not None}


async def _name(
    transaction: Transaction, rights: Rights, thing: Thing, thing_type: ThingType, properties: Mapping[str, JSON]
) -> None:
    """Keep the edges to what a thing names; what it names anew has to be there."""
    before = set(named_by(thing_type, thing.properties).values())
    named = named_by(thing_type, properties)
    check_named(named)
    added = {path: identifier for path, identifier in named.items() if identifier not in before}
    new = replace(thing, properties=properties)
    given = new_files(thing, new)
    locked = await locks.lock(transaction, rights.reach, {*added.values(), *given})
    check_there(locked, {**added, **{each: each for each in given}})
    if refused := await refused_files(transaction, rights, [(new, given)], locked):
        raise refused[thing.id]
    after = set(named.values())
    if after != before:
        await mentions.keep_only(transaction, [{"id": thing.id, "ids": sorted(after)}])


async def _end_webhook(transaction: Transaction, thing: Thing) -> None:
    """Forget the secret of a webhook that is no more, and give up what waits for it."""
    if thing.type == WEBHOOK:
        await webhooks.delete(transaction, thing.id, over(WebhookDeliveryState.FAILED, now()))


def _counted(thing: Thing, properties: Mapping[str, JSON]) -> Thing:
    """A thing with what was sold of it, given what its stock is to be. ConflictError where that is less than it."""
    stock = properties.get("stock") if thing.type == "product" else None
    if stock is None:
        return replace(thing, sold=0)
    if int(cast("int", stock)) < thing.sold:
        raise ConflictError(
            f"{thing.sold} of these are sold. stock counts them too: it is what was there at first, and what was added "
            f"since. For none to be left, set it to {thing.sold}.",
            field="properties.stock",
        )
    return thing


def next_version(thing: Thing) -> Thing:
    """The next version of a thing, which never begins before the last one did, whatever our clock says."""
    return replace(thing, updated_at=max(now(), thing.updated_at), version=thing.version + 1)


def also_happened(caller: Caller, before: ThingStatus | None, thing: Thing) -> Sequence[Event]:
    """What else is told of a thing that somebody changed, or made."""
    told = told_of(before, thing)
    return () if told is None else (happened(caller, told, thing),)


def happened(
    caller: Caller,
    event_type: EventType,
    thing: Thing,
    properties: Mapping[str, JSON] | None = None,
    changes: AccessChange | None = None,
) -> Event:
    """What is told of a thing that somebody changed, or made."""
    details: Mapping[str, JSON] = {**(properties or {}), "version": thing.version}
    told = event(caller, event_type, target_id=thing.id, group_id=thing.group_id, properties=details, changes=changes)
    return replace(told, customer_id=bought_by(thing))
