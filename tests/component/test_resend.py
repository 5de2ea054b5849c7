"""Mails by Resend, against a server on 127.0.0.1 that answers as it does."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.resend import ResendSender
from domain.values import JSON
from graph.store import Statement
from services.mail import Mails
from tests.accounts import Accounts
from tests.letters import APP
from tests.loopback import on_loopback

pytestmark = [pytest.mark.slow, pytest.mark.once]

KEY = "re_a-key-of-tests"
MAILS: Statement[Mapping[str, JSON]] = Statement(
    "mails", "MATCH (n:Mail) RETURN n {.status, .attempts, .error} AS row ORDER BY n.id"
)
TOLD: Statement[str] = Statement(
    "told", "MATCH (n:Event) WHERE n.type IN ['email_sent', 'email_failed'] RETURN n.type AS row ORDER BY n.id"
)


@dataclass
class Resend:
    """Takes a mail once by its key, or answers what a test wants."""

    url: str = ""
    answer: Response | None = None
    hangs: bool = False
    taken: dict[str, Mapping[str, JSON]] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if self.hangs:
            await asyncio.sleep(60)
        if self.answer is not None:
            return self.answer
        if request.headers["authorization"] != f"Bearer {KEY}":
            return JSONResponse({"statusCode": 403, "name": "invalid_api_key"}, 403)
        key, body = request.headers["idempotency-key"], cast("Mapping[str, JSON]", json.loads(await request.body()))
        if self.taken.setdefault(key, body) != body:
            return JSONResponse({"statusCode": 409, "name": "invalid_idempotent_request"}, 409)
        return JSONResponse({"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"})


@pytest.fixture
async def resend() -> AsyncIterator[Resend]:
    found = Resend()
    application = Starlette(routes=[Route("/emails", found.take, methods=["POST"])])
    async with on_loopback(lambda _url: application) as url:
        found.url = f"{url}/emails"
        yield found


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=2, follow_redirects=False, trust_env=False) as client:
        yield client


async def deliver(accounts: Accounts, resend: Resend, client: httpx2.AsyncClient, key: str = KEY) -> int:
    sender = ResendSender(client, key, "ONE <one@one.example>", resend.url)
    return await Mails(accounts.store, accounts.clock).deliver(sender, APP)


async def test_a_mail_is_taken_once_by_its_key(accounts: Accounts, resend: Resend, client: httpx2.AsyncClient) -> None:
    await accounts.try_to_sign_up("ann")
    resend.hangs = True  # the first is taken for lost
    assert await deliver(accounts, resend, client) == 1
    resend.hangs = False
    accounts.clock.forward(minutes=1)
    assert await deliver(accounts, resend, client) == 1
    assert await deliver(accounts, resend, client) == 0
    assert [each["idempotency-key"] for each in resend.asked] == [*resend.taken, *resend.taken]
    [mail] = resend.taken.values()
    assert (mail["from"], mail["to"]) == ("ONE <one@one.example>", ["ann@one.example"])
    assert "onet_" in str(mail["text"])
    assert "onet_" in str(mail["html"])
    assert await accounts.store.read(TOLD, {}) == ["email_failed", "email_sent"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            JSONResponse({"name": "validation_error", "message": "Invalid `to` ann@one.example"}, 422),
            ("dead", "422 val"),
        ),
        (JSONResponse({"name": "invalid_from_address"}, 422), ("pending", "422 invalid_from_address")),
        (JSONResponse({"name": "rate_limit_exceeded"}, 429), ("pending", "429 rate_limit_exceeded")),
        (JSONResponse({"name": "concurrent_idempotent_requests"}, 409), ("pending", "409 concurrent")),
        (JSONResponse({"name": "ann@one.example"}, 500), ("pending", "500")),
        (Response("<html>", 503), ("pending", "503")),
        (Response(b"\xff" * 1_000_000, 502), ("pending", "502")),
        (RedirectResponse("https://evil.example/"), ("pending", "307")),
    ],
)
async def test_what_is_not_taken_is_tried_again_or_given_up(
    accounts: Accounts, resend: Resend, client: httpx2.AsyncClient, answer: Response, expected: tuple[str, str]
) -> None:
    status, error = expected
    await accounts.try_to_sign_up("ann")
    resend.answer = answer
    assert await deliver(accounts, resend, client) == 1
    [mail] = await accounts.store.read(MAILS, {})
    assert (mail["status"], mail["attempts"]) == (status, 1)
    assert str(mail["error"]).startswith(f"Resend answered {error}")
    assert "ann" not in str(mail["error"])
    assert await accounts.store.read(TOLD, {}) == ["email_failed"]


async def test_a_wrong_key_and_a_server_that_is_away_keep_mails_waiting(
    accounts: Accounts, resend: Resend, client: httpx2.AsyncClient
) -> None:
    await accounts.try_to_sign_up("ann")
    assert await deliver(accounts, resend, client, "re_another") == 1
    [mail] = await accounts.store.read(MAILS, {})
    assert (mail["status"], mail["error"]) == ("pending", "Resend answered 403 invalid_api_key")
    accounts.clock.forward(minutes=1)
    assert await deliver(accounts, Resend("http://127.0.0.1:9/emails"), client) == 1
    [mail] = await accounts.store.read(MAILS, {})
    assert (mail["status"], mail["error"]) == ("pending", "Resend cannot be used: ConnectError")
    accounts.clock.forward(minutes=3)
    assert await deliver(accounts, resend, client) == 1
    assert await accounts.store.read(TOLD, {}) == ["email_failed", "email_failed", "email_sent"]
