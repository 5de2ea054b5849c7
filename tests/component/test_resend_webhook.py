"""What Resend tells of mails, by real HTTP and signatures of the library that Resend's are made with."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from standardwebhooks import Webhook

from app.asgi import create_app
from app.explorer import Explorer
from app.resend_webhook import LONGEST, ResendWebhook
from app.settings import CHECKOUT
from domain.access import Caller
from domain.errors import NotFoundError
from domain.values import JSON
from graph.store import Statement, Transaction
from services.mail_delivery import MailDeliveries, lift, undeliverable
from tests.accounts import Accounts
from tests.conftest import CURSOR_KEY, UNLIMITED
from tests.letters import Letters
from tests.loopback import on_loopback

pytestmark = [pytest.mark.slow, pytest.mark.once]

SECRET = "whsec_b25lIHNlY3JldCBvZiB0ZXN0cyBmb3Igd2ViaG9va3M="
MAILS: Statement[Mapping[str, JSON]] = Statement(
    "mails", "MATCH (n:Mail) RETURN n {.id, .status, .error, .delivery, .deliveryReason} AS row ORDER BY n.id"
)
TOLD: Statement[Mapping[str, JSON]] = Statement(
    "told",
    "MATCH (n:Event) WHERE n.type STARTS WITH 'email_' AND n.type <> 'email_verification_sent' "
    "RETURN n {.type, .properties} AS row ORDER BY n.id",
)


@dataclass
class Resend:
    """Tells what became of mails."""

    accounts: Accounts
    http: httpx2.AsyncClient
    url: str

    async def post(self, content: str, *, secret: str = SECRET, late: timedelta = timedelta(), **other: str) -> int:
        """The status of the answer to a message, signed so late; `other` headers are named without `svix-`."""
        at = datetime.now(UTC) - late
        signed = {"id": "msg_1", "timestamp": str(int(at.timestamp()))}
        signed["signature"] = Webhook(secret).sign("msg_1", at, content)
        headers = {f"svix-{name}": value for name, value in {**signed, **other}.items()}
        return (await self.http.post(self.url, content=content, headers=headers)).status_code

    async def tell(self, kind: str, mail: JSON, bounce: str | None = None) -> int:
        """Tell what became of a mail."""
        data: dict[str, JSON] = {"to": ["ann@one.example"], "tags": {"one_mail": mail}}
        if bounce is not None:
            data["bounce"] = {"type": bounce, "subType": "General", "message": "no ann@one.example here"}
        return await self.post(json.dumps({"type": f"email.{kind}", "data": data}))

    async def mails(self) -> list[Mapping[str, JSON]]:
        """All mails."""
        return list(await self.accounts.store.read(MAILS, {}))

    async def told(self) -> list[str]:
        """The types of what happened to mails."""
        return [str(row["type"]) for row in await self.accounts.store.read(TOLD, {})]


@pytest.fixture
async def resend(accounts: Accounts) -> AsyncIterator[Resend]:
    webhook = ResendWebhook(MailDeliveries(accounts.store, accounts.clock), SECRET)
    app = create_app(
        accounts.store,
        CURSOR_KEY,
        Explorer(CHECKOUT / "explorer", enabled=False),
        body_limit=1_000_000,
        rate_limits=UNLIMITED,
        more_routes=webhook.routes,
    )
    async with on_loopback(lambda _url: app) as url, httpx2.AsyncClient(trust_env=False) as http:
        yield Resend(accounts, http, f"{url}/mail/resend")


async def sent(resend: Resend, letters: Letters) -> str:
    """The id of a mail to ann that was handed over."""
    await resend.accounts.try_to_sign_up("ann")
    assert await letters.deliver() == 1
    [mail] = await resend.mails()
    return str(mail["id"])


async def test_what_became_of_a_mail_is_noted_once_and_never_goes_back(resend: Resend, letters: Letters) -> None:
    mail = await sent(resend, letters)
    for kind in ("delivery_delayed", "delivered", "delivered", "delivery_delayed", "opened", "sent"):
        assert await resend.tell(kind, mail) == 204
    assert await resend.told() == ["email_sent", "email_delayed", "email_delivered"]
    [noted] = await resend.mails()
    assert (noted["delivery"], noted["deliveryReason"]) == ("delivered", None)
    assert await resend.tell("complained", mail) == 204
    assert await resend.tell("bounced", mail, "Permanent") == 204
    [noted] = await resend.mails()
    assert (noted["delivery"], noted["deliveryReason"]) == ("complained", "complaint")
    assert await resend.told() == ["email_sent", "email_delayed", "email_delivered", "email_complained"]


@pytest.mark.parametrize(
    ("kind", "bounce", "reason"),
    [("bounced", "Permanent", "permanent"), ("complained", None, "complaint"), ("suppressed", None, "suppressed")],
)
async def test_no_further_mail_goes_to_an_address_that_refused_one_until_an_operator_says_so(
    resend: Resend, letters: Letters, kind: str, bounce: str | None, reason: str
) -> None:
    mail = await sent(resend, letters)
    assert await resend.tell(kind, mail, bounce) == 204
    [listed] = await undeliverable(resend.accounts.store)
    assert (listed["address"], listed["reason"]) == ("ann@one.example", reason)
    told = (await resend.accounts.store.read(TOLD, {}))[-1]
    assert json.loads(str(told["properties"]))["reason"] == reason
    assert "ann" not in str(told["properties"])

    ask: dict[str, JSON] = {"email": "ann@one.example"}
    resend.accounts.clock.forward(minutes=2)
    await resend.accounts.api.change("requestEmailVerification", ask)
    assert await letters.deliver() == 1
    assert len(letters.sent) == 1
    [dead] = [each for each in await resend.mails() if each["status"] == "dead"]
    assert dead["error"] == f"no mail goes to its address any more: {reason}"

    operator = Caller(viewer=None)
    await lift(resend.accounts.store, operator, "ann@one.example")
    assert await undeliverable(resend.accounts.store) == []
    assert (await resend.told())[-2:] == ["email_failed", "email_restored"]
    with pytest.raises(NotFoundError):
        await lift(resend.accounts.store, operator, "ann@one.example")
    resend.accounts.clock.forward(minutes=2)
    await resend.accounts.api.change("requestEmailVerification", ask)
    assert await letters.deliver() == 1
    assert len(letters.sent) == 2


async def test_an_address_that_refused_a_mail_for_now_gets_further_ones(resend: Resend, letters: Letters) -> None:
    mail = await sent(resend, letters)
    for bounce in ("Transient", "Undetermined"):
        assert await resend.tell("bounced", mail, bounce) == 204
    [noted] = await resend.mails()
    assert (noted["delivery"], noted["deliveryReason"]) == ("bounced", "transient")
    assert await undeliverable(resend.accounts.store) == []


async def test_another_address_gets_mails(resend: Resend, letters: Letters) -> None:
    mail = await sent(resend, letters)
    move: Statement[int] = Statement("move", "MATCH (n:Person) SET n.email = 'anna@one.example' RETURN 1 AS row")

    async def work(transaction: Transaction) -> None:
        await transaction.run(move, {})

    await resend.tell("bounced", mail, "Permanent")
    await resend.accounts.store.write(work)
    assert await undeliverable(resend.accounts.store) == []
    resend.accounts.clock.forward(minutes=2)
    await resend.accounts.api.change("requestEmailVerification", {"email": "anna@one.example"})
    assert await letters.deliver() == 1
    assert letters.sent[-1].address == "anna@one.example"


async def test_what_is_forged_late_or_no_message_is_refused_and_changes_nothing(
    resend: Resend, letters: Letters
) -> None:
    mail = await sent(resend, letters)
    good = json.dumps({"type": "email.bounced", "data": {"tags": {"one_mail": mail}, "bounce": {"type": "Permanent"}}})
    forged = "whsec_" + "QUJD" * 10
    assert await resend.post(good, secret=forged) == 401
    for late in (timedelta(minutes=6), timedelta(minutes=-6)):
        assert await resend.post(good, late=late) == 401
    for other in ("", "v1,", "v1,AAAA", "v1", "v2,AAAA", ",,", "v1,="):
        assert await resend.post(good, signature=other) == 401
    for at in ("", "nan", "1e400", "soon", str(int(datetime.now(UTC).timestamp()) + 1)):
        assert await resend.post(good, timestamp=at) == 401
    assert await resend.post(good, id="msg_2") == 401
    assert (await resend.http.post(resend.url, content=good)).status_code == 401
    assert (await resend.http.post(resend.url, content=b"\xff")).status_code == 401
    assert (await resend.http.get(resend.url)).status_code == 405
    for wrong in ("", "{", "[]", "null", '{"type": "email.bounced"}', '{"type": "email.bounced", "data": []}'):
        assert await resend.post(wrong) == 400
    assert await resend.post(" " * (LONGEST + 1)) == 413
    assert await resend.told() == ["email_sent"]
    assert (await resend.mails())[0]["delivery"] is None


async def test_what_is_told_of_other_mails_is_taken_and_changes_nothing(resend: Resend, letters: Letters) -> None:
    await sent(resend, letters)
    others: list[JSON] = ["mail_of_somebody_else", "", 7, None, ["x"], {"a": 1}, "x" * 5_000, "\x00"]
    for other in others:
        assert await resend.tell("delivered", other) == 204
    for tags in (None, [], [7], [{"name": "one_mail"}], "one_mail"):
        assert await resend.post(json.dumps({"type": "email.delivered", "data": {"tags": tags}})) == 204
    for kind in (None, 7, ["email.delivered"], "email.invented", "domain.updated"):
        assert await resend.post(json.dumps({"type": kind, "data": {}})) == 204
    assert await resend.told() == ["email_sent"]


async def test_the_same_message_many_times_at_once_is_noted_once(resend: Resend, letters: Letters) -> None:
    mail = await sent(resend, letters)
    assert set(await asyncio.gather(*(resend.tell("delivered", mail) for _ in range(8)))) == {204}
    assert await resend.told() == ["email_sent", "email_delivered"]
