"""Reading an export back into an empty store."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic import ValidationError as BadLineError

from domain.errors import ConflictError, ValidationError
from graph import dump
from graph.bulk import StoredRow
from graph.dump import RestoredEdge
from graph.store import Store, Transaction
from services.exporting import FORMAT, migration_of
from services.importing.report import ImportReport, Progress, StepReport, no_progress
from services.importing.rows import MAX_LINE

BATCH_SIZE: Final = 2_000
"""How many lines one transaction reads back."""

_Scalar: TypeAlias = str | int | float | bool


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Header(_Line):
    export: Literal["one"]
    format: int
    migration: int


class _Node(_Line):
    kind: Literal["node"]
    labels: Annotated[list[str], Field(min_length=1)]
    row: dict[str, _Scalar | list[_Scalar]]


class _Edge(_Line):
    kind: Literal["edge"]
    type: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    row: dict[str, _Scalar | list[_Scalar]]


_LINE: Final[TypeAdapter[_Node | _Edge]] = TypeAdapter(Annotated[_Node | _Edge, Field(discriminator="kind")])


@dataclass(slots=True)
class _Batch:
    """Some lines of a file: nodes by their labels, edges by their type."""

    nodes: dict[tuple[str, ...], list[StoredRow]] = field(default_factory=dict)
    edges: dict[str, list[RestoredEdge]] = field(default_factory=dict)
    count: int = 0

    def add(self, number: int, line: _Node | _Edge, known: set[str]) -> None:
        """Add a line. ValueError where it has a label that is not known, or a type that no store of ours has.

        A registered thing type, which comes before its things, adds its label to those that are known.
        """
        if isinstance(line, _Node):
            labels = tuple(line.labels)
            if not known.issuperset(labels):
                raise ValueError("unknown labels")
            if labels == ("ThingType",):
                known.add(str(line.row["nodeLabel"]))
            self.nodes.setdefault(labels, []).append(line.row)
        else:
            if line.type not in dump.RELATIONSHIPS:
                raise ValueError("an unknown type")
            edge: RestoredEdge = {"line": number, "from": line.source, "to": line.target, "row": line.row}
            self.edges.setdefault(line.type, []).append(edge)
        self.count += 1


def is_export(path: Path) -> bool:
    """Whether a file begins as an export does."""
    try:
        with path.open("rb") as file:
            return _read_header(file) is not None
    except OSError:
        return False


async def import_export(store: Store, path: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Read an export back into an empty store, which is identical to the exported one afterwards.

    Settings, such as the secret that signs cursors, become the export's: start servers of this store again. Each batch
    of lines is one transaction. An edge without its node is refused and reported. A line that is none of an export's
    ends it all: ValidationError, the batches before are kept, and the store has to be emptied before another try.

    ConflictError where the store is not empty. ValidationError where the file is no export, or one of a store with
    other migrations: then nothing was written.
    """
    report = ImportReport()
    nodes, edges = StepReport("nodes", "node"), StepReport("edges", "edge")
    report.steps += (nodes, edges)
    try:
        with path.open("rb") as file:
            await _check(store, path, _read_header(file))
            size = os.fstat(file.fileno()).st_size
            for batch in _batches(path, file):
                missed = await _write(store, batch)
                for line in missed:
                    report.refuse(edges, path.name, line, "one of the two nodes that this edge joins is not there")
                edges.created += sum(map(len, batch.edges.values())) - len(missed)
                nodes.created += sum(map(len, batch.nodes.values()))
                progress(path.name, file.tell(), size)
    except OSError as error:
        raise ValidationError("file", f"{path} cannot be read: {error.strerror}.") from error
    return report


async def _write(store: Store, batch: _Batch) -> list[int]:
    async def work(transaction: Transaction) -> list[int]:
        return await dump.restore(transaction, batch.nodes, batch.edges)

    return await store.write(work)


def _batches(path: Path, file: BinaryIO) -> Iterator[_Batch]:
    batch = _Batch()
    known = set(dump.LABELS - dump.PASSING.keys())
    number = 1
    while line := file.readline(MAX_LINE):
        number += 1
        try:
            batch.add(number, _LINE.validate_json(line), known)
        except (BadLineError, ValueError, KeyError) as error:
            raise ValidationError(f"line {number}", f"Line {number} of {path.name} is none of an export's.") from error
        if batch.count == BATCH_SIZE:
            yield batch
            batch = _Batch()
    if batch.count:
        yield batch


def _read_header(file: BinaryIO) -> _Header | None:
    try:
        return _Header.model_validate_json(file.readline(MAX_LINE))
    except BadLineError:
        return None


async def _check(store: Store, path: Path, header: _Header | None) -> None:
    if header is None:
        raise ValidationError("file", f"{path.name} is no export: its first line is not an export's header.")
    if header.format != FORMAT:
        raise ValidationError("file", f"{path.name} has format {header.format}, and this program reads {FORMAT}.")
    migration = await migration_of(store)
    if header.migration != migration:
        raise ValidationError(
            "file",
            f"{path.name} is of a store at migration {header.migration}, and this one is at {migration}: "
            "bring this one to the same first.",
        )
    if not await dump.is_empty(store):
        raise ConflictError("This store is not empty, and an export is read back into an empty one only.")
