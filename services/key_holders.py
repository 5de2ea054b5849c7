"""Whose an API key is that somebody makes, replaces or ends: their own, or of a service account that they manage."""

from dataclasses import dataclass
from typing import Final

from domain.access import Caller, Viewer
from domain.errors import ConflictError
from graph import keys
from graph.store import Store, Transaction
from services import service_account_rights
from services.rights import Rights

MAX_KEYS: Final = 50
"""How many keys a person may have at once."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The person of a key, and the group that keeps it; a service account is `managed_by` a group, where it is told."""

    person_id: str
    home: str
    managed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose key somebody wants to change: their own, or that of a service account, for which they have `rights`."""

    viewer: Viewer
    account_id: str | None
    rights: Rights | None

    @classmethod
    def of(cls, caller: Caller, viewer: Viewer, account_id: str | None) -> "Wanted":
        """Check who it is to be. ForbiddenError to whoever manages no service account at all."""
        if account_id is None:
            return cls(viewer, None, None)
        rights = service_account_rights.managing(caller, "serviceAccountId", account_id)
        return cls(viewer, account_id, rights)

    async def own_home(self, store: Store) -> str | None:
        """The group that keeps one's own keys: the first that one joined. ConflictError where there is none."""
        if self.account_id is not None:
            return None
        home = await keys.fetch_home(store, self.viewer.person_id)
        if home is None:
            raise ConflictError("An API key is kept in a group: join one, or make one, first.", field="name")
        return home

    async def who_gets(self, transaction: Transaction, home: str | None, field_name: str) -> Holder:
        """Who gets another key, which nobody else gives them meanwhile. ConflictError where they have too many.

        Of a service account it takes as much as the account may do itself: whoever has its key may do that.
        """
        holder = Holder(self.viewer.person_id, home or "")
        if self.account_id is not None and self.rights is not None:
            account = await service_account_rights.lock(transaction, self.rights, self.account_id)
            await service_account_rights.require_all(transaction, self.rights, account)
            holder = Holder(account.id, account.managed_by or "", account.managed_by)
        if await keys.lock_holder(transaction, holder.person_id) >= MAX_KEYS:
            whose = "You have" if holder.managed_by is None else "This service account has"
            raise ConflictError(f"{whose} {MAX_KEYS} API keys: revoke one that is not needed.", field=field_name)
        return holder

    async def who_loses(self, transaction: Transaction) -> Holder:
        """Whose key is ended: of a service account it takes no more than to manage it."""
        if self.account_id is None or self.rights is None:
            return Holder(self.viewer.person_id, "")
        account = await service_account_rights.lock(transaction, self.rights, self.account_id)
        return Holder(account.id, account.managed_by or "", account.managed_by)
