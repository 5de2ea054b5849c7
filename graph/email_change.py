"""Another e-mail address for a person."""

from typing import TypedDict

from domain.people import Person
from graph import people
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store, Transaction, lock_what_stays


class WantedRow(TypedDict):
    """A person who wants an address, and who has it already."""

    person: PersonRow
    holder: PersonRow | None


class ChangedRow(TypedDict):
    """A person with another address, and the one before."""

    person: PersonRow
    before: str


_HOLDER = PERSON.replace("person", "holder", 1)

FETCH_WANTED: Statement[WantedRow] = Statement(
    "fetch_wanted_address",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    OPTIONAL MATCH (holder:Person {{email: $email}})
    RETURN {{person: {PERSON}, holder: CASE WHEN holder IS NULL THEN NULL ELSE {_HOLDER} END}} AS row""",
)
CHANGE_EMAIL: Statement[ChangedRow] = Statement(
    "change_email",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person", "email")} AND person.status = 'active'
    WITH person, person.email AS before
    SET person.email = $email, person.emailVerifiedAt = $at, person.updatedAt = $at, person.version = person.version + 1
    RETURN {{person: {PERSON}, before: before}} AS row""",
    meant="Eager on 5.26: of the one person that it finds.",
)


async def fetch_wanted(store: Store, person_id: str, email: str) -> tuple[Person, Person | None] | None:
    """A person who wants an address, and who has it already; None where the person is gone."""
    rows = await store.read(FETCH_WANTED, {"personId": person_id, "email": email})
    if not rows:
        return None
    holder = rows[0]["holder"]
    return people.from_row(rows[0]["person"]), None if holder is None else people.from_row(holder)


async def change(transaction: Transaction, person_id: str, email: str, at: int) -> tuple[Person, str] | None:
    """Give a person that address, as a proved one; the person and the address before.

    None where there is no such person or they are suspended. ConflictError where somebody has the address.
    """
    rows = await transaction.run(CHANGE_EMAIL, {"personId": person_id, "email": email, "at": at})
    return (people.from_row(rows[0]["person"]), rows[0]["before"]) if rows else None
