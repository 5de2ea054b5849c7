"""Looking for products: pages in every order, exact counts of all that are found, and who is told of what."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Store
from tests.client import Answer, Api
from tests.conftest import served, wipe
from tests.worlds import World, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

CATEGORIES = ("course", "template", "service", "physical")
SEARCH = """query (
    $slug: String!, $first: Int!, $after: String, $search: String, $filter: ProductFilter, $order: ProductOrder,
    $below: Boolean! = false
) { group(slug: $slug) { products(
    first: $first, after: $after, search: $search, filter: $filter, order: $order, includeDescendants: $below
) {
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage endCursor }
    totalCount
    facets {
        categories { value count } labels { value count } sellers { count group { slug } }
        prices { atLeast { amount } below { amount currency } count }
    }
} } }"""


@dataclass(frozen=True)
class Ware:
    """A product as the test knows it."""

    name: str
    group: str
    status: str
    category: str
    price: int
    sale: int | None
    currency: str
    stock: int | None
    label: str | None

    @property
    def now(self) -> int:
        """What it costs."""
        return self.price if self.sale is None else min(self.price, self.sale)

    @property
    def on_sale(self) -> bool:
        """Whether that is less than usual."""
        return self.now < self.price


@dataclass
class Fair:
    """A public shop with a public stall below it, a private store room beside that, and wares in all three."""

    world: World
    wares: Sequence[Ware]
    member: Api
    nobody: Api
    groups: Mapping[str, str]


def ware(number: int, dice: random.Random) -> Ware:
    price = dice.choice([0, 5, 99, 100, 150, 1_999, 2_000, 4_999, 5_000, 123_456])
    return Ware(
        name=f"{dice.choice(['Blue', 'Red', 'Élan', 'zinc'])} {dice.choice(['mug', 'lamp'])} {number}",
        group=dice.choice(["shop", "shop", "stall", "room"]),
        status=dice.choice(["published", "published", "draft", "active"]),
        category=dice.choice(CATEGORIES),
        price=price,
        sale=dice.choice([None, None, price // 2, price + 1]),
        currency=dice.choice(["USD", "EUR"]),
        stock=dice.choice([None, 0, 3]),
        label=dice.choice([None, "colour:blue", "colour:red"]),
    )


@pytest.fixture(scope="module")
async def fair(migrated_store: Store) -> AsyncIterator[Fair]:
    await wipe(migrated_store)
    async with served(migrated_store) as http:
        world = await World.create(migrated_store, Api(http))
        groups = {"shop": await world.group("shop", visibility="public")}
        groups["stall"] = await world.group("stall", groups["shop"], visibility="public")
        groups["room"] = await world.group("room", groups["shop"])
        dice = random.Random(20261127)
        wares = [ware(number, dice) for number in range(60)]
        made = await world.make(**{f"w{number}": _new(each, groups) for number, each in enumerate(wares)})
        for number, each in enumerate(wares):
            if each.label is not None:
                given: JSONObject = {"id": made[f"w{number}"], "label": each.label}
                assert (await world.api.change("labelThing", given))["__typename"] == "LabelThingSuccess"
        member = await world.member("mia", "shop", role=PlatformRole.ORG_OWNER, member_role=MemberRole.VIEWER)
        yield Fair(world, wares, member, Api(http), groups)


def _new(each: Ware, groups: Mapping[str, str]) -> tuple[str, JSONObject]:
    properties: dict[str, JSON] = {
        "category": each.category,
        "price": {"amount": each.price, "currency": each.currency},
        "description": "Made by hand.",
    }
    if each.sale is not None:
        properties["salePrice"] = {"amount": each.sale, "currency": each.currency}
    if each.stock is not None:
        properties["stock"] = each.stock
    return new_thing(groups[each.group], "product", each.name, each.status, **properties)


async def ask(api: Api, first: int = 100, slug: str = "shop", **given: JSON) -> Answer:
    """What a search for products answers."""
    return await api.ask(SEARCH, {"slug": slug, "first": first, **given})


def names(answer: Answer) -> list[str]:
    """The products of a page."""
    return [str(each) for each in answer.each("group.products.nodes")]


def counted(answer: Answer, facet: str) -> dict[str, JSON]:
    """A facet of categories or of labels."""
    found = cast("list[Mapping[str, JSON]]", answer.at(f"group.products.facets.{facet}"))
    return {str(each["value"]): each["count"] for each in found}


def tally(wares: Sequence[Ware], value: Callable[[Ware], str | None]) -> dict[str, int]:
    """How many have each value."""
    found: dict[str, int] = {}
    for each in wares:
        if (key := value(each)) is not None:
            found[key] = found.get(key, 0) + 1
    return found


FILTERS: Mapping[str, tuple[JSONObject, Callable[[Ware], bool]]] = {
    "nothing": ({}, lambda _: True),
    "categories": ({"categories": ["course", "physical"]}, lambda each: each.category in {"course", "physical"}),
    "none": ({"categories": []}, lambda _: False),
    "labels": ({"labels": ["colour:blue"]}, lambda each: each.label == "colour:blue"),
    "two labels": ({"labels": ["colour:blue", "colour:red"]}, lambda _: False),
    "price": (
        {"price": {"currency": "USD", "atLeast": "1.00", "atMost": "20.00"}},
        lambda each: each.currency == "USD" and 100 <= each.now <= 2_000,
    ),
    "currency": ({"price": {"currency": "EUR"}}, lambda each: each.currency == "EUR"),
    "in stock": ({"inStock": True}, lambda each: each.stock != 0),
    "sold out": ({"inStock": False}, lambda each: each.stock == 0),
    "on sale": ({"onSale": True}, lambda each: each.on_sale),
    "drafts": ({"statuses": ["draft"]}, lambda each: each.status == "draft"),
    "archived": ({"statuses": ["archived"]}, lambda _: False),
    "all of it": (
        {"categories": ["course", "service"], "inStock": True, "price": {"currency": "USD", "atLeast": "0.05"}},
        lambda each: (
            each.category in {"course", "service"} and each.stock != 0 and each.currency == "USD" and each.now >= 5
        ),
    ),
}


@pytest.mark.parametrize("text", [None, "mug"])
@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("who", ["owner", "member", "nobody"])
@pytest.mark.parametrize("name", FILTERS)
async def test_what_is_found_and_counted_is_what_is_there_to_see(
    fair: Fair, name: str, who: str, below: bool, text: str | None
) -> None:
    given, holds = FILTERS[name]
    api = {"owner": fair.world.api, "member": fair.member, "nobody": fair.nobody}[who]
    places = {"shop"} if not below else {"shop", "stall"} if who == "nobody" else {"shop", "stall", "room"}
    seen = [
        each
        for each in fair.wares
        if each.group in places
        and (who != "nobody" or each.status == "published")
        and (text is None or text in each.name)
    ]
    expected = [each for each in seen if holds(each)]
    answer = await ask(api, filter=given, below=below, search=text)
    assert sorted(names(answer)) == sorted(each.name for each in expected)
    assert answer.at("group.products.totalCount") == len(expected)
    assert counted(answer, "labels") == tally(expected, lambda each: each.label)
    sellers = cast("list[Mapping[str, JSON]]", answer.at("group.products.facets.sellers"))
    by_group = {cast("Mapping[str, str]", each["group"])["slug"]: each["count"] for each in sellers}
    assert by_group == tally(expected, lambda each: each.group)
    assert sorted(counted(answer, "labels").values(), key=lambda count: -cast("int", count)) == list(
        counted(answer, "labels").values()
    )
    # What is said of its own is left aside in these two.
    others = {**given, "categories": None}
    free = FILTERS["all of it"][1] if name == "all of it" else holds
    if "categories" in given:
        asked = await ask(api, filter=others, below=below, search=text)
        assert counted(answer, "categories") == counted(asked, "categories")
    else:
        assert counted(answer, "categories") == tally([each for each in seen if free(each)], lambda each: each.category)
    prices = cast("list[Mapping[str, JSON]]", answer.at("group.products.facets.prices"))
    if "price" not in given:
        assert sum(cast("int", each["count"]) for each in prices) == len(expected)


async def test_ranges_of_prices_hold_each_product_once(fair: Fair) -> None:
    answer = await ask(fair.world.api)
    prices = cast("list[Mapping[str, JSON]]", answer.at("group.products.facets.prices"))
    for each in prices:
        low, high = (cast("Mapping[str, str]", each[name]) for name in ("atLeast", "below"))
        lower, upper = (round(float(amount) * 100) for amount in (low["amount"], high["amount"]))
        within = [
            ware
            for ware in fair.wares
            if ware.group == "shop" and ware.currency == high["currency"] and lower <= ware.now < upper
        ]
        assert each["count"] == len(within) > 0
    assert sum(cast("int", each["count"]) for each in prices) == answer.at("group.products.totalCount")


ORDERS: Mapping[str, Callable[[Ware], tuple[object, ...]]] = {
    "price_up": lambda each: (each.currency, each.now),
    "price_down": lambda each: (each.currency, -each.now),
    "name": lambda each: (each.name.lower().replace("é", "e"),),
}


@pytest.mark.parametrize("text", [None, "hand"])
@pytest.mark.parametrize("order", [*ORDERS, "newest", None])
async def test_pages_follow_each_other_in_every_order_and_leave_nothing_out(
    fair: Fair, order: str | None, text: str | None
) -> None:
    found: list[str] = []
    after: JSON = None
    while True:
        answer = await ask(fair.member, first=7, after=after, order=order, below=True, search=text)
        found += names(answer)
        assert answer.at("group.products.pageInfo.hasPreviousPage") is (after is not None)
        if not answer.at("group.products.pageInfo.hasNextPage"):
            break
        after = answer.at("group.products.pageInfo.endCursor")
    wares = {each.name: each for each in fair.wares}
    assert len(found) == len(set(found)) == len(wares)
    if order is not None and order in ORDERS:
        keys = [ORDERS[order](wares[name]) for name in found]
        assert keys == sorted(keys)
    if order == "newest" or (order is None and text is None):
        again = await ask(fair.member, order="newest", below=True)
        assert names(again) == found


async def test_a_person_who_owns_a_product_is_its_seller_to_those_who_see_them(fair: Fair) -> None:
    person = str((await fair.world.api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    product = await fair.world.api.ask(
        'query { group(slug: "shop") { products(first: 1, filter: {statuses: [published]}) { nodes { id name } } } }'
    )
    await fair.world.connect("owns", person, str(product.at("group.products.nodes.0.id")))
    wanted: JSONObject = {"sellerIds": [person]}
    assert names(await ask(fair.world.api, filter=wanted)) == [product.at("group.products.nodes.0.name")]
    assert names(await ask(fair.nobody, filter=wanted)) == []
    stall: JSONObject = {"sellerIds": [fair.groups["stall"]]}
    found = names(await ask(fair.member, filter=stall, below=True))
    assert sorted(found) == sorted(each.name for each in fair.wares if each.group == "stall")


async def test_a_search_takes_as_many_round_trips_for_many_groups_as_for_one(fair: Fair, statements: list[str]) -> None:
    selection = """products(first: 5) { nodes { name images { url } revenueShares { share } } totalCount
        facets { categories { count } labels { count } sellers { count group { slug } } prices { count } } }"""
    await fair.member.ask(f'{{ group(slug: "shop") {{ {selection} }} }}')
    one = list(statements)
    statements.clear()
    await fair.member.ask(f'{{ group(slug: "shop") {{ children(first: 5) {{ nodes {{ {selection} }} }} }} }}')
    assert {name for name in one if "products" in name} == {
        "list_products",
        "count_products",
        "count_labels_of_products",
        "count_sellers_of_products",
    }
    assert len([name for name in statements if "product" in name]) == len([name for name in one if "product" in name])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"search": "..."}, "search"),
        ({"order": "relevance"}, "order"),
        ({"after": "x"}, "after"),
        ({"filter": {"price": {"currency": "USD", "atLeast": "0.001"}}}, "filter.price.atLeast"),
        ({"filter": {"price": {"currency": "USD", "atMost": "-1"}}}, "filter.price.atMost"),
        ({"filter": {"labels": ["blue"]}}, "filter.labels.0"),
        ({"filter": {"sellerIds": ["x"]}}, "filter.sellerIds.0"),
        ({"filter": {"sellerIds": ["x"] * 101}}, "filter.sellerIds"),
    ],
)
async def test_a_search_that_cannot_be_says_where(fair: Fair, given: JSONObject, field: str) -> None:
    answer = await ask(fair.member, **{"first": 5, **given})  # type: ignore[arg-type] # a page of so many
    assert answer.codes == ["VALIDATION"]
    assert cast("Mapping[str, JSON]", answer.errors[0]["extensions"])["field"] == field


async def test_a_cursor_is_of_one_search(fair: Fair) -> None:
    cursor = (await ask(fair.member, first=2)).at("group.products.pageInfo.endCursor")
    answer = await ask(fair.member, first=2, after=cursor, order="name")
    assert answer.codes == ["VALIDATION"]


async def test_too_many_products_are_refused(fair: Fair) -> None:
    async with served(fair.world.store, scan_limit=10) as http:
        api = Api(http, fair.world.api.secret)
        assert (await ask(api)).codes == ["TOO_BROAD"]
        assert (await ask(api, search="hand")).codes == ["TOO_BROAD"]
