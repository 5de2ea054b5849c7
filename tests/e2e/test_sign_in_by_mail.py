"""A real server hands its mails to a real mail server, and what stands in them opens an account."""

import asyncio
import base64
import re
import socket
from collections.abc import AsyncIterator, ItemsView, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.cookies import Morsel, SimpleCookie
from typing import cast

import httpx2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.values import JSON
from graph.store import Store
from tests.accounts import Accounts, SignedIn
from tests.authenticator import Authenticator, begin, complete, confirm
from tests.client import Api
from tests.e2e.logs import LOUD, logs_of, told
from tests.e2e.servers import Served, start
from tests.passkey_device import Device, options, register
from tests.passkey_device import sign_in as sign_in_with_passkey
from tests.wallets import linked, message_for, signed
from tests.wallets import sign_in as sign_in_with_wallet
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

PASSWORD = "violet anchor 94 meadow"
NEW = "copper lantern 58 harbour"
APP = "https://app.one.example"
TRIES = 300


@dataclass(frozen=True)
class Letter:
    """A mail as it arrived."""

    sender: str
    to: str
    subject: str
    message_id: str
    key: str
    text: str
    html: str

    @classmethod
    def read(cls, content: bytes) -> "Letter":
        message = message_from_bytes(content, policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert html is not None
        return cls(
            sender=str(message["From"]),
            to=str(message["To"]),
            subject=str(message["Subject"]),
            message_id=str(message["Message-ID"]),
            key=str(message["X-Idempotency-Key"]),
            text=text.get_content(),
            html=html.get_content(),
        )


class Letterbox:
    """A mail server that takes everything but what it is told to refuse."""

    def __init__(self) -> None:
        self.received: list[Letter] = []
        self.refusals = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        if self.refusals:
            self.refusals -= 1
            return "451 not now"
        self.received.append(Letter.read(cast("bytes", envelope.content)))
        return "250 taken"

    async def wait_for(self, number: int) -> Letter:
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


def mail_settings(store_address: tuple[str, str, str], port: int) -> dict[str, str]:
    return {
        "ONE_STORE_USER": store_address[1],
        "ONE_STORE_PASSWORD": store_address[2],
        "ONE_SMTP_HOST": "127.0.0.1",
        "ONE_SMTP_PORT": str(port),
        "ONE_SMTP_SECURITY": "none",
        "ONE_MAIL_FROM": "ONE <one@one.example>",
        "ONE_APP_URL": f"{APP}/",
    }


async def letters(box: Letterbox) -> list[tuple[Letter, str]]:
    """The letters with a link to choose a password, once they are there; the first mail may come last."""
    for _ in range(TRIES):
        found = [(letter, "reset-password") for letter in box.received if "/reset-password#" in letter.text]
        if found:
            return found
        await asyncio.sleep(0.05)
    return []


@pytest.fixture
async def served_with_mail(
    store_address: tuple[str, str, str], letterbox: tuple[Letterbox, int]
) -> AsyncIterator[tuple[Served, Letterbox]]:
    box, port = letterbox
    served = await start("--store", store_address[0], "--no-demo", settings=mail_settings(store_address, port))
    yield served, box
    assert await served.stop() == 0


def token_in(letter: Letter, page: str) -> str:
    [token] = re.findall(rf"{APP}/{page}#token=(onet_[\w-]+)", letter.text)
    assert f'href="{APP}/{page}#token={token}"' in letter.html
    return str(token)


@pytest.mark.usefixtures("store")
async def test_who_follows_the_links_of_their_mails_gets_in(served_with_mail: tuple[Served, Letterbox]) -> None:
    served, box = served_with_mail
    async with httpx2.AsyncClient(base_url=served.url) as http:
        api = Api(http)
        given: dict[str, JSON] = {"email": "ann@one.example", "username": "ann", "displayName": "Ann"}
        assert (await api.change("signUp", {**given, "password": PASSWORD}))["__typename"] == "SignUpSuccess"
        mail = await box.wait_for(1)
        assert (mail.sender, mail.to) == ("ONE <one@one.example>", "ann@one.example")
        assert mail.message_id == f"<{mail.key}@one.example>"
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
        assert "changed" in (await box.wait_for(3)).subject
        assert (await api.change("signIn", credentials))["__typename"] == "AuthError"
        assert (await api.change("signIn", {**credentials, "password": NEW}))["__typename"] == "SignInSuccess"
        assert "mailbox" not in " ".join(served.printed)
        assert (await http.get("/mailbox")).status_code == 404


async def by_cookies(http: httpx2.AsyncClient, password: str) -> list[str]:
    """The cookies that a browser gets, which has sent them too."""
    asked = f"""mutation {{ signIn(input: {{ email: "ann@one.example", password: "{password}", delivery: cookie }})
        {{ __typename }} }}"""
    browser = {"Origin": str(http.base_url).rstrip("/")}
    response = await http.post("/graphql", json={"query": asked}, headers=browser)
    kept = {name: each.value for line in response.headers.get_list("set-cookie") for name, each in crumbs(line)}
    assert len(kept) == 2, response.text
    sent = {**browser, "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    answer = await http.post("/graphql", json={"query": "{ viewer { scope } }"}, headers=sent)
    assert answer.json() == {"data": {"viewer": {"scope": "write"}}}
    http.cookies.clear()
    return list(kept.values())


def crumbs(header: str) -> "ItemsView[str, Morsel[str]]":
    """The cookies of a header."""
    return SimpleCookie(header).items()


async def by_passkey(accounts: Accounts, ann: SignedIn) -> list[str]:
    """What a device signs to register a passkey and to sign in with it."""
    domain, device = APP.removeprefix("https://"), Device()
    made = device.make(await options(ann.api, "beginPasskeyRegistration"), origin=APP, domain=domain)
    assert (await register(ann, made))["__typename"] == "CompletePasskeyRegistrationSuccess"
    proof = device.sign(await options(accounts.api), origin=APP, domain=domain)
    assert "tokens" in await sign_in_with_passkey(accounts, proof)
    return [cast("dict[str, str]", proof["response"])["signature"]]


async def by_wallet(accounts: Accounts, ann: SignedIn) -> list[str]:
    """What a wallet signs to be linked and to sign in."""
    wallet, _ = await linked(ann)
    message = await message_for(accounts.api, wallet.address)
    signature = signed(wallet, message)
    assert "tokens" in await sign_in_with_wallet(accounts, message, signature)
    [nonce] = re.findall(r"Nonce: (\w+)", message)
    return [signature, nonce]


async def by_second_factor(accounts: Accounts, ann: SignedIn, password: str) -> list[str]:
    """The secret and codes of an app, recovery codes and a challenge; right ones and a wrong one were sent."""
    begun = await begin(ann)
    app = Authenticator(str(begun["uri"]), accounts.clock)
    code = app.code()
    recovery = cast("list[str]", (await confirm(ann, code))["recoveryCodes"])
    challenge = str((await accounts.try_to_sign_in("ann", password))["challenge"])
    await complete(accounts, challenge, recovery="aaaa-aaaa-aaaa-aaaa")
    assert "tokens" in await complete(accounts, challenge, recovery=recovery[0])
    return [str(begun["secret"]), str(begun["uri"]), code, challenge, *recovery]


async def of_partners(world: World) -> list[str]:
    """An API key and the secret of a webhook."""
    assert world.api.secret
    given: dict[str, JSON] = {"groupId": world.home, "name": "Books", "url": "https://books.example/hook"}
    made = await world.api.change("createWebhook", given, "secret")
    assert (await world.api.as_holder_of(world.api.secret + "x").ask("{ viewer { scope } }")).status == 401
    return [world.api.secret, str(made["secret"])]


@pytest.mark.usefixtures("store")
async def test_no_secret_of_a_whole_run_is_in_the_logs(
    store: Store, store_address: tuple[str, str, str], letterbox: tuple[Letterbox, int]
) -> None:
    box, port = letterbox
    box.refusals = 1
    key = base64.b64encode(bytes(range(32))).decode()
    settings = {
        **mail_settings(store_address, port),
        **LOUD,
        "ONE_SECRET_KEYS": key,
    }
    served = await start("--store", store_address[0], "--no-demo", settings=settings)
    async with httpx2.AsyncClient(base_url=served.url) as http:
        api = Api(http)
        given: dict[str, JSON] = {"email": "ann@one.example", "username": "ann", "displayName": "Ann"}
        await api.change("signUp", {**given, "password": PASSWORD})
        await api.change("signUp", {**given, "username": "ann2", "password": NEW})
        await api.change("requestPasswordReset", {"email": "ann@one.example"})
        tokens = [token_in(letter, page) for letter, page in await letters(box)]
        assert len(tokens) == 1
        await api.change("resetPassword", {"token": tokens[0], "newPassword": NEW})
        answer = await api.change(
            "signIn", {"email": "ann@one.example", "password": NEW}, "tokens { accessToken refreshToken }"
        )
        secrets = [*cast("dict[str, str]", answer["tokens"]).values()]
        accounts = Accounts(store, http)
        ann = SignedIn(api.as_holder_of(secrets[0]), "", *secrets)
        secrets += await by_cookies(http, NEW)
        secrets += await by_passkey(accounts, ann)
        secrets += await by_wallet(accounts, ann)
        secrets += await of_partners(await World.create(store, api))
        secrets += await by_second_factor(accounts, ann, NEW)
        await api.as_holder_of(secrets[0]).ask("{ viewer { sessions { id } } }")
        await api.as_holder_of(secrets[0] + "x").ask("{ viewer { sessions { id } } }")
        await api.change("refreshSession", {"refreshToken": secrets[1]})
        await api.change("refreshSession", {"refreshToken": secrets[1] + "x"})
        await api.change("signIn", {"email": "ann@one.example", "password": "no such 58 password"})
        # Also where the variables stand in the text, and where they are wrong.
        await api.ask(f'mutation {{ signIn(input: {{ email: "ann@one.example", password: "{NEW}" }}) {{ nothing }} }}')
        await api.ask("mutation ($p: Int!) { signIn(input: $p) { __typename } }", p=NEW)
    logged = await logs_of(served, requests=10)
    codes = [code for letter in box.received for code in re.findall(r"\b\d{6}\b", letter.text)]
    used = [*secrets, *tokens, *codes, key, PASSWORD, NEW, "no such 58 password", store_address[2], "ann@one.example"]
    assert told(logged, used) == []


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
            found: list[str] = []
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
