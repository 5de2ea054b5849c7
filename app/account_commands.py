"""Commands about accounts: people, their keys and sessions, and the keys that encrypt their secrets."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.command_line import OPERATOR, DataOption, StoreOption, settings_of, with_store
from app.secret_keys import secret_box
from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from graph.migrate import read_migrations, up
from graph.store import Store
from services.keys import Keys
from services.people import NewPerson
from services.registration import register
from services.sealing import NewKey
from services.second_factor_reset import reset_second_factor
from services.secret_rotation import rotate
from services.session_ending import end_all_sessions, end_sessions_of

person_app = typer.Typer(help="People with an account.", no_args_is_help=True)
key_app = typer.Typer(help="API keys.", no_args_is_help=True)
sessions_app = typer.Typer(help="Sessions of those who are signed in.", no_args_is_help=True)
secrets_app = typer.Typer(help="The keys that encrypt secrets in the store.", no_args_is_help=True)


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

    with_store(settings_of(data=data, store=store), "person create", work)


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
        typer.echo(await reset_second_factor(opened, OPERATOR, email))

    with_store(settings_of(data=data, store=store), "person reset-second-factor", work)


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
        created = await Keys(opened).create(OPERATOR, person, scope, name=name, expires_at=expires_at)
        typer.echo(f"Authorization: Bearer {created.secret}")

    with_store(settings_of(data=data, store=store), "key create", work)


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
        given = end_all_sessions(opened, OPERATOR) if email is None else end_sessions_of(opened, OPERATOR, email)
        typer.echo(f"{await given:,} sessions were ended.")

    with_store(settings_of(data=data, store=store), "sessions end", work)


@secrets_app.command("new-key")
def secrets_new_key() -> None:
    """Print a new random key, for ONE_SECRET_KEYS."""
    typer.echo(NewKey.make().text)


@secrets_app.command("rotate")
def secrets_rotate(data: DataOption = None, store: StoreOption = None) -> None:
    """Encrypt every secret in the store under the first key. It can run again, and beside servers."""
    settings = settings_of(data=data, store=store)

    async def work(opened: Store) -> None:
        done = await rotate(opened, secret_box(settings))
        typer.echo(f"{done.changed:,} secrets were encrypted again, {done.kept:,} were under the first key already.")
        for person_id in done.spoilt:
            typer.echo(f"The secret of {person_id} is not what was encrypted: reset their second factor.", err=True)
        if done.spoilt:
            raise typer.Exit(1)

    with_store(settings, "secrets rotate", work)
