"""How connections of an import are written."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from typing_extensions import override

from domain.connection_types import ConnectionType
from domain.events import Event, EventType
from domain.groups import GroupStatus
from domain.people import MemberRole
from domain.values import JSON
from graph import bulk, service_accounts
from graph.bulk import LIVE_KEYS, Edge, StoredRow
from graph.store import Transaction
from graph.values import from_json
from services.connections import MEMBERSHIP
from services.importing.nodes import claims
from services.importing.records import Draft
from services.importing.writing import SYSTEM, Change, Writer
from services.journal import AccessChange, event

_ENDS = ("fromId", "toId")
_OF_ACCESS = ("role", "status")
_CHANGEABLE = ("strength", "properties", "metadata")
_MISSED = "from or to refers to a row that nothing was made of"
_OR_MISPLACED = ", or to a thing of a type that may not stand there"


class EdgeWriter(Writer):
    """Connections of one type."""

    def __init__(self, columns: frozenset[str], connection_type: ConnectionType) -> None:
        super().__init__(columns)
        self._type = connection_type
        self._relationship = connection_type.relationship

    @override
    async def fetch(self, transaction: Transaction, drafts: Sequence[Draft]) -> Mapping[str, StoredRow]:
        rows = await transaction.run(bulk.fetch_edges(self._relationship), {"ids": [draft.id for draft in drafts]})
        return {str(row["edge"]["id"]): {**row["edge"], "fromId": row["fromId"], "toId": row["toId"]} for row in rows}

    @override
    def difference(self, draft: Draft, stored: StoredRow) -> Mapping[str, object]:
        if stored.get("validTo") is not None:
            return {}  # it has ended, and what has ended stays as it was
        values = dict(super().difference(draft, stored))
        return values | {name: end for name, end in zip(_ENDS, draft.ends, strict=True) if stored[name] != end}

    @override
    async def taken(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
        reasons: dict[str, str] = {}
        for key in LIVE_KEYS:
            if any(draft.row.get(key) is not None for draft in drafts):
                statement = bulk.taken_keys(self._relationship, key)
                reasons |= await claims(transaction, statement, self._type.name, drafts, partial(_claim, key))
        return reasons

    @override
    async def admit(self, transaction: Transaction, new: Sequence[Draft], changes: Sequence[Change]) -> dict[str, str]:
        reasons = {
            change.draft.id: "the connection of this key joins other nodes in the store: end that one first"
            for change in changes
            if not change.values.keys().isdisjoint(_ENDS)
        }
        if self._type.name != MEMBERSHIP:
            return reasons
        reasons |= {
            change.draft.id: "role: an import takes no owner's role away"
            for change in changes
            if change.stored.get("role") == MemberRole.OWNER and "role" in change.values
        }
        drafts = [*new, *(change.draft for change in changes)]
        services = await service_accounts.managers_of(transaction, [draft.ends[0] for draft in drafts])
        reasons |= {
            draft.id: "role: a service account owns no group"
            for draft in drafts
            if draft.ends[0] in services and draft.row.get("role") == MemberRole.OWNER
        }
        states = await bulk.lock_groups(transaction, [draft.ends[1] for draft in drafts])
        for draft in drafts:
            if states.get(draft.ends[1]) == GroupStatus.ARCHIVED:
                reasons[draft.id] = "to: that group is archived"
        return reasons

    @override
    async def create(self, transaction: Transaction, drafts: Sequence[Draft]) -> tuple[list[Event], dict[str, str]]:
        rows: list[Edge] = [{"fromId": draft.ends[0], "toId": draft.ends[1], "edge": draft.row} for draft in drafts]
        parameters = {
            "rows": rows,
            "sourceTypes": list(self._type.source_types),
            "targetTypes": list(self._type.target_types),
        }
        made = set(await transaction.run(bulk.create_edges(self._relationship), parameters))
        reason = _MISSED + _OR_MISPLACED if self._type.source_types | self._type.target_types else _MISSED
        missed = {draft.id: reason for draft in drafts if draft.id not in made}
        return [each for draft in drafts if draft.id in made for each in self._created(draft)], missed

    @override
    async def update(self, transaction: Transaction, changes: Sequence[Change]) -> list[Event]:
        changed = [{"id": change.draft.id, "values": change.values} for change in changes]
        await transaction.run(bulk.update_edges(self._relationship), {"changed": changed})
        happened: list[Event] = []
        for change in changes:
            names: list[JSON] = [name for name in _CHANGEABLE if name in change.values]
            details = {**self._details(change.draft), "changed": names}
            access = _access(change) if self._type.name == MEMBERSHIP else None
            plain = None if "role" in change.values else access
            happened.append(self._event(EventType.CONNECTION_UPDATED, change.draft, change.draft.id, details, plain))
            if "role" in change.values:
                roles: Mapping[str, JSON] = {
                    "from": cast("str", change.stored["role"]),
                    "to": cast("str", change.values["role"]),
                }
                happened.append(
                    self._event(EventType.MEMBER_ROLE_CHANGED, change.draft, change.draft.ends[0], roles, access)
                )
        return happened

    def _created(self, draft: Draft) -> list[Event]:
        happened = [self._event(EventType.CONNECTION_CREATED, draft, draft.id)]
        if self._type.name == MEMBERSHIP:
            given = from_json(cast("str", draft.row["properties"]))
            role, access = given["role"], AccessChange(after={name: given.get(name) for name in _OF_ACCESS})
            happened.append(self._event(EventType.USER_JOINED_GROUP, draft, draft.ends[0], {"role": role}, access))
        return happened

    def _details(self, draft: Draft) -> Mapping[str, JSON]:
        return {"type": self._type.name, "from": draft.ends[0], "to": draft.ends[1]}

    def _event(
        self,
        event_type: EventType,
        draft: Draft,
        target_id: str,
        properties: Mapping[str, JSON] | None = None,
        changes: AccessChange | None = None,
    ) -> Event:
        details = self._details(draft) if properties is None else properties
        return event(
            SYSTEM, event_type, target_id=target_id, group_id=draft.group_id, properties=details, changes=changes
        )


def _access(change: Change) -> AccessChange | None:
    """What an import changes of what a member may do, if it does."""
    if change.values.keys().isdisjoint(_OF_ACCESS):
        return None
    before: Mapping[str, JSON] = {name: cast("JSON", change.stored.get(name)) for name in _OF_ACCESS}
    after = {name: cast("JSON", change.values.get(name, before[name])) for name in _OF_ACCESS}
    return AccessChange(before, after)


def _claim(key: str, draft: Draft) -> object:
    return draft.row.get(key)
