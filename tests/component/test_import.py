"""Importing files into a real store: what is made, what is changed, what is left alone."""

import asyncio
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from domain.ids import imported_id
from domain.products import left
from domain.things import ThingStatus
from graph import groups, knowledge, orders, things
from graph.store import Statement, Store, Transaction
from graph.things import STOCK_COLUMN
from services.checking import Checking
from services.group_changes import updating
from services.groups import GroupChanges
from services.importing.mapping import parse_mapping
from services.importing.run import import_folder
from services.ontology import Ontology
from services.thing_changes import ChangesOfThings
from services.things import ThingChanges
from tests.component.shop import (
    ANN,
    EVERYTHING,
    Shop,
    counts,
    everything,
    group_id,
    new_events,
    thing_id,
)

pytestmark = pytest.mark.slow

STOCK: Statement[int | None] = Statement(
    "stock", f"MATCH (thing:Entity:Product {{id: $id}}) RETURN thing.{STOCK_COLUMN} AS row"
)
CHECKOUT = Path(__file__).parent.parent.parent


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Shop:
    return Shop(store, tmp_path)


async def test_rows_become_nodes_and_connections_with_their_events(shop: Shop) -> None:
    report = await shop.run()
    assert report.refused == []
    assert report.count("created") == {"group": 3, "person": 2, "thing": 2, "connection": 3}
    assert await counts(shop.store) == {
        "Entity": 7,
        "Group": 3,
        "Person": 2,
        "Thing": 2,
        "Product": 2,
        "Knowledge": 2,
        # One for each node and connection, and one more for each of the two who joined a group.
        "Event": 12,
        "Unsequenced": 12,  # a server gives them their places
        "Setting": 1,  # the end of the audit log
        "PARENT_OF": 2,
        "IN_GROUP": 2,
        "HAS_KNOWLEDGE": 2,
        "MEMBER_OF": 2,
        "OWNS": 1,
    }
    found = await things.fetch(shop.store, EVERYTHING, [thing_id("a"), thing_id("b")])
    apple, bread = found[thing_id("a")], found[thing_id("b")]
    assert (apple.name, apple.status, apple.group_id, apple.version) == ("Apple", "published", group_id("2"), 1)
    assert apple.properties == {"category": "physical", "price": {"amount": 150, "currency": "USD"}, "stock": 3}
    assert (bread.status, bread.properties["price"]) == ("active", {"amount": 200, "currency": "USD"})
    assert "stock" not in bread.properties
    assert await knowledge.fetch_labels(shop.store, [apple.id]) == {apple.id: ["category:fruit"]}
    [below] = (await groups.fetch(shop.store, EVERYTHING, [group_id("2")])).values()
    assert (below.parent_id, below.version) == (group_id("1"), 1)


@pytest.mark.parametrize("batch_size", [1, 2, 2_000])
async def test_a_second_run_changes_nothing(shop: Shop, batch_size: int) -> None:
    await shop.run(batch_size=batch_size)
    before = await everything(shop.store)
    report = await shop.run(batch_size=batch_size)
    assert await everything(shop.store) == before
    assert report.count("unchanged") == {"group": 3, "person": 2, "thing": 2, "connection": 3}
    assert report.count("created") == report.count("updated") == dict.fromkeys(report.count("unchanged"), 0)


async def test_a_changed_row_changes_its_node_alone(shop: Shop) -> None:
    await shop.run()
    before = len(await new_events(shop.store, 0))
    shop.replace("products.csv", "a,2,Apple,published,1.50", "a,2,Green apple,published,1.75")
    report = await shop.run()
    assert report.count("updated") == {"group": 0, "person": 0, "thing": 1, "connection": 0}
    found = await things.fetch(shop.store, EVERYTHING, [thing_id("a"), thing_id("b")])
    apple = found[thing_id("a")]
    assert (apple.name, apple.version) == ("Green apple", 2)
    assert apple.updated_at > apple.created_at
    assert found[thing_id("b")].version == 1
    assert await new_events(shop.store, before) == ['thing_updated {"changed":["name","properties"],"version":2}']


async def test_what_was_sold_of_a_product_stays_sold_when_its_row_comes_again(shop: Shop) -> None:
    await shop.run()

    async def apple() -> tuple[int | None, int, object]:
        [found] = (await things.fetch(shop.store, EVERYTHING, [thing_id("a")])).values()
        [column] = await shop.store.read(STOCK, {"id": found.id})
        return left(found), found.version, column

    async def sell(transaction: Transaction) -> None:
        [product] = (await orders.lock_sold(transaction, [thing_id("a")])).values()
        await orders.set_sold(transaction, [replace(product, sold=2)])

    await shop.store.write(sell)
    assert await apple() == (1, 1, 1)
    assert (await shop.run()).count("updated")["thing"] == 0
    assert await apple() == (1, 1, 1)
    shop.replace("products.csv", "1.50,3,fruit", "1.50,10,fruit")
    assert (await shop.run()).count("updated")["thing"] == 1
    assert await apple() == (8, 2, 8)
    shop.replace("products.csv", "1.50,10,fruit", "1.50,1,fruit")
    await shop.run()
    assert await apple() == (0, 3, 0), "the source counted fewer than were sold"
    shop.replace("products.csv", "1.50,1,fruit", "1.50,NULL,fruit")
    await shop.run()
    assert await apple() == (None, 4, None)
    broken = [case.violation async for case in Checking(shop.store, Ontology(shop.store)).cases(["thing_columns"])]
    assert broken == []


async def test_a_new_row_is_added_to_what_is_there(shop: Shop) -> None:
    await shop.run()
    with (shop.folder / "products.csv").open("a") as file:
        file.write("c,3,Cheese,draft,4.00,1,dairy\n")
    report = await shop.run()
    assert report.count("created")["thing"] == 1
    assert report.count("unchanged")["thing"] == 2
    assert report.refused == []


@pytest.mark.parametrize(
    ("file", "old", "new", "events"),
    [
        ("groups.csv", "2,below,Below,1", "2,below,Below,3", ["group_moved"]),
        ("groups.csv", "2,below,Below", "2,beneath,Beneath", ['group_updated {"changed":["slug","name"]}']),
        ("people.csv", "bob@x.example", "bob@y.example", ['profile_updated {"changed":["email"]}']),
        ("products.csv", "a,2,", "a,3,", ['thing_moved {"from":']),
        ("products.csv", "published", "archived", ['thing_archived {"version":2}']),
        ("products.csv", "fruit", "green", ['thing_updated {"changed":["labels"],"version":2}']),
        (
            "members.csv",
            "editor",
            "admin",
            ["connection_updated", 'member_role_changed {"from":"editor","to":"admin"}'],
        ),
        ("owners.csv", "0.5", "0.25", ["connection_updated"]),
    ],
)
async def test_each_sort_of_change_is_told_by_its_event(
    shop: Shop, file: str, old: str, new: str, events: list[str]
) -> None:
    if file == "groups.csv":
        # A parent comes before what is below it.
        shop.write("groups.csv", "1,top,Top,", "3,other,Other,1", "2,below,Below,1")
    await shop.run()
    before = len(await new_events(shop.store, 0))
    shop.replace(file, old, new)
    report = await shop.run()
    assert report.refused == []
    assert sum(report.count("updated").values()) == 1
    happened = await new_events(shop.store, before)
    assert len(happened) == len(events)
    for event, start in zip(happened, events, strict=True):
        assert event.startswith(start)
    settled = await everything(shop.store)
    assert sum((await shop.run()).count("unchanged").values()) == 10
    assert await everything(shop.store) == settled


async def test_a_moved_group_and_a_moved_thing_have_one_place(shop: Shop) -> None:
    shop.write("groups.csv", "1,top,Top,", "3,other,Other,1", "2,below,Below,1")
    await shop.run()
    shop.replace("groups.csv", "2,below,Below,1", "2,below,Below,3")
    shop.replace("products.csv", "a,2,", "a,1,")
    await shop.run()
    ancestors = await groups.fetch_ancestors(shop.store, EVERYTHING, [group_id("2")])
    assert [group.slug for group in ancestors[group_id("2")]] == ["other", "top"]
    total = await counts(shop.store)
    assert (total["PARENT_OF"], total["IN_GROUP"]) == (2, 2)


async def test_an_archived_thing_comes_back_with_its_row(shop: Shop) -> None:
    shop.replace("products.csv", "published", "archived")
    await shop.run()
    [apple] = (await things.fetch(shop.store, EVERYTHING, [thing_id("a")])).values()
    assert apple.status is ThingStatus.ARCHIVED
    assert apple.archived_at == apple.created_at
    shop.replace("products.csv", "archived", "published")
    before = len(await new_events(shop.store, 0))
    await shop.run()
    [apple] = (await things.fetch(shop.store, EVERYTHING, [thing_id("a")])).values()
    assert (apple.status, apple.archived_at) == (ThingStatus.PUBLISHED, None)
    assert await new_events(shop.store, before) == ['thing_restored {"status":"published","version":2}']


async def test_what_the_mapping_does_not_mention_stays_as_it_is(shop: Shop) -> None:
    await shop.run()
    await shop.store.write(updating(ANN, group_id("2"), 1, GroupChanges(description="By hand")))
    report = await shop.run()
    assert report.count("updated")["group"] == 0
    [group] = (await groups.fetch(shop.store, EVERYTHING, [group_id("2")])).values()
    assert (group.description, group.version) == ("By hand", 2)


async def test_what_was_changed_by_hand_becomes_what_the_source_says(shop: Shop) -> None:
    await shop.run()
    changes = ChangesOfThings(Ontology(shop.store))
    await shop.store.write(changes.updating(ANN, thing_id("a"), 1, ThingChanges(name="By hand")))
    report = await shop.run()
    assert report.count("updated")["thing"] == 1
    [apple] = (await things.fetch(shop.store, EVERYTHING, [thing_id("a")])).values()
    assert (apple.name, apple.version) == ("Apple", 3)


async def test_two_imports_of_the_same_at_once_make_it_once(shop: Shop) -> None:
    shop.write("products.csv", *(f"{n},2,Product {n},,1,1,c" for n in range(60)))
    shop.write("owners.csv", "1,ann,7,0.5")
    reports = await asyncio.gather(*(shop.run(batch_size=20) for _ in range(3)))
    assert [report.refused for report in reports] == [[], [], []]
    total = await counts(shop.store)
    made = ("Product", "Group", "Person", "MEMBER_OF", "OWNS")
    assert [total[kind] for kind in made] == [60, 3, 2, 2, 1]
    assert total["Event"] == 3 + 2 + 60 + 2 + 2 + 1


async def test_an_import_takes_as_many_round_trips_for_fifty_rows_as_for_five(
    shop: Shop, statements: list[str]
) -> None:
    shop.write("products.csv", *(f"{n},2,Product {n},,1,1,c" for n in range(5)))
    shop.write("owners.csv")
    await shop.run()
    few, statements[:] = list(statements), []
    shop.write("products.csv", *(f"{n},2,Product {n},,1,1,c" for n in range(100, 150)))
    await shop.run()
    assert few.count("create_things") == statements.count("create_things") == 1
    assert few.count("append_events") == 3  # groups, things and connections
    assert few.count("append_audited_events") == 2  # people, and who joined what


async def test_json_lines_are_imported_too(store: Store, tmp_path: Path) -> None:
    mapping = parse_mapping(
        {
            "source": "posts",
            "steps": [
                {"step": "blog", "make": "group", "set": {"slug": "blog", "name": "Blog", "type": "community"}},
                {
                    "step": "posts",
                    "make": "thing",
                    "from": "posts.ndjson",
                    "key": {"column": "id"},
                    "set": {
                        "type": "blog_post",
                        "group": {"ref": "blog"},
                        "name": {"column": "title"},
                        "properties": {"column": "about"},
                    },
                },
            ],
        }
    )
    lines = [
        {"id": 1, "title": "One", "about": {"words": 120, "tags": ["a", "b"]}},
        {"id": 2, "title": 2, "about": {}},
        {"id": None, "title": "None"},
    ]
    (tmp_path / "posts.ndjson").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    report = await import_folder(store, mapping, tmp_path)
    assert [(row.line, row.reason) for row in report.refused] == [
        (2, "name takes a text; 2 is none: convert it with `as: text`"),
        (3, "the key is missing"),
    ]
    identifier = imported_id("thg", "posts", "posts\x001")
    [post] = (await things.fetch(store, EVERYTHING, [identifier])).values()
    assert post.properties == {"words": 120, "tags": ["a", "b"]}
