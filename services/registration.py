"""Adding a person together with the group that they work in, as an operator does at the machine itself."""

from domain.access import Caller
from domain.connection_types import CONNECTION_TYPES
from domain.events import EventType
from domain.groups import Group, GroupType
from domain.people import MemberRole, Person
from graph import connections, events, group_changes, people
from graph.store import Store, Transaction
from services import validation
from services.connections import NewConnection, new_connection
from services.groups import NewGroup, new_group
from services.journal import event
from services.people import NewPerson, new_person

MEMBERSHIP = CONNECTION_TYPES["member_of"]


async def register(store: Store, new: NewPerson, group_slug: str | None, role: MemberRole) -> Person:
    """Add a person and make them a member of the group with that slug.

    Where there is no such group it is created as an organization, and they own it. ConflictError where the e-mail
    address or the username is taken.
    """
    operator = Caller(viewer=None)
    person = new_person(new)
    slug = None if group_slug is None else validation.slug("group", group_slug)

    async def work(transaction: Transaction) -> Person:
        await people.create(transaction, person)
        happened = [event(operator, EventType.USER_REGISTERED, target_id=person.id, group_id=None)]
        if slug is not None:
            group = await group_changes.lock_by_slug(transaction, slug)
            held = MemberRole.OWNER if group is None else role
            if group is None:
                group = await _create(transaction, slug)
                happened.append(event(operator, EventType.GROUP_CREATED, target_id=group.id, group_id=group.id))
            new = NewConnection(MEMBERSHIP.name, person.id, group.id, {"role": held})
            await connections.create(transaction, (new_connection(new, MEMBERSHIP, None), MEMBERSHIP))
            happened.append(
                event(
                    operator,
                    EventType.USER_JOINED_GROUP,
                    target_id=person.id,
                    group_id=group.id,
                    properties={"role": held},
                )
            )
        await events.append(transaction, happened)
        return person

    return await store.write(work)


async def _create(transaction: Transaction, slug: str) -> Group:
    group = new_group(NewGroup(slug=slug, name=slug, type=GroupType.ORGANIZATION))
    await group_changes.create(transaction, group)
    return group
