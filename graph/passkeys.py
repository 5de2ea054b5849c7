"""Passkeys in the store: `(:Passkey)` nodes with the public key of each; nobody can sign with what is here."""

from typing import Final, TypedDict

from graph.store import Statement, Store, Transaction, lock_what_stays


class PasskeyRow(TypedDict):
    """A passkey as the store keeps it.

    `credentialId` is what a device calls it, unique among all; it and `publicKey` (COSE) are in base64url. `signCount`
    is how often the device says that it was used, 0 where it does not count.
    """

    id: str
    credentialId: str
    personId: str
    publicKey: str
    signCount: int
    name: str
    transports: list[str]
    createdAt: int
    lastUsedAt: int | None


class LockedPasskey(TypedDict):
    """A passkey that is locked, and whether its person may use it."""

    passkey: PasskeyRow
    usable: bool


class KnownCredential(TypedDict):
    """What a device calls a passkey, and how a browser may reach it."""

    credentialId: str
    transports: list[str]


class RegistrantRow(TypedDict):
    """Who wants a passkey, and those that they have."""

    email: str
    displayName: str
    passkeys: list[KnownCredential]


PASSKEY: Final = f"passkey {{{', '.join(f'.{column}' for column in PasskeyRow.__annotations__)}}}"

FETCH_REGISTRANT: Statement[RegistrantRow] = Statement(
    "fetch_registrant",
    """
    MATCH (person:Entity:Person {id: $personId})
    RETURN {
        email: person.email,
        displayName: person.displayName,
        passkeys: COLLECT {
            MATCH (passkey:Passkey {personId: person.id})
            RETURN passkey {.credentialId, .transports} ORDER BY passkey.id
        }
    } AS row""",
)
LOCK_PASSKEY: Statement[LockedPasskey] = Statement(
    "lock_passkey",
    f"""
    MATCH (passkey:Passkey {{credentialId: $credentialId}})
    {lock_what_stays("passkey", "publicKey")}
    OPTIONAL MATCH (person:Entity:Person {{id: passkey.personId}})
    RETURN {{passkey: {PASSKEY}, usable: coalesce(person.status = 'active', false)}} AS row""",
    meant="Eager on 5.26: of the one passkey that it finds.",
)
CREATE_PASSKEY: Statement[bool] = Statement(
    "create_passkey", "CREATE (passkey:Passkey) SET passkey = $properties RETURN true AS row"
)
TOUCH_PASSKEY: Statement[bool] = Statement(
    "touch_passkey",
    """
    MATCH (passkey:Passkey {id: $id})
    SET passkey.signCount = $signCount, passkey.lastUsedAt = $at
    RETURN true AS row""",
)
RENAME_PASSKEY: Statement[PasskeyRow] = Statement(
    "rename_passkey",
    f"""
    MATCH (passkey:Passkey {{id: $id}}) WHERE passkey.personId = $personId
    SET passkey.name = $name
    RETURN {PASSKEY} AS row""",
    meant="Eager on 5.26: of the one passkey that it renames.",
)
DELETE_PASSKEY: Statement[bool] = Statement(
    "delete_passkey", "MATCH (passkey:Passkey {id: $id}) DELETE passkey RETURN true AS row"
)
DELETE_PASSKEYS: Statement[str] = Statement(
    "delete_passkeys",
    """
    MATCH (passkey:Passkey {personId: $personId})
    WITH passkey, passkey.id AS id
    DELETE passkey
    RETURN id AS row""",
    meant="Eager: of the passkeys of one person, whose ids are kept while they go.",
)


async def fetch_registrant(store: Store, person_id: str) -> RegistrantRow | None:
    """Who wants a passkey, and those that they have."""
    rows = await store.read(FETCH_REGISTRANT, {"personId": person_id})
    return rows[0] if rows else None


async def lock(transaction: Transaction, credential_id: str) -> LockedPasskey | None:
    """The passkey that a device calls so, until the transaction ends."""
    rows = await transaction.run(LOCK_PASSKEY, {"credentialId": credential_id})
    return rows[0] if rows else None


async def create(transaction: Transaction, row: PasskeyRow) -> None:
    """Have a person sign in with a passkey. ConflictError where somebody does already."""
    await transaction.run(CREATE_PASSKEY, {"properties": row})


async def touch(transaction: Transaction, identifier: str, sign_count: int, at: int) -> None:
    """Note that a passkey was used just now, and how often by what its device says."""
    await transaction.run(TOUCH_PASSKEY, {"id": identifier, "signCount": sign_count, "at": at})


async def rename(transaction: Transaction, person_id: str, identifier: str, name: str) -> PasskeyRow | None:
    """Give a person's passkey another name; None where they have no such one."""
    rows = await transaction.run(RENAME_PASSKEY, {"personId": person_id, "id": identifier, "name": name})
    return rows[0] if rows else None


async def delete(transaction: Transaction, identifier: str) -> None:
    """Have nobody sign in any more with a passkey."""
    await transaction.run(DELETE_PASSKEY, {"id": identifier})


async def delete_all(transaction: Transaction, person_id: str) -> list[str]:
    """Forget all passkeys of a person; their ids."""
    return await transaction.run(DELETE_PASSKEYS, {"personId": person_id})
