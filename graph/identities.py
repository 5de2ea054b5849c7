"""Accounts elsewhere that people sign in with: `(:Identity)` nodes, found by the provider and the subject there."""

from typing import Final, TypedDict

from domain.identities import WALLET, SignInMethod, SignInMethodKind
from domain.values import from_micros
from graph.passkeys import PASSKEY, PasskeyRow
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import optional_time


class IdentityRow(TypedDict):
    """An account elsewhere as the store keeps it; `key` is the provider and the subject there."""

    id: str
    key: str
    personId: str
    provider: str
    subject: str
    createdAt: int
    lastUsedAt: int


class LockedIdentity(TypedDict):
    """An account elsewhere that is locked, and whether its person may use it."""

    identity: IdentityRow
    usable: bool


class WaysRow(TypedDict):
    """All that a person can sign in with; `passwordChangedAt` is null where they have no password."""

    passwordChangedAt: int | None
    identities: list[IdentityRow]
    passkeys: list[PasskeyRow]


IDENTITY: Final = f"identity {{{', '.join(f'.{column}' for column in IdentityRow.__annotations__)}}}"

_WAYS: Final = f"""{{
        passwordChangedAt: head(COLLECT {{
            MATCH (credential:Credential {{personId: person.id}}) RETURN credential.changedAt
        }}),
        identities: COLLECT {{
            MATCH (identity:Identity {{personId: person.id}}) RETURN {IDENTITY} ORDER BY identity.id
        }},
        passkeys: COLLECT {{
            MATCH (passkey:Passkey {{personId: person.id}}) RETURN {PASSKEY} ORDER BY passkey.id
        }}
    }}"""

LOCK_IDENTITY: Statement[LockedIdentity] = Statement(
    "lock_identity",
    f"""
    MATCH (identity:Identity {{key: $key}})
    {lock_what_stays("identity", "subject")}
    OPTIONAL MATCH (person:Entity:Person {{id: identity.personId}})
    RETURN {{identity: {IDENTITY}, usable: coalesce(person.status = 'active', false)}} AS row""",
    meant="Eager on 5.26: of the one identity that it finds.",
)
CREATE_IDENTITY: Statement[bool] = Statement(
    "create_identity", "CREATE (identity:Identity) SET identity = $properties RETURN true AS row"
)
TOUCH_IDENTITY: Statement[bool] = Statement(
    "touch_identity", "MATCH (identity:Identity {key: $key}) SET identity.lastUsedAt = $at RETURN true AS row"
)
DELETE_IDENTITY: Statement[bool] = Statement(
    "delete_identity", "MATCH (identity:Identity {id: $id}) DELETE identity RETURN true AS row"
)
LOCK_WAYS: Statement[WaysRow] = Statement(
    "lock_ways",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person")} AND person.status = 'active'
    RETURN {_WAYS} AS row""",
    meant="Eager on 5.26: of the one person that it finds.",
)
FETCH_WAYS: Statement[WaysRow] = Statement(
    "fetch_ways", f"MATCH (person:Entity:Person {{id: $personId}}) RETURN {_WAYS} AS row"
)


def key_of(provider: str, subject: str) -> str:
    """What names an account elsewhere: no name of a provider has a space."""
    return f"{provider} {subject}"


def methods(row: WaysRow) -> list[SignInMethod]:
    """All that a person can sign in with, their password first."""
    changed_at = row["passwordChangedAt"]
    password = (
        []
        if changed_at is None
        else [SignInMethod(SignInMethodKind.PASSWORD, None, None, from_micros(changed_at), None)]
    )
    others = (elsewhere(each) for each in row["identities"])
    return [*password, *others, *(passkey(each) for each in row["passkeys"])]


def elsewhere(row: IdentityRow) -> SignInMethod:
    """An account elsewhere, or a wallet, as something that its person can sign in with."""
    created_at, last_used_at = from_micros(row["createdAt"]), from_micros(row["lastUsedAt"])
    if row["provider"] == WALLET:
        kind = SignInMethodKind.WALLET
        return SignInMethod(kind, row["id"], None, created_at, last_used_at, address=row["subject"])
    return SignInMethod(SignInMethodKind.PROVIDER, row["id"], row["provider"], created_at, last_used_at)


def passkey(row: PasskeyRow) -> SignInMethod:
    """A passkey as something that its person can sign in with."""
    created_at, last_used_at = from_micros(row["createdAt"]), optional_time(row["lastUsedAt"])
    return SignInMethod(SignInMethodKind.PASSKEY, row["id"], None, created_at, last_used_at, row["name"])


async def lock(transaction: Transaction, key: str) -> LockedIdentity | None:
    """The account elsewhere that has that key, until the transaction ends."""
    rows = await transaction.run(LOCK_IDENTITY, {"key": key})
    return rows[0] if rows else None


async def create(transaction: Transaction, row: IdentityRow) -> None:
    """Have a person sign in with an account elsewhere. ConflictError where somebody does already."""
    await transaction.run(CREATE_IDENTITY, {"properties": row})


async def touch(transaction: Transaction, key: str, at: int) -> None:
    """Note that an account elsewhere was used just now."""
    await transaction.run(TOUCH_IDENTITY, {"key": key, "at": at})


async def delete(transaction: Transaction, identifier: str) -> None:
    """Have nobody sign in any more with an account elsewhere."""
    await transaction.run(DELETE_IDENTITY, {"id": identifier})


async def lock_ways(transaction: Transaction, person_id: str) -> list[SignInMethod] | None:
    """All that a person can sign in with, until the transaction ends; None where they are gone or suspended.

    Whatever adds one or takes one away calls this first, so that no two take the last two away at once.
    """
    rows = await transaction.run(LOCK_WAYS, {"personId": person_id})
    return methods(rows[0]) if rows else None


async def fetch_ways(store: Store, person_id: str) -> list[SignInMethod]:
    """All that a person can sign in with."""
    rows = await store.read(FETCH_WAYS, {"personId": person_id})
    return methods(rows[0]) if rows else []
