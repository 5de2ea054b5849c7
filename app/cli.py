"""The command line, `one`: serving, migrating, people, keys, secrets, documents, import and export, check, schema."""

import socket
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop
from rich.console import Console

from app.account_commands import key_app, person_app, secrets_app, sessions_app
from app.audit_commands import audit_app
from app.command_line import DataOption, StoreOption, console, settings_of, with_store
from app.document_commands import documents_app
from app.mail_commands import mail_app
from app.settings import CHECKOUT, SettingsError
from domain.errors import AppError, StoreError
from domain.values import from_micros
from graph.migrate import down, read_migrations, status, up
from graph.store import Store
from services.filling import fill_columns

SCHEMA_FILE = CHECKOUT / "schema.graphql"

# What nobody expected is told as Python tells it: a coloured one with all values took minutes and gigabytes to draw.
app = typer.Typer(
    help="ONE: a GraphQL API server over a graph-shaped ontology.", no_args_is_help=True, pretty_exceptions_enable=False
)
migrate_app = typer.Typer(help="The migrations of the store.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(migrate_app, name="migrate")
app.add_typer(key_app, name="key")
app.add_typer(person_app, name="person")
app.add_typer(secrets_app, name="secrets")
app.add_typer(mail_app, name="mail")
app.add_typer(documents_app, name="documents")
app.add_typer(sessions_app, name="sessions")


def main() -> None:
    """Run one command; what goes wrong as expected is one line on standard error and exit code 1."""
    try:
        app(prog_name="one")
    except (StoreError, SettingsError, AppError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str) -> NoReturn:
    console.print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="The port to listen at; 0 picks a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty store with a demo world.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve the port.")] = None,
) -> None:
    """Serve the API until Ctrl-C."""
    from app.server import serve as run_server  # noqa: PLC0415 - it takes a second that other commands need not

    settings = settings_of(port=port, host=host, data=data, store=store, demo=demo, workers=workers)
    uvloop.run(run_server(settings, Console()))


@app.command(hidden=True)
def work(number: Annotated[int, typer.Argument(help="That of the socket to serve at.")]) -> None:
    """Serve beside a server, which starts this."""
    from app.server import work as run_beside  # noqa: PLC0415 - as above

    uvloop.run(run_beside(settings_of(), socket.socket(fileno=number)))


@migrate_app.command("status")
def migrate_status(data: DataOption = None, store: StoreOption = None) -> None:
    """List the migrations, and when each was applied."""

    async def work(opened: Store) -> None:
        for state in await status(opened, read_migrations()):
            at = (
                "not applied" if state.applied_at is None else f"applied {from_micros(state.applied_at):%Y-%m-%d %H:%M}"
            )
            typer.echo(f"{state.migration.number:04} {state.migration.title:<20} {at}")

    with_store(settings_of(data=data, store=store), "migrate status", work)


@migrate_app.command("up")
def migrate_up(data: DataOption = None, store: StoreOption = None) -> None:
    """Apply the migrations that are missing."""

    async def work(opened: Store) -> None:
        applied = await up(opened, read_migrations())
        await fill_columns(opened)
        for migration in applied:
            typer.echo(f"applied {migration.number:04} {migration.title}")

    with_store(settings_of(data=data, store=store), "migrate up", work)


@migrate_app.command("down")
def migrate_down(
    to: Annotated[int, typer.Argument(help="The number of the last migration to keep; 0 for none.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Undo the migrations above a number, the latest first."""

    async def work(opened: Store) -> None:
        for migration in await down(opened, read_migrations(), to):
            typer.echo(f"undid {migration.number:04} {migration.title}")

    with_store(settings_of(data=data, store=store), "migrate down", work)


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A mapping (YAML), or a file that `one export` wrote.")],
    folder: Annotated[Path | None, typer.Argument(help="The folder of the files that the mapping names.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End at the first row that breaks a rule.")] = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Bring CSV or JSON Lines into the ontology; a second run changes nothing. Or read an export back."""
    from app import transfer  # noqa: PLC0415 - it takes a second that other commands need not

    async def work(opened: Store) -> None:
        await up(opened, read_migrations())
        if not await transfer.bring_in(opened, source, folder, strict=strict, console=console):
            raise typer.Exit(1)

    with_store(settings_of(data=data, store=store), "import", work)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write. It holds what the store holds: keep it as safe.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Write the whole store as JSON Lines, which `one import` reads back to an identical store."""
    from app import transfer  # noqa: PLC0415 - it takes a second that other commands need not

    async def work(opened: Store) -> None:
        await transfer.take_out(opened, file, console=console)

    with_store(settings_of(data=data, store=store), "export", work)


@app.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Say what would mend each violation.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --repair: do it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write a line of JSON for each violation.")] = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Test every rule over the whole store. The exit code is 1 where one is broken in the end."""
    from app import checking  # noqa: PLC0415 - it takes a second that other commands need not

    if yes and not repair:
        raise typer.BadParameter("--yes does what --repair plans: give both.")

    async def work(opened: Store) -> None:
        if not await checking.check(opened, repair=repair, yes=yes, as_json=json):
            raise typer.Exit(1)

    with_store(settings_of(data=data, store=store), "check", work)


@app.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Only compare: fail where the file is out of date.")] = False,
) -> None:
    """Write the GraphQL schema to schema.graphql."""
    from resolvers.schema import schema as executable  # noqa: PLC0415 - it takes a second that other commands need not

    text = executable.as_str() + "\n"
    if check and (not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text(encoding="utf-8") != text):
        _fail("schema.graphql is out of date: run `scripts/one schema` and commit it.")
    if not check:
        SCHEMA_FILE.write_text(text, encoding="utf-8")
