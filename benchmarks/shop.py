"""How long looking for products takes over HTTP, with facets and without, in a shop that has very many."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx2

from app.local_store.sharing import running_store
from benchmarks.figures import Figure, milliseconds
from benchmarks.reads import Reader
from benchmarks.servers import serving
from benchmarks.viewers import add_viewer
from domain.people import PlatformRole
from domain.product_details import ProductCategory
from graph.store import Store
from services.importing.mapping import read_mapping
from services.importing.run import import_folder

MAPPING: Final = Path(__file__).with_name("shop.yaml")
SAMPLES: Final = 40
_WARMING: Final = 5
_WORDS: Final = "amber bold calm deep early fine gold high iron jade kind light mild north".split()

PAGE: Final = """query ($search: String, $filter: ProductFilter, $order: ProductOrder) {
  group(slug: "shop") { products(first: 20, search: $search, filter: $filter, order: $order) {
    nodes { name category price { amount currency } stock } pageInfo { hasNextPage endCursor }
  } }
}"""
FACETS: Final = PAGE.replace(
    "pageInfo {",
    "totalCount facets { categories { value count } prices { count } labels { value count } } pageInfo {",
)
SEARCHES: Final[Mapping[str, tuple[str, Mapping[str, object]]]] = {
    "the newest 20, without facets": (PAGE, {}),
    "the newest 20 of all": (FACETS, {}),
    "the cheapest 20 of two categories in stock": (
        FACETS,
        {"order": "price_up", "filter": {"categories": ["course", "physical"], "inStock": True}},
    ),
    "20 of a label within a price": (
        FACETS,
        {"filter": {"labels": ["colour:amber"], "price": {"currency": "USD", "atLeast": "10", "atMost": "50"}}},
    ),
    "a word that one in fourteen has": (FACETS, {"search": "jade"}),
    "a word that one has": (FACETS, {"search": "54321"}),
}


async def measure(folder: Path, products: int) -> list[Figure]:
    """Searches of several kinds, as a member who sees drafts and as nobody."""
    files = folder / "shop"
    files.mkdir()
    (files / "products.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in _products(products)))
    data = folder / "data"
    figures: list[Figure] = []
    async with serving("--data", str(data), "--no-demo") as running:
        address = running_store(data)
        if address is None:
            raise SystemExit("the server's store cannot be found")
        store = await Store.open(address.uri, address.user, address.password)
        report = await import_folder(store, read_mapping(MAPPING), files)
        if report.refused_total:
            raise SystemExit(f"{report.refused_total} rows were refused: {report.refused[:3]}")
        await store.define(["CALL db.prepareForReplanning(300)"])
        member = await add_viewer(store, "member", PlatformRole.ORG_USER, "shop")
        await store.close()
        for who, headers in {"a member": {"Authorization": f"Bearer {member}"}, "nobody": {}}.items():
            async with httpx2.AsyncClient(base_url=running.url, headers=headers, timeout=60) as client:
                for what, (query, variables) in SEARCHES.items():
                    taken = await _seconds(Reader(client), query, variables)
                    figures.append(Figure(f"products: {what}, as {who}", milliseconds(taken)))
    return figures


async def _seconds(reader: Reader, query: str, variables: Mapping[str, object]) -> list[float]:
    taken: list[float] = []
    for number in range(SAMPLES + _WARMING):
        began = time.perf_counter()
        await reader.ask(query, variables)
        if number >= _WARMING:
            taken.append(time.perf_counter() - began)
    return taken


def _products(count: int) -> Iterator[Mapping[str, object]]:
    chance = random.Random(1)
    for number in range(count):
        word, topic = chance.choice(_WORDS), chance.choice(_WORDS)
        price = chance.randrange(1, 20_000)
        properties: dict[str, object] = {
            "category": chance.choice(list(ProductCategory)),
            "price": {"amount": price, "currency": "USD"},
            "description": f"Something {topic}.",
        }
        if chance.random() < 0.3:
            properties["salePrice"] = {"amount": price * 3 // 4, "currency": "USD"}
        if chance.random() < 0.5:
            properties["stock"] = chance.randrange(5)
        yield {
            "id": f"p{number}",
            "name": f"{chance.choice(_WORDS)} thing {number}",
            "status": "draft" if number % 10 == 0 else "published",
            "colour": f"colour:{word}",
            "topic": f"topic:{topic}",
            "properties": properties,
        }
