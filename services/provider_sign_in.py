"""Signing in with an account at a provider, and linking one to the account that somebody has here.

An account is found by the provider and the subject there, never by an e-mail address: providers give addresses to
others in time, and some say ones that nobody proved.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Final

from domain.access import Caller
from domain.errors import AppError, AuthError, ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.identities import ATTEMPT_LIFETIME, ProvidedIdentity, SignInMethod, SignInProvider
from domain.ids import IDENTITY_PREFIX, new_id
from domain.people import Person, PlatformRole
from domain.second_factors import SecondFactorRequired
from domain.sessions import SignedIn
from domain.values import Clock, to_micros
from graph import credentials, events, identities, people, sign_in_attempts
from graph.identities import IdentityRow
from graph.sign_in_attempts import SignInAttemptRow
from graph.store import Store, Transaction
from services import validation
from services.access import Action, authorize_oneself
from services.finishing_sign_in import Entrance
from services.hashes import hash_of
from services.journal import AccessChange, account_of, event
from services.people import NewPerson, new_person
from services.providers import AttemptSecrets, Provider, ProviderAnswer
from services.rate_limits import Limited, RateLimits
from services.sign_in_methods import told_of_change
from services.work import done

_OVER: Final = "This sign-in was not begun in this browser, or is over: begin another one."
_NOT_USABLE: Final = "This account cannot be used to sign in."
_NO_ADDRESS: Final = (
    "The provider says no e-mail address that it has proved. Prove one there, or sign up here and link the provider."
)
_HAS_ACCOUNT: Final = ConflictError(
    "An account has your e-mail address already. Sign in to it, by mail if need be, and link the provider there.",
    field="email",
)
_LINKED_ELSEWHERE: Final = ConflictError("Another account signs in with this one already.", field="provider")
_PURGE_EVERY: Final = 60.0  # seconds between two looks for attempts to forget
_PURGED_AT_ONCE: Final = 1_000
_LONGEST_NAME: Final = 40  # characters of a username that is made from another one
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """Where to send the browser, and the secret that it has to keep until it comes back."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    expires_at: datetime


class ProviderSignIn:
    """What people do who have an account elsewhere."""

    def __init__(
        self, store: Store, clock: Clock, limits: RateLimits, entrance: Entrance, providers: Sequence[Provider]
    ) -> None:
        self._store = store
        self._entrance = entrance
        self._clock = clock
        self._limits = limits
        self._providers: Mapping[str, Provider] = {provider.name: provider for provider in providers}
        self._next_purge = 0.0

    @property
    def providers(self) -> list[SignInProvider]:
        """Where people may have an account that they sign in with."""
        return [SignInProvider(provider.name, provider.title) for provider in self._providers.values()]

    async def begin(self, caller: Caller, provider: str) -> BegunSignIn:
        """Begin to sign in. NotFoundError where there is no such provider, NetworkError where it is not reached."""
        return await self._begin(caller, provider, None)

    async def begin_linking(self, caller: Caller, provider: str) -> BegunSignIn:
        """Begin to link a provider to the caller's account; errors as in `begin` and authorize_oneself."""
        viewer, _ = authorize_oneself(caller, Action.BEGIN_LINKING_WITH, self._clock())
        return await self._begin(caller, provider, viewer.person_id)

    async def complete(self, caller: Caller, answer: ProviderAnswer, secret: str) -> SignedIn | SecondFactorRequired:
        """Begin a session of whoever came back, who gets an account where they have none, or ask for a second factor.

        AuthError where that cannot be believed or may not be used, ConflictError where an account has the address.
        """
        provider, found = await self._identify(caller, answer, secret, None)

        async def work(transaction: Transaction) -> SignedIn | SecondFactorRequired:
            at = self._clock()
            key = identities.key_of(provider.name, found.subject)
            locked = await identities.lock(transaction, key)
            if locked is None:
                person = await self._register(transaction, caller, provider, found, at)
                return await self._entrance.finish(transaction, caller, person.id, at)
            if not locked["usable"]:
                raise AuthError(_NOT_USABLE)
            await identities.touch(transaction, key, to_micros(at))
            return await self._entrance.finish(transaction, caller, locked["identity"]["personId"], at)

        try:
            return await self._store.write(work)
        except ConflictError as error:
            if error is _HAS_ACCOUNT:
                raise
            return await self._store.write(work)  # somebody took the same address, name or account at the same time

    async def complete_linking(self, caller: Caller, answer: ProviderAnswer, secret: str) -> SignInMethod:
        """Have the caller sign in with the account that they came back from. ConflictError where somebody else does."""
        viewer, _ = authorize_oneself(caller, Action.COMPLETE_LINKING_WITH, self._clock())
        provider, found = await self._identify(caller, answer, secret, viewer.person_id)

        async def work(transaction: Transaction) -> SignInMethod:
            at = self._clock()
            if await identities.lock_ways(transaction, viewer.person_id) is None:
                raise AuthError(_NOT_USABLE)
            locked = await identities.lock(transaction, identities.key_of(provider.name, found.subject))
            if locked is not None:
                if locked["identity"]["personId"] != viewer.person_id:
                    raise _LINKED_ELSEWHERE
                return identities.elsewhere(locked["identity"])
            row = _row(viewer.person_id, provider, found, at)
            await identities.create(transaction, row)
            linked = event(
                caller,
                EventType.PROVIDER_LINKED,
                target_id=viewer.person_id,
                group_id=None,
                properties={"provider": provider.name},
                changes=AccessChange(after={"provider": provider.name}),
            )
            await events.append(transaction, [linked])
            await told_of_change(transaction, viewer.person_id, at)
            return identities.elsewhere(row)

        try:
            return await self._store.write(work)
        except ConflictError as error:
            raise _LINKED_ELSEWHERE from error

    async def _begin(self, caller: Caller, name: str, person_id: str | None) -> BegunSignIn:
        await self._limits.count(Limited.SIGN_IN, caller)
        provider = self._providers.get(name)
        if provider is None:
            raise NotFoundError("provider", name[:60])
        attempt, at = AttemptSecrets.make(), self._clock()
        url = await provider.authorization_url(attempt)
        row = SignInAttemptRow(
            stateHash=hash_of(attempt.state),
            browserHash=hash_of(attempt.browser),
            provider=provider.name,
            personId=person_id,
            createdAt=to_micros(at),
            expiresAt=to_micros(at + ATTEMPT_LIFETIME),
        )
        await self._store.write(lambda transaction: sign_in_attempts.create(transaction, row))
        if monotonic() >= self._next_purge:
            self._next_purge = monotonic() + _PURGE_EVERY
            await sign_in_attempts.forget(self._store, at, _PURGED_AT_ONCE)
        return BegunSignIn(url, attempt.browser, at + ATTEMPT_LIFETIME)

    async def _identify(
        self, caller: Caller, answer: ProviderAnswer, secret: str, person_id: str | None
    ) -> tuple[Provider, ProvidedIdentity]:
        """Who came back to end what this browser began, which is used up by that. AuthError where nobody did."""
        await self._limits.count(Limited.PROOF, caller)
        attempt = AttemptSecrets(answer.state, secret)

        async def work(transaction: Transaction) -> SignInAttemptRow | AppError:
            row = await sign_in_attempts.lock(transaction, hash_of(attempt.state))
            if row is None or not secrets.compare_digest(row["browserHash"], hash_of(attempt.browser)):
                return AuthError(_OVER)
            await sign_in_attempts.use_up(transaction, row["stateHash"])
            is_over = row["expiresAt"] <= to_micros(self._clock())
            return AuthError(_OVER) if is_over or row["personId"] != person_id else row

        row = done(await self._store.write(work))
        provider = self._providers.get(row["provider"])
        if provider is None:
            raise AuthError(_OVER)
        return provider, await provider.identify(answer, attempt, self._clock())

    async def _register(
        self, transaction: Transaction, caller: Caller, provider: Provider, found: ProvidedIdentity, at: datetime
    ) -> Person:
        if found.email is None:
            raise AuthError(_NO_ADDRESS)
        try:
            address = validation.email("email", found.email)
        except ValidationError as error:
            raise AuthError(_NO_ADDRESS) from error
        wanted = _username(found.username or address.partition("@")[0])
        username = wanted
        for _ in range(_TRIES):
            taken = await credentials.find_taken(transaction, address, username)
            if taken["personId"] is not None:
                raise _HAS_ACCOUNT
            if not taken["username"]:
                break
            username = f"{wanted}-{secrets.randbelow(1_000_000):06}"
        name = _display_name(found.name, username)
        new = NewPerson(address, username, name, PlatformRole.CUSTOMER, _locale(found.locale))
        person = replace(new_person(new), email_verified_at=at)
        await people.create(transaction, person)
        await identities.create(transaction, _row(person.id, provider, found, at))
        happened = [
            event(
                caller,
                EventType.USER_REGISTERED,
                target_id=person.id,
                group_id=None,
                actor=person.id,
                changes=account_of(person),
            ),
            event(
                caller,
                EventType.PROVIDER_LINKED,
                target_id=person.id,
                group_id=None,
                properties={"provider": provider.name},
                changes=AccessChange(after={"provider": provider.name}),
                actor=person.id,
            ),
        ]
        await events.append(transaction, happened)
        return person


def _row(person_id: str, provider: Provider, found: ProvidedIdentity, at: datetime) -> IdentityRow:
    return IdentityRow(
        id=new_id(IDENTITY_PREFIX),
        key=identities.key_of(provider.name, found.subject),
        personId=person_id,
        provider=provider.name,
        subject=found.subject,
        createdAt=to_micros(at),
        lastUsedAt=to_micros(at),
    )


def _username(wanted: str) -> str:
    """A username that is like another one."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "-", wanted).strip("-._")[:_LONGEST_NAME]
    return kept if len(kept) > 1 else f"{kept or 'user'}-{secrets.randbelow(1_000_000):06}"


def _locale(said: str | None) -> str | None:
    """The language that a provider says, some of which write it with an underscore; None where that is none."""
    try:
        return None if said is None else validation.locale("locale", said.replace("_", "-"))
    except ValidationError:
        return None


def _display_name(wanted: str | None, otherwise: str) -> str:
    try:
        return validation.name("displayName", wanted or otherwise)
    except ValidationError:
        return otherwise
