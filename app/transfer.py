"""Import and export at a terminal: a progress bar, and what became of the rows."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from domain.errors import ValidationError
from graph.store import Store
from services.exporting import export_store
from services.importing.mapping import read_mapping
from services.importing.report import ImportReport
from services.importing.report import Progress as Report
from services.importing.run import import_folder
from services.restoring import import_export, is_export

OUTCOMES = ("created", "updated", "unchanged")


async def bring_in(store: Store, source: Path, folder: Path | None, *, strict: bool, console: Console) -> bool:
    """Import by a mapping, or read an export back; print the report and answer whether no row was refused."""
    with _progress(console) as progress:
        if is_export(source):
            report = await import_export(store, source, progress=progress)
        elif folder is None:
            raise ValidationError("folder", "Name the folder of the files that the mapping is about.")
        else:
            report = await import_folder(store, read_mapping(source), folder, strict=strict, progress=progress)
    _print(report)
    return report.refused_total == 0


async def take_out(store: Store, file: Path, *, console: Console) -> None:
    """Export to a file."""
    with _progress(console) as progress:
        report = await export_store(store, file, progress=progress)
    typer.echo(f"{report.nodes:,} nodes and {report.edges:,} edges in {file}")


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name)
            progress.update(tasks[name], completed=done, total=total)

        yield show


def _print(report: ImportReport) -> None:
    for step in report.steps:
        counts = ", ".join(f"{getattr(step, outcome):,} {outcome}" for outcome in OUTCOMES)
        refused = f", {step.refused:,} refused" if step.refused else ""
        typer.echo(f"{step.step}: {counts}{refused}")
    for row in report.refused:
        typer.echo(f"refused {row.file}:{row.line}: {row.reason}")
    if report.refused_total > len(report.refused):
        typer.echo(f"… and {report.refused_total - len(report.refused):,} more refused rows")
    if report.stopped:
        typer.echo("Stopped at the first refused row. What was written before its batch stays.")
