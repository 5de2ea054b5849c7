"""Northwind, imported with the mapping in the docs; and the plans of the statements that do it."""

from decimal import Decimal
from pathlib import Path

import pytest

from domain.filters import All
from domain.ids import imported_id
from domain.orders import order_lines
from graph import bulk, groups, things
from graph.filters import orders
from graph.store import Statement, Store
from services.importing.mapping import read_mapping
from services.importing.run import import_folder
from tests.component.shop import EVERYTHING, everything

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parent.parent.parent


async def test_northwind_arrives_whole(store: Store, northwind: Path) -> None:
    mapping = read_mapping(CHECKOUT / "docs" / "import" / "northwind.yaml")
    seen: list[tuple[str, int, int]] = []
    report = await import_folder(
        store, mapping, northwind, progress=lambda name, done, size: seen.append((name, done, size))
    )
    assert report.refused == []
    created = {step.step: step.created for step in report.steps}
    assert created["products"] == 77
    assert created["orders"] == created["orders-of-customers"] == created["orders-of-employees"] == 830
    assert created["customers"] == created["customer-contacts"] == 91
    assert (created["suppliers"], created["employees"], created["managers"]) == (29, 9, 8)
    assert (created["regions"], created["territories"], created["territories-of-staff"]) == (4, 53, 49)
    assert ("orders", (northwind / "orders.csv").stat().st_size) in {(name, done) for name, done, _ in seen}

    company = imported_id("grp", "northwind", "company")
    listing = orders.orders(All(()), orders.Scope.SUBTREE).listing
    [total] = orders.totals((await listing.added_up(store, EVERYTHING, [company], filters={}))[company])
    assert (total.currency, total.orders, total.lines) == ("USD", 830, 2_155)
    assert total.net.scaleb(-2) == Decimal("1265793.0395")

    # A row whose address holds a comma without quotes, and whose columns would all be off by one without `rejoin`.
    order_id = imported_id("ord", "northwind", "orders\x0010250")
    [order] = (await things.fetch(store, EVERYTHING, [order_id])).values()
    assert order.properties["shipTo"] == {
        "name": "Hanari Carnes",
        "street": "Rua do Paço, 67",
        "city": "Rio de Janeiro",
        "region": "RJ",
        "postalCode": "05454-876",
        "country": "Brazil",
    }
    assert (order.properties["state"], order.properties["freight"]) == ("completed", 6583)
    assert order.properties["shipper"] == "United Package"
    lines = order_lines(order.properties)
    assert [(line.name, line.unit_price, line.quantity, line.discount) for line in lines] == [
        ("Jack's New England Clam Chowder", 770, 10, Decimal(0)),
        ("Manjimup Dried Apples", 4240, 35, Decimal("0.15")),
        ("Louisiana Fiery Hot Pepper Sauce", 1680, 15, Decimal("0.15")),
    ]
    pavlova = await groups.fetch_by_slug(store, EVERYTHING, "northwind-supplier-pavlova-ltd")
    assert pavlova is not None
    assert pavlova.name == "Pavlova, Ltd."
    assert pavlova.metadata["city"] == "Melbourne"

    before = await everything(store)
    again = await import_folder(store, mapping, northwind)
    assert again.count("unchanged") == report.count("created")
    assert await everything(store) == before


@pytest.mark.parametrize(
    "statement",
    [
        *(each for each in vars(bulk).values() if isinstance(each, Statement)),
        *(make("OWNS") for make in (bulk.create_edges, bulk.fetch_edges, bulk.update_edges)),
        bulk.taken_keys("OWNS", "liveKey"),
    ],
    ids=lambda statement: statement.name,
)
async def test_every_statement_of_an_import_finds_its_rows_by_an_index(
    migrated_store: Store, statement: Statement[object]
) -> None:
    names = ("ids", "rows", "placements", "changed", "links", "values", "sourceTypes", "targetTypes")
    parameters: dict[str, object] = {"label": "Product", **{name: list[object]() for name in names}}
    operators = set(await migrated_store.operators(statement, parameters))
    unwanted = operators & {"AllNodesScan", "NodeByLabelScan", "CartesianProduct", "Eager", "Sort"}
    assert {name for name in unwanted if name not in statement.meant} == set()
