"""Where mails go: to an SMTP server, or into a mailbox that a developer reads in the browser."""

from collections import OrderedDict
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from html import escape
from typing import Final, Literal

import aiosmtplib
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from domain.mail import MailTemplate, Message, SendingError
from services.mail_rendering import LANGUAGES, example

SECONDS: Final = 20
"""How long one mail may take."""

_MOST_KEPT: Final = 100
_PERMANENT: Final = 500  # https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox "
    "allow-popups allow-top-navigation-by-user-activation",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class SmtpSender:
    """Hands mails to an SMTP server."""

    def __init__(
        self,
        host: str,
        port: int,
        mail_from: str,
        *,
        security: Literal["starttls", "tls", "none"],
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._from = mail_from
        self._address = parseaddr(mail_from)[1]
        self._security = security
        self._user, self._password = user, password

    async def send(self, message: Message) -> None:
        """Send one. SendingError where the server does not take it."""
        try:
            await aiosmtplib.send(
                self._written(message),
                sender=self._address,
                recipients=[message.address],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._security == "tls",
                start_tls=self._security == "starttls",
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            final = all(refused.code >= _PERMANENT for refused in error.recipients)
            raise SendingError("the address was refused", final=final) from error
        except aiosmtplib.SMTPResponseException as error:
            raise SendingError(f"the mail server answered {error.code}", final=False) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise SendingError(f"the mail server cannot be used: {type(error).__name__}") from error

    def _written(self, message: Message) -> bytes:
        made = EmailMessage()
        made["From"] = self._from
        made["To"] = message.address
        made["Subject"] = message.subject
        # The same for every try, so that a mailbox can show two copies as one.
        made["Message-ID"] = f"<{message.key}@{self._address.rpartition('@')[2]}>"
        made["X-Idempotency-Key"] = message.key
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(message.text)
        made.add_alternative(message.html, subtype="html")
        return made.as_bytes(policy=SMTP)


class Mailbox:
    """Keeps the last mails in memory and shows them in the browser: for a server on a developer's machine only."""

    def __init__(self, app_url: str) -> None:
        """The templates are shown as well, with links to pages below that address."""
        self._app_url = app_url
        self._kept: OrderedDict[str, Message] = OrderedDict()
        self.routes = (
            Route("/mailbox", self._list),
            Route("/mailbox/{key}", self._show),
            Route("/mailbox/templates/{name}", self._preview),
        )

    async def send(self, message: Message) -> None:
        """Keep one; the same one again takes its place."""
        self._kept[message.key] = message
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    async def _list(self, _request: Request) -> Response:
        rows = "".join(
            f'<li><a href="/mailbox/{escape(message.key)}">{escape(message.subject)}</a> to {escape(message.address)}'
            for message in reversed(self._kept.values())
        )
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Mailbox</title>'
        templates = "".join(
            f"<li>{each}: {', '.join(_preview_link(each, language) for language in LANGUAGES)}" for each in MailTemplate
        )
        return HTMLResponse(
            f"{head}<h1>Mailbox</h1><ul>{rows}</ul><h2>Templates</h2><ul>{templates}</ul></html>",
            headers=_PAGE_HEADERS,
        )

    async def _show(self, request: Request) -> Response:
        message = self._kept.get(request.path_params["key"])
        if message is None:
            raise HTTPException(404)
        return HTMLResponse(message.html, headers=_PAGE_HEADERS)

    async def _preview(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in set(MailTemplate):
            raise HTTPException(404)
        shown = example(MailTemplate(name), self._app_url, request.query_params.get("locale"))
        return HTMLResponse(shown.html, headers=_PAGE_HEADERS)


def _preview_link(template: MailTemplate, language: str) -> str:
    return f'<a href="/mailbox/templates/{template}?locale={language}">{language}</a>'
