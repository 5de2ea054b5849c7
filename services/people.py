"""People: reading them, and adding one."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.access import EVERYTHING, Caller
from domain.errors import AuthError
from domain.filters import Condition
from domain.ids import PERSON_PREFIX, new_id
from domain.people import Person, PersonStatus, PlatformRole
from domain.values import now
from graph import locks, people
from graph.filters.people import Scope
from graph.filters.people import people as filtered_people
from graph.store import Store, Transaction
from services import validation
from services.access import reach_of
from services.filters import PERSON_RULES, checked_by
from services.lists import NodeList
from services.member_roles import with_groups


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to add."""

    email: str
    username: str
    display_name: str
    role: PlatformRole
    locale: str | None = None


async def lock_account(transaction: Transaction, person_id: str) -> None:
    """Keep somebody's account from being deleted meanwhile. AuthError where it was, or may not be used by now."""
    found = (await locks.lock(transaction, EVERYTHING, [person_id])).get(person_id)
    if found is None or found["status"] != PersonStatus.ACTIVE:
        raise AuthError("This account is no more.")


def all_people(condition: Condition) -> NodeList[people.PersonRow, Person]:
    """Everybody whom the caller may see and for whom a filter holds."""
    checked = with_groups(checked_by(PERSON_RULES, condition), of_a_group=False)
    return NodeList.of("people", filtered_people(checked, Scope.EVERYWHERE), checked)


def members(condition: Condition, *, below: bool) -> NodeList[people.PersonRow, Person]:
    """The members of a group, and of those `below` it, for whom a filter holds."""
    checked = with_groups(checked_by(PERSON_RULES, condition), of_a_group=True)
    scope = Scope.SUBTREE if below else Scope.GROUP
    return NodeList.of(f"members {scope}", filtered_people(checked, scope), checked)


def new_person(new: NewPerson) -> Person:
    """The person, once the input was found to be right."""
    at = now()
    return Person(
        id=new_id(PERSON_PREFIX),
        email=validation.email("email", new.email),
        username=validation.username("username", new.username),
        display_name=validation.name("displayName", new.display_name),
        role=new.role,
        status=PersonStatus.ACTIVE,
        bio=None,
        avatar_url=None,
        locale=None if new.locale is None else validation.locale("locale", new.locale),
        timezone=None,
        wallets=(),
        settings={},
        created_at=at,
        updated_at=at,
        version=1,
    )


class People:
    """What can be asked and done about people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Person]:
        """Those of the people whom the caller may see."""
        return await people.fetch(self._store, reach_of(caller), ids)
