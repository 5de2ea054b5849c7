"""Links and codes that prove an e-mail address, good for one use: `(:OneTimeToken)` nodes with hashes of them.

A person has at most one of each kind; asking for another one replaces it, and keeps count of the codes that were tried.
"""

from collections.abc import Sequence
from typing import Final, TypedDict

from domain.people import Person
from graph import people
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store, Transaction, lock_what_stays


class OneTimeTokenRow(TypedDict):
    """A link and its code as the store keeps them; `key` is the kind and the person's id.

    `attempts` codes were tried since `attemptsFrom`.
    """

    key: str
    kind: str
    personId: str
    email: str
    linkHash: str
    codeHash: str | None
    issuedAt: int
    expiresAt: int
    attempts: int
    attemptsFrom: int


class AddressRow(TypedDict):
    """The person with an e-mail address, and when a link of some kind was last sent to them."""

    person: PersonRow
    issuedAt: int | None


TOKEN: Final = f"token {{{', '.join(f'.{column}' for column in OneTimeTokenRow.__annotations__)}}}"

FETCH_ADDRESS: Statement[AddressRow] = Statement(
    "fetch_address",
    f"""
    MATCH (person:Person {{email: $email}})
    OPTIONAL MATCH (token:OneTimeToken {{key: $kind + ' ' + person.id}})
    RETURN {{person: {PERSON}, issuedAt: token.issuedAt}} AS row""",
)
ISSUE_TOKENS: Statement[int] = Statement(
    "issue_tokens",
    """
    UNWIND $rows AS row
    MERGE (token:OneTimeToken {key: row.key})
    SET token += row {.kind, .personId, .email, .linkHash, .codeHash, .issuedAt, .expiresAt},
        token.attempts = coalesce(token.attempts, 0),
        token.attemptsFrom = coalesce(token.attemptsFrom, row.issuedAt)
    RETURN count(*) AS row""",
    meant="Eager: of the one token that it makes.",
)
FETCH_BY_LINK: Statement[OneTimeTokenRow] = Statement(
    "fetch_token_by_link", f"MATCH (token:OneTimeToken {{linkHash: $linkHash}}) RETURN {TOKEN} AS row"
)
LOCK_BY_LINK: Statement[OneTimeTokenRow] = Statement(
    "lock_token_by_link",
    f"""
    MATCH (token:OneTimeToken {{linkHash: $linkHash}})
    {lock_what_stays("token", "key")} AND token.linkHash = $linkHash
    RETURN {TOKEN} AS row""",
)
LOCK_BY_EMAIL: Statement[OneTimeTokenRow] = Statement(
    "lock_token_by_email",
    f"""
    MATCH (person:Person {{email: $email}})
    MATCH (token:OneTimeToken {{key: $kind + ' ' + person.id}})
    {lock_what_stays("token", "key")}
    RETURN {TOKEN} AS row""",
)
COUNT_ATTEMPTS: Statement[int] = Statement(
    "count_attempts",
    """
    UNWIND $rows AS row
    MATCH (token:OneTimeToken {key: row.key})
    SET token.attempts = row.attempts, token.attemptsFrom = row.attemptsFrom
    RETURN count(*) AS row""",
)
USE_UP: Statement[bool] = Statement(
    "use_up_token", "MATCH (token:OneTimeToken {key: $key}) DELETE token RETURN true AS row"
)
FORGET_TOKENS: Statement[int] = Statement(
    "forget_tokens",
    """
    MATCH (token:OneTimeToken) WHERE token.expiresAt < $before
    WITH token LIMIT $limit
    DELETE token
    RETURN count(*) AS row""",
)
VERIFY_EMAIL: Statement[PersonRow] = Statement(
    "verify_email",
    f"""
    MATCH (person:Entity:Person {{id: $personId}})
    {lock_what_stays("person", "email")} AND person.email = $email
    SET person.emailVerifiedAt = coalesce(person.emailVerifiedAt, $at)
    RETURN {PERSON} AS row""",
)


async def fetch_address(store: Store, email: str, kind: str) -> tuple[Person, int | None] | None:
    """The person with that e-mail address, and when a link of that kind was last sent to them."""
    rows = await store.read(FETCH_ADDRESS, {"email": email, "kind": kind})
    return (people.from_row(rows[0]["person"]), rows[0]["issuedAt"]) if rows else None


async def issue(transaction: Transaction, rows: Sequence[OneTimeTokenRow]) -> None:
    """Make a link good, and the one before it no longer: one or none, by the same statement."""
    await transaction.run(ISSUE_TOKENS, {"rows": rows})


async def fetch_by_link(store: Store, link_hash: str) -> OneTimeTokenRow | None:
    """What a link stands for."""
    rows = await store.read(FETCH_BY_LINK, {"linkHash": link_hash})
    return rows[0] if rows else None


async def lock_by_link(transaction: Transaction, link_hash: str) -> OneTimeTokenRow | None:
    """What a link stands for, until the transaction ends."""
    rows = await transaction.run(LOCK_BY_LINK, {"linkHash": link_hash})
    return rows[0] if rows else None


async def lock_by_email(transaction: Transaction, email: str, kind: str) -> OneTimeTokenRow | None:
    """What was sent last to the person with that e-mail address, until the transaction ends."""
    rows = await transaction.run(LOCK_BY_EMAIL, {"email": email, "kind": kind})
    return rows[0] if rows else None


async def count_attempts(transaction: Transaction, rows: Sequence[OneTimeTokenRow]) -> None:
    """Keep how many codes were tried: of one or none, by the same statement."""
    await transaction.run(COUNT_ATTEMPTS, {"rows": rows})


async def use_up(transaction: Transaction, key: str) -> None:
    """Make a link and its code good for nothing any more."""
    await transaction.run(USE_UP, {"key": key})


async def forget(store: Store, before: int, limit: int) -> None:
    """Erase some of the links that expired before that."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_TOKENS, {"before": before, "limit": limit})

    await store.write(work)


async def verify_email(transaction: Transaction, person_id: str, email: str, at: int) -> Person | None:
    """Note that a person reads their mail at that address; None where it is theirs no more."""
    rows = await transaction.run(VERIFY_EMAIL, {"personId": person_id, "email": email, "at": at})
    return people.from_row(rows[0]) if rows else None
