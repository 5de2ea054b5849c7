"""Writing a batch of drafts in one transaction: what is new is made, what differs is changed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.access import Caller
from domain.errors import ConflictError
from domain.events import Event
from graph import events
from graph.bulk import StoredRow
from graph.store import Store, Transaction
from services.importing.records import Draft

SYSTEM: Final = Caller(None)
"""In whose name an import acts."""


@dataclass(frozen=True, slots=True)
class Change:
    """A draft of something that the store holds otherwise: the columns that differ, with their new values."""

    draft: Draft
    stored: StoredRow
    values: Mapping[str, object]


@dataclass(slots=True)
class Outcome:
    """What came of a batch; `refused` are lines with reasons."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


class StrictStopError(Exception):
    """A row was refused where none may be: the transaction that it is in ends without a trace."""

    def __init__(self, refused: Sequence[tuple[int, str]]) -> None:
        """`refused` are lines with reasons."""
        super().__init__("a row was refused")
        self.refused = refused


class _LookFirstError(Exception):
    """A row would be refused that may be there already, and then be right."""


class Writer(ABC):
    """How one kind of node, or one type of connection, is written."""

    def __init__(self, columns: frozenset[str]) -> None:
        """`columns` are those that decide whether what is stored differs."""
        self.columns = columns

    @abstractmethod
    async def fetch(self, transaction: Transaction, drafts: Sequence[Draft]) -> Mapping[str, StoredRow]:
        """What the store holds already under the ids of the drafts."""

    @abstractmethod
    async def taken(self, transaction: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
        """The drafts that claim what is another's, by id, with the reason."""

    @abstractmethod
    async def admit(self, transaction: Transaction, new: Sequence[Draft], changes: Sequence[Change]) -> dict[str, str]:
        """The drafts that may not be written, by id, with the reason; what this depends on is locked."""

    @abstractmethod
    async def create(self, transaction: Transaction, drafts: Sequence[Draft]) -> tuple[list[Event], dict[str, str]]:
        """Make what is new: what happened, and those that could not be made, by id, with the reason."""

    @abstractmethod
    async def update(self, transaction: Transaction, changes: Sequence[Change]) -> list[Event]:
        """Change what differs: what happened."""

    def difference(self, draft: Draft, stored: StoredRow) -> Mapping[str, object]:
        """The new values of the columns that differ."""
        row = draft.row
        return {column: row.get(column) for column in self.columns if row.get(column) != stored.get(column)}


class Batches:
    """Writes batches, one transaction each.

    As long as nothing that an import meets was there before, it does not look: the store's constraints refuse what is.
    Any refusal makes it look, and go on looking until a batch has nothing that was there.
    """

    def __init__(self, store: Store, *, strict: bool) -> None:
        self._store = store
        self._strict = strict
        self._look = False

    async def write(self, writer: Writer, drafts: Sequence[Draft]) -> Outcome:
        """Write a batch. StrictStopError where a row is refused and none may be: nothing of the batch is kept then."""
        if not self._look:
            try:
                return await self._attempt(writer, drafts)
            except (ConflictError, _LookFirstError):
                self._look = True
        try:
            outcome = await self._attempt(writer, drafts)
        except ConflictError as error:
            if self._strict:
                raise StrictStopError([(drafts[0].line, error.message)]) from error
        else:
            self._look = outcome.updated + outcome.unchanged > 0
            return outcome
        # Somebody else wrote at the same time: row by row it shows which one clashes.
        total = Outcome()
        for draft in drafts:
            try:
                one = await self._attempt(writer, [draft])
            except ConflictError as error:
                one = Outcome(refused=[(draft.line, error.message)])
            total.created += one.created
            total.updated += one.updated
            total.unchanged += one.unchanged
            total.refused += one.refused
        return total

    async def _attempt(self, writer: Writer, drafts: Sequence[Draft]) -> Outcome:
        look = self._look

        async def work(transaction: Transaction) -> Outcome:
            return await _merge(transaction, writer, drafts, look=look, strict=self._strict)

        return await self._store.write(work)


async def _merge(
    transaction: Transaction, writer: Writer, drafts: Sequence[Draft], *, look: bool, strict: bool
) -> Outcome:
    stored = await writer.fetch(transaction, drafts) if look else {}
    new = [draft for draft in drafts if draft.id not in stored]
    changes = [
        Change(draft, old, values)
        for draft in drafts
        if (old := stored.get(draft.id)) is not None and (values := writer.difference(draft, old))
    ]
    outcome = Outcome(unchanged=len(drafts) - len(new) - len(changes))
    if not new and not changes:
        return outcome
    reasons: dict[str, str] = {}
    if look:
        reasons |= await writer.taken(transaction, [*new, *(change.draft for change in changes)])
    reasons |= await writer.admit(
        transaction,
        [draft for draft in new if draft.id not in reasons],
        [change for change in changes if change.draft.id not in reasons],
    )
    new = [draft for draft in new if draft.id not in reasons]
    changes = [change for change in changes if change.draft.id not in reasons]
    happened, missed = await writer.create(transaction, new) if new else ([], {})
    reasons |= missed
    if changes:
        happened += await writer.update(transaction, changes)
    outcome.created = len(new) - len(missed)
    outcome.updated = len(changes)
    outcome.refused = [(draft.line, reasons[draft.id]) for draft in drafts if draft.id in reasons]
    if outcome.refused and not look:
        raise _LookFirstError
    if strict and outcome.refused:
        raise StrictStopError(outcome.refused)
    if happened:
        await events.append(transaction, happened)
    return outcome
