"""Many changes in one request: together or not at all, or each on its own.

What stands next to each other and creates things, or connects, is written together, so that a thousand new things take
a few statements.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from domain.access import Caller, Reach
from domain.connections import Connection
from domain.errors import AppError, ConflictError, ItemError, NotFoundError, ValidationError
from domain.ids import NodeKind, kind_of
from domain.things import Thing
from graph import connections as stored_connections
from graph import things as stored_things
from graph.store import Store, Transaction
from services.access import Action, authorize, reach_of
from services.change_items import (
    ArchiveThing,
    Change,
    ChangeMode,
    ChangeOfThing,
    Connect,
    CreateThing,
    DeleteThing,
    Disconnect,
    LabelThing,
    MoveThing,
    RestoreThing,
    UpdateConnection,
    UpdateThing,
)
from services.changes import Changes
from services.connection_changes import ChangesOfConnections, Joining
from services.idempotency import Claim, recall, remember
from services.thing_creation import Creation
from services.work import Work

MAX_CHANGES: Final = 1_000


Outcome: TypeAlias = Thing | Connection | str | AppError
"""What came of one change: what it changed, as it is afterwards, or the id of what it erased, or the error."""

_Ready: TypeAlias = Creation | Joining | Work[Thing] | Work[Connection] | Work[str]
_ERASED: Final = "erased "  # stands before the id of what a remembered change erased


@dataclass(frozen=True, slots=True)
class _Item:
    """A change in its place that was found to be right."""

    index: int
    ready: _Ready


class Bulk:
    """Does many changes."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    async def apply(
        self, caller: Caller, changes: Sequence[Change], mode: ChangeMode, key: str | None = None
    ) -> list[Outcome]:
        """Do the changes in their order, and answer for each what came of it.

        ItemError where they are to be done together and one of them fails: nothing is written then. Under a key, what
        was done is not done again; of changes that are done each on its own, those that had failed are tried again.
        """
        authorize(caller, Action.APPLY_CHANGES)
        reach = reach_of(caller)
        if not 1 <= len(changes) <= MAX_CHANGES:
            raise ValidationError("changes", f"changes takes 1 to {MAX_CHANGES} changes; these are {len(changes)}.")
        claim = None if key is None else Claim.of(caller, "applyChanges", key, {"changes": changes, "mode": mode})
        items: list[_Item] = []
        outcomes: dict[int, Outcome] = {}
        for index, change in enumerate(changes):
            try:
                items.append(_Item(index, await self._checked(caller, change)))
            except AppError as error:
                if mode is ChangeMode.ALL_OR_NOTHING:
                    raise ItemError(index, error) from error
                outcomes[index] = error
        if mode is ChangeMode.ALL_OR_NOTHING:
            outcomes |= await self._together(reach, items, claim)
        else:
            outcomes |= await self._each(reach, items, claim)
        if claim is not None:
            await self._changes.purge()
        return [outcomes[index] for index in range(len(changes))]

    async def _checked(self, caller: Caller, change: Change) -> _Ready:
        match change:
            case CreateThing(new=new):
                return await self._changes.creations.creation(caller, new)
            case Connect(new=new):
                return await self._changes.connections.joining(caller, new)
            case UpdateConnection() | Disconnect():
                return self._on_connection(caller, change)
            case _:
                return self._on_thing(caller, change)

    def _on_connection(self, caller: Caller, change: UpdateConnection | Disconnect) -> Work[Connection]:
        connections = self._changes.connections
        if isinstance(change, Disconnect):
            return connections.disconnecting(caller, change.id)
        return connections.updating(caller, change.id, change.changes)

    def _on_thing(self, caller: Caller, change: ChangeOfThing) -> Work[Thing] | Work[str]:
        things = self._changes.things
        match change:
            case UpdateThing():
                return things.updating(caller, change.id, change.version, change.changes)
            case ArchiveThing():
                return things.archiving(caller, change.id, change.version)
            case RestoreThing():
                return things.restoring(caller, change.id, change.version, change.status)
            case MoveThing():
                return things.moving(caller, change.id, change.version, change.group_id)
            case LabelThing():
                return things.labelling(caller, change.id, change.version, change.label, on=change.on)
            case DeleteThing():
                return things.deleting(caller, change.id, change.version)

    async def _together(self, reach: Reach, items: Sequence[_Item], claim: Claim | None) -> dict[int, Outcome]:
        async def work(transaction: Transaction) -> dict[int, Outcome] | tuple[str, ...]:
            if claim is not None:
                [before] = await recall(transaction, [claim])
                if before is not None:
                    return before
            outcomes: dict[int, Outcome] = {}
            for run in _runs(items):
                try:
                    found = await self._do(transaction, run)
                except AppError as error:
                    raise ItemError(run[0].index, error) from error
                for item, outcome in zip(run, found, strict=True):
                    if isinstance(outcome, AppError):
                        raise ItemError(item.index, outcome)
                    outcomes[item.index] = outcome
            if claim is not None:
                await remember(transaction, [(claim, [_id(outcomes[item.index]) for item in items])])
            return outcomes

        done = await self._store.write(work)
        if isinstance(done, dict):
            return done
        return await self._again(reach, dict(zip((item.index for item in items), done, strict=True)))

    async def _each(self, reach: Reach, items: Sequence[_Item], claim: Claim | None) -> dict[int, Outcome]:
        if claim is not None:
            await self._store.write(lambda transaction: _begin(transaction, claim))
        outcomes: dict[int, Outcome] = {}
        for run in _runs(items):
            try:
                outcomes |= await self._run(reach, run, claim)
            except ConflictError as error:
                if len(run) == 1:
                    outcomes[run[0].index] = error
                    continue
                # Somebody else wrote at the same time: one by one it shows which of them clashes.
                for item in run:
                    outcomes |= await self._alone(reach, item, claim)
            except AppError as error:
                outcomes |= {item.index: error for item in run}
        return outcomes

    async def _alone(self, reach: Reach, item: _Item, claim: Claim | None) -> dict[int, Outcome]:
        try:
            return await self._run(reach, [item], claim)
        except AppError as error:
            return {item.index: error}

    async def _run(self, reach: Reach, run: Sequence[_Item], claim: Claim | None) -> dict[int, Outcome]:
        """Do a run in a transaction of its own, but for what was done under the key already."""
        claims = [] if claim is None else [claim.part(item.index) for item in run]

        async def work(transaction: Transaction) -> tuple[dict[int, Outcome], dict[int, str]]:
            before = await recall(transaction, claims) if claims else [None] * len(run)
            known = {item.index: ids[0] for item, ids in zip(run, before, strict=True) if ids is not None}
            left = [item for item in run if item.index not in known]
            found = await self._do(transaction, left) if left else []
            outcomes = {item.index: outcome for item, outcome in zip(left, found, strict=True)}
            if claim is not None and left:
                made = [
                    (claim.part(index), [_id(outcome)])
                    for index, outcome in outcomes.items()
                    if not isinstance(outcome, AppError)
                ]
                await remember(transaction, made)
            return outcomes, known

        outcomes, known = await self._store.write(work)
        return outcomes | (await self._again(reach, known) if known else {})

    async def _do(self, transaction: Transaction, run: Sequence[_Item]) -> Sequence[Outcome]:
        """Do a run, which is of one kind: what came of each. An AppError where nothing of it can be kept."""
        creations = [item.ready for item in run if isinstance(item.ready, Creation)]
        if creations:
            return await self._changes.creations.create_all(transaction, creations)
        joinings = [item.ready for item in run if isinstance(item.ready, Joining)]
        if joinings:
            return await ChangesOfConnections.join_all(transaction, joinings)
        [item] = run
        if isinstance(item.ready, Creation | Joining):
            raise TypeError("a run of several kinds")
        return [await item.ready(transaction)]

    async def _again(self, reach: Reach, ids: Mapping[int, str]) -> dict[int, Outcome]:
        """What was changed before, as it is now; NotFoundError for what is gone."""
        joined = {each for each in ids.values() if kind_of(each) is NodeKind.CONNECTION}
        others = {each for each in ids.values() if not each.startswith(_ERASED)} - joined
        found: dict[str, Outcome] = {
            **await stored_things.fetch(self._store, reach, sorted(others)),
            **await stored_connections.fetch(self._store, reach, sorted(joined)),
            **{each: each.removeprefix(_ERASED) for each in ids.values() if each.startswith(_ERASED)},
        }
        return {index: found.get(each) or NotFoundError(str(kind_of(each)), each) for index, each in ids.items()}


async def _begin(transaction: Transaction, claim: Claim) -> None:
    """See that a key comes with the same input as before, and note that it came."""
    if await recall(transaction, [claim]) == [None]:
        await remember(transaction, [(claim, [])])


def _runs(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    """Neighbours that are written together; anything else stands alone."""

    def kind(item: _Item) -> object:
        return type(item.ready) if isinstance(item.ready, Creation | Joining) else item.index

    return (list(run) for _, run in groupby(items, kind))


def _id(outcome: Outcome) -> str:
    if isinstance(outcome, AppError):
        raise outcome
    return f"{_ERASED}{outcome}" if isinstance(outcome, str) else outcome.id
