"""Lists of orders: what each filter lets through, whose they are, and what they come to."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import cast

import pytest

from domain.access import KeyScope
from domain.order_states import OrderState
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store, Transaction
from services.filling import fill_standard_filters
from tests.client import Answer, Api
from tests.conftest import served, wipe
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sale:
    """An order as the test made it; prices are in cents."""

    id: str
    seller: str
    customer: str
    product: str
    state: str
    placed: datetime
    currency: str
    price: int
    quantity: int
    discount: Decimal
    fee_share: Decimal
    refunded: int

    @property
    def net(self) -> Decimal:
        return self.price * self.quantity * (1 - self.discount) * CENT

    @property
    def total(self) -> Decimal:
        return self.net.quantize(CENT)


@dataclass(frozen=True)
class Fair:
    """Shops, what they sold, and whoever asks about it."""

    world: World
    groups: Mapping[str, str]
    people: Mapping[str, str]
    products: Mapping[str, str]
    sales: Sequence[Sale]
    askers: Mapping[str, tuple[Api, Callable[[Sale], bool]]]


@pytest.fixture(scope="module")
async def fair(migrated_store: Store) -> AsyncIterator[Fair]:
    """Forty orders at a shop, at its annex and at a stall of somebody else's."""
    await wipe(migrated_store)
    async with served(migrated_store) as client:
        yield await opened(await World.create(migrated_store, Api(client)))


async def opened(world: World) -> Fair:
    shop = await world.group("shop")
    groups = {"shop": shop, "annex": await world.group("annex", parent=shop), "stall": await world.group("stall")}
    await world.group("lobby")
    roles = {
        "ann": (PlatformRole.CUSTOMER, "lobby"),
        "ben": (PlatformRole.ORG_USER, "stall"),
        "sally": (PlatformRole.ORG_USER, "shop"),
        "otto": (PlatformRole.ORG_OWNER, "shop"),
        "vic": (PlatformRole.ORG_USER, "lobby"),
    }
    apis = {
        name: await world.member(name, place, role=role, scope=KeyScope.READ, member_role=MemberRole.OWNER)
        for name, (role, place) in roles.items()
    }
    people = {
        name: str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id")) for name, api in apis.items()
    }
    price: JSONObject = {"category": "physical", "price": {"amount": 1, "currency": "USD"}}
    products = {
        f"{place} {number}": await world.thing(f"{place} {number}", groups[place], "product", properties=price)
        for place in groups
        for number in range(2)
    }
    random = Random(5)
    sales = [await sold(world, random, groups, people, products) for _ in range(40)]
    held = {"sally": {"shop"}, "otto": {"shop", "annex"}, "ben": {"stall"}, "ann": set[str](), "vic": set[str]()}
    askers: dict[str, tuple[Api, Callable[[Sale], bool]]] = {"owner": (world.api, lambda _sale: True)}
    for name, places in held.items():
        ids = {groups[place] for place in places}
        askers[name] = (apis[name], seeing(ids, people[name]))
    return Fair(world, groups, people, products, sales, askers)


def seeing(groups: AbstractSet[str], person: str) -> Callable[[Sale], bool]:
    """What somebody sees who reads what these groups hold, and what they bought."""
    return lambda sale: sale.seller in groups or sale.customer == person


async def sold(
    world: World,
    random: Random,
    groups: Mapping[str, str],
    people: Mapping[str, str],
    products: Mapping[str, str],
) -> Sale:
    """An order by chance, as an operator records what was sold elsewhere."""
    product = random.choice(sorted(products))
    seller = groups[product.split(" ")[0]]
    sale = Sale(
        "",
        seller,
        people[random.choice(("ann", "ben", "vic"))],
        products[product],
        random.choice(tuple(OrderState)).value,
        FIRST + timedelta(hours=random.randrange(100)),
        random.choice(("USD", "EUR")),
        random.choice((333, 1_000, 4_999)),
        random.randrange(1, 5),
        random.choice((Decimal(0), Decimal("0.15"), Decimal("0.3333"))),
        random.choice((Decimal("0.05"), Decimal("0.0333"))),
        random.choice((0, 0, 7)),
    )
    line: JSONObject = {
        "productId": sale.product,
        "name": product,
        "unitPrice": sale.price,
        "quantity": sale.quantity,
        "discount": str(sale.discount),
        "feeShare": str(sale.fee_share),
    }
    properties: JSONObject = {
        "number": "1",
        "state": sale.state,
        "currency": sale.currency,
        "lines": [line],
        "placedAt": sale.placed.isoformat(),
        "customerId": sale.customer,
        "refunded": sale.refunded,
    }
    made = await world.thing("Order", sale.seller, "order", properties=properties)
    return Sale(made, *(getattr(sale, name) for name in list(Sale.__annotations__)[1:]))


TOTALS = """{
    orders lines net { amount currency } fees { amount } refunded { amount } byState { state orders net { amount } }
}"""
ASKED = f"""query ($filter: OrderFilter) {{
    orders(first: 100, filter: $filter) {{ totalCount nodes {{ id }} }} orderTotals(filter: $filter) {TOTALS}
}}"""


def plain(amount: Decimal) -> str:
    """As the server writes an amount of cents, which may have parts."""
    short = amount.normalize()
    return f"{short:f}" if cast("int", short.as_tuple().exponent) < -2 else f"{amount:.2f}"


def come_to(sales: Sequence[Sale]) -> JSON:
    """The sums of orders, one for each currency."""
    found: list[JSON] = []
    for currency in sorted({each.currency for each in sales}):
        some = [each for each in sales if each.currency == currency]
        by_state: list[JSON] = []
        for state in OrderState:
            of_it = [each for each in some if each.state == state]
            if of_it:
                net = plain(sum((each.net for each in of_it), Decimal(0)))
                by_state.append({"state": state.value, "orders": len(of_it), "net": {"amount": net}})
        found.append(
            {
                "orders": len(some),
                "lines": len(some),
                "net": {"amount": plain(sum((each.net for each in some), Decimal(0))), "currency": currency},
                "fees": {"amount": plain(sum((each.net * each.fee_share for each in some), Decimal(0)))},
                "refunded": {"amount": plain(sum(each.refunded for each in some) * CENT)},
                "byState": by_state,
            }
        )
    return found


def drawn(fair: Fair, random: Random) -> tuple[JSONObject, Callable[[Sale], bool]]:
    """A filter, and what it says in other words."""
    annexed = {fair.groups["shop"], fair.groups["annex"]}
    seller, product = random.choice(sorted(fair.groups.values())), random.choice(sorted(fair.products.values()))
    customer, states = fair.people[random.choice(("ann", "ben", "vic"))], random.sample(sorted(OrderState), 3)
    since, until = FIRST + timedelta(hours=20), FIRST + timedelta(hours=70)
    least, most = Decimal(10), Decimal("49.99")
    every: list[tuple[str, JSON, Callable[[Sale], bool]]] = [
        ("seller", seller, lambda each: each.seller == seller),
        ("inSubtreeOf", fair.groups["shop"], lambda each: each.seller in annexed),
        ("customer", customer, lambda each: each.customer == customer),
        ("product", product, lambda each: each.product == product),
        ("states", [each.value for each in states], lambda each: each.state in states),
        (
            "placedAt",
            {"from": since.isoformat(), "before": until.isoformat()},
            lambda each: since <= each.placed < until,
        ),
        (
            "total",
            {"currency": "USD", "atLeast": str(least), "atMost": str(most)},
            lambda each: each.currency == "USD" and least <= each.total <= most,
        ),
    ]
    chosen = random.sample(every, random.choice((0, 1, 1, 1, 2, 2, 3)))
    return {name: value for name, value, _ in chosen}, lambda sale: all(test(sale) for _, _, test in chosen)


def ids(sales: Sequence[Sale]) -> list[str]:
    """The newest first, as they were made."""
    return [each.id for each in sales][::-1]


@pytest.mark.timeout(600)
async def test_a_filter_lets_through_what_it_says_of_what_the_asker_sees(fair: Fair) -> None:
    random, met = Random(11), 0
    for number in range(24):  # the store takes a second to plan each
        wanted, holds = drawn(fair, random)
        name = sorted(fair.askers)[number % len(fair.askers)]
        api, sees = fair.askers[name]
        expected = [each for each in fair.sales if sees(each) and holds(each)]
        if "inSubtreeOf" in wanted:  # which is read as far as the groups are one's own
            places = {"owner": {"shop", "annex"}, "otto": {"shop", "annex"}, "sally": {"shop"}}.get(name, set())
            expected = [each for each in expected if each.seller in {fair.groups[place] for place in places}]
        met += bool(expected)
        answer = await api.ask(ASKED, filter=wanted)
        assert answer.each("orders.nodes", "id") == ids(expected), (name, wanted)
        assert answer.at("orders.totalCount") == len(expected)
        assert answer.at("orderTotals") == come_to(expected), (name, wanted)
    assert met > 8


async def test_each_filter_by_itself_finds_orders_and_leaves_some_out(fair: Fair) -> None:
    random, seen = Random(3), Counter[str]()
    while len(seen) < 7:
        wanted, holds = drawn(fair, random)
        if len(wanted) != 1 or next(iter(wanted)) in seen:
            continue
        expected = [each for each in fair.sales if holds(each)]
        answer = await fair.world.api.ask(ASKED, filter=wanted)
        assert answer.each("orders.nodes", "id") == ids(expected)
        assert 0 < len(expected) < len(fair.sales)
        seen[next(iter(wanted))] += 1


async def test_a_group_and_the_viewer_list_their_own_by_the_same_filter(fair: Fair) -> None:
    query = f"""query ($filter: OrderFilter) {{
        group(slug: "shop") {{
            own: orders(first: 100, filter: $filter) {{ totalCount nodes {{ id }} }}
            below: orders(first: 100, filter: $filter, includeDescendants: true) {{ totalCount nodes {{ id }} }}
            orderTotals(filter: $filter) {TOTALS}
        }}
        viewer {{ orders(first: 100, filter: $filter) {{ nodes {{ id }} }} orderTotals(filter: $filter) {TOTALS} }}
    }}"""
    shop, annex = fair.groups["shop"], fair.groups["annex"]
    filters: list[tuple[JSONObject | None, Callable[[Sale], bool]]] = [
        (None, lambda _each: True),
        ({"states": ["paid"]}, lambda each: each.state == "paid"),
        ({"states": ["paid", "pending"]}, lambda each: each.state in {"paid", "pending"}),
        ({"placedAt": {"from": FIRST.isoformat()}, "states": ["completed"]}, lambda each: each.state == "completed"),
    ]
    for name in ("owner", "otto", "sally"):
        api, sees = fair.askers[name]
        me = fair.people.get(name)
        for wanted, holds in filters:
            answer = await api.ask(query, filter=wanted)
            found = [each for each in fair.sales if holds(each)]
            own = [each for each in found if each.seller == shop]
            both = [each for each in found if each.seller in {shop, annex} and sees(each)]
            assert answer.at("group.own.nodes") == [{"id": each} for each in ids(own)], (name, wanted)
            assert answer.at("group.below.nodes") == [{"id": each} for each in ids(both)], (name, wanted)
            assert [answer.at("group.own.totalCount"), answer.at("group.below.totalCount")] == [len(own), len(both)]
            assert answer.at("group.orderTotals") == come_to(both)
            bought = [each for each in found if each.customer == me]
            assert answer.at("viewer.orders.nodes") == [{"id": each} for each in ids(bought)]
    vic, _ = fair.askers["vic"]
    bought = [each for each in fair.sales if each.customer == fair.people["vic"]]
    answer = await vic.ask(query)
    assert answer.at("group") is None
    assert answer.at("viewer.orders.nodes") == [{"id": each} for each in ids(bought)]
    assert answer.at("viewer.orderTotals") == come_to(bought)


async def test_pages_of_orders_skip_and_repeat_nothing(fair: Fair) -> None:
    for wanted in ({"states": ["paid", "pending", "completed"]}, {"placedAt": {"from": FIRST.isoformat()}}):
        found: list[JSON] = []
        after = None
        while True:
            answer = await fair.world.api.ask(
                """query ($filter: OrderFilter, $after: String) {
                    orders(first: 3, after: $after, order: oldest_first, filter: $filter) {
                        nodes { id } pageInfo { hasNextPage endCursor }
                    }
                }""",
                filter=wanted,
                after=after,
            )
            found += answer.each("orders.nodes", "id")
            after = answer.at("orders.pageInfo.endCursor")
            if not answer.at("orders.pageInfo.hasNextPage"):
                break
        states = wanted.get("states")
        assert found == [each.id for each in fair.sales if states is None or each.state in states]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"states": []}, "filter.states"),
        ({"seller": "per_x"}, "filter.seller"),
        ({"product": "x"}, "filter.product"),
        ({"total": {"currency": "USD"}}, "filter.total"),
        ({"total": {"currency": "USD", "atLeast": "0.001"}}, "filter.total.atLeast.amount"),
        ({"total": {"currency": "USD", "atMost": "-1"}}, "filter.total.atMost.amount"),
        ({"placedAt": {"from": "2026-01-01T00:00:00"}}, "filter.placedAt.from"),
    ],
)
async def test_a_filter_that_is_not_right_is_refused_with_its_place(fair: Fair, wanted: JSONObject, field: str) -> None:
    answer: Answer = await fair.world.api.ask(ASKED, filter=wanted)
    errors = cast("list[dict[str, JSONObject]]", answer.body["errors"])
    assert {str(each["extensions"].get("field")) for each in errors} == {field}


async def test_nobody_lists_orders_without_saying_who_they_are(fair: Fair) -> None:
    answer = await fair.world.api.as_holder_of(None).ask(ASKED)
    assert set(answer.codes) == {"UNAUTHENTICATED"}


async def test_an_order_tells_who_sells_who_bought_and_what_was_paid(fair: Fair, statements: list[str]) -> None:
    fields = """{ seller { slug } customer { ... on Person { username } } total { amount }
        payments(first: 10) { totalCount nodes { state amount { amount } refundOf { id } } } }"""
    sale = next(each for each in fair.sales if each.seller == fair.groups["shop"])
    name = next(name for name, person in fair.people.items() if person == sale.customer)
    paid: JSONObject = {"orderId": sale.id, "amount": {"amount": 500, "currency": sale.currency}, "state": "confirmed"}
    first = await fair.world.thing("Paid", sale.seller, "payment", properties={**paid, "customerId": sale.customer})
    back: JSONObject = {**paid, "refundOf": first, "state": "pending"}
    await fair.world.thing("Back", sale.seller, "payment", properties=back)
    answer = await fair.world.api.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Order {fields} }} }}", id=sale.id)
    assert answer.at("node") == {
        "seller": {"slug": "shop"},
        "customer": {"username": name},
        "total": {"amount": plain(sale.total)},
        "payments": {
            "totalCount": 2,
            "nodes": [
                {"state": "confirmed", "amount": {"amount": "5.00"}, "refundOf": None},
                {"state": "pending", "amount": {"amount": "5.00"}, "refundOf": {"id": first}},
            ],
        },
    }
    buyer, _ = fair.askers[name]
    own = await buyer.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Order {fields} }} }}", id=sale.id)
    assert own.at("node.payments.totalCount") == 1  # the other names no customer
    counts = []
    for first_rows in (1, 20):
        statements.clear()
        await fair.world.api.ask(f"{{ orders(first: {first_rows}) {{ totalCount nodes {fields} }} }}")
        counts.append(Counter(statements))
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) <= 7


COLUMNS: Statement[Mapping[str, JSON]] = Statement(
    "columns_of_orders",
    "MATCH (thing:Order) RETURN thing {.id, .total, .feeWhole, .feeRest, .refunded, .netScaled} AS row ORDER BY row.id",
)
FORGET: Statement[int] = Statement(
    "forget_columns",
    """MATCH (thing:Order) REMOVE thing.total, thing.feeWhole, thing.feeRest, thing.refunded
    WITH count(*) AS orders MATCH (setting:Setting {name: 'filled_columns'}) DELETE setting RETURN orders AS row""",
)


async def test_what_is_added_up_is_filled_in_orders_of_before(fair: Fair) -> None:
    before = await fair.world.store.read(COLUMNS, {})
    assert all(each["total"] is not None for each in before)
    await fill_standard_filters(fair.world.store)

    async def forget(transaction: Transaction) -> None:
        await transaction.run(FORGET, {})

    await fair.world.store.write(forget)
    assert await fair.world.store.read(COLUMNS, {}) != before
    await fill_standard_filters(fair.world.store)
    assert await fair.world.store.read(COLUMNS, {}) == before


READY = """query ($seller: ID!, $from: DateTime!) {
    today: orderTotals(filter: { inSubtreeOf: $seller, placedAt: { from: $from } }) {
        orders net { amount } refunded { amount } byState { state orders }
    }
    waiting: orders(first: %(rows)d, filter: { inSubtreeOf: $seller, states: [paid] }) {
        totalCount nodes { id number }
    }
    all: orders(first: %(rows)d, filter: { seller: $seller }) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes {
            number state placedAt total { amount } customer { ... on Person { displayName } }
            lines { name product { id } } payments(first: 1) { nodes { state } } seller { name }
        }
    }
}"""


async def test_a_dashboard_takes_as_many_round_trips_for_one_order_as_for_twenty(
    fair: Fair, statements: list[str]
) -> None:
    counts = []
    for rows in (1, 20):
        statements.clear()
        answer = await fair.world.api.ask(
            READY % {"rows": rows}, seller=fair.groups["shop"], **{"from": FIRST.isoformat()}
        )
        assert len(answer.each("all.nodes", "number")) <= rows
        counts.append(Counter(statements))
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) <= 11
