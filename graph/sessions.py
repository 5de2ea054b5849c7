"""Sessions in the store: `(:Session)` nodes, found by the hashes of their tokens. One that ended is gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias, TypedDict, get_type_hints

from domain.access import KeyScope, Viewer, ViewerSession
from domain.people import PlatformRole
from domain.sessions import Session
from domain.values import from_micros, to_micros
from graph.claims import Memory
from graph.grants import GrantedRow, granted_of
from graph.store import Statement, Store, Transaction, lock_what_stays


class TokenRow(TypedDict):
    """What the store keeps of tokens, and until when they are good."""

    accessHash: str
    accessExpiresAt: int
    refreshHash: str
    rotatedAt: int
    expiresAt: int


class SessionRow(TokenRow):
    """A session as the store keeps it; of its tokens there are only hashes.

    `familyHash` is of the part that all refresh tokens of a session share, `refreshHash` of the part that changes.
    `secondFactor` is true of one that began with a second factor, and else None, as before it was noted.
    """

    id: str
    personId: str
    userAgent: str | None
    address: str | None
    createdAt: int
    authenticatedAt: int
    lastUsedAt: int
    familyHash: str
    previousHash: str | None
    secondFactor: bool | None


InUse: TypeAlias = tuple[Viewer, datetime]
"""The viewer of a session, and when it was last used."""


class SessionViewerRow(TypedDict):
    """The person behind an access token."""

    sessionId: str
    authenticatedAt: int
    secondFactor: bool
    lastUsedAt: int
    personId: str
    role: str
    memberOf: list[str]
    granted: list[GrantedRow]


class LockedSession(TypedDict):
    """A session that is locked, and the role of its person; None where they may not use it."""

    session: SessionRow
    role: str | None


class EndedSession(TypedDict):
    """A session that is gone, and whose it was."""

    id: str
    personId: str


def from_row(row: SessionRow) -> Session:
    """The session that a row holds."""
    return Session(
        id=row["id"],
        person_id=row["personId"],
        user_agent=row["userAgent"],
        address=row["address"],
        created_at=from_micros(row["createdAt"]),
        authenticated_at=from_micros(row["authenticatedAt"]),
        last_used_at=from_micros(row["lastUsedAt"]),
        expires_at=from_micros(row["expiresAt"]),
    )


SESSION: Final = f"session {{{', '.join(f'.{column}' for column in get_type_hints(SessionRow))}}}"

_VIEWER: Final = """
    WHERE session.accessExpiresAt > $at
    MATCH (person:Entity:Person {id: session.personId})
    WHERE person.status = 'active'
    RETURN {
        sessionId: session.id,
        authenticatedAt: session.authenticatedAt,
        secondFactor: coalesce(session.secondFactor, false),
        lastUsedAt: session.lastUsedAt,
        personId: person.id,
        role: person.role,
        memberOf: COLLECT {
            MATCH (person)-[membership:MEMBER_OF]->(group:Group)
            WHERE membership.validTo IS NULL AND membership.status = 'active'
            RETURN group.id
        },
        granted: COLLECT {
            MATCH (person)-[step:MEMBER_OF*0..1]->(holder:Entity)
            WHERE all(hop IN step WHERE hop.validTo IS NULL AND hop.status = 'active')
            MATCH (holder)-[edge:GRANTED]->(target:Entity)
            WHERE edge.validTo IS NULL AND (edge.expiresAt IS NULL OR edge.expiresAt > $at)
            RETURN {targetId: target.id, role: edge.role, below: edge.below}
        }
    } AS row"""
AUTHENTICATE_SESSION: Statement[SessionViewerRow] = Statement(
    "authenticate_session", f"MATCH (session:Session {{accessHash: $accessHash}}) {_VIEWER}"
)
AUTHENTICATE_SESSIONS_AGAIN: Statement[SessionViewerRow] = Statement(
    "authenticate_sessions_again", f"UNWIND $ids AS id MATCH (session:Session {{id: id}}) {_VIEWER}"
)
CLAIM_SESSION: Final = AUTHENTICATE_SESSION.text.replace("$", "$who.")
"""The same of a session that is remembered."""

TOUCH_SESSION: Statement[bool] = Statement(
    "touch_session",
    """
    MATCH (session:Session {id: $id})
    SET session.lastUsedAt = $at, session.address = coalesce($address, session.address)
    RETURN true AS row""",
)
CREATE_SESSION: Statement[bool] = Statement(
    "create_session", "CREATE (session:Session) SET session = $properties RETURN true AS row"
)
END_SURPLUS_SESSIONS: Statement[str] = Statement(
    "end_surplus_sessions",
    """
    MATCH (session:Session {personId: $personId})
    WITH session ORDER BY session.lastUsedAt DESC, session.id DESC SKIP $most
    WITH session, session.id AS id
    DELETE session
    RETURN id AS row""",
    meant="Eager: all sessions of one person are found before the first of them ends.",
)
LOCK_SESSION_BY_FAMILY: Statement[LockedSession] = Statement(
    "lock_session_by_family",
    f"""
    MATCH (session:Session {{familyHash: $familyHash}})
    {lock_what_stays("session", "createdAt")}
    OPTIONAL MATCH (person:Entity:Person {{id: session.personId}})
    RETURN {{session: {SESSION}, role: CASE WHEN person.status = 'active' THEN person.role END}} AS row""",
    meant="Eager on 5.26: of the one session that it finds.",
)
ROTATE_SESSION: Statement[SessionRow] = Statement(
    "rotate_session",
    f"""
    MATCH (session:Session {{id: $id}})
    SET session += $properties
    RETURN {SESSION} AS row""",
    meant="Eager on 5.26: of the one session that it finds.",
)
PROVE_SESSION: Statement[SessionRow] = Statement(
    "prove_session",
    f"""
    MATCH (session:Session {{id: $id}})
    {lock_what_stays("session", "createdAt")}
    SET session.authenticatedAt = $at
    RETURN {SESSION} AS row""",
    meant="Eager on 5.26: of the one session that it finds.",
)
FETCH_SESSIONS: Statement[SessionRow] = Statement(
    "fetch_sessions",
    f"""
    MATCH (session:Session {{personId: $personId}})
    WHERE session.expiresAt > $at
    RETURN {SESSION} AS row ORDER BY session.lastUsedAt DESC, session.id DESC""",
)
END_SESSION: Statement[str] = Statement(
    "end_session",
    f"""
    MATCH (session:Session {{id: $id}}) WHERE session.personId = $personId
    {lock_what_stays("session", "createdAt")}
    WITH session, session.id AS id
    DELETE session
    RETURN id AS row""",
    meant="Eager on 5.26: of the one session that it finds.",
)
END_SESSIONS: Statement[str] = Statement(
    "end_sessions",
    """
    MATCH (session:Session {personId: $personId}) WHERE $keep IS NULL OR session.id <> $keep
    WITH session, session.id AS id
    DELETE session
    RETURN id AS row ORDER BY id""",
    meant="Eager: all sessions of one person are found before the first of them ends.",
)
END_SOME_SESSIONS: Statement[EndedSession] = Statement(
    "end_some_sessions",
    f"""
    MATCH (session:Session) WHERE session.expiresAt > $after AND session.createdAt <= $until
    WITH session LIMIT $limit
    {lock_what_stays("session", "createdAt")}
    WITH session, session.id AS id, session.personId AS personId
    DELETE session
    RETURN {{id: id, personId: personId}} AS row ORDER BY id""",
    meant="Eager: as many sessions as end at once are found before the first of them ends.",
)
ARE_LEFT: Statement[bool] = Statement(
    "are_sessions_left",
    """
    MATCH (session:Session) WHERE session.expiresAt > $after AND session.createdAt <= $until
    RETURN true AS row LIMIT 1""",
)
FORGET_SESSIONS: Statement[int] = Statement(
    "forget_sessions",
    """
    MATCH (session:Session) WHERE session.expiresAt < $before
    WITH session LIMIT $limit
    DELETE session
    RETURN count(*) AS row""",
)


async def authenticate(
    store: Store, memory: Memory[SessionViewerRow, InUse], access_hash: str, at: datetime, since: datetime
) -> InUse | None:
    """The viewer whose access token has that hash, and when it was last used; None where it is not in force.

    Where it was used after `since` it may be as remembered, to be confirmed by the first read of the request.
    """
    given = {"accessHash": access_hash, "at": to_micros(at)}
    return await memory.look_up(access_hash, given, to_micros(since), lambda: store.read(AUTHENTICATE_SESSION, given))


async def authenticate_again(store: Store, ids: Sequence[str], at: datetime) -> dict[str, Viewer]:
    """The viewers of those of the sessions that are in force still."""
    rows = await store.read(AUTHENTICATE_SESSIONS_AGAIN, {"ids": list(ids), "at": to_micros(at)}, latest=True)
    return {row["sessionId"]: _viewer(row) for row in rows}


def in_use(row: SessionViewerRow) -> InUse:
    """The viewer of a session, and when it was last used."""
    return _viewer(row), from_micros(row["lastUsedAt"])


def _viewer(row: SessionViewerRow) -> Viewer:
    return Viewer(
        person_id=row["personId"],
        role=PlatformRole(row["role"]),
        key_id=None,
        scope=KeyScope.WRITE,
        member_of=tuple(row["memberOf"]),
        granted=granted_of(row["granted"]),
        session=ViewerSession(row["sessionId"], from_micros(row["authenticatedAt"]), row["secondFactor"]),
    )


async def touch(store: Store, identifier: str, address: str | None, at: datetime) -> None:
    """Note that a session was used just now, and from where."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(TOUCH_SESSION, {"id": identifier, "address": address, "at": to_micros(at)})

    await store.write(work)


async def create(transaction: Transaction, row: SessionRow, most: int) -> list[str]:
    """Add a session, and end those of its person that are too many, the longest unused first: their ids."""
    await transaction.run(CREATE_SESSION, {"properties": row})
    return await transaction.run(END_SURPLUS_SESSIONS, {"personId": row["personId"], "most": most})


async def lock_by_family(transaction: Transaction, family_hash: str) -> LockedSession | None:
    """The session whose refresh tokens share what has that hash, until the transaction ends."""
    rows = await transaction.run(LOCK_SESSION_BY_FAMILY, {"familyHash": family_hash})
    return rows[0] if rows else None


async def rotate(transaction: Transaction, row: SessionRow, tokens: TokenRow, at: datetime) -> Session:
    """Give a session that is locked new tokens."""
    values = {**tokens, "previousHash": row["refreshHash"], "lastUsedAt": to_micros(at)}
    return from_row((await transaction.run(ROTATE_SESSION, {"id": row["id"], "properties": values}))[0])


async def replace_tokens(transaction: Transaction, identifier: str, tokens: TokenRow, family_hash: str) -> Session:
    """Give a session that is locked new tokens, of another family: to those before nothing leads any more."""
    values = {**tokens, "familyHash": family_hash, "previousHash": None}
    return from_row((await transaction.run(ROTATE_SESSION, {"id": identifier, "properties": values}))[0])


async def prove(transaction: Transaction, identifier: str, at: datetime) -> Session | None:
    """Note that the person of a session proved again who they are; None where the session ended meanwhile."""
    rows = await transaction.run(PROVE_SESSION, {"id": identifier, "at": to_micros(at)})
    return from_row(rows[0]) if rows else None


async def fetch(store: Store, person_id: str, at: datetime) -> list[Session]:
    """A person's sessions, the one that was used last first."""
    return [from_row(row) for row in await store.read(FETCH_SESSIONS, {"personId": person_id, "at": to_micros(at)})]


async def end(transaction: Transaction, person_id: str, identifier: str) -> bool:
    """End one session of a person; whether there was one."""
    return bool(await transaction.run(END_SESSION, {"id": identifier, "personId": person_id}))


async def end_all(transaction: Transaction, person_id: str, keep: str | None = None) -> Sequence[str]:
    """End all sessions of a person, but the one to keep; their ids."""
    return await transaction.run(END_SESSIONS, {"personId": person_id, "keep": keep})


async def end_some(transaction: Transaction, until: int, limit: int) -> Sequence[EndedSession]:
    """End some of the sessions of anybody that began by that time."""
    return await transaction.run(END_SOME_SESSIONS, {"after": 0, "until": until, "limit": limit})


async def are_left(store: Store, until: int) -> bool:
    """Whether there is a session of anybody that began by that time."""
    return bool(await store.read(ARE_LEFT, {"after": 0, "until": until}, latest=True))


async def forget(store: Store, before: datetime, limit: int) -> None:
    """Erase some of the sessions that expired before that."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_SESSIONS, {"before": to_micros(before), "limit": limit})

    await store.write(work)
