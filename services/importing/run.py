"""An import: the steps of a mapping, one after the other, each a stream of rows written in batches.

What is in memory at a time, whatever the size of the files: two batches (one is written while the next is prepared)
and 32 MiB of the scratch database. The rest of it is on disk, in the folder for temporary files: sixteen bytes for
each row of the current step, to notice a key that comes twice, and those columns of other files that the mapping
looks up.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.catalogue import Catalogue
from domain.errors import ValidationError
from graph.store import Store
from services.importing.columns import compared_columns
from services.importing.conversions import to_text
from services.importing.edges import EdgeWriter
from services.importing.mapping import (
    ConnectionStep,
    FileOptions,
    GroupStep,
    ImportMapping,
    PersonStep,
    Step,
    ThingStep,
    check_types,
)
from services.importing.nodes import GroupWriter, PersonWriter, ThingWriter
from services.importing.records import Draft, Make, maker, step_prefix
from services.importing.report import ImportReport, Progress, StepReport, no_progress
from services.importing.rows import BadRow, Row, SourceFile, SourceRow
from services.importing.scratch import Scratch
from services.importing.values import Compiler, Evaluate, OtherFile
from services.importing.writing import Batches, Outcome, StrictStopError, Writer
from services.ontology import Ontology

BATCH_SIZE: Final = 2_000
"""How many rows one transaction writes."""

_SLICE: Final = 32  # rows between two looks at what the store has answered: about a millisecond's work


@dataclass(frozen=True, slots=True)
class _Compiled:
    step: Step
    make: Make
    when: Evaluate
    writer: Writer
    columns: tuple[str, ...]
    others: tuple[OtherFile, ...]


async def import_folder(
    store: Store,
    mapping: ImportMapping,
    folder: Path,
    *,
    strict: bool = False,
    progress: Progress = no_progress,
    batch_size: int = BATCH_SIZE,
) -> ImportReport:
    """Bring the files of a folder into the store, and report what became of their rows.

    Each batch of rows is one transaction. A row that breaks a rule is refused and reported, and the rest goes on;
    with `strict` the import ends at the first such row instead: the batches before the one it is in are kept, and
    nothing of that batch is. What a second run finds as it left it stays untouched, versions and events included.

    ValidationError where a type, a file or a column that the mapping names is not there: then nothing was written.
    NetworkError where the store is lost on the way: the batches before are kept.
    """
    with Scratch() as scratch:
        run = _Run(store, mapping, folder, scratch, strict=strict, progress=progress, batch_size=batch_size)
        return await run.all_steps()


@dataclass(frozen=True, slots=True)
class _Writing:
    """A batch on its way into the store, while the next one is prepared, be it of the next step."""

    task: asyncio.Task[Outcome]
    counts: StepReport
    file: str


class _StoppedError(Exception):
    """A strict import met a row that it refuses; the report has it."""


class _Run:
    def __init__(
        self,
        store: Store,
        mapping: ImportMapping,
        folder: Path,
        scratch: Scratch,
        *,
        strict: bool,
        progress: Progress,
        batch_size: int,
    ) -> None:
        self._mapping = mapping
        self._folder = folder
        self._scratch = scratch
        self._strict = strict
        self._progress = progress
        self._batch_size = batch_size
        self._ontology = Ontology(store)
        self._batches = Batches(store, strict=strict)
        self._writing: _Writing | None = None
        self.report = ImportReport()

    async def all_steps(self) -> ImportReport:
        catalogue = await self._ontology.catalogue()
        check_types(self._mapping, catalogue)
        steps = self._compile(catalogue)
        self._check_files(steps)
        try:
            for step in steps:
                counts = StepReport(step.step.step, step.step.make)
                self.report.steps.append(counts)
                await self._run_step(step, counts)
        except _StoppedError:
            self.report.stopped = True
        finally:
            # Also where a row of the next batch ended it all: the batch before that one is kept.
            with contextlib.suppress(_StoppedError):
                await self._settle()
        return self.report

    def _compile(self, catalogue: Catalogue) -> list[_Compiled]:
        prefixes = {step.step: step_prefix(step) for step in self._mapping.steps}
        compiled: list[_Compiled] = []
        for step in self._mapping.steps:
            compiler = Compiler(self._mapping.source, prefixes, self._scratch)
            make = maker(step, compiler, catalogue)
            when = compiler.compile(step.when)
            others = tuple(compiler.others)
            writer = _writer(step, catalogue)
            compiled.append(_Compiled(step, make, when, writer, tuple(compiler.columns), others))
        return compiled

    def _check_files(self, steps: list[_Compiled]) -> None:
        """See that every file and every column is there before anything is written."""
        for step in steps:
            wanted: list[tuple[str, set[str]]] = [(other.file, other.columns | {other.by}) for other in step.others]
            if step.step.file is not None:
                wanted.append((step.step.file, set(step.columns)))
            for name, columns in wanted:
                with contextlib.closing(self._open(name).read(columns)) as rows:
                    next(rows, None)

    def _open(self, name: str) -> SourceFile:
        options = self._mapping.files.get(name, FileOptions())
        try:
            return SourceFile(self._folder / name, options, self._mapping.nulls)
        except OSError as error:
            raise ValidationError(name, f"{self._folder / name} cannot be read: {error.strerror}.") from error

    async def _run_step(self, step: _Compiled, counts: StepReport) -> None:
        name = step.step.file or f"step {step.step.step}"
        self._scratch.forget()
        for other in step.others:
            await self._fill(other, counts)
        async with contextlib.aclosing(self._drafts(step, counts, name)) as batches:
            async for batch in batches:
                await self._settle()
                task = asyncio.create_task(self._batches.write(step.writer, batch))
                self._writing = _Writing(task, counts, name)
        if "when" not in step.step.model_fields_set:
            self._refuse_orphans(step, counts)

    async def _drafts(self, step: _Compiled, counts: StepReport, name: str) -> AsyncGenerator[list[Draft]]:
        """The batches of a step, with what is refused before it gets to the store reported on the way."""
        batch: list[Draft] = []
        for number, row in enumerate(self._rows(step), 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            if isinstance(row, BadRow):
                reason = row.reason
            else:
                try:
                    wanted = step.when(row.values)
                    if wanted is None or wanted is False:
                        counts.passed_over += 1
                        continue
                    draft = step.make(row.line, row.values)
                    if self._scratch.meet(draft.id):
                        batch.append(draft)
                        if len(batch) == self._batch_size:
                            yield batch
                            batch = []
                        continue
                    reason = "the same key was in an earlier row of this file"
                except ValidationError as error:
                    reason = error.message
                except ValueError as error:
                    reason = str(error)
            self._refuse_or_stop(counts, name, row.line, reason)
        if batch:
            yield batch

    def _rows(self, step: _Compiled) -> Iterator[SourceRow | BadRow]:
        if step.step.file is None:
            yield SourceRow(1, {})
            return
        file = self._open(step.step.file)
        for number, row in enumerate(file.read(step.columns)):
            if number % _SLICE == 0:
                self._progress(step.step.step, file.done, file.size)
            yield row
        self._progress(step.step.step, file.size, file.size)

    async def _fill(self, other: OtherFile, counts: StepReport) -> None:
        """Read a file whose rows others are looked up in."""
        file = self._open(other.file)
        rows: list[tuple[str, int, Row]] = []
        for row in file.read(other.columns | {other.by}):
            if isinstance(row, BadRow):
                self._refuse_or_stop(counts, other.file, row.line, row.reason)
                continue
            key = row.values.get(other.by)
            if key is not None:
                rows.append((to_text(key), row.line, {name: row.values.get(name) for name in other.columns}))
            if len(rows) == self._batch_size:
                other.table.add(rows)
                rows.clear()
                self._progress(other.file, file.done, file.size)
                await asyncio.sleep(0)
        other.table.add(rows)
        other.table.finish()

    def _refuse_orphans(self, step: _Compiled, counts: StepReport) -> None:
        for other in step.others:
            if other.owned:
                for line, key in other.table.never_asked_for():
                    reason = f"{other.by} is {key!r}, and no row of that key was imported"
                    self._refuse_or_stop(counts, other.file, line, reason)

    async def _settle(self) -> None:
        """Wait for the batch that is being written, if one is, and take down what came of it."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            outcome = await writing.task
        except StrictStopError as stop:
            self._refuse(writing.counts, writing.file, *stop.refused[0])
            self.report.stopped = True
            raise _StoppedError from stop
        writing.counts.created += outcome.created
        writing.counts.updated += outcome.updated
        writing.counts.unchanged += outcome.unchanged
        for line, reason in outcome.refused:
            self._refuse(writing.counts, writing.file, line, reason)

    def _refuse_or_stop(self, counts: StepReport, name: str, line: int, reason: str) -> None:
        self._refuse(counts, name, line, reason)
        if self._strict:
            raise _StoppedError

    def _refuse(self, counts: StepReport, name: str, line: int, reason: str) -> None:
        self.report.refuse(counts, name, line, reason)


def _writer(step: Step, catalogue: Catalogue) -> Writer:
    columns = compared_columns(step)
    match step:
        case GroupStep():
            return GroupWriter(columns)
        case PersonStep():
            return PersonWriter(columns)
        case ThingStep():
            return ThingWriter(columns, catalogue.thing_types[step.fields.type])
        case ConnectionStep():
            return EdgeWriter(columns, catalogue.connection_types[step.fields.type])
