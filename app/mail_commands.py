"""Commands about mails."""

from typing import Annotated

import typer

from app.command_line import OPERATOR, DataOption, StoreOption, settings_of, with_store
from domain.mail import MailTemplate
from domain.values import from_micros
from graph.store import Store
from services import mail_delivery
from services.mail_rendering import example

mail_app = typer.Typer(help="Mails that servers send.", no_args_is_help=True)


@mail_app.command("preview")
def mail_preview(
    template: Annotated[MailTemplate | None, typer.Argument(help="What it is about; all of them if not given.")] = None,
    html: Annotated[bool, typer.Option("--html", help="As HTML instead of text.")] = False,
    locale: Annotated[str | None, typer.Option(help="As somebody with this language gets them: de, de-AT …")] = None,
) -> None:
    """Show what mails say, by examples whose links open nothing."""
    app_url = (settings_of().app_url or "http://127.0.0.1:8000").rstrip("/")
    for each in MailTemplate if template is None else [template]:
        shown = example(each, app_url, locale)
        typer.echo(shown.html if html else f"{each}\nSubject: {shown.subject}\n\n{shown.text}")


@mail_app.command("undeliverable")
def mail_undeliverable(data: DataOption = None, store: StoreOption = None) -> None:
    """Show the addresses that no mail goes to any more, as one bounced or was called unwanted."""

    async def work(opened: Store) -> None:
        for each in await mail_delivery.undeliverable(opened):
            typer.echo(f"{each['personId']} {each['address']} {each['reason']} {from_micros(each['at']):%Y-%m-%d}")

    with_store(settings_of(data=data, store=store), "mail undeliverable", work)


@mail_app.command("restore")
def mail_restore(
    email: Annotated[str, typer.Option(help="The e-mail address, which takes mail again.")],
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Have mail go again to an address that had refused one."""

    async def work(opened: Store) -> None:
        typer.echo(await mail_delivery.lift(opened, OPERATOR, email))

    with_store(settings_of(data=data, store=store), "mail restore", work)
