"""Sessions: opaque tokens of which only hashes are kept, looked up with every request, so that an end is one at once.

A refresh token is `oner_`, a part that all refresh tokens of its session share, and a part that changes with each use.
Whoever has the first part and not the current second one has an older token: it was stolen, or its successor was, and
the session ends for both (https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2). One that was replaced a moment ago is
the other of two requests at once, and ends nothing.

A session that began without a second factor is good for nothing once its person needs one: its person signs in again.
"""

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from domain.access import Caller, Viewer
from domain.errors import AppError, AuthError, ConflictError, NetworkError, NotFoundError
from domain.events import Event, EventType
from domain.ids import SESSION_PREFIX, new_id
from domain.people import PlatformRole
from domain.sessions import ACCESS_LIFETIME, MAX_SESSIONS, REFRESH_LIFETIME, Session, SignedIn, Tokens
from domain.sign_in_policy import LENIENT, LONGEST_SESSION, SignInPolicy
from domain.values import Clock, from_micros, to_micros
from graph import events, sessions
from graph.claims import Memory
from graph.store import Store, Transaction
from services.access import Action, authorize_account, authorize_oneself, viewer_of
from services.hashes import hash_of
from services.journal import AccessChange, event
from services.one_time_tokens import withdraw_begun
from services.rate_limits import Limited, RateLimits
from services.work import done

ACCESS_PREFIX: Final = "ones_"
REFRESH_PREFIX: Final = "oner_"
"""Every token starts so, so that a scanner for leaked secrets can tell what it found."""

RACED: Final = timedelta(seconds=10)
"""For how long a refresh token that was replaced counts as the other of two requests at once."""

TOUCHED_EVERY: Final = timedelta(minutes=1)
"""How exact the time is at which a session was last used."""

MAX_USER_AGENT: Final = 300

_SECRET_BYTES: Final = 32
_FAMILY_BYTES: Final = 24
_FAMILY: Final = 32  # characters of the first part: four for three bytes
_REFRESH: Final = re.compile(rf"{REFRESH_PREFIX}([A-Za-z0-9_-]{{{_FAMILY}}})([A-Za-z0-9_-]{{43}})", re.ASCII)
_OVER: Final = "This session is over, or there never was one: sign in again."
_PURGE_EVERY: Final = 60.0  # seconds between two looks for sessions to forget
_PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class NewTokens:
    """Tokens that were just made, and what is stored of them."""

    tokens: Tokens
    stored: sessions.TokenRow

    @classmethod
    def make(cls, family: str, at: datetime, ends_at: datetime) -> "NewTokens":
        """Tokens of that family, which live from that time on, and not beyond the end of their session."""
        access = ACCESS_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        changing = secrets.token_urlsafe(_SECRET_BYTES)
        access_expires_at, expires_at = min(at + ACCESS_LIFETIME, ends_at), min(at + REFRESH_LIFETIME, ends_at)
        tokens = Tokens(access, access_expires_at, REFRESH_PREFIX + family + changing, expires_at)
        stored = sessions.TokenRow(
            accessHash=hash_of(access),
            accessExpiresAt=to_micros(tokens.access_expires_at),
            refreshHash=hash_of(changing),
            rotatedAt=to_micros(at),
            expiresAt=to_micros(tokens.refresh_expires_at),
        )
        return cls(tokens, stored)


async def begin(
    transaction: Transaction,
    caller: Caller,
    person_id: str,
    at: datetime,
    longest: timedelta = LONGEST_SESSION,
    *,
    second_factor: bool = False,
) -> SignedIn:
    """Begin a session of a person who proved who they are, which lasts so long at the most, and record it.

    The session knows whether they proved a second factor too.
    """
    family = secrets.token_urlsafe(_FAMILY_BYTES)
    made = NewTokens.make(family, at, at + longest)
    now = to_micros(at)
    row: sessions.SessionRow = {
        **made.stored,
        "id": new_id(SESSION_PREFIX),
        "personId": person_id,
        "userAgent": _printable(caller.user_agent),
        "address": caller.address,
        "createdAt": now,
        "authenticatedAt": now,
        "lastUsedAt": now,
        "familyHash": hash_of(family),
        "previousHash": None,
        "secondFactor": True if second_factor else None,
    }
    ended = await sessions.create(transaction, row, MAX_SESSIONS)
    began = event(
        caller,
        EventType.USER_LOGIN,
        target_id=person_id,
        group_id=None,
        properties={"session": row["id"]},
        actor=person_id,
    )
    await events.append(transaction, [began, *(_revoked(caller, person_id, each, "too_many") for each in ended)])
    return SignedIn(sessions.from_row(row), made.tokens)


async def renew(
    transaction: Transaction, session_id: str, at: datetime, longest: timedelta = LONGEST_SESSION
) -> SignedIn | None:
    """Give the session of a person who proved again who they are new tokens; None where it ended meanwhile.

    Those before are good for nothing any more, whoever has them, and end nothing.
    """
    proven = await sessions.prove(transaction, session_id, at)
    if proven is None:
        return None
    family = secrets.token_urlsafe(_FAMILY_BYTES)
    made = NewTokens.make(family, at, proven.created_at + longest)
    return SignedIn(await sessions.replace_tokens(transaction, session_id, made.stored, hash_of(family)), made.tokens)


def _printable(user_agent: str | None) -> str | None:
    kept = "".join(each for each in user_agent or "" if each.isprintable())[:MAX_USER_AGENT].strip()
    return kept or None


def _revoked(caller: Caller, person_id: str, session_id: str, reason: str) -> Event:
    return event(
        caller,
        EventType.SESSION_REVOKED,
        target_id=person_id,
        group_id=None,
        properties={"revoked": session_id, "reason": reason},
        actor=person_id,
        changes=AccessChange(before={"session": session_id}),
    )


async def _ended(transaction: Transaction, caller: Caller, row: sessions.SessionRow, reason: str) -> AuthError:
    """End a session that is locked, and record why."""
    await sessions.end(transaction, row["personId"], row["id"])
    await events.append(transaction, [_revoked(caller, row["personId"], row["id"], reason)])
    return AuthError(_OVER)


class Sessions:
    """What can be asked and done about sessions."""

    def __init__(self, store: Store, clock: Clock, limits: RateLimits, policy: SignInPolicy = LENIENT) -> None:
        """The policy counts for every session, also for those that began before it did."""
        self._store = store
        self._clock = clock
        self._limits = limits
        self._policy = policy
        self._next_purge = 0.0
        self._memory: Memory[sessions.SessionViewerRow, sessions.InUse] = Memory(
            sessions.CLAIM_SESSION, sessions.in_use
        )

    async def authenticate(self, access: str, address: str | None = None) -> Viewer:
        """Who an access token stands for, which came from that address. AuthError where it is nobody's by now."""
        at, hashed = self._clock(), hash_of(access)
        found = await sessions.authenticate(self._store, self._memory, hashed, at, at - TOUCHED_EVERY)
        if found is None or not self._is_enough(found[0]):
            self._memory.forget(hashed)
            raise AuthError("This access token is not valid, or no longer: refresh the session, or sign in again.")
        viewer, last_used_at = found
        if viewer.session is not None and at - last_used_at >= TOUCHED_EVERY:
            with suppress(NetworkError):  # the time of the last use is not worth a refusal
                await sessions.touch(self._store, viewer.session.id, address, at)
        return viewer

    async def confirm(self) -> None:
        """See to it that whoever sent the request is who it was answered for. AuthError where they are not."""
        await self._store.confirm()

    async def authenticate_again(self, ids: Sequence[str]) -> dict[str, Viewer]:
        """Who the sessions of these ids stand for now; without those that ended or were not refreshed in time."""
        found = await sessions.authenticate_again(self._store, ids, self._clock()) if ids else {}
        return {identifier: viewer for identifier, viewer in found.items() if self._is_enough(viewer)}

    def _is_enough(self, viewer: Viewer) -> bool:
        return self._policy.takes(viewer.role, second_factor=viewer.session is None or viewer.session.second_factor)

    async def of_viewer(self, caller: Caller) -> list[Session]:
        """The caller's own sessions, the one that was used last first."""
        viewer = viewer_of(caller)
        authorize_account(viewer)
        return await sessions.fetch(self._store, viewer.person_id, self._clock())

    async def refresh(self, caller: Caller, refresh_token: str) -> SignedIn:
        """New tokens for the one token, which is used up by that.

        AuthError where it is not valid; where it was used before, its session ends. ConflictError where it was used a
        moment ago: whoever did has the new ones. RateLimitError where too many are tried. A session that is not enough
        any more, as its person needs a second factor now, ends too.
        """
        await self._limits.count(Limited.REFRESH, caller)
        given = _REFRESH.fullmatch(refresh_token)
        if given is None:
            raise AuthError(_OVER)
        family, changing = given[1], hash_of(given[2])
        at = self._clock()

        async def work(transaction: Transaction) -> SignedIn | AppError:
            locked = await sessions.lock_by_family(transaction, hash_of(family))
            if locked is None or locked["role"] is None or from_micros(locked["session"]["expiresAt"]) <= at:
                return AuthError(_OVER)
            row, role = locked["session"], PlatformRole(locked["role"])
            ends_at = from_micros(row["createdAt"]) + self._policy.longest_session
            if ends_at <= at:
                return AuthError(_OVER)
            if not self._policy.takes(role, second_factor=row["secondFactor"] is True):
                return await _ended(transaction, caller, row, "second_factor_required")
            if secrets.compare_digest(changing, row["refreshHash"]):
                made = NewTokens.make(family, at, ends_at)
                return SignedIn(await sessions.rotate(transaction, row, made.stored, at), made.tokens)
            if changing == row["previousHash"] and at - from_micros(row["rotatedAt"]) <= RACED:
                return ConflictError("This session was refreshed a moment ago: use the tokens that came of it.")
            return await _ended(transaction, caller, row, "refresh_token_reused")

        signed_in = done(await self._store.write(work))
        await self._purge()
        return signed_in

    async def sign_out(self, caller: Caller) -> str:
        """End the caller's session; its id."""
        viewer, session = authorize_oneself(caller, Action.SIGN_OUT, self._clock())

        async def work(transaction: Transaction) -> None:
            if await sessions.end(transaction, viewer.person_id, session.id):
                out = event(caller, EventType.USER_LOGOUT, target_id=viewer.person_id, group_id=None)
                await events.append(transaction, [out])

        await self._store.write(work)
        return session.id

    async def revoke(self, caller: Caller, identifier: str) -> str:
        """End one of the caller's sessions; its id. NotFoundError where they have no such one."""
        viewer, _ = authorize_oneself(caller, Action.REVOKE_SESSION, self._clock())

        async def work(transaction: Transaction) -> None:
            if not await sessions.end(transaction, viewer.person_id, identifier):
                raise NotFoundError("session", identifier)
            await events.append(transaction, [_revoked(caller, viewer.person_id, identifier, "revoked")])

        await self._store.write(work)
        return identifier

    async def revoke_all(self, caller: Caller, *, keep_this: bool) -> Sequence[str]:
        """End all of the caller's sessions, but perhaps the one in use; their ids."""
        viewer, session = authorize_oneself(caller, Action.REVOKE_ALL_SESSIONS, self._clock())

        async def work(transaction: Transaction) -> Sequence[str]:
            ended = await sessions.end_all(transaction, viewer.person_id, session.id if keep_this else None)
            # Whoever is put out by this may have asked for it.
            await withdraw_begun(transaction, viewer.person_id)
            await events.append(transaction, [_revoked(caller, viewer.person_id, each, "revoked") for each in ended])
            return ended

        return await self._store.write(work)

    async def _purge(self) -> None:
        if monotonic() >= self._next_purge:
            self._next_purge = monotonic() + _PURGE_EVERY
            await sessions.forget(self._store, self._clock(), _PURGED_AT_ONCE)
