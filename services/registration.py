"""Adding a person together with the group that they work in, as an operator does at the machine itself."""

from domain.access import Caller
from domain.events import EventType
from domain.groups import Group, GroupType
from domain.people import MemberRole, Person
from graph import events, group_changes, people
from graph.store import Store, Transaction
from services import validation
from services.groups import NewGroup, new_group
from services.journal import account_of, event
from services.memberships import join
from services.people import NewPerson, new_person


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
        happened = [
            event(operator, EventType.USER_REGISTERED, target_id=person.id, group_id=None, changes=account_of(person))
        ]
        group = None if slug is None else await group_changes.lock_by_slug(transaction, slug)
        held = MemberRole.OWNER if group is None else role
        if slug is not None and group is None:
            group = await _create(transaction, slug)
            happened.append(event(operator, EventType.GROUP_CREATED, target_id=group.id, group_id=group.id))
        await events.append(transaction, happened)
        if group is not None:
            await join(transaction, operator, person.id, group.id, held)
        return person

    return await store.write(work)


async def _create(transaction: Transaction, slug: str) -> Group:
    group = new_group(NewGroup(slug=slug, name=slug, type=GroupType.ORGANIZATION))
    await group_changes.create(transaction, group)
    return group
