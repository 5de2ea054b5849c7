"""Mails and webhooks whose worker dies between any two steps: each arrives, and those of one object in their order."""

from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.store import Statement, Store
from services.mail import LEASE as MAIL_LEASE
from services.webhook_sending import LEASE
from tests.accounts import TurnedClock
from tests.client import Api
from tests.component.crashes import Fault, Killed
from tests.component.market import SHIPMENT, Market, made, opened
from tests.conftest import served
from tests.receiver import Receiver, Worker, receiving
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

MAILS: Statement[Mapping[str, JSON]] = Statement(
    "mails_of_orders", "MATCH (mail:Mail) RETURN mail {.id, .status, .template} AS row ORDER BY mail.id"
)
UNSENT: Statement[int] = Statement(
    "unsent", "MATCH (n:WebhookDelivery) WHERE n.state = 'pending' RETURN count(n) AS row"
)


@pytest.fixture
async def market(migrated_store: Store) -> AsyncIterator[Market]:
    """A shop."""
    async with opened(migrated_store) as shop:
        yield shop


async def test_each_mail_of_an_order_is_sent_though_the_worker_dies_at_every_step(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, mug = await market.buyer("nan"), await market.product("Mug", 1_000)
    order = str((await market.ordered(buyer, **{mug: 1}))["id"])
    made(await market.pay(order, "10.00"), "payment")
    made(await market.fulfil(order, {mug: SHIPMENT}), "order")
    waiting = await market.world.store.read(MAILS, {})
    assert [each["template"] for each in waiting] == ["order_placed", "order_fulfilled"]
    fault, number, deaths = Fault(monkeypatch, Killed), 0, 0
    while any(each["status"] == "pending" for each in await market.world.store.read(MAILS, {})):
        number += 1
        fault.arm(number)
        try:
            await market.letters.deliver()
        except Killed:
            deaths += 1
        fault.arm(0)
        market.clock.ahead += MAIL_LEASE
    assert deaths > 3
    assert {str(each["status"]) for each in await market.world.store.read(MAILS, {})} == {"sent"}
    subjects = [message.subject for message in market.letters.sent]
    assert len(set(subjects)) == 2
    assert len(subjects) >= 2


async def test_each_event_of_an_order_arrives_in_order_though_the_worker_dies_at_every_step(
    store: Store, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(store, clock=clock, local_webhooks=True) as http, receiving() as receiver:
        world = await World.create(store, Api(http))
        await world.group("shop", visibility="public")
        ada = await world.member(
            "ada", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
        )
        [order, expected] = await _followed(world, ada, receiver)
        fault, number, deaths = Fault(monkeypatch, Killed), 0, 0
        while number == 0 or await store.read(UNSENT, {}) != [0] or len(receiver.taken()) < len(expected):
            number += 1
            worker = await Worker.start(store, clock)  # of a server that was started again
            fault.arm(number)
            try:
                await worker.tell()
            except Killed:
                deaths += 1
            fault.arm(0)
            clock.ahead += LEASE
        assert deaths > 3
        got = [str(each.told["type"]) for each in receiver.got if each.target == order]
        assert list(dict.fromkeys(got)) == expected, got
        assert sorted(got, key=expected.index) == got, "one that came again came before the next"


async def _followed(world: World, ada: Api, receiver: Receiver) -> tuple[str, list[str]]:
    """An order of a group with a webhook, and the events of it that the webhook gets."""
    answer = await ada.ask('{ group(slug: "shop") { id } }')
    shop = str(answer.at("group.id"))
    types: list[JSON] = ["order_created", "order_paid", "order_fulfilled"]
    given: dict[str, JSON] = {"groupId": shop, "name": "Books", "url": f"{receiver.url}/hook", "eventTypes": types}
    assert "secret" in await ada.change("createWebhook", given, "secret")
    properties: dict[str, JSON] = {"category": "physical", "price": {"amount": 100, "currency": "USD"}}
    mug = await world.thing("Mug", shop, "product", status="published", properties=properties)
    line: JSON = {"productId": mug, "quantity": 1}
    placed = made(await ada.change("placeOrder", {"lines": [line], "idempotencyKey": "a"}, "order { id }"), "order")
    money: JSON = {"amount": "1.00", "currency": "USD"}
    paying: dict[str, JSON] = {"orderId": placed["id"], "amount": money, "method": "cash", "idempotencyKey": "a"}
    made(await ada.change("recordPayment", paying, "payment { id }"), "payment")
    delivered: JSON = [{"productId": mug, "receipt": SHIPMENT}]
    made(await ada.change("fulfilOrder", {"orderId": placed["id"], "lines": delivered}, "order { id }"), "order")
    return str(placed["id"]), cast("list[str]", types)
