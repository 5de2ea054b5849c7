"""Northwind from its files to GraphQL, by the commands that an operator uses."""

from pathlib import Path

import pytest

from domain.access import Caller, KeyScope
from graph.store import Store
from services.keys import Keys
from tests.client import Api
from tests.e2e.test_serve import command
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(180)]

MAPPING = Path("docs") / "import" / "northwind.yaml"


async def test_northwind_is_imported_by_a_command_and_graphql_answers_its_numbers(
    store: Store, world: World, api: Api, northwind: Path, store_address: tuple[str, str, str]
) -> None:
    uri, user, password = store_address
    settings = {"ONE_STORE": uri, "ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password}
    code, out, err = await command("import", str(MAPPING), str(northwind), settings=settings)
    assert (code, err) == (0, "")
    assert "orders: 830 created, 0 updated, 0 unchanged" in out

    answer = await world.api.ask(
        """{
          company: group(slug: "northwind") { orderTotals { orders lines net { amount currency } } }
          customers: group(slug: "northwind-customers") { children(first: 1) { totalCount } }
          products: things(first: 1, filter: {type: "product"}) { totalCount }
          orders: things(first: 1, filter: {type: "order"}) { totalCount }
        }"""
    )
    assert answer.data == {
        "company": {
            "orderTotals": [{"orders": 830, "lines": 2155, "net": {"amount": "1265793.0395", "currency": "USD"}}]
        },
        "customers": {"children": {"totalCount": 91}},
        "products": {"totalCount": 77},
        "orders": {"totalCount": 830},
    }

    boss = await Keys(store).create(Caller(None), "andrew.fuller@northwind.example", KeyScope.READ)
    seen = await api.as_holder_of(boss.secret).ask(
        """{ viewer { person { displayName connections(first: 10, filter: {type: "reports_to", direction: incoming}) {
          totalCount nodes { source { ... on Person { displayName } } } } } } }"""
    )
    reports = seen.at("viewer.person.connections.nodes")
    assert isinstance(reports, list)
    names = [node["source"]["displayName"] for node in reports]
    assert sorted(names) == [
        "Janet Leverling",
        "Laura Callahan",
        "Margaret Peacock",
        "Nancy Davolio",
        "Steven Buchanan",
    ]

    code, out, _ = await command("import", str(MAPPING), str(northwind), settings=settings)
    assert code == 0
    assert "orders: 0 created, 0 updated, 830 unchanged" in out
