"""A public shop with an owner, and people who buy there, at a time that a test chooses."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Store
from services.order_ending import Expiry
from tests.accounts import TurnedClock
from tests.client import Api
from tests.conftest import served, wipe
from tests.letters import Letters
from tests.worlds import World

ORDER = "order { id number state version nextStates }"
PAYMENT = "payment { id state order { id state nextStates } }"
REFUND = "refund { id state amount { amount } order { id state refunded { amount } } refundOf { id state } }"
RECONCILE = """query ($seller: ID!, $first: Int!, $after: String) {
    orderReconciliation(seller: $seller, first: $first, after: $after) {
        lookedAt endCursor discrepancies { rule detail settledBy node { id } }
    }
}"""
SHIPMENT: JSONObject = {"shipment": {"carrier": "Post", "tracking": "T-1"}}


def usd(amount: str) -> JSONObject:
    """That many dollars."""
    return {"amount": amount, "currency": "USD"}


@dataclass
class Market:
    """The shop `group`, which `seller` owns."""

    world: World
    clock: TurnedClock
    letters: Letters
    group: str
    seller: Api
    keys: int = 0
    buyers: dict[str, Api] = field(default_factory=dict)

    async def buyer(self, name: str, role: PlatformRole = PlatformRole.CUSTOMER) -> Api:
        """Somebody who buys, always the same under that name."""
        if name not in self.buyers:
            self.buyers[name] = await self.world.member(name, "lobby", role=role, scope=KeyScope.WRITE)
        return self.buyers[name]

    async def product(self, name: str, price: int = 1_600, group: str | None = None, **more: JSON) -> str:
        """A published product of the shop."""
        status = more.pop("status", "published")
        properties: JSONObject = {
            "category": "physical",
            "price": {"amount": price, "currency": str(more.pop("currency", "USD"))},
            **more,
        }
        return await self.world.thing(name, group or self.group, "product", status=status, properties=properties)

    def key(self) -> str:
        """An idempotency key that was never used."""
        self.keys += 1
        return f"key-{self.keys}"

    async def place(
        self, buyer: Api, lines: Mapping[str, int], key: str | None = None, answer: str = ORDER, **more: JSON
    ) -> Mapping[str, JSON]:
        """What placing an order of so many of each product answers."""
        wanted: JSON = [{"productId": product, "quantity": quantity} for product, quantity in lines.items()]
        given: JSONObject = {"lines": wanted, "idempotencyKey": key or self.key(), **more}
        return await buyer.change("placeOrder", given, answer)

    async def ordered(self, buyer: Api, **lines: int) -> dict[str, JSON]:
        """An order of so many of each product."""
        return made(await self.place(buyer, lines), "order")

    async def pay(self, order: JSON, amount: str, key: str | None = None, by: Api | None = None) -> Mapping[str, JSON]:
        """What recording a payment answers."""
        given: JSONObject = {
            "orderId": order,
            "amount": usd(amount),
            "method": "bank transfer",
            "idempotencyKey": key or self.key(),
        }
        return await (by or self.seller).change("recordPayment", given, PAYMENT)

    async def fulfil(
        self, order: JSON, receipts: Mapping[str, JSONObject], by: Api | None = None
    ) -> Mapping[str, JSON]:
        """What fulfilling lines answers, by their products."""
        lines: JSON = [{"productId": product, "receipt": receipt} for product, receipt in receipts.items()]
        return await (by or self.seller).change("fulfilOrder", {"orderId": order, "lines": lines}, ORDER)

    async def refund(self, by: Api, order: JSON, of: JSONObject, key: str | None = None) -> Mapping[str, JSON]:
        """What asking for a refund answers."""
        given: JSONObject = {"orderId": order, "of": of, "reason": "Broken.", "idempotencyKey": key or self.key()}
        return await by.change("requestRefund", given, REFUND)

    async def decide(self, refund: JSON, verdict: str = "approve", by: Api | None = None) -> Mapping[str, JSON]:
        """What approving or declining one answers."""
        return await (by or self.seller).change(f"{verdict}Refund", {"refundId": refund}, REFUND)

    async def expire(self) -> Mapping[str, JSON]:
        """What becomes of what is not paid a day later: as a mutation would answer."""
        self.clock.forward(hours=25)
        ended = await Expiry(self.world.store, self.clock)()
        self.clock.ahead *= 0
        return (
            {"order": ""} if ended else {"__typename": "ConflictError", "conflict": "state", "message": "Nothing is."}
        )

    async def show(self, identifier: JSON) -> Mapping[str, JSON]:
        """An order or a product as the platform owner sees it."""
        answer = await self.world.api.ask(
            """query ($id: ID!) { node(id: $id) {
                ... on Order { state version number refunded { amount currency } history(first: 20) { totalCount } }
                ... on Product { stock version properties history(first: 20) { totalCount } }
            } }""",
            id=identifier,
        )
        return cast("Mapping[str, JSON]", answer.at("node"))

    async def stock(self, product: JSON) -> JSON:
        """How many of a product are left."""
        return (await self.show(product))["stock"]


def made(answer: Mapping[str, JSON], what: str) -> dict[str, JSON]:
    """What a mutation that succeeded made."""
    assert what in answer, answer
    return cast("dict[str, JSON]", answer[what])


async def reconcile(by: Api, seller: str, first: int = 100) -> tuple[int, list[Mapping[str, JSON]]]:
    """How many orders and products were looked at, page by page, and what does not fit."""
    looked_at, found, after = 0, list[Mapping[str, JSON]](), None
    while True:
        answer = await by.ask(RECONCILE, seller=seller, first=first, after=after)
        page = cast("Mapping[str, JSON]", answer.at("orderReconciliation"))
        looked_at += cast("int", page["lookedAt"])
        found += cast("list[Mapping[str, JSON]]", page["discrepancies"])
        after = page["endCursor"]
        if after is None:
            return looked_at, found


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Market]:
    """A shop in a store that held nothing."""
    await wipe(store)
    clock = TurnedClock()
    async with served(store, clock=clock) as client:
        world = await World.create(store, Api(client))
        await world.group("lobby")
        group = await world.group("shop", visibility="public")
        seller = await world.member(
            "sally", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.OWNER
        )
        yield Market(world, clock, Letters(store, clock), group, seller)
