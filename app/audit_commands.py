"""Commands about the audit log."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_line import DataOption, StoreOption, settings_of, with_store
from graph.store import Store

audit_app = typer.Typer(help="The audit log: who was given or refused what.", no_args_is_help=True)


@audit_app.command("head")
def audit_head(data: DataOption = None, store: StoreOption = None) -> None:
    """Print how many entries there are and the hash of the last: keep it elsewhere, for `audit verify --head`."""
    from app import audit  # noqa: PLC0415 - it takes a second that other commands need not

    with_store(settings_of(data=data, store=store), "audit head", audit.tell_head)


@audit_app.command("verify")
def audit_verify(
    head: Annotated[str | None, typer.Option(help="A head that you kept: it has to be part of the log still.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Look whether anybody changed, removed, moved or inserted entries. The exit code is 1 where somebody did."""
    from app import audit  # noqa: PLC0415 - it takes a second that other commands need not

    async def work(opened: Store) -> None:
        if not await audit.verify(opened, head):
            raise typer.Exit(1)

    with_store(settings_of(data=data, store=store), "audit verify", work)


@audit_app.command("export")
def audit_export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Write the audit log as JSON Lines, with what it takes to verify it elsewhere."""
    from app import audit  # noqa: PLC0415 - it takes a second that other commands need not

    async def work(opened: Store) -> None:
        typer.echo(f"{await audit.export(opened, file):,} entries")

    with_store(settings_of(data=data, store=store), "audit export", work)
