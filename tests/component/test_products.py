"""Products: their slugs, pictures, files, details and shares, and what it takes to put one on sale."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Store
from services.checking import Checking
from services.ontology import Ontology
from tests.client import Api, Attached
from tests.component.market import Market, opened, usd
from tests.component.test_files import PICTURE, fetch, kept

pytestmark = [pytest.mark.slow, pytest.mark.once]

PRODUCT = """product {
    id version status name slug category price { amount currency } salePrice { amount } stock description
    images { alt url contentType } files { fileName size } details { __typename
        ... on CourseDetails { lessons level } ... on PhysicalDetails { weightGrams }
        ... on NftDetails { chainId contract tokenId } ... on MembershipDetails { interval benefits }
    } properties
}"""
OF_SLUG = """query ($group: String!, $slug: String!) { group(slug: $group) { product(slug: $slug) {
    id name images { url alt } files { fileName } seller { __typename } revenueShares { share }
} } }"""
TYPES = "query ($id: ID!) { events(first: 20, order: oldest_first, filter: { targetId: $id }) { nodes { type } } }"


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Market]:
    """A public shop with an owner."""
    async with opened(store) as shop:
        yield shop


async def create(api: Api, group: str, **more: JSON) -> Mapping[str, JSON]:
    """What creating a product answers."""
    given: JSONObject = {"groupId": group, "name": "Story mug", "category": "physical", "price": usd("16.00"), **more}
    return await api.change("createProduct", given, PRODUCT)


async def created(api: Api, group: str, **more: JSON) -> Mapping[str, JSON]:
    """A product that was created."""
    return made(await create(api, group, **more))


async def update(api: Api, product: Mapping[str, JSON], **more: JSON) -> Mapping[str, JSON]:
    """What changing a product answers."""
    return await api.change("updateProduct", {"id": product["id"], "version": product["version"], **more}, PRODUCT)


def made(answer: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The product of an answer."""
    assert "product" in answer, answer
    return cast("Mapping[str, JSON]", answer["product"])


async def happened(api: Api, product: Mapping[str, JSON]) -> list[JSON]:
    """The types of the events of a product."""
    return (await api.ask(TYPES, id=product["id"])).each("events.nodes", "type")


async def test_a_product_is_created_and_changed_field_by_field(shop: Market) -> None:
    product = await created(
        shop.seller,
        shop.group,
        salePrice=usd("12.5"),
        stock=3,
        description="Holds tea.",
        details={"physical": {"weightGrams": 400}},
    )
    assert product["properties"] == {
        "category": "physical",
        "description": "Holds tea.",
        "price": {"amount": 1600, "currency": "USD"},
        "salePrice": {"amount": 1250, "currency": "USD"},
        "stock": 3,
        "slug": "story-mug",
        "details": {"weightGrams": 400},
    }
    assert (product["status"], product["slug"], product["details"]) == (
        "draft",
        "story-mug",
        {"__typename": "PhysicalDetails", "weightGrams": 400},
    )
    changed = made(await update(shop.seller, product, price=usd("18"), salePrice=None, description=None))
    assert changed["properties"] == {
        "category": "physical",
        "price": {"amount": 1800, "currency": "USD"},
        "stock": 3,
        "slug": "story-mug",
        "details": {"weightGrams": 400},
    }
    stale = await update(shop.seller, product, stock=4)
    assert (stale["__typename"], stale["conflict"]) == ("ConflictError", "version")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"price": {"amount": "1.001", "currency": "USD"}}, "price.amount"),
        ({"price": {"amount": "1", "currency": "usd!"}}, "price.currency"),
        ({"salePrice": {"amount": "1", "currency": "EUR"}}, "salePrice.currency"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"stock": -1}, "stock"),
        ({"details": {"course": {"lessons": 3}}}, "details"),
        ({"details": {"physical": {"weightGrams": 0}}}, "details.physical.weightGrams"),
        ({"category": "nft", "details": {"nft": {"contract": "0x12"}}}, "details.nft.contract"),
        ({"category": "membership", "status": "published"}, "details.interval"),
        ({"category": "consultation", "status": "published"}, "details.durationMinutes"),
        ({"category": "api_access", "status": "published"}, "details.callsPerMonth"),
        (
            {"category": "nft", "status": "published", "details": {"nft": {"chainId": 8453}}},
            "details.nft.contract",
        ),
        ({"status": "archived"}, "status"),
        ({"name": ""}, "name"),
    ],
)
async def test_what_a_product_cannot_be_is_refused_at_its_place(
    shop: Market, given: Mapping[str, JSON], field: str
) -> None:
    before = await shop.world.count()
    answer = await create(shop.seller, shop.group, **given)
    assert (answer["__typename"], answer.get("field")) == ("ValidationError", field), answer
    assert await shop.world.count() == before


async def test_a_field_of_another_category_is_refused_however_it_comes(shop: Market) -> None:
    properties: JSONObject = {
        "category": "course",
        "price": {"amount": 1, "currency": "USD"},
        "details": {"weightGrams": 1},
    }
    given: JSONObject = {"groupId": shop.group, "type": "product", "name": "P", "properties": properties}
    answer = await shop.seller.change("createThing", given)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "properties.details")
    product = await created(shop.seller, shop.group, details={"physical": {"weightGrams": 1}})
    answer = await update(shop.seller, product, category="course")
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "details")
    changed = await update(shop.seller, product, category="course", details={"course": {"level": "beginner"}})
    assert made(changed)["details"] == {"__typename": "CourseDetails", "lessons": None, "level": "beginner"}


async def test_slugs_are_made_from_names_and_are_unique_in_a_group(shop: Market) -> None:
    slugs = [(await created(shop.seller, shop.group, name=name))["slug"] for name in ("Käse & Brot", "Kase Brot", "茶")]
    assert slugs == ["kase-brot", "kase-brot-2", "product"]
    taken = await create(shop.seller, shop.group, slug="kase-brot")
    assert (taken["__typename"], taken["conflict"]) == ("ConflictError", "slug")
    other = await created(shop.seller, shop.group, name="Other")
    taken = await update(shop.seller, other, slug="kase-brot")
    assert (taken["__typename"], taken["conflict"]) == ("ConflictError", "slug")
    elsewhere = await shop.world.group("elsewhere")
    there = await created(shop.world.api, elsewhere, slug="kase-brot")
    move: JSONObject = {"id": there["id"], "version": 1, "groupId": shop.group}
    moved = await shop.world.api.change("moveThing", move)
    assert (moved["__typename"], moved["conflict"]) == ("ConflictError", "properties.slug")
    replaced: JSONObject = {
        "id": other["id"],
        "version": 1,
        "properties": {"category": "course", "price": {"amount": 1, "currency": "USD"}},
    }
    await shop.seller.change("updateThing", replaced)
    found = await shop.seller.ask(OF_SLUG, group="shop", slug="other")
    assert found.at("group.product.name") == "Other"


async def test_of_many_at_once_each_gets_a_slug_of_its_own(shop: Market) -> None:
    answers = await asyncio.gather(*(create(shop.seller, shop.group) for _ in range(6)))
    slugs = sorted(str(made(each)["slug"]) for each in answers)
    assert slugs == ["story-mug", *(f"story-mug-{number}" for number in range(2, 7))]
    properties: JSONObject = {"category": "course", "price": {"amount": 1, "currency": "USD"}}
    thing: JSONObject = {"groupId": shop.group, "type": "product", "name": "Story mug", "properties": properties}
    named: JSONObject = {**thing, "properties": {**properties, "slug": "story-mug-8"}}
    changes: JSON = [{"createThing": each} for each in (thing, thing, named, named)]
    answer = await shop.seller.ask(
        """mutation ($input: ApplyChangesInput!) { applyChanges(input: $input) { ... on ApplyChangesSuccess { results {
            __typename ... on CreateThingSuccess { thing { ... on Product { slug } } }
        } } } }""",
        input={"changes": changes, "mode": "each"},
    )
    results = cast("list[Mapping[str, Mapping[str, JSON]]]", answer.at("applyChanges.results"))
    assert [each.get("thing", each)["slug" if "thing" in each else "__typename"] for each in results] == [
        "story-mug-7",
        "story-mug-9",
        "story-mug-8",
        "ConflictError",
    ]


async def test_the_public_finds_what_is_published_by_its_slug_and_the_seller_a_draft(shop: Market) -> None:
    product = await created(shop.seller, shop.group)
    nobody = Api(shop.world.api.http)
    asked = {"group": "shop", "slug": "story-mug"}
    assert (await nobody.ask(OF_SLUG, **asked)).at("group.product") is None
    assert (await shop.seller.ask(OF_SLUG, **asked)).at("group.product.id") == product["id"]
    made(await update(shop.seller, product, status="published"))
    assert (await nobody.ask(OF_SLUG, **asked)).at("group.product") == {
        "id": product["id"],
        "name": "Story mug",
        "images": [],
        "files": [],
        "seller": {"__typename": "Group"},
        "revenueShares": [],
    }


async def test_publishing_and_archiving_a_product_are_told(shop: Market) -> None:
    product = await created(shop.seller, shop.group)
    published = made(await update(shop.seller, product, status="published"))
    again = made(await update(shop.seller, published, description="Tea."))
    archive: JSONObject = {"id": product["id"], "version": again["version"]}
    await shop.seller.change("archiveThing", archive)
    await shop.seller.change("restoreThing", {"id": product["id"], "version": 4})
    assert await happened(shop.seller, product) == [
        "thing_created",
        *("thing_updated", "product_published"),
        "thing_updated",
        *("thing_archived", "product_archived"),
        *("thing_restored", "product_published"),
    ]
    at_once = await created(shop.seller, shop.group, status="published")
    assert await happened(shop.seller, at_once) == ["thing_created", "product_published"]
    group = (await shop.seller.ask('{ group(slug: "shop") { version } }')).at("group.version")
    given: JSONObject = {"id": shop.group, "version": group, "withContents": True}
    assert (await shop.world.api.change("archiveGroup", given))["__typename"] == "ArchiveGroupSuccess"
    assert (await happened(shop.world.api, at_once))[2:] == ["thing_archived", "product_archived"]


async def test_a_product_that_lacks_what_its_category_needs_is_put_on_sale_in_no_way(shop: Market) -> None:
    product = await created(shop.seller, shop.group, category="membership", details={"membership": {"trialDays": 3}})
    answer = await update(shop.seller, product, status="published")
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "details.interval")
    generic: JSONObject = {"id": product["id"], "version": 1, "status": "published"}
    answer = await shop.seller.change("updateThing", generic)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "properties.details.interval")
    await shop.seller.change("archiveThing", {"id": product["id"], "version": 1})
    answer = await shop.seller.change("restoreThing", {"id": product["id"], "version": 2, "status": "published"})
    assert answer["__typename"] == "ValidationError"
    await shop.seller.change("restoreThing", {"id": product["id"], "version": 2})
    whole = {"membership": {"interval": "month", "benefits": ["Tea"]}}
    sold = made(await update(shop.seller, {**product, "version": 3}, status="published", details=whole))
    assert sold["details"] == {"__typename": "MembershipDetails", "interval": "month", "benefits": ["Tea"]}
    answer = await update(shop.seller, sold, details=None)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "details.interval")


async def test_a_product_that_was_sold_is_not_erased(shop: Market) -> None:
    product = await created(shop.seller, shop.group, status="published")
    buyer = await shop.buyer("bea")
    await shop.ordered(buyer, **{str(product["id"]): 1})
    await shop.seller.change("archiveThing", {"id": product["id"], "version": 1})
    answer = await shop.seller.change("deleteThing", {"id": product["id"], "version": 2})
    assert answer["__typename"] == "DependedOnError"


async def test_pictures_are_public_with_their_product_and_files_are_for_who_paid(shop: Market) -> None:
    picture = await kept(shop.seller, shop.group)
    story = await kept(shop.seller, shop.group, Attached.of(b"Once upon a time.", "story.txt"))
    product = await created(
        shop.seller, shop.group, images=[{"fileId": picture["id"], "alt": "A mug."}], files=[story["id"]]
    )
    assert product["images"] == [{"alt": "A mug.", "url": picture["url"], "contentType": "image/png"}]
    assert product["files"] == [{"fileName": "story.txt", "size": 17}]
    nobody, buyer = Api(shop.world.api.http), await shop.buyer("bea")
    assert (await fetch(nobody, picture["url"])).status_code == 404
    made(await update(shop.seller, product, status="published"))
    response = await fetch(nobody, picture["url"])
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "public, max-age=300")
    asked = {"group": "shop", "slug": "story-mug"}
    assert (await nobody.ask(OF_SLUG, **asked)).at("group.product.images") == [{"url": picture["url"], "alt": "A mug."}]
    for api in (nobody, buyer):
        assert (await fetch(api, story["url"])).status_code == 404
        assert (await api.ask(OF_SLUG, **asked)).at("group.product.files") == []
    order = await shop.ordered(buyer, **{str(product["id"]): 1})
    lines = """query ($id: ID!) { node(id: $id) { ... on Order { lines {
        product { id } files { url link { url } }
    } } } }"""
    assert (await buyer.ask(lines, id=order["id"])).at("node.lines.0.files") == []
    await shop.pay(order["id"], "16.00")
    assert (await fetch(buyer, story["url"])).content == b"Once upon a time."
    assert (await buyer.ask(OF_SLUG, **asked)).at("group.product.files") == [{"fileName": "story.txt"}]
    # Also when it is sold no more.
    await shop.seller.change("archiveThing", {"id": product["id"], "version": 2})
    line = (await buyer.ask(lines, id=order["id"])).at("node.lines.0")
    assert cast("Mapping[str, JSON]", line)["product"] is None
    [file] = cast("list[Mapping[str, Mapping[str, JSON]]]", cast("Mapping[str, JSON]", line)["files"])
    assert (await fetch(nobody, file["link"]["url"])).content == b"Once upon a time."
    assert (await fetch(nobody, picture["url"])).status_code == 404
    other = await shop.buyer("ben")
    assert (await fetch(other, story["url"])).status_code == 404
    refund = cast("Mapping[str, JSON]", (await shop.refund(buyer, order["id"], {"whole": True}))["refund"])
    await shop.decide(refund["id"])
    assert (await fetch(buyer, story["url"])).status_code == 404


async def test_a_product_shows_pictures_alone_and_nothing_that_somebody_may_not_change(shop: Market) -> None:
    text = await kept(shop.seller, shop.group, Attached.of(b"Text."))
    answer = await create(shop.seller, shop.group, images=[{"fileId": text["id"]}])
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "images.0.fileId")
    delivering = await created(shop.seller, shop.group, files=[text["id"]])
    answer = await update(shop.seller, delivering, files=[], images=[{"fileId": text["id"]}])
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "images.0.fileId")
    twice = await kept(shop.seller, shop.group)
    answer = await create(shop.seller, shop.group, images=[{"fileId": twice["id"]}, {"fileId": twice["id"]}])
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "images")
    # Emil edits in the shop, and only reads in the vault.
    vault = await shop.world.group("vault")
    emil = await shop.world.member("emil", "vault", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE)
    person = (await emil.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    await shop.world.connect("member_of", str(person), shop.group, {"role": "editor"})
    secret = await kept(shop.world.api, vault, PICTURE)
    before = await shop.world.count()
    product = await create(emil, shop.group, images=[{"fileId": secret["id"]}])
    assert product["__typename"] == "ForbiddenError"
    assert await shop.world.count() == before
    own = await created(emil, shop.group)
    answer = await update(emil, own, files=[secret["id"]])
    assert answer["__typename"] == "ForbiddenError"
    unseen = await kept(shop.world.api, await shop.world.group("elsewhere"), PICTURE)
    answer = await update(emil, own, files=[unseen["id"]])
    assert answer["__typename"] == "NotFoundError"


async def test_the_seller_is_the_person_who_owns_a_product_and_else_its_group(shop: Market) -> None:
    product = await created(shop.seller, shop.group)
    ask = "query ($id: ID!) { node(id: $id) { ... on Product { seller { __typename ... on Person { username } } } } }"
    assert (await shop.seller.ask(ask, id=product["id"])).at("node.seller.__typename") == "Group"
    person = (await shop.seller.ask("{ viewer { person { id username } } }")).at("viewer.person")
    owner = cast("Mapping[str, str]", person)
    await shop.world.connect("owns", owner["id"], str(product["id"]))
    assert (await shop.seller.ask(ask, id=product["id"])).at("node.seller") == {
        "__typename": "Person",
        "username": owner["username"],
    }


async def test_shares_come_to_the_whole_at_most_however_many_are_given_at_once(shop: Market) -> None:
    product = await created(shop.seller, shop.group)
    person = str((await shop.world.api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    groups = [await shop.world.group(f"g{number}") for number in range(6)]

    async def own(holder: str, share: float) -> Mapping[str, JSON]:
        given: JSONObject = {"type": "owns", "fromId": holder, "toId": product["id"]}
        given = {**given, "properties": {"revenueShare": share}}
        return await shop.world.api.change("connect", given, "relationship { id }")

    answers = await asyncio.gather(*(own(group, 0.3) for group in groups))
    kinds = sorted(str(each["__typename"]) for each in answers)
    assert kinds == ["ConflictError"] * 3 + ["ConnectSuccess"] * 3
    refused = next(each for each in answers if each["__typename"] == "ConflictError")
    assert refused["conflict"] == "properties.revenueShare"
    assert "0.1 is left" in str(refused["message"])
    assert (await own(person, 0.1))["__typename"] == "ConnectSuccess"
    made_first = next(each for each in answers if each["__typename"] == "ConnectSuccess")
    connection = cast("Mapping[str, JSON]", made_first["relationship"])["id"]
    more: JSONObject = {"id": connection, "properties": {"revenueShare": 0.31}}
    answer = await shop.world.api.change("updateConnection", more)
    assert (answer["__typename"], answer["conflict"]) == ("ConflictError", "properties.revenueShare")
    less: JSONObject = {"id": connection, "properties": {"revenueShare": 0.25}}
    assert (await shop.world.api.change("updateConnection", less))["__typename"] == "UpdateConnectionSuccess"
    ask = "query ($id: ID!) { node(id: $id) { ... on Product { revenueShares { share holder { __typename } } } } }"
    found = (await shop.world.api.ask(ask, id=product["id"])).at("node.revenueShares")
    shares = cast("list[Mapping[str, JSON]]", found)
    assert sorted(str(each["share"]) for each in shares) == ["0.1", "0.25", "0.3", "0.3"]
    assert (await Api(shop.world.api.http).ask(ask, id=product["id"])).at("node") is None


async def test_the_same_key_makes_one_product(shop: Market) -> None:
    first = await created(shop.seller, shop.group, idempotencyKey="one")
    assert (await created(shop.seller, shop.group, idempotencyKey="one"))["id"] == first["id"]
    other = await create(shop.seller, shop.group, stock=1, idempotencyKey="one")
    assert (other["__typename"], other["conflict"]) == ("ConflictError", "idempotencyKey")


async def test_updating_takes_a_product(shop: Market) -> None:
    thing = await shop.world.thing("V", shop.group, "video")
    answer = await update(shop.seller, {"id": thing, "version": 1}, name="W")
    assert (answer["__typename"], answer["resource"]) == ("NotFoundError", "product")


async def test_what_follows_from_products_is_as_the_check_has_it(shop: Market) -> None:
    picture = await kept(shop.seller, shop.group)
    product = await created(shop.seller, shop.group, images=[{"fileId": picture["id"]}], files=[picture["id"]])
    made(await update(shop.seller, product, images=[], files=None))
    await created(shop.seller, shop.group, images=[{"fileId": picture["id"]}])
    checking = Checking(shop.world.store, Ontology(shop.world.store))
    assert [case.violation async for case in checking.cases()] == []
