"""API keys: whom a secret stands for, making one, and seeing those that there are.

A key acts in a person's name, and never reaches further than they do: it may be confined to groups, of which it reaches
what its person reaches at the time, and to some of the things that can be done.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.access import Caller, KeyScope, Viewer
from domain.errors import AuthError, NetworkError, NotFoundError, ValidationError
from domain.people import Person
from domain.things import Thing
from domain.values import Clock, from_micros, now
from graph import events, groups, keys, people, service_accounts
from graph.claims import Memory
from graph.store import Store, Transaction
from services import service_account_rights, validation
from services.access import Action, authorize_account, authorize_oneself, reach_of, viewer_of
from services.groups import check_id
from services.hashes import hash_of
from services.key_holders import Holder, Wanted
from services.new_keys import PREFIX, CreatedKey, Draft, NewKey

MAX_GROUPS: Final = 100
"""To how many groups a key may be confined."""

TOUCHED_EVERY: Final = timedelta(minutes=5)
"""How exact the time is at which a key was last used."""


@dataclass(frozen=True, slots=True)
class KeyOfPerson(CreatedKey):
    """A new key that an operator made for somebody."""

    person: Person


class Keys:
    """What can be done about API keys."""

    def __init__(self, store: Store, clock: Clock = now) -> None:
        self._store = store
        self._clock = clock
        self._memory: Memory[keys.ViewerRow, keys.KeyInUse] = Memory(keys.CLAIM_KEY, keys.in_use)

    async def authenticate(self, secret: str) -> Viewer:
        """Who a secret stands for. AuthError where it is nobody's, or no longer."""
        at, found = self._clock(), None
        if secret.startswith(PREFIX):
            found = await keys.authenticate(self._store, self._memory, hash_of(secret), at, at - TOUCHED_EVERY)
        if found is None or found.viewer.key_id is None:
            raise AuthError("This API key is not valid, or no longer: ask for a new one.")
        if at - found.last_used_at >= TOUCHED_EVERY:
            with suppress(NetworkError):  # the time of the last use is not worth a refusal
                await keys.touch(self._store, found.viewer.key_id, at)
        return await self._bounded(found)

    async def authenticate_again(self, ids: Sequence[str]) -> dict[str, Viewer]:
        """Who the keys of these ids stand for now; without those that expired or were revoked."""
        found = await keys.authenticate_again(self._store, ids, self._clock()) if ids else {}
        return {identifier: await self._bounded(each) for identifier, each in found.items()}

    async def _bounded(self, found: keys.KeyInUse) -> Viewer:
        """The viewer, who reaches no further than the key that they used."""
        actions, group_ids = found.properties.get("actions"), found.properties.get("groupIds")
        viewer = found.viewer
        if isinstance(actions, list):
            viewer = replace(viewer, actions=frozenset(map(str, actions)))
        if isinstance(group_ids, list):
            viewer = replace(viewer, granted=())  # a confined key stays in what its person is a member of
            reach = reach_of(Caller(viewer))
            viewer = replace(viewer, within=await keys.confine(self._store, reach, list(map(str, group_ids))))
        return viewer

    async def create(
        self,
        caller: Caller,
        email: str,
        scope: KeyScope,
        *,
        name: str = "API key",
        expires_at: datetime | None = None,
    ) -> KeyOfPerson:
        """Make a key for the person with that e-mail address, kept in the first group that they joined.

        Only an operator does this, at the machine itself; no request reaches it.
        """
        address = validation.email("person", email)
        person = await people.fetch_by_email(self._store, address)
        if person is None:
            raise ValidationError("person", f"Nobody has the e-mail address {address}.")
        home = await keys.fetch_home(self._store, person.id)
        if home is None:
            raise ValidationError("person", f"{address} is a member of no group, and a key belongs to a group.")
        made = Draft.of(NewKey(name, scope, expires_at)).made(caller, Holder(person.id, home), self._clock())

        async def work(transaction: Transaction) -> None:
            await made.write(transaction)
            await events.append(transaction, [made.told()])

        await self._store.write(work)
        return KeyOfPerson(made.created.key, made.created.secret, person)

    async def create_own(self, caller: Caller, new: NewKey, account_id: str | None = None) -> CreatedKey:
        """Make a key for oneself, kept in the first group that one joined, or for a service account.

        Takes a session and a fresh proof of who one is. ConflictError where one is in no group, or has too many keys.
        For a service account it takes what `services.service_account_rights` says.
        """
        at = self._clock()
        viewer, _ = authorize_oneself(caller, Action.CREATE_API_KEY, at)
        wanted = Wanted.of(caller, viewer, account_id)
        await self._check_groups(caller, new.group_ids)
        draft = Draft.of(new)
        home = await wanted.own_home(self._store)

        async def work(transaction: Transaction) -> CreatedKey:
            made = draft.made(caller, await wanted.who_gets(transaction, home, "name"), at)
            await made.write(transaction)
            await events.append(transaction, [made.told()])
            return made.created

        return await self._store.write(work)

    async def of_viewer(self, caller: Caller) -> list[Thing]:
        """The caller's own keys that nobody revoked, the latest first."""
        viewer = viewer_of(caller)
        authorize_account(viewer)
        return (await keys.fetch_live(self._store, [viewer.person_id]))[viewer.person_id]

    async def of_accounts(self, caller: Caller, ids: Sequence[str]) -> dict[str, list[Thing]]:
        """The keys that nobody revoked, the latest first, of those of the people that are accounts they manage."""
        accounts = await service_accounts.fetch_managers(self._store, ids)
        managed = await service_account_rights.managed(self._store, caller, accounts)
        return await keys.fetch_live(self._store, sorted(managed)) if managed else {}

    async def uses(self, caller: Caller, ids: Sequence[str]) -> dict[str, datetime]:
        """When those keys were last used that ever were, to five minutes: the caller's, and of accounts they manage."""
        viewer = caller.viewer
        if viewer is None:
            return {}
        used = await keys.fetch_uses(self._store, ids)
        others = {each["holderId"]: each["managedBy"] for each in used if each["holderId"] != viewer.person_id}
        shown = {viewer.person_id, *await service_account_rights.managed(self._store, caller, others)}
        return {each["id"]: from_micros(each["at"]) for each in used if each["holderId"] in shown}

    async def _check_groups(self, caller: Caller, group_ids: Sequence[str] | None) -> None:
        if group_ids is None:
            return
        if not 1 <= len(group_ids) <= MAX_GROUPS:
            raise ValidationError("groupIds", f"groupIds takes 1 to {MAX_GROUPS} groups, or null for no bound.")
        for index, group_id in enumerate(group_ids):
            check_id(f"groupIds.{index}", group_id)
        found = await groups.fetch(self._store, reach_of(caller), list(group_ids))
        for group_id in group_ids:
            if group_id not in found:
                raise NotFoundError("group", group_id)
