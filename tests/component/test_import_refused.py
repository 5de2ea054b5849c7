"""Rows that an import refuses, and what it does about them."""

from pathlib import Path

import pytest

from domain.errors import ValidationError
from graph.store import Statement, Store, Transaction
from services.group_changes import archiving
from services.importing.report import MAX_REFUSED, RefusedRow
from tests.component.shop import OPERATOR, Shop, counts, everything, group_id

pytestmark = [pytest.mark.slow, pytest.mark.once]

SERVICE: Statement[int] = Statement(
    "service",
    "MATCH (n:Person {email: 'bob@x.example'}) SET n.kind = 'service', n.managedBy = $group RETURN 1 AS row",
)
CHECKOUT = Path(__file__).parent.parent.parent


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Shop:
    return Shop(store, tmp_path)


async def test_refused_rows_are_told_and_the_rest_goes_on(shop: Shop) -> None:
    shop.write(
        "groups.csv",
        "1,top,Top,",
        "2,below,Below,1",
        "3,not a slug,x,",
        "4,fine,,",
        "5,early,Early,6",
        "6,late,Late,1",
        "7,TOP,Twice,",
        "2,again,Again,",
    )
    shop.write("people.csv", "ann,ann@x.example,Ann", "bob,no address,Bob", "cat,ANN@x.example,Cat")
    shop.write(
        "products.csv",
        "a,2,Apple,published,1.50,3,fruit",
        "b,9,Bread,,2,1,x",
        "c,2,Cheese,,1.999,1,x",
        "d,2,Dates,,1,-1,x",
        "e,2,Eggs,sold,1,1,x",
        "f,2,Figs,,1,many,x",
        "g,2," + "x" * 201 + ",,1,1,x",
        "h,2,Ham,,1,1",
    )
    shop.write("members.csv", "ann,1,owner", "ann,9,editor", "ann,2,king", "ann,1,viewer")
    shop.write("owners.csv", "1,ann,a,0.5", "2,ann,a,0.5", "3,ann,b,", "4,ann,a,2")
    report = await shop.run()
    assert [(row.file, row.line) for row in report.refused] == [
        ("groups.csv", 4),
        ("groups.csv", 5),
        ("groups.csv", 9),
        ("groups.csv", 6),
        ("groups.csv", 8),
        ("people.csv", 3),
        ("people.csv", 4),
        *(("products.csv", line) for line in (4, 5, 6, 7, 8, 9, 3)),
        ("members.csv", 4),
        ("members.csv", 5),
        ("members.csv", 3),
        ("owners.csv", 5),
        ("owners.csv", 3),
        ("owners.csv", 4),
    ]
    reasons = {(row.file, row.line): row.reason for row in report.refused}
    assert reasons["groups.csv", 4] == "slug takes letters a-z, digits and single hyphens between them."
    assert reasons["groups.csv", 5] == "name is missing"
    assert reasons["groups.csv", 6] == "parent refers to a row that no group was made of"
    assert reasons["groups.csv", 8] == "slug: the same one is there already"
    assert reasons["groups.csv", 9] == "the same key was in an earlier row of this file"
    assert reasons["people.csv", 4] == "email: the same one is there already"
    assert reasons["products.csv", 3] == "group refers to a row that no group was made of"
    assert reasons["products.csv", 4].startswith("price: 1.999 has more than 2 decimal digits")
    assert reasons["products.csv", 5].startswith("properties.stock: -1 is less than the minimum")
    assert reasons["products.csv", 6].startswith("status takes one of draft, active, published, archived")
    assert reasons["products.csv", 7] == "stock: 'many' is not a whole number"
    assert reasons["products.csv", 8] == "name takes 1 to 200 characters; this has 201."
    assert reasons["products.csv", 9] == "6 fields where the header has 7"
    assert reasons["members.csv", 3] == "from or to refers to a row that nothing was made of"
    assert reasons["owners.csv", 3] == "owns: the same one is there already"
    assert report.refused_total == len(report.refused)
    assert not report.stopped
    assert report.count("created") == {"group": 3, "person": 1, "thing": 1, "connection": 2}
    assert (await counts(shop.store))["Event"] == 3 + 1 + 1 + 2 + 1
    again = await shop.run()
    # Only that group has its parent now which came before it.
    assert again.refused == [row for row in report.refused if (row.file, row.line) != ("groups.csv", 6)]
    assert again.count("created") == {"group": 1, "person": 0, "thing": 0, "connection": 0}


async def test_a_strict_import_stops_at_the_first_refused_row_and_keeps_the_batches_before(shop: Shop) -> None:
    shop.write("products.csv", *(f"{n},2,Product {n},,{'x' if n == 7 else 1},1,c" for n in range(1, 11)))
    report = await shop.run(strict=True, batch_size=3)
    assert report.stopped
    assert report.refused == [RefusedRow("products.csv", 8, "price: 'x' is not a decimal number")]
    # Products 1 to 6 are two whole batches; 7 would have been the first of the third.
    assert report.count("created") == {"group": 3, "person": 2, "thing": 6}
    assert (await counts(shop.store))["Product"] == 6


async def test_a_strict_import_keeps_nothing_of_the_batch_that_the_store_refuses(shop: Shop) -> None:
    shop.write("products.csv", *(f"{n},{9 if n == 5 else 2},Product {n},,1,1,c" for n in range(1, 11)))
    report = await shop.run(strict=True, batch_size=3)
    assert report.stopped
    assert report.refused == [RefusedRow("products.csv", 6, "group refers to a row that no group was made of")]
    total = await counts(shop.store)
    assert (total["Product"], total["Event"]) == (3, 3 + 2 + 3)


async def test_a_report_keeps_a_thousand_refused_rows_and_counts_them_all(shop: Shop) -> None:
    shop.write("people.csv", *(f"p{n},nowhere,P" for n in range(MAX_REFUSED + 5)))
    report = await shop.run()
    assert len(report.refused) == MAX_REFUSED
    assert report.refused_total >= MAX_REFUSED + 5


async def test_nothing_is_put_into_an_archived_group(shop: Shop) -> None:
    shop.write("products.csv")
    shop.write("members.csv")
    shop.write("owners.csv")
    await shop.run()
    await shop.store.write(archiving(OPERATOR, group_id("2"), 1, with_contents=True))
    shop.write("groups.csv", "1,top,Top,", "2,below,Below,1", "4,deep,Deep,2")
    shop.write("products.csv", "a,2,Apple,,1,1,c")
    shop.write("members.csv", "ann,2,editor")
    report = await shop.run()
    assert report.refused == [
        RefusedRow("groups.csv", 4, "parent: that group is archived"),
        RefusedRow("products.csv", 2, "group: that group is archived"),
        RefusedRow("members.csv", 2, "to: that group is archived"),
    ]


async def test_a_group_cannot_be_moved_below_itself(shop: Shop) -> None:
    await shop.run()
    before = await everything(shop.store)
    shop.write("groups.csv", "1,top,Top,2", "2,below,Below,1", "3,other,Other,1")
    report = await shop.run()
    assert report.refused == [RefusedRow("groups.csv", 2, "parent: a group cannot be moved below itself")]
    assert await everything(shop.store) == before


async def test_an_owner_stays_one_and_a_connection_keeps_its_ends(shop: Shop) -> None:
    await shop.run()
    before = await everything(shop.store)
    shop.replace("members.csv", "ann,1,owner", "ann,1,viewer")
    shop.replace("owners.csv", "1,ann,a", "1,bob,a")
    report = await shop.run()
    assert [(row.file, row.line) for row in report.refused] == [("members.csv", 2), ("owners.csv", 2)]
    assert await everything(shop.store) == before


async def test_a_service_account_does_not_become_the_owner_of_a_group(shop: Shop) -> None:
    await shop.run()

    async def make_a_service_account(transaction: Transaction) -> None:
        await transaction.run(SERVICE, {"group": group_id("2")})

    await shop.store.write(make_a_service_account)
    before = await everything(shop.store)
    shop.write("members.csv", "ann,1,owner", "bob,2,owner", "bob,3,owner")
    report = await shop.run()
    assert report.refused == [
        RefusedRow("members.csv", line, "role: a service account owns no group") for line in (3, 4)
    ]
    assert await everything(shop.store) == before
    shop.write("members.csv", "ann,1,owner", "bob,2,admin")
    assert (await shop.run()).refused == []


async def test_what_the_mapping_names_is_there_before_anything_is_written(shop: Shop) -> None:
    (shop.folder / "owners.csv").unlink()
    with pytest.raises(ValidationError, match=r"owners\.csv cannot be read"):
        await shop.run()
    (shop.folder / "owners.csv").write_text("id,person,product\n")
    with pytest.raises(ValidationError, match=r"owners\.csv has no column share"):
        await shop.run()
    assert await counts(shop.store) == {}
