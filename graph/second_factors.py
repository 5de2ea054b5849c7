"""Second factors in the store: `(:SecondFactor)` nodes, one a person, whose secret is encrypted.

One that was begun and never confirmed has no `enabledAt`, and is asked for by nothing.
"""

from collections.abc import Mapping
from typing import Final, TypedDict

from domain.people import Person
from domain.second_factors import SecondFactor, SecondFactorMethod
from graph import people
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store, Transaction, lock_what_stays
from graph.values import optional_time


class SecondFactorRow(TypedDict):
    """A second factor as the store keeps it.

    `secret` is that of an app, encrypted under the key `keyId`; without one it rests on passkeys alone. `lastStep` is
    the time step of the last code that was accepted, and `recoveryHashes` are those of the codes that were not used
    yet. `failures` wrong codes came since the last right one, the last of them at `failedAt`.
    """

    personId: str
    secret: str | None
    keyId: str | None
    createdAt: int
    enabledAt: int | None
    lastStep: int | None
    recoveryHashes: list[str]
    failures: int
    failedAt: int | None


class LockedSecondFactor(TypedDict):
    """A second factor that is locked, and whether its person may use it."""

    factor: SecondFactorRow
    usable: bool


class ChallengedRow(TypedDict):
    """A person, whether their second factor is on, and what they can prove it with beside recovery codes."""

    person: PersonRow
    enabled: bool
    app: bool
    passkeys: bool


class StandingRow(TypedDict):
    """Since when a person has a second factor, and how many recovery codes they have left."""

    enabledAt: int | None
    left: int


FACTOR: Final = f"factor {{{', '.join(f'.{column}' for column in SecondFactorRow.__annotations__)}}}"

FETCH_CHALLENGED: Statement[ChallengedRow] = Statement(
    "fetch_challenged",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    OPTIONAL MATCH (factor:SecondFactor {{personId: person.id}}) WHERE factor.enabledAt IS NOT NULL
    RETURN {{
        person: {PERSON},
        enabled: factor IS NOT NULL,
        app: factor.secret IS NOT NULL,
        passkeys: EXISTS {{ MATCH (:Passkey {{personId: person.id}}) }}
    }} AS row""",
)
FETCH_STANDING: Statement[StandingRow] = Statement(
    "fetch_second_factor",
    """
    MATCH (factor:SecondFactor {personId: $personId})
    RETURN {enabledAt: factor.enabledAt, left: size(factor.recoveryHashes)} AS row""",
)
BEGIN_SECOND_FACTOR: Statement[SecondFactorRow] = Statement(
    "begin_second_factor",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person")} AND person.status = 'active'
    MERGE (factor:SecondFactor {{personId: $personId}})
    ON CREATE SET factor = $properties
    {lock_what_stays("factor", "createdAt")}
    RETURN {FACTOR} AS row""",
    meant="Eager: of the one second factor that it makes.",
)
LOCK_SECOND_FACTOR: Statement[LockedSecondFactor] = Statement(
    "lock_second_factor",
    f"""
    MATCH (factor:SecondFactor {{personId: $personId}})
    {lock_what_stays("factor", "createdAt")}
    OPTIONAL MATCH (person:Entity:Person {{id: factor.personId}})
    RETURN {{factor: {FACTOR}, usable: coalesce(person.status = 'active', false)}} AS row""",
    meant="Eager on 5.26: of the one second factor that it finds.",
)
CHANGE_SECOND_FACTOR: Statement[bool] = Statement(
    "change_second_factor",
    "MATCH (factor:SecondFactor {personId: $personId}) SET factor += $properties RETURN true AS row",
)
DELETE_SECOND_FACTOR: Statement[bool] = Statement(
    "delete_second_factor", "MATCH (factor:SecondFactor {personId: $personId}) DELETE factor RETURN true AS row"
)


async def fetch_challenged(
    transaction: Transaction, person_id: str
) -> tuple[Person, bool, tuple[SecondFactorMethod, ...]] | None:
    """The person with that id, whether their second factor is on, and what they can prove one with."""
    rows = await transaction.run(FETCH_CHALLENGED, {"personId": person_id})
    if not rows:
        return None
    app = [SecondFactorMethod.TOTP] if rows[0]["app"] else []
    passkeys = [SecondFactorMethod.PASSKEY] if rows[0]["passkeys"] else []
    codes = [SecondFactorMethod.RECOVERY_CODE] if rows[0]["enabled"] else []
    return people.from_row(rows[0]["person"]), rows[0]["enabled"], (*app, *passkeys, *codes)


async def fetch(store: Store, person_id: str) -> SecondFactor:
    """Whether a person has a second factor."""
    rows = await store.read(FETCH_STANDING, {"personId": person_id})
    enabled_at = optional_time(rows[0]["enabledAt"]) if rows else None
    return SecondFactor(enabled_at, rows[0]["left"] if enabled_at else 0)


async def begin(transaction: Transaction, row: SecondFactorRow) -> SecondFactorRow | None:
    """The second factor of a person, which is locked: this one where they had none.

    None where the person is gone or suspended.
    """
    rows = await transaction.run(BEGIN_SECOND_FACTOR, {"personId": row["personId"], "properties": row})
    return rows[0] if rows else None


async def lock(transaction: Transaction, person_id: str) -> LockedSecondFactor | None:
    """A person's second factor, on or only begun, until the transaction ends."""
    rows = await transaction.run(LOCK_SECOND_FACTOR, {"personId": person_id})
    return rows[0] if rows else None


async def change(transaction: Transaction, person_id: str, properties: Mapping[str, object]) -> None:
    """Give a second factor that is locked other values; None takes one away."""
    await transaction.run(CHANGE_SECOND_FACTOR, {"personId": person_id, "properties": properties})


async def delete(transaction: Transaction, person_id: str) -> None:
    """Forget a person's second factor."""
    await transaction.run(DELETE_SECOND_FACTOR, {"personId": person_id})
