"""Making things of any type: the rules that they all share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import AppError
from domain.events import Event, EventType
from domain.people import MemberRole
from domain.references import named_by
from domain.thing_types import ThingType
from domain.things import Thing
from graph import events, locks, thing_changes
from graph import references as mentions
from graph.locks import LockedRow
from graph.store import Transaction
from graph.thing_changes import Written
from services.access import Action
from services.ontology import Ontology, check_properties
from services.places import check_active, check_named, check_there
from services.product_rules import new_files, refused_files, with_slugs
from services.rights import Rights, needed_role
from services.thing_changes import also_happened, happened
from services.things import NewThing, new_thing
from services.type_rules import check_made
from services.work import Work, done


@dataclass(frozen=True, slots=True)
class Creation:
    """A thing to create, which was found to be right, and the rights of whoever wants it."""

    rights: Rights
    thing: Thing
    thing_type: ThingType
    happened: Event
    also: Sequence[Event] = ()


class CreationOfThings:
    """Makes things."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    async def creation(self, caller: Caller, new: NewThing) -> Creation:
        """Check a thing to create."""
        rights = Rights.of(caller, Action.CREATE_THING)
        thing_type = await self._ontology.thing_type("type", new.type)
        thing = new_thing(new, thing_type)
        check_made(thing)
        check_named(named_by(thing_type, thing.properties))
        told = happened(caller, EventType.THING_CREATED, thing, {"type": thing.type})
        return Creation(rights, thing, thing_type, told, also_happened(caller, None, thing))

    async def create_all(self, transaction: Transaction, wanted: Sequence[Creation]) -> list[Thing | AppError]:
        """Create what can be created, a thousand in as many statements as one; for each the thing or its error.

        They are all of one caller.
        """
        rights = wanted[0].rights
        names = sorted({each.thing.type for each in wanted})
        known = {name: await self._ontology.lock_thing_type(transaction, name) for name in names}
        named = [named_by(known[each.thing.type], each.thing.properties) for each in wanted]
        ids = {each.thing.group_id for each in wanted}.union(*(each.values() for each in named))
        locked = await locks.lock(transaction, rights.reach, ids)
        held = await rights.roles(transaction, {each.thing.group_id for each in wanted})
        refused = await refused_files(
            transaction, rights, ((each.thing, new_files(None, each.thing)) for each in wanted), locked
        )
        outcomes: list[Thing | AppError] = [
            _refusal(locked, held, known[each.thing.type], each, names) or refused.get(each.thing.id) or each.thing
            for each, names in zip(wanted, named, strict=True)
        ]
        fit = await with_slugs(transaction, [each for each in outcomes if isinstance(each, Thing)])
        following = iter(fit)
        outcomes = [next(following) if isinstance(each, Thing) else each for each in outcomes]
        made = [(each, thing) for each, thing in zip(wanted, outcomes, strict=True) if isinstance(thing, Thing)]
        if made:
            rows = [Written(thing, known[thing.type], each.happened.id) for each, thing in made]
            await thing_changes.create(transaction, rows)
            await mentions.add(transaction, [mentions.mentions(each.thing, each.thing_type) for each in rows])
            await events.append(transaction, [told for each, _ in made for told in (each.happened, *each.also)])
        return outcomes

    async def creating(self, caller: Caller, new: NewThing) -> Work[Thing]:
        """Add a thing to a group."""
        wanted = await self.creation(caller, new)

        async def work(transaction: Transaction) -> Thing:
            return done((await self.create_all(transaction, [wanted]))[0])

        return work


def _refusal(
    locked: Mapping[str, LockedRow],
    held: Mapping[str, MemberRole],
    thing_type: ThingType,
    wanted: Creation,
    named: Mapping[str, str],
) -> AppError | None:
    thing, rights = wanted.thing, wanted.rights
    needed = needed_role(rights.action, thing.type)
    if thing.group_id in locked and (refused := rights.refusal(held, [thing.group_id], needed)):
        return refused
    try:
        check_active(locked, "groupId", thing.group_id)
        if thing_type.registered:  # it may have evolved since the input was checked
            check_properties(thing_type, thing.properties)
            check_named(named)
        check_there(locked, named)
    except AppError as error:
        return error
    return None
