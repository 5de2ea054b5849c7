"""Passwords in the store: `(:Credential)` nodes with a slow hash, one a person; and the accounts that sign up."""

from collections.abc import Sequence
from typing import TypedDict

from domain.people import Person
from graph import people
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store, Transaction, lock_what_stays


class CredentialRow(TypedDict):
    """A password as the store keeps it."""

    personId: str
    passwordHash: str
    changedAt: int


class AccountRow(TypedDict):
    """What a sign-in has to know of an account."""

    person: PersonRow
    passwordHash: str | None


class TakenRow(TypedDict):
    """What of a new account there is already: the id of the person who has its e-mail address, and its username.

    `locale` is of that person.
    """

    personId: str | None
    locale: str | None
    username: bool


FETCH_ACCOUNT: Statement[AccountRow] = Statement(
    "fetch_account",
    f"""
    MATCH (person:Person {{email: $email}})
    OPTIONAL MATCH (credential:Credential {{personId: person.id}})
    RETURN {{person: {PERSON}, passwordHash: credential.passwordHash}} AS row""",
)
FETCH_PASSWORD: Statement[str] = Statement(
    "fetch_password",
    "MATCH (credential:Credential {personId: $personId}) RETURN credential.passwordHash AS row",
)
LOCK_CREDENTIAL: Statement[str] = Statement(
    "lock_credential",
    f"""
    MATCH (credential:Credential {{personId: $personId}})
    {lock_what_stays("credential", "passwordHash")}
    RETURN credential.passwordHash AS row""",
)
SET_PASSWORD: Statement[bool] = Statement(
    "set_password",
    """
    MERGE (credential:Credential {personId: $personId})
    SET credential.passwordHash = $passwordHash, credential.changedAt = $at
    RETURN true AS row""",
)
FORGET_PASSWORD: Statement[bool] = Statement(
    "forget_password", "MATCH (credential:Credential {personId: $personId}) DELETE credential RETURN true AS row"
)
FIND_TAKEN: Statement[TakenRow] = Statement(
    "find_taken",
    """
    OPTIONAL MATCH (person:Person {email: $email})
    WITH person.id AS personId, person.locale AS locale
    RETURN {
        personId: personId, locale: locale, username: EXISTS { MATCH (:Person {usernameKey: $usernameKey}) }
    } AS row""",
)
CREATE_ACCOUNTS: Statement[int] = Statement(
    "create_accounts",
    """
    UNWIND $rows AS row
    CREATE (person:Entity:Person) SET person = row.person
    CREATE (credential:Credential) SET credential = row.credential
    RETURN count(*) AS row""",
    meant="Eager: of the one account that it makes.",
)


async def fetch_account(store: Store, email: str) -> tuple[Person, str | None] | None:
    """The person with that e-mail address (lower case), and the hash of their password, if they have one."""
    rows = await store.read(FETCH_ACCOUNT, {"email": email})
    return (people.from_row(rows[0]["person"]), rows[0]["passwordHash"]) if rows else None


async def fetch_password(store: Store, person_id: str) -> str | None:
    """The hash of a person's password, if they have one."""
    rows = await store.read(FETCH_PASSWORD, {"personId": person_id})
    return rows[0] if rows else None


async def lock(transaction: Transaction, person_id: str) -> str | None:
    """The hash of a person's password, which stays until the transaction ends."""
    rows = await transaction.run(LOCK_CREDENTIAL, {"personId": person_id})
    return rows[0] if rows else None


async def set_password(transaction: Transaction, row: CredentialRow) -> None:
    """Give a person that password."""
    await transaction.run(
        SET_PASSWORD, {"personId": row["personId"], "passwordHash": row["passwordHash"], "at": row["changedAt"]}
    )


async def forget(transaction: Transaction, person_id: str) -> None:
    """Take a person's password away, if they have one."""
    await transaction.run(FORGET_PASSWORD, {"personId": person_id})


async def find_taken(transaction: Transaction, email: str, username: str) -> TakenRow:
    """What of a new account there is already."""
    return (await transaction.run(FIND_TAKEN, {"email": email, "usernameKey": username.casefold()}))[0]


async def create_accounts(transaction: Transaction, accounts: Sequence[tuple[Person, CredentialRow]]) -> None:
    """Add people with their passwords: one or none, by the same statement. ConflictError where a name is taken."""
    rows = [{"person": people.to_row(person), "credential": credential} for person, credential in accounts]
    await transaction.run(CREATE_ACCOUNTS, {"rows": rows})
