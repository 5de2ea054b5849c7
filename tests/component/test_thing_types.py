"""Thing types: every one of the catalogue can be created, and the built-in ones show fields of their own."""

from collections.abc import Mapping
from typing import cast

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

from domain.thing_types import THING_TYPES
from domain.values import JSON, JSONObject
from resolvers.schema import schema
from schema.thing_types import BUILT_IN
from tests.worlds import World, new_thing

pytestmark = pytest.mark.slow

USD_10 = {"amount": "10.00", "currency": "USD"}
STORED_10: JSONObject = {"amount": 1000, "currency": "USD"}
SHA = "a" * 64
TIME = "2026-03-02T09:30:00+00:00"
ORDER: JSONObject = {"number": "77", "state": "paid", "currency": "USD", "placedAt": TIME}


def typed(world: World, lamp: str, order: str) -> Mapping[str, tuple[JSONObject, str, JSONObject]]:
    """For each built-in type its properties, the selection of the fields of its own, and what they answer."""
    owner = world.owner.id
    person, product = {"username": "owner"}, {"name": "Lamp"}
    return {
        "creator": (
            {"bio": "Writes.", "niche": "Stories", "websiteUrl": "https://a.example/", "followers": 3},
            "bio niche websiteUrl followers",
            {"bio": "Writes.", "niche": "Stories", "websiteUrl": "https://a.example/", "followers": 3},
        ),
        "product": (
            {
                "category": "course",
                "description": "Long.",
                "sku": "A-1",
                "price": STORED_10,
                "salePrice": {"amount": 500, "currency": "USD"},
                "stock": 7,
                "unit": "box",
                "reorderLevel": 2,
                "slug": "a-1",
                "details": {"lessons": 3},
            },
            (
                "category description sku price { amount currency } salePrice { amount currency } stock unit slug"
                " images { url } files { url } details { ... on CourseDetails { lessons } } seller { __typename }"
                " revenueShares { share }"
            ),
            {
                "category": "course",
                "description": "Long.",
                "sku": "A-1",
                "price": USD_10,
                "salePrice": {"amount": "5.00", "currency": "USD"},
                "stock": 7,
                "unit": "box",
                "slug": "a-1",
                "images": [],
                "files": [],
                "details": {"lessons": 3},
                "seller": {"__typename": "Group"},
                "revenueShares": [],
            },
        ),
        "order": (
            {
                "number": "77",
                "state": "fulfilled",
                "currency": "USD",
                "lines": [
                    {
                        "productId": lamp,
                        "name": "Old lamp",
                        "sellerId": owner,
                        "unitPrice": 999,
                        "quantity": 3,
                        "discount": "0.15",
                        "feeShare": "0.05",
                    },
                    {"productId": lamp, "name": "New lamp", "unitPrice": 1, "quantity": 1},
                ],
                "freight": 250,
                "placedAt": TIME,
                "requiredAt": TIME,
                "shippedAt": TIME,
                "shipTo": {"name": "Ada", "city": "Riverside", "postalCode": "1"},
                "shipper": "Post",
                "customerId": owner,
                "expiresAt": TIME,
                "paidAt": TIME,
                "fulfilledAt": TIME,
                "completedAt": TIME,
                "endedAt": TIME,
                "refunded": 100,
            },
            (
                "nextStates expiresAt paidAt fulfilledAt completedAt endedAt refunded { amount } "
                "platformFee { amount } total { amount } seller { slug } payments(first: 1) { nodes { id } } "
                "invoicePath receiptPath "
                "number state net { amount currency } freight { amount currency } placedAt requiredAt shippedAt "
                "shipper shipTo { name street city region postalCode country } customer { ... on Person { username } } "
                "lines { name quantity discount unitPrice { amount } net { amount } product { name } }"
            ),
            {
                "number": "77",
                "state": "fulfilled",
                "net": {"amount": "25.4845", "currency": "USD"},
                "freight": {"amount": "2.50", "currency": "USD"},
                "placedAt": TIME,
                "requiredAt": TIME,
                "shippedAt": TIME,
                "shipper": "Post",
                "nextStates": ["completed", "refunded"],
                "expiresAt": TIME,
                "paidAt": TIME,
                "fulfilledAt": TIME,
                "completedAt": TIME,
                "endedAt": TIME,
                "refunded": {"amount": "1.00"},
                "platformFee": {"amount": "1.273725"},
                "total": {"amount": "27.98"},
                "seller": {"slug": "home"},
                "payments": {"nodes": []},
                "invoicePath": "/orders/ID/invoice.pdf",
                "receiptPath": "/orders/ID/receipt.pdf",
                "shipTo": {
                    "name": "Ada",
                    "street": None,
                    "city": "Riverside",
                    "region": None,
                    "postalCode": "1",
                    "country": None,
                },
                "customer": person,
                "lines": [
                    {
                        "name": "Old lamp",
                        "quantity": 3,
                        "discount": "0.15",
                        "unitPrice": {"amount": "9.99"},
                        "net": {"amount": "25.4745"},
                        "product": product,
                    },
                    {
                        "name": "New lamp",
                        "quantity": 1,
                        "discount": "0",
                        "unitPrice": {"amount": "0.01"},
                        "net": {"amount": "0.01"},
                        "product": product,
                    },
                ],
            },
        ),
        "payment": (
            {
                "orderId": order,
                "amount": STORED_10,
                "state": "finalized",
                "method": "card",
                "reference": "R",
                "customerId": owner,
                "reason": "Broken.",
            },
            (
                "order { number } amount { amount currency } state method reference refundOf { id } reason "
                "customer { ... on Person { username } }"
            ),
            {
                "order": {"number": "77"},
                "amount": USD_10,
                "state": "finalized",
                "method": "card",
                "reference": "R",
                "refundOf": None,
                "reason": "Broken.",
                "customer": person,
            },
        ),
        "cart": (
            {"lines": [{"productId": lamp, "quantity": 2}], "expiresAt": TIME},
            "lines { quantity product { name } } expiresAt",
            {"lines": [{"quantity": 2, "product": product}], "expiresAt": TIME},
        ),
        "subscription": (
            {
                "productId": lamp,
                "state": "active",
                "price": STORED_10,
                "interval": "month",
                "startedAt": TIME,
                "endsAt": TIME,
            },
            "product { name } state price { amount currency } interval startedAt endsAt",
            {
                "product": product,
                "state": "active",
                "price": USD_10,
                "interval": "month",
                "startedAt": TIME,
                "endsAt": TIME,
            },
        ),
        "invitation": (
            {"role": "editor", "state": "pending", "invitedBy": owner, "expiresAt": TIME},
            "role state expiresAt invitedBy { ... on Person { username } }",
            {"role": "editor", "state": "pending", "invitedBy": person, "expiresAt": TIME},
        ),
        "file": (
            {
                "fileName": "a.png",
                "contentType": "image/png",
                "size": 5_000_000_000,
                "sha256": SHA,
                "url": "https://a.example/a.png",
            },
            "fileName contentType size sha256 url link { url }",
            {
                "fileName": "a.png",
                "contentType": "image/png",
                "size": 5_000_000_000,
                "sha256": SHA,
                "url": "https://a.example/a.png",
                "link": None,
            },
        ),
    }


def own_fields(type_name: str) -> set[str]:
    defined = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    both = defined.type_map[type_name], defined.type_map["Thing"]
    shown, common = (cast("GraphQLObjectType | GraphQLInterfaceType", each).fields for each in both)
    return set(shown) - set(common)


async def test_every_built_in_type_shows_the_fields_of_its_own(shared_world: World) -> None:
    world = shared_world
    at = await world.make(
        lamp=new_thing(world.home, "product", "Lamp", category="physical", price=STORED_10),
    )
    lines: JSON = [{"productId": at["lamp"], "name": "Lamp", "unitPrice": 1, "quantity": 1}]
    at |= await world.make(order=new_thing(world.home, "order", "77", "active", **ORDER, lines=lines))
    cases = typed(world, at["lamp"], at["order"])
    assert set(cases) == set(BUILT_IN) - {"api_key", "webhook"}
    made = await world.make(
        **{kind: new_thing(world.home, kind, kind, "active", **given) for kind, (given, _, _) in cases.items()}
    )
    selections = " ".join(f'{kind}: node(id: "{made[kind]}") {{ ...{kind} }}' for kind in cases)
    fragments = " ".join(
        f"fragment {kind} on {BUILT_IN[kind].__name__} {{ {fields} }}" for kind, (_, fields, _) in cases.items()
    )
    answer = await shared_world.api.ask(f"{{ {selections} }} {fragments}")
    for kind, (_, _, expected) in cases.items():
        told = {
            name: value.replace(made[kind], "ID") if isinstance(value, str) else value
            for name, value in cast("Mapping[str, JSON]", answer.at(kind)).items()
        }
        assert told == expected
        assert set(expected) == own_fields(BUILT_IN[kind].__name__)


async def test_a_built_in_type_answers_null_for_what_was_never_said(shared_world: World) -> None:
    made = await shared_world.make(creator=new_thing(shared_world.home, "creator", "Bare", "draft"))
    answer = await shared_world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Creator { bio niche websiteUrl followers } } }", id=made["creator"]
    )
    assert answer.at("node") == dict.fromkeys(("bio", "niche", "websiteUrl", "followers"))


async def test_an_api_key_shows_its_scope_and_hint_and_never_its_secret(shared_world: World) -> None:
    answer = await shared_world.api.ask(
        "{ viewer { apiKey { scope hint expiresAt lastUsedAt actions groups { id } properties } } }"
    )
    key = cast("dict[str, JSON]", answer.at("viewer.apiKey"))
    assert set(key) - {"properties"} == own_fields("ApiKey")
    assert (key["scope"], key["expiresAt"], key["actions"], key["groups"]) == ("write", None, None, None)
    assert key["properties"] == {"scope": "write", "hint": key["hint"]}
    assert len(str(key["hint"])) == len("one_1234")


async def test_every_other_type_of_the_catalogue_can_be_created_and_read(shared_world: World) -> None:
    others = [name for name, kind in THING_TYPES.items() if not kind.built_in]
    assert len(others) == 44
    given: JSONObject = {"text": "any", "deep": [{"er": None}]}
    made = await shared_world.make(
        **{name: new_thing(shared_world.home, name, name, "draft", **given) for name in others}
    )
    answer = await shared_world.api.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Thing { type properties } } }",
        ids=list(made.values()),
    )
    assert answer.at("nodes") == [{"__typename": "GenericThing", "type": name, "properties": given} for name in others]


@pytest.mark.parametrize(
    ("kind", "properties", "selection", "expected"),
    [
        ("creator", {"followers": 3.0}, "followers", {"followers": 3}),
        ("file", {"fileName": "a", "contentType": "b", "size": 0.0}, "size", {"size": 0}),
        ("cart", {"lines": [], "expiresAt": "2026-03-02T09:30:00Z"}, "expiresAt", {"expiresAt": TIME}),
        ("cart", {"lines": [], "expiresAt": "2026-03-02t09:30:00z"}, "expiresAt", None),
        ("cart", {"lines": [], "expiresAt": "2026-03-02T09:30:00.1234567Z"}, "expiresAt", None),
        ("cart", {"lines": [], "expiresAt": "2016-12-31T23:59:60Z"}, "expiresAt", None),
        ("cart", {"lines": [], "expiresAt": "2026-02-30T00:00:00Z"}, "expiresAt", None),
        ("creator", {"followers": 2**31 - 1}, "followers", {"followers": 2**31 - 1}),
        ("creator", {"followers": 2**31}, "followers", None),
        ("product", {"category": "nft", "price": STORED_10, "stock": 2**31}, "stock", None),
        ("cart", {"lines": [{"productId": f"prd_{'0' * 32}", "quantity": 2**31}]}, "lines { quantity }", None),
        ("subscription", {"state": "active", "productId": f"ord_{'0' * 32}"}, "product { name }", None),
    ],
)
async def test_what_is_accepted_can_be_read_back(
    shared_world: World, kind: str, properties: JSONObject, selection: str, expected: JSONObject | None
) -> None:
    """Where a field could not show a value, None here, creating it is refused."""
    given: JSONObject = {"groupId": shared_world.home, "type": kind, "name": kind, "properties": properties}
    shown = f"thing {{ ... on {BUILT_IN[kind].__name__} {{ {selection} }} }}"
    answer = await shared_world.api.change("createThing", given, shown)
    if answer["__typename"] == "ValidationError":
        assert expected is None
        assert str(answer["field"]).startswith("properties.")
    else:
        assert answer["thing"] == expected
