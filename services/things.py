"""Things of any type: reading them, and the rules that they all share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.access import Caller, Reach
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.ids import NodeKind, new_id, thing_prefix
from domain.orders import OrderTotals
from domain.thing_types import ThingType
from domain.things import Thing, ThingStatus
from domain.values import JSON, now
from graph import events, knowledge, things
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize, reach_of
from services.groups import lock_active
from services.journal import changed_names, event
from services.lists import NodeList
from services.ontology import Ontology, check_properties


@dataclass(frozen=True, slots=True)
class NewThing:
    """A thing to create."""

    group_id: str
    type: str
    name: str
    status: ThingStatus = ThingStatus.DRAFT
    properties: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThingChanges:
    """What to change of a thing."""

    name: Change[str] = KEEP
    status: Change[ThingStatus] = KEEP
    properties: Change[Mapping[str, JSON]] = KEEP


def new_thing(new: NewThing, thing_type: ThingType) -> Thing:
    """The thing of that type, once its input was found to be right."""
    if not thing_type.creatable:
        raise ValidationError("type", f"A thing of type {new.type} is not created this way.")
    if new.status is ThingStatus.ARCHIVED:
        raise ValidationError("status", "A new thing is a draft, active or published.")
    at = now()
    return Thing(
        id=new_id(thing_prefix(new.type)),
        type=new.type,
        name=validation.name("name", new.name),
        status=new.status,
        group_id=validation.identifier("groupId", new.group_id, NodeKind.GROUP),
        properties=check_properties(thing_type, new.properties),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


class Things:
    """What can be asked and done about things."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._store = store
        self._ontology = ontology

    async def all_things(self, thing_type: str | None, status: ThingStatus | None) -> NodeList[things.ThingRow, Thing]:
        """Every thing that the caller may see."""
        if thing_type is None:
            return NodeList("things", things.THINGS, (("status", status),))
        await self._ontology.thing_type("type", thing_type)
        return NodeList("things", things.THINGS_OF_TYPE, (("type", thing_type), ("status", status)))

    async def things_of_group(
        self, thing_type: str | None, status: ThingStatus | None
    ) -> NodeList[things.ThingRow, Thing]:
        """The things of a group."""
        if thing_type is None:
            return NodeList("things of group", things.THINGS_OF_GROUP, (("status", status),))
        await self._ontology.thing_type("type", thing_type)
        filters = (("type", thing_type), ("status", status))
        return NodeList("things of group", things.THINGS_OF_GROUP_AND_TYPE, filters)

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Thing]:
        """Those of the things that the caller may see."""
        return await things.fetch(self._store, reach_of(caller), ids)

    async def labels(self, ids: Sequence[str]) -> Mapping[str, list[str]]:
        """The labels of things that the caller was shown."""
        return await knowledge.fetch_labels(self._store, ids)

    async def order_totals(self, caller: Caller, group_ids: Sequence[str]) -> Mapping[str, list[OrderTotals]]:
        """For each group sums over the orders in it and below it, one for each currency."""
        return await things.total_orders(self._store, reach_of(caller), group_ids)

    async def create(self, caller: Caller, new: NewThing) -> Thing:
        """Add a thing to a group."""
        reach = authorize(caller, Action.CREATE_THING)
        known = await self._ontology.thing_type("type", new.type)
        thing = new_thing(new, known)

        async def work(transaction: Transaction) -> Thing:
            await lock_active(transaction, reach, "groupId", thing.group_id)
            thing_type = await self._ontology.lock_thing_type(transaction, thing.type)
            if thing_type.registered:
                check_properties(thing_type, thing.properties)
            await things.create(transaction, thing, thing_type)
            happened = event(
                caller,
                EventType.THING_CREATED,
                target_id=thing.id,
                group_id=thing.group_id,
                properties={"type": thing.type},
            )
            await events.append(transaction, [happened])
            return thing

        return await self._store.write(work)

    async def update(self, caller: Caller, thing_id: str, version: int, changes: ThingChanges) -> Thing:
        """Change some of a thing; `properties` replaces them all. ConflictError where it changed since `version`."""
        reach = authorize(caller, Action.UPDATE_THING)
        validation.identifier("id", thing_id, NodeKind.THING)
        validation.version(version)
        name: Change[str] = KEEP if changes.name is KEEP else validation.name("name", changes.name)
        if changes.status is ThingStatus.ARCHIVED:
            raise ValidationError("status", "To archive a thing, use archiveThing.")

        async def work(transaction: Transaction) -> Thing:
            thing = await _lock_version(transaction, reach, thing_id, version)
            if thing.status is ThingStatus.ARCHIVED:
                raise ConflictError("This thing is archived.", field="status")
            thing_type = await self._ontology.lock_thing_type(transaction, thing.type)
            properties = changes.properties
            if properties is not KEEP:
                properties = check_properties(thing_type, properties)
            updated = replace(
                thing,
                name=changed(name, thing.name),
                status=changed(changes.status, thing.status),
                properties=changed(properties, thing.properties),
                updated_at=now(),
                version=thing.version + 1,
            )
            await things.save(transaction, updated, thing_type)
            happened = event(
                caller,
                EventType.THING_UPDATED,
                target_id=thing_id,
                group_id=thing.group_id,
                properties={"changed": changed_names(changes)},
            )
            await events.append(transaction, [happened])
            return updated

        return await self._store.write(work)

    async def archive(self, caller: Caller, thing_id: str, version: int) -> Thing:
        """Take a thing out of use; it stays readable."""
        reach = authorize(caller, Action.ARCHIVE_THING)
        validation.identifier("id", thing_id, NodeKind.THING)
        validation.version(version)

        async def work(transaction: Transaction) -> Thing:
            thing = await _lock_version(transaction, reach, thing_id, version)
            if thing.status is ThingStatus.ARCHIVED:
                raise ConflictError("This thing is archived already.", field="status")
            at = now()
            archived = replace(
                thing, status=ThingStatus.ARCHIVED, archived_at=at, updated_at=at, version=thing.version + 1
            )
            await things.save(transaction, archived, await self._ontology.lock_thing_type(transaction, thing.type))
            happened = event(caller, EventType.THING_ARCHIVED, target_id=thing_id, group_id=thing.group_id)
            await events.append(transaction, [happened])
            return archived

        return await self._store.write(work)


async def _lock_version(transaction: Transaction, reach: Reach, thing_id: str, version: int) -> Thing:
    thing = await things.lock(transaction, reach, thing_id)
    if thing is None:
        raise NotFoundError("thing", thing_id)
    if thing.version != version:
        raise ConflictError(
            f"Somebody changed this thing since you read it: it is at version {thing.version}. Read it again.",
            field="version",
        )
    return thing
