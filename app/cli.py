"""The command line, `one`: serving, migrating, people, keys and secrets, import and export, the check, the schema."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop
from rich.console import Console

from app.logs import configure_logs
from app.secret_keys import secret_box
from app.settings import CHECKOUT, Settings, SettingsError, load_settings
from app.stores import opened_store
from domain.access import Caller, KeyScope
from domain.errors import AppError, StoreError
from domain.mail import MailTemplate
from domain.people import MemberRole, PlatformRole
from domain.values import from_micros
from graph.migrate import down, read_migrations, status, up
from graph.store import Store
from services import mail_delivery
from services.filling import fill_columns
from services.keys import Keys
from services.mail_rendering import example
from services.people import NewPerson
from services.registration import register
from services.sealing import NewKey
from services.second_factor_reset import reset_second_factor
from services.secret_rotation import rotate
from services.session_ending import end_all_sessions, end_sessions_of

SCHEMA_FILE = CHECKOUT / "schema.graphql"
_OPERATOR = Caller(viewer=None)

app = typer.Typer(help="ONE: a GraphQL API server over a graph-shaped ontology.", no_args_is_help=True)
migrate_app = typer.Typer(help="The migrations of the store.", no_args_is_help=True)
key_app = typer.Typer(help="API keys.", no_args_is_help=True)
person_app = typer.Typer(help="People with an account.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log: who was given or refused what.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
mail_app = typer.Typer(help="Mails that servers send.", no_args_is_help=True)
sessions_app = typer.Typer(help="Sessions of those who are signed in.", no_args_is_help=True)
secrets_app = typer.Typer(help="The keys that encrypt secrets in the store.", no_args_is_help=True)
app.add_typer(migrate_app, name="migrate")
app.add_typer(key_app, name="key")
app.add_typer(person_app, name="person")
app.add_typer(secrets_app, name="secrets")
app.add_typer(mail_app, name="mail")
app.add_typer(sessions_app, name="sessions")

DataOption = Annotated[Path | None, typer.Option("--data", help="The folder of the local store.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="A Neo4j of your own: neo4j://… or bolt://…; see ONE_STORE_PASSWORD.")
]

console = Console(stderr=True)


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


def _settings(**given: object) -> Settings:
    settings = load_settings(**given)
    configure_logs(settings.log_format, settings.log_level)
    return settings


def _with_store(settings: Settings, owner: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened_store(settings, owner=owner, console=console, share=True) as store:
            await work(store)

    asyncio.run(run())


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="The port to listen at; 0 picks a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty store with a demo world.")] = None,
) -> None:
    """Serve the API until Ctrl-C."""
    from app.server import serve as run_server  # noqa: PLC0415 - it takes a second that other commands need not

    settings = _settings(port=port, host=host, data=data, store=store, demo=demo)
    uvloop.run(run_server(settings, Console()))


@migrate_app.command("status")
def migrate_status(data: DataOption = None, store: StoreOption = None) -> None:
    """List the migrations, and when each was applied."""

    async def work(opened: Store) -> None:
        for state in await status(opened, read_migrations()):
            at = (
                "not applied" if state.applied_at is None else f"applied {from_micros(state.applied_at):%Y-%m-%d %H:%M}"
            )
            typer.echo(f"{state.migration.number:04} {state.migration.title:<20} {at}")

    _with_store(_settings(data=data, store=store), "migrate status", work)


@migrate_app.command("up")
def migrate_up(data: DataOption = None, store: StoreOption = None) -> None:
    """Apply the migrations that are missing."""

    async def work(opened: Store) -> None:
        applied = await up(opened, read_migrations())
        await fill_columns(opened)
        for migration in applied:
            typer.echo(f"applied {migration.number:04} {migration.title}")

    _with_store(_settings(data=data, store=store), "migrate up", work)


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

    _with_store(_settings(data=data, store=store), "migrate down", work)


@person_app.command("create")
def person_create(
    email: Annotated[str, typer.Option(help="The e-mail address.")],
    role: Annotated[PlatformRole, typer.Option(help="The role on the platform.")] = PlatformRole.CUSTOMER,
    username: Annotated[str | None, typer.Option(help="The name to sign in with; by default from the address.")] = None,
    name: Annotated[str | None, typer.Option(help="The name that others see; the username by default.")] = None,
    group: Annotated[str | None, typer.Option(help="The slug of the group to join; made if there is none.")] = None,
    member_role: Annotated[MemberRole, typer.Option(help="The role in that group.")] = MemberRole.VIEWER,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Add a person, and make them a member of a group."""
    sign_in = username or email.partition("@")[0]

    async def work(opened: Store) -> None:
        await up(opened, read_migrations())
        new = NewPerson(email=email, username=sign_in, display_name=name or sign_in, role=role)
        person = await register(opened, new, group, member_role)
        typer.echo(person.id)

    _with_store(_settings(data=data, store=store), "person create", work)


@key_app.command("create")
def key_create(
    person: Annotated[str, typer.Option(help="The e-mail address of the person in whose name the key acts.")],
    scope: Annotated[KeyScope, typer.Option(help="What the key may be used for.")] = KeyScope.READ,
    name: Annotated[str, typer.Option(help="What to call the key.")] = "API key",
    days: Annotated[int | None, typer.Option(min=1, help="For how many days it is valid; for ever by default.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Make an API key. Its secret is shown now and never again."""

    async def work(opened: Store) -> None:
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        created = await Keys(opened).create(_OPERATOR, person, scope, name=name, expires_at=expires_at)
        typer.echo(f"Authorization: Bearer {created.secret}")

    _with_store(_settings(data=data, store=store), "key create", work)


@person_app.command("reset-second-factor")
def person_reset_second_factor(
    email: Annotated[
        str, typer.Option(help="The e-mail address of whoever lost theirs, and proved to you who they are.")
    ],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Turn a person's second factor off, forget their passkeys, end all of their sessions, and tell them by mail."""

    async def work(opened: Store) -> None:
        typer.echo(await reset_second_factor(opened, _OPERATOR, email))

    _with_store(_settings(data=data, store=store), "person reset-second-factor", work)


@sessions_app.command("end")
def sessions_end(
    email: Annotated[str | None, typer.Option(help="The e-mail address of whose sessions end.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="End those of everybody.")] = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """End all sessions of a person or of everybody, at once and on every server. API keys stay."""
    if (email is None) is not everybody:
        raise typer.BadParameter("Give --email, or --all.")

    async def work(opened: Store) -> None:
        given = end_all_sessions(opened, _OPERATOR) if email is None else end_sessions_of(opened, _OPERATOR, email)
        typer.echo(f"{await given:,} sessions were ended.")

    _with_store(_settings(data=data, store=store), "sessions end", work)


@mail_app.command("preview")
def mail_preview(
    template: Annotated[MailTemplate | None, typer.Argument(help="What it is about; all of them if not given.")] = None,
    html: Annotated[bool, typer.Option("--html", help="As HTML instead of text.")] = False,
    locale: Annotated[str | None, typer.Option(help="As somebody with this language gets them: de, de-AT …")] = None,
) -> None:
    """Show what mails say, by examples whose links open nothing."""
    app_url = (_settings().app_url or "http://127.0.0.1:8000").rstrip("/")
    for each in MailTemplate if template is None else [template]:
        shown = example(each, app_url, locale)
        typer.echo(shown.html if html else f"{each}\nSubject: {shown.subject}\n\n{shown.text}")


@mail_app.command("undeliverable")
def mail_undeliverable(data: DataOption = None, store: StoreOption = None) -> None:
    """Show the addresses that no mail goes to any more, as one bounced or was called unwanted."""

    async def work(opened: Store) -> None:
        for each in await mail_delivery.undeliverable(opened):
            typer.echo(f"{each['personId']} {each['address']} {each['reason']} {from_micros(each['at']):%Y-%m-%d}")

    _with_store(_settings(data=data, store=store), "mail undeliverable", work)


@mail_app.command("restore")
def mail_restore(
    email: Annotated[str, typer.Option(help="The e-mail address, which takes mail again.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Have mail go again to an address that had refused one."""

    async def work(opened: Store) -> None:
        typer.echo(await mail_delivery.lift(opened, _OPERATOR, email))

    _with_store(_settings(data=data, store=store), "mail restore", work)


@secrets_app.command("new-key")
def secrets_new_key() -> None:
    """Print a new random key, for ONE_SECRET_KEYS."""
    typer.echo(NewKey.make().text)


@secrets_app.command("rotate")
def secrets_rotate(data: DataOption = None, store: StoreOption = None) -> None:
    """Encrypt every secret in the store under the first key. It can run again, and beside servers."""
    settings = _settings(data=data, store=store)

    async def work(opened: Store) -> None:
        done = await rotate(opened, secret_box(settings))
        typer.echo(f"{done.changed:,} secrets were encrypted again, {done.kept:,} were under the first key already.")
        for person_id in done.spoilt:
            typer.echo(f"The secret of {person_id} is not what was encrypted: reset their second factor.", err=True)
        if done.spoilt:
            raise typer.Exit(1)

    _with_store(settings, "secrets rotate", work)


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

    _with_store(_settings(data=data, store=store), "import", work)


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

    _with_store(_settings(data=data, store=store), "export", work)


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

    _with_store(_settings(data=data, store=store), "check", work)


@audit_app.command("head")
def audit_head(data: DataOption = None, store: StoreOption = None) -> None:
    """Print how many entries there are and the hash of the last: keep it elsewhere, for `audit verify --head`."""
    from app import audit  # noqa: PLC0415 - it takes a second that other commands need not

    _with_store(_settings(data=data, store=store), "audit head", audit.tell_head)


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

    _with_store(_settings(data=data, store=store), "audit verify", work)


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

    _with_store(_settings(data=data, store=store), "audit export", work)


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
