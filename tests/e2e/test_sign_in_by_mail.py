"""A real server hands its mails to a real mail server, and what stands in them opens an account."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import httpx2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.values import JSON
from tests.client import Api
from tests.e2e.servers import Served, start

pytestmark = [pytest.mark.slow, pytest.mark.once]

PASSWORD = "violet anchor 94 meadow"
NEW = "copper lantern 58 harbour"
APP = "https://app.one.example"
TRIES = 300


class Letterbox:
    """A mail server that takes everything but what it is told to refuse."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.refusals = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        if self.refusals:
            self.refusals -= 1
            return "451 not now"
        content = cast("bytes", envelope.content)
        self.received.append(cast("EmailMessage", message_from_bytes(content, policy=policy.default)))
        return "250 taken"

    async def wait_for(self, number: int) -> EmailMessage:
        """The mail of that number, counted from 1."""
        for _ in range(TRIES):
            if len(self.received) >= number:
                break
            await asyncio.sleep(0.05)
        return self.received[number - 1]


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
async def served_with_mail(
    store_address: tuple[str, str, str], letterbox: tuple[Letterbox, int]
) -> AsyncIterator[tuple[Served, Letterbox]]:
    uri, user, password = store_address
    box, port = letterbox
    settings = {
        "ONE_STORE_USER": user,
        "ONE_STORE_PASSWORD": password,
        "ONE_SMTP_HOST": "127.0.0.1",
        "ONE_SMTP_PORT": str(port),
        "ONE_SMTP_SECURITY": "none",
        "ONE_MAIL_FROM": "ONE <one@one.example>",
        "ONE_APP_URL": f"{APP}/",
    }
    served = await start("--store", uri, "--no-demo", settings=settings)
    yield served, box
    assert await served.stop() == 0


def parts(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML of a mail."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def token_in(message: EmailMessage, page: str) -> str:
    text, html = parts(message)
    [token] = re.findall(rf"{APP}/{page}#token=(onet_[\w-]+)", text)
    assert f'href="{APP}/{page}#token={token}"' in html
    return str(token)


@pytest.mark.usefixtures("store")
async def test_who_follows_the_links_of_their_mails_gets_in(served_with_mail: tuple[Served, Letterbox]) -> None:
    served, box = served_with_mail
    async with httpx2.AsyncClient(base_url=served.url) as http:
        api = Api(http)
        given: dict[str, JSON] = {"email": "ann@one.example", "username": "ann", "displayName": "Ann"}
        assert (await api.change("signUp", {**given, "password": PASSWORD}))["__typename"] == "SignUpSuccess"
        mail = await box.wait_for(1)
        assert (mail["From"], mail["To"]) == ("ONE <one@one.example>", "ann@one.example")
        assert mail["Message-ID"] == f"<{mail['X-Idempotency-Key']}@one.example>"
        credentials: dict[str, JSON] = {"email": "ann@one.example", "password": PASSWORD}
        assert (await api.change("signIn", credentials))["__typename"] == "AuthError"
        verified = await api.change("verifyEmail", {"token": token_in(mail, "verify-email")})
        assert verified["__typename"] == "VerifyEmailSuccess"
        assert (await api.change("signIn", credentials))["__typename"] == "SignInSuccess"

        await api.change("requestPasswordReset", {"email": "ann@one.example"})
        token = token_in(await box.wait_for(2), "reset-password")
        assert (await api.change("resetPassword", {"token": token, "newPassword": NEW}))["__typename"] == (
            "ResetPasswordSuccess"
        )
        assert "changed" in (await box.wait_for(3))["Subject"]
        assert (await api.change("signIn", credentials))["__typename"] == "AuthError"
        assert (await api.change("signIn", {**credentials, "password": NEW}))["__typename"] == "SignInSuccess"
        assert "mailbox" not in " ".join(served.printed)
        assert (await http.get("/mailbox")).status_code == 404


@pytest.mark.usefixtures("store")
async def test_a_demo_server_shows_its_mails_at_a_page_of_its_own(store_address: tuple[str, str, str]) -> None:
    uri, user, password = store_address
    served = await start("--store", uri, settings={"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password})
    try:
        async with httpx2.AsyncClient(base_url=served.url) as http:
            assert f"Mails are kept at {served.url}/mailbox" in served.printed
            api = Api(http)
            given: dict[str, JSON] = {"email": "ann@one.example", "username": "ann", "displayName": "Ann"}
            await api.change("signUp", {**given, "password": PASSWORD})
            for _ in range(TRIES):
                found = re.findall(r'href="(/mailbox/mal_\w+)"', (await http.get("/mailbox")).text)
                if found:
                    break
                await asyncio.sleep(0.05)
            page = await http.get(found[0])
            assert "default-src 'none'" in page.headers["content-security-policy"]
            [token] = set(re.findall(rf"{served.url}/verify-email#token=(onet_[\w-]+)", page.text))
            assert (await api.change("verifyEmail", {"token": token}))["__typename"] == "VerifyEmailSuccess"
            assert (await http.get("/mailbox/mal_none")).status_code == 404
    finally:
        assert await served.stop() == 0
