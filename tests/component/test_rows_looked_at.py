"""What a page costs: the store looks at about as many rows as the page has, however many more there are."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest
from neo4j import AsyncDriver, AsyncGraphDatabase

from domain import access
from domain.filters import EVERYTHING, Operator
from graph.access import reach_parameters
from graph.filters import connections, events, people, things
from graph.filters.predicates import Filtered
from graph.store import Statement, Transaction
from tests.component.filter_shapes import both, compare
from tests.worlds import World

pytestmark = pytest.mark.slow

ROWS = 3_000
FEW = 900
"""How many reads a page of ten may take of a store in which thousands of rows are to be read."""

FILL: Statement[int] = Statement(
    "fill",
    f"""
    MATCH (group:Group {{id: $home}}), (owner:Person {{id: $owner}})
    CREATE (label:Knowledge {{id: 'knw', type: 'label', label: 'x:y'}})
    WITH * UNWIND range(1, {ROWS}) AS n
    WITH *, right('0000' + n, 5) AS key
    CREATE (thing:Entity:Thing {{id: 'thg_' + key, sortKey: key, type: 'video', status: 'draft', filter1: n,
        groupId: group.id, labels: ['x:y']}})-[:IN_GROUP {{thingId: 'thg_' + key}}]->(group)
    CREATE (thing)-[:HAS_KNOWLEDGE {{role: 'label', label: 'x:y', sortKey: key}}]->(label)
    CREATE (owner)-[:FOLLOWING {{id: 'con_following_' + key, createdAt: n}}]->(thing)
    CREATE (:Event {{id: 'evt_' + key, type: 'thing_created', groupId: group.id, actor: 'system', targetId: thing.id}})
    CREATE (:Entity:Person {{id: 'per_' + key, sortKey: key, role: 'customer', status: 'active'}})
    RETURN count(*) AS row""",
)


@pytest.fixture(scope="module")
async def driver(shared_world: World, store_address: tuple[str, str, str]) -> AsyncIterator[AsyncDriver]:
    async def fill(transaction: Transaction) -> None:
        await transaction.run(FILL, {"home": shared_world.home, "owner": shared_world.owner.id})

    await shared_world.store.write(fill)
    await shared_world.store.define(["CALL db.prepareForReplanning(60)"])
    uri, user, password = store_address
    async with AsyncGraphDatabase.driver(uri, auth=(user, password)) as made:
        yield made


VIDEO, DRAFT = compare("type", "video"), compare("status", "draft")
PRICED, CHEAP = compare("filter1", 1, Operator.AT_LEAST), compare("filter1", 9, Operator.BELOW)
LIVE = compare("includeEnded", value=False)


def found(of: object) -> Filtered[object, object]:
    return cast("Filtered[object, object]", of)


CASES: Mapping[str, tuple[Filtered[object, object], int]] = {
    "type": (found(things.things(both(VIDEO, DRAFT), things.Scope.EVERYWHERE)), 10),
    "all": (found(things.things(DRAFT, things.Scope.EVERYWHERE)), 10),
    "wide range": (found(things.things(both(VIDEO, PRICED), things.Scope.EVERYWHERE)), 10),
    "narrow range": (found(things.things(both(VIDEO, CHEAP, DRAFT), things.Scope.EVERYWHERE)), 8),
    "label": (found(things.things(both(compare("label", "x:y"), DRAFT), things.Scope.EVERYWHERE)), 10),
    "group": (found(things.things(DRAFT, things.Scope.GROUP)), 10),
    "subtree": (found(things.things(EVERYTHING, things.Scope.SUBTREE)), 10),
    "filtered subtree": (found(things.things(both(VIDEO, DRAFT), things.Scope.SUBTREE)), 10),
    "events": (found(events.events(compare("type", "thing_created"), events.Scope.EVERYWHERE)), 10),
    "events of a subtree": (found(events.events(compare("type", "thing_created"), events.Scope.SUBTREE)), 10),
    "people": (
        found(people.people(both(compare("role", "customer"), compare("status", "active")), people.Scope.EVERYWHERE)),
        10,
    ),
    "connections": (
        found(connections.connections(both(compare("type", "following"), LIVE), connections.Scope.EVERYWHERE)),
        10,
    ),
}


@pytest.mark.parametrize(
    ("name", "few"), [*((name, 20) for name in CASES), *((name, 5_000) for name in CASES if name != "wide range")]
)
async def test_a_page_looks_at_few_rows(shared_world: World, driver: AsyncDriver, name: str, few: int) -> None:
    """Whether as few rows are in the store as can well be sorted, or more."""
    filtered, rows = CASES[name]
    given: Mapping[str, object] = {
        **dict(filtered.filters),
        "parents": [shared_world.home],
        "limit": 10,
        "scan": 400,
        "few": few,
        **reach_parameters(access.EVERYTHING),
    }
    bounds: Mapping[str, object] = {"lower": given.get("floor", ""), "upper": given.get("ceiling", "~")}
    for statement in (filtered.listing.ascending, filtered.listing.descending):
        named = set(re.findall(r"\$(\w+)", statement.text))
        parameters = {each: value for each, value in {**given, **bounds}.items() if each in named}
        async with driver.session() as session:
            result = await session.run(f"PROFILE {statement.text}", parameters)
            row = (await result.single(strict=True))["row"]
            profile = (await result.consume()).profile
        assert len(row["rows"]) == rows
        assert profile is not None
        assert reads(profile) < FEW


def reads(step: Mapping[str, object]) -> int:
    """How often the store read something, for an operator of a plan and all below it."""
    children = cast("list[Mapping[str, object]]", step.get("children", []))
    arguments = cast("Mapping[str, int]", step["args"])
    return arguments.get("DbHits", 0) + sum(map(reads, children))
