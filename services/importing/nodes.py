"""How groups, people and things of an import are written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, cast

from typing_extensions import override

from domain.access import EVERYTHING
from domain.errors import ConflictError
from domain.events import Event, EventType
from domain.groups import GroupStatus
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.thing_types import ThingType
from domain.things import ThingStatus
from domain.values import JSON
from graph import bulk, group_changes, knowledge, locks, references, types
from graph.bulk import StoredRow, Taken
from graph.knowledge import LabelLink, Link
from graph.store import Statement, Transaction
from graph.things import STOCK_COLUMN, label_of
from services.importing.columns import changed_fields
from services.importing.records import Draft
from services.importing.writing import SYSTEM, Change, Writer
from services.journal import AccessChange, event

LABELS: Final = "labels"
"""An import sees all that there is."""

_BOOKKEEPING: Final = ("updatedAt",)


class _NodeWriter(Writer):
    """What groups, people and things have in common."""

    @override
    async def fetch(self, transaction: Transaction, drafts: Sequence[Draft]) -> Mapping[str, StoredRow]:
        rows = await transaction.run(bulk.FETCH_NODES, {"ids": [draft.id for draft in drafts]})
        return {str(row["id"]): row for row in rows}

    @override
    async def taken(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
        return {}

    @override
    async def admit(self, transaction: Transaction, new: Sequence[Draft], changes: Sequence[Change]) -> dict[str, str]:
        return {}

    async def _save(self, transaction: Transaction, changes: Iterable[Change]) -> None:
        changed = [
            {
                "id": change.draft.id,
                "values": {**change.values, **{column: change.draft.row[column] for column in _BOOKKEEPING}},
            }
            for change in changes
        ]
        # In order of their ids, so that two that change the same nodes wait for each other instead of for ever.
        await transaction.run(bulk.UPDATE_NODES, {"changed": sorted(changed, key=lambda each: str(each["id"]))})


class GroupWriter(_NodeWriter):
    """Groups: a parent is there, and in use, before its children."""

    @override
    async def taken(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
        return await claims(transaction, bulk.TAKEN_SLUGS, "slug", drafts, lambda draft: draft.row["slug"])

    @override
    async def admit(self, transaction: Transaction, new: Sequence[Draft], changes: Sequence[Change]) -> dict[str, str]:
        moved = [change.draft for change in changes if "parentId" in change.values]
        if moved:
            await group_changes.lock_tree(transaction)
        making = {draft.id for draft in new}
        wanted = {
            str(parent)
            for draft in (*new, *moved)
            if (parent := draft.row["parentId"]) is not None and parent not in making
        }
        states = await bulk.lock_groups(transaction, sorted(wanted)) if wanted else {}
        reasons: dict[str, str] = {}
        for draft in (*new, *moved):
            parent = draft.row["parentId"]
            reason = None if parent is None else _refusal("parent", states.get(str(parent)))
            if reason is not None:
                reasons[draft.id] = reason
            elif draft.id in making:
                states[draft.id] = GroupStatus.ACTIVE  # for the rows below it that come after it
        for change in changes:
            parent = change.values.get("parentId")
            if parent is None or str(parent) in making or change.draft.id in reasons:
                continue
            if await group_changes.is_below(transaction, str(parent), change.draft.id):
                reasons[change.draft.id] = "parent: a group cannot be moved below itself"
        return reasons

    @override
    async def create(self, transaction: Transaction, drafts: Sequence[Draft]) -> tuple[list[Event], dict[str, str]]:
        await transaction.run(bulk.CREATE_GROUPS, {"rows": [draft.row for draft in drafts]})
        placements = [
            {"id": draft.id, "groupId": draft.row["parentId"]} for draft in drafts if draft.row["parentId"] is not None
        ]
        if placements:
            await transaction.run(bulk.PLACE_GROUPS, {"placements": placements})
        return [_event(EventType.GROUP_CREATED, draft) for draft in drafts], {}

    @override
    async def update(self, transaction: Transaction, changes: Sequence[Change]) -> list[Event]:
        await self._save(transaction, changes)
        happened: list[Event] = []
        for change in changes:
            names = changed_fields(change.values)
            if "parentId" in change.values:
                names.remove("parent")
                parent = cast("str | None", change.values["parentId"])
                await transaction.run(group_changes.MOVE_GROUP, {"id": change.draft.id, "parentId": parent})
                ends: Mapping[str, JSON] = {"from": cast("str | None", change.stored.get("parentId")), "to": parent}
                access = AccessChange({"parentId": ends["from"]}, {"parentId": parent})
                happened.append(_event(EventType.GROUP_MOVED, change.draft, ends, access))
            if names:
                policy = _access(change, "visibility", "joinPolicy")
                happened.append(_event(EventType.GROUP_UPDATED, change.draft, {"changed": names}, policy))
        return happened


class PersonWriter(_NodeWriter):
    """People."""

    @override
    async def taken(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
        emails = await claims(transaction, bulk.TAKEN_EMAILS, "email", drafts, lambda draft: draft.row["email"])
        names = await claims(
            transaction, bulk.TAKEN_USERNAMES, "username", drafts, lambda draft: draft.row["usernameKey"]
        )
        return emails | names

    @override
    async def create(self, transaction: Transaction, drafts: Sequence[Draft]) -> tuple[list[Event], dict[str, str]]:
        await transaction.run(bulk.CREATE_PEOPLE, {"rows": [draft.row for draft in drafts]})
        return [_event(EventType.USER_REGISTERED, draft, changes=_account(draft)) for draft in drafts], {}

    @override
    async def update(self, transaction: Transaction, changes: Sequence[Change]) -> list[Event]:
        await self._save(transaction, changes)
        return [
            _event(
                EventType.PROFILE_UPDATED,
                change.draft,
                {"changed": changed_fields(change.values)},
                _access(change, *_OF_ACCOUNT),
            )
            for change in changes
        ]


class ThingWriter(_NodeWriter):
    """Things of one type, with their labels."""

    def __init__(self, columns: frozenset[str], thing_type: ThingType) -> None:
        super().__init__(columns)
        self._type = thing_type

    @override
    async def fetch(self, transaction: Transaction, drafts: Sequence[Draft]) -> Mapping[str, StoredRow]:
        stored = await super().fetch(transaction, drafts)
        labelled = [draft.id for draft in drafts if draft.labels is not None and draft.id in stored]
        if not labelled:
            return stored
        labels = await transaction.run(knowledge.FETCH_LABELS, {"ids": labelled})
        return {**stored, **{row["id"]: {**stored[row["id"]], LABELS: row["labels"]} for row in labels}}

    @override
    def difference(self, draft: Draft, stored: StoredRow) -> Mapping[str, object]:
        values = dict(super().difference(draft, stored))
        if self._type.name == "product":
            # What is left follows from what was sold too: the statement takes that off once the thing is locked.
            values.pop(STOCK_COLUMN, None)
            values |= {STOCK_COLUMN: draft.row[STOCK_COLUMN]} if "properties" in values else {}
        if "status" in values:
            values["archivedAt"] = draft.row["archivedAt"]
        if any(_label_changes(draft, stored)):
            values[LABELS] = draft.labels
        return values

    @override
    async def admit(self, transaction: Transaction, new: Sequence[Draft], changes: Sequence[Change]) -> dict[str, str]:
        drafts = [*new, *(change.draft for change in changes)]
        if not drafts:
            return {}
        if self._type.registered:
            locked = await types.lock_thing_type(transaction, self._type.name)
            if locked is None or locked.version != self._type.version:
                raise ConflictError(f"The thing type {self._type.name} has evolved meanwhile: import again.")
        wanted = {identifier for draft in drafts for identifier in (str(draft.row["groupId"]), *draft.mentions)}
        there = await locks.lock(transaction, EVERYTHING, wanted)
        states = {identifier: row["status"] for identifier, row in there.items()}
        reasons = {draft.id: _refusal("group", states.get(str(draft.row["groupId"]))) for draft in drafts}
        reasons |= {
            change.draft.id: f"this is a {change.stored['type']} already, and a thing keeps its type"
            for change in changes
            if change.stored["type"] != self._type.name
        }
        found = {identifier: reason for identifier, reason in reasons.items() if reason is not None}
        return found | _without_what_they_name(drafts, {draft.id for draft in new} - found.keys(), there.keys())

    @override
    async def create(self, transaction: Transaction, drafts: Sequence[Draft]) -> tuple[list[Event], dict[str, str]]:
        happened = [_event(EventType.THING_CREATED, draft, {"type": self._type.name, "version": 1}) for draft in drafts]
        rows = [{**draft.row, "eventId": told.id} for draft, told in zip(drafts, happened, strict=True)]
        await transaction.run(bulk.CREATE_THINGS, {"rows": rows, "label": label_of(self._type.name)})
        await references.add(transaction, [{"id": draft.id, "ids": draft.mentions} for draft in drafts])
        await self._link(transaction, [(draft, label) for draft in drafts for label in draft.labels or ()])
        return happened, {}

    @override
    async def update(self, transaction: Transaction, changes: Sequence[Change]) -> list[Event]:
        happened = [self._told(change) for change in changes]
        changed = [
            {
                "id": change.draft.id,
                "values": {
                    **{name: value for name, value in change.values.items() if name != LABELS},
                    "eventId": told[0].id,
                    # The next version never begins before the last one did.
                    "updatedAt": max(
                        cast("int", change.draft.row["updatedAt"]), cast("int", change.stored["updatedAt"])
                    ),
                },
            }
            for change, told in zip(changes, happened, strict=True)
        ]
        await transaction.run(bulk.UPDATE_THINGS, {"changed": sorted(changed, key=lambda each: str(each["id"]))})
        await references.keep_only(
            transaction,
            [
                {"id": change.draft.id, "ids": change.draft.mentions}
                for change in changes
                if "properties" in change.values
            ],
        )
        placements = [
            {"id": change.draft.id, "groupId": change.draft.row["groupId"]}
            for change in changes
            if "groupId" in change.values
        ]
        if placements:
            await transaction.run(bulk.MOVE_THINGS, {"placements": placements})
        relabelled = [(change.draft, *_label_changes(change.draft, change.stored)) for change in changes]
        gone: list[Link] = [
            {"thingId": draft.id, "label": label} for draft, _, removed in relabelled for label in removed
        ]
        if gone:
            await knowledge.remove_labels(transaction, gone)
        await self._link(transaction, [(draft, label) for draft, added, _ in relabelled for label in added])
        return [each for told in happened for each in told]

    @staticmethod
    async def _link(transaction: Transaction, labels: Sequence[tuple[Draft, str]]) -> None:
        if not labels:
            return
        links: list[LabelLink] = [
            {"thingId": draft.id, "label": label, "knowledgeId": new_id(KNOWLEDGE_PREFIX)} for draft, label in labels
        ]
        await knowledge.add_labels(transaction, links, cast("int", labels[0][0].row["updatedAt"]))

    @staticmethod
    def _told(change: Change) -> list[Event]:
        happened: list[Event] = []
        version: Mapping[str, JSON] = {"version": cast("int", change.stored["version"]) + 1}
        before, after = change.stored["status"], change.values.get("status")
        names = changed_fields(change.values)
        if after == ThingStatus.ARCHIVED:
            happened.append(_event(EventType.THING_ARCHIVED, change.draft, version))
        elif after is not None and before == ThingStatus.ARCHIVED:
            happened.append(_event(EventType.THING_RESTORED, change.draft, {"status": str(after), **version}))
        if happened:
            names.remove("status")
        if "groupId" in change.values:
            names.remove("group")
            ends = {"from": str(change.stored["groupId"]), "to": str(change.values["groupId"])}
            happened.append(_event(EventType.THING_MOVED, change.draft, {**ends, **version}))
        if names:
            happened.append(_event(EventType.THING_UPDATED, change.draft, {"changed": names, **version}))
        return happened


async def claims(
    transaction: Transaction,
    statement: Statement[Taken],
    name: str,
    drafts: Sequence[Draft],
    claim: Callable[[Draft], object],
) -> dict[str, str]:
    """The drafts whose claim is another's in the store, or that of a draft before it, by id, with the reason."""
    values = [value for draft in drafts if (value := claim(draft)) is not None]
    rows = await transaction.run(statement, {"values": values}) if values else []
    owners: dict[object, str] = {row["value"]: row["id"] for row in rows}
    reasons: dict[str, str] = {}
    for draft in drafts:
        value = claim(draft)
        if value is not None and owners.setdefault(value, draft.id) != draft.id:
            reasons[draft.id] = f"{name}: the same one is there already"
    return reasons


def _refusal(field: str, status: str | None) -> str | None:
    """Why nothing can be put into a group with that status, None being that of one that is not there."""
    if status is None:
        return f"{field} refers to a row that no group was made of"
    return f"{field}: that group is archived" if status == GroupStatus.ARCHIVED else None


def _without_what_they_name(
    drafts: Sequence[Draft], making: AbstractSet[str], there: AbstractSet[str]
) -> dict[str, str]:
    """Why things cannot be written that name what is not there and is not made together with them."""
    reasons: dict[str, str] = {}
    while True:
        known = there | (making - reasons.keys())
        missing = {
            draft.id: f"properties: {named} refers to a row that nothing was made of"
            for draft in drafts
            if draft.id not in reasons and (named := next((each for each in draft.mentions if each not in known), None))
        }
        if not missing:
            return reasons
        reasons |= missing


def _label_changes(draft: Draft, stored: StoredRow) -> tuple[list[str], list[str]]:
    """The labels to add and to remove. Of a category that the row speaks of, a thing has what the row says."""
    if draft.labels is None:
        return [], []
    there = cast("Sequence[str]", stored.get(LABELS, ()))
    categories = {label.partition(":")[0] for label in draft.labels}
    added = [label for label in draft.labels if label not in there]
    removed = [label for label in there if label.partition(":")[0] in categories and label not in draft.labels]
    return added, removed


def _event(
    event_type: EventType,
    draft: Draft,
    properties: Mapping[str, JSON] | None = None,
    changes: AccessChange | None = None,
) -> Event:
    return event(
        SYSTEM, event_type, target_id=draft.id, group_id=draft.group_id, properties=properties, changes=changes
    )


def _access(change: Change, *names: str) -> AccessChange | None:
    """What an import changes of what somebody may do, if it does."""
    if change.values.keys().isdisjoint(names):
        return None
    before: Mapping[str, JSON] = {name: cast("JSON", change.stored.get(name)) for name in names}
    return AccessChange(before, {name: cast("JSON", change.values.get(name, before[name])) for name in names})


def _account(draft: Draft) -> AccessChange:
    return AccessChange(after={name: cast("JSON", draft.row.get(name)) for name in _OF_ACCOUNT})


_OF_ACCOUNT: Final = ("role", "status")
