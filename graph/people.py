"""People in the store: `(:Person)` nodes."""

from collections.abc import Sequence
from typing import TypedDict

from domain.access import Reach
from domain.people import Person, PersonKind, PersonStatus, PlatformRole, Wallet
from domain.values import from_micros, to_micros
from domain.words import searchable
from graph.access import person_visible, reach_parameters
from graph.shared_reads import SMALL
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import from_json, optional_micros, optional_time, sort_key, to_json


class PersonRow(TypedDict):
    """A person as the store keeps it; `wallets` are addresses, `walletsVerifiedAt` their times or -1.

    `kind` is there where it is no human, and so is `managedBy`, the id of a group.
    """

    id: str
    email: str
    username: str
    usernameKey: str
    displayName: str
    role: str
    status: str
    bio: str | None
    avatarUrl: str | None
    locale: str | None
    timezone: str | None
    wallets: list[str]
    walletsVerifiedAt: list[int]
    settings: str
    createdAt: int
    updatedAt: int
    version: int
    sortKey: str
    emailVerifiedAt: int | None
    kind: str | None
    managedBy: str | None


class StoredPerson(PersonRow):
    """A person with the words by which a search finds them: never those of their e-mail address."""

    nameWords: str
    textWords: str


def from_row(row: PersonRow) -> Person:
    """The person that a row holds."""
    return Person(
        id=row["id"],
        email=row["email"],
        username=row["username"],
        display_name=row["displayName"],
        role=PlatformRole(row["role"]),
        status=PersonStatus(row["status"]),
        bio=row["bio"],
        avatar_url=row["avatarUrl"],
        locale=row["locale"],
        timezone=row["timezone"],
        wallets=tuple(
            Wallet(address, optional_time(None if verified == _NOT_VERIFIED else verified))
            for address, verified in zip(row["wallets"], row["walletsVerifiedAt"], strict=True)
        ),
        settings=from_json(row["settings"]),
        created_at=from_micros(row["createdAt"]),
        updated_at=from_micros(row["updatedAt"]),
        version=row["version"],
        email_verified_at=optional_time(row["emailVerifiedAt"]),
        kind=PersonKind(row["kind"] or PersonKind.HUMAN),
        managed_by=row["managedBy"],
    )


def to_row(person: Person) -> StoredPerson:
    """The row that holds a person."""
    return {
        "id": person.id,
        "email": person.email,
        "username": person.username,
        "usernameKey": person.username.casefold(),
        "displayName": person.display_name,
        "role": person.role,
        "status": person.status,
        "bio": person.bio,
        "avatarUrl": person.avatar_url,
        "locale": person.locale,
        "timezone": person.timezone,
        "wallets": [wallet.address for wallet in person.wallets],
        "walletsVerifiedAt": [
            _NOT_VERIFIED if (verified := optional_micros(wallet.verified_at)) is None else verified
            for wallet in person.wallets
        ],
        "settings": to_json(person.settings),
        "createdAt": to_micros(person.created_at),
        "updatedAt": to_micros(person.updated_at),
        "version": person.version,
        "sortKey": sort_key(person.created_at, person.id),
        "nameWords": searchable(person.display_name, person.username),
        "textWords": searchable(person.bio),
        "emailVerifiedAt": optional_micros(person.email_verified_at),
        "kind": None if person.kind is PersonKind.HUMAN else person.kind,
        "managedBy": person.managed_by,
    }


PERSON = f"person {{{', '.join(f'.{column}' for column in PersonRow.__annotations__)}}}"
_NOT_VERIFIED = -1  # a list in the store has no nulls

SET_WALLETS: Statement[bool] = Statement(
    "set_wallets",
    """
    MATCH (person:Entity:Person {id: $id})
    SET person.wallets = $wallets, person.walletsVerifiedAt = $verifiedAt
    RETURN true AS row""",
)
SET_LOCALE: Statement[PersonRow] = Statement(
    "set_locale",
    f"""
    MATCH (person:Entity:Person {{id: $id}})
    {lock_what_stays("person")} AND person.status = 'active'
    SET person.locale = $locale, person.updatedAt = $at, person.version = person.version + 1
    RETURN {PERSON} AS row""",
    meant="Eager on 5.26: of the one person that it finds.",
)
FETCH_PEOPLE: Statement[PersonRow] = Statement(
    "fetch_people",
    f"""
    UNWIND $ids AS id
    MATCH (person:Entity:Person {{id: id}}) WHERE {person_visible("person")}
    RETURN {PERSON} AS row""",
    together=SMALL,
)
FETCH_PERSON_BY_EMAIL: Statement[PersonRow] = Statement(
    "fetch_person_by_email", f"MATCH (person:Person {{email: $email}}) RETURN {PERSON} AS row"
)
FETCH_PERSON: Statement[PersonRow] = Statement(
    "fetch_person", f"MATCH (person:Entity:Person {{id: $id}}) RETURN {PERSON} AS row"
)
CREATE_PERSON: Statement[bool] = Statement(
    "create_person", "CREATE (person:Entity:Person) SET person = $properties RETURN true AS row"
)


async def fetch(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, Person]:
    """Those of the people that there are and that the viewer may see."""
    rows = await store.read(FETCH_PEOPLE, {"ids": ids, **reach_parameters(reach)})
    return {row["id"]: from_row(row) for row in rows}


async def fetch_by_email(store: Store, email: str) -> Person | None:
    """The person with that e-mail address (lower case)."""
    rows = await store.read(FETCH_PERSON_BY_EMAIL, {"email": email})
    return from_row(rows[0]) if rows else None


async def fetch_one(transaction: Transaction, identifier: str) -> Person | None:
    """The person with that id, as the transaction sees them."""
    rows = await transaction.run(FETCH_PERSON, {"id": identifier})
    return from_row(rows[0]) if rows else None


async def fetch_seen(transaction: Transaction, reach: Reach, identifier: str) -> Person | None:
    """The person with that id, if the viewer may see them, as the transaction sees them."""
    rows = await transaction.run(FETCH_PEOPLE, {"ids": [identifier], **reach_parameters(reach)})
    return from_row(rows[0]) if rows else None


async def set_wallets(transaction: Transaction, person: Person) -> None:
    """Keep what wallets a person who is locked has by now."""
    row = to_row(person)
    await transaction.run(
        SET_WALLETS, {"id": person.id, "wallets": row["wallets"], "verifiedAt": row["walletsVerifiedAt"]}
    )


async def set_locale(transaction: Transaction, person_id: str, locale: str | None, at: int) -> Person | None:
    """Give a person another language; None where they are gone or suspended."""
    rows = await transaction.run(SET_LOCALE, {"id": person_id, "locale": locale, "at": at})
    return from_row(rows[0]) if rows else None


async def create(transaction: Transaction, person: Person) -> None:
    """Add a person. ConflictError where the e-mail address or the username is taken."""
    await transaction.run(CREATE_PERSON, {"properties": to_row(person)})
