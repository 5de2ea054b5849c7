"""Commands about trusted documents."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_line import OPERATOR, DataOption, StoreOption, settings_of, with_store
from domain.errors import StoreError
from domain.values import now
from graph.migrate import read_migrations, up
from graph.store import Store
from services import trusted_documents
from services.document_manifests import read_manifest

documents_app = typer.Typer(help="Trusted documents, which clients ask for by their ids.", no_args_is_help=True)


@documents_app.command("push")
def documents_push(
    manifest: Annotated[Path, typer.Argument(help="The manifest: Apollo's, or a JSON object of ids and texts.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Register the documents of a manifest, all or none. An id stands for one text for ever."""
    from resolvers.document_checks import check  # noqa: PLC0415 - it takes a second that other commands need not
    from resolvers.federation import subgraph  # noqa: PLC0415 - see above
    from resolvers.schema import schema  # noqa: PLC0415 - see above

    try:
        content = manifest.read_bytes()
    except OSError as error:
        raise StoreError(f"Cannot read {manifest}: {error.strerror}.") from error
    settings = settings_of(data=data, store=store)
    documents, wrong = check(read_manifest(content), settings.limits, subgraph() if settings.federation else schema)
    if wrong:
        for line in wrong:
            typer.echo(line, err=True)
        typer.echo("Nothing was registered.", err=True)
        raise typer.Exit(1)

    async def work(opened: Store) -> None:
        await up(opened, read_migrations())
        pushed = await trusted_documents.push(opened, OPERATOR, now, documents)
        typer.echo(f"{pushed.new:,} documents were registered, {pushed.known:,} were already.")

    with_store(settings, "documents push", work)


@documents_app.command("list")
def documents_list(data: DataOption = None, store: StoreOption = None) -> None:
    """Show the trusted documents: the id, since when, how many characters, and the names of its operations."""

    async def work(opened: Store) -> None:
        async for each in trusted_documents.listed(opened):
            typer.echo(f"{each.id} {each.created_at:%Y-%m-%d} {each.characters} {each.name}".rstrip())

    with_store(settings_of(data=data, store=store), "documents list", work)


@documents_app.command("forget")
def documents_forget(
    ids: Annotated[list[str], typer.Argument(help="The ids of the documents.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Trust documents no longer, all of these or none; servers that run know it within a minute."""

    async def work(opened: Store) -> None:
        typer.echo(f"{await trusted_documents.forget(opened, OPERATOR, ids):,} documents were forgotten.")

    with_store(settings_of(data=data, store=store), "documents forget", work)
