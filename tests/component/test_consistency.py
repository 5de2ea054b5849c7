"""Consistency: every rule is broken behind the server's back, found with its ids, planned, and mended or left."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TypeAlias, cast

import pytest

from app.checking import check
from domain.access import KeyScope
from domain.consistency import Outcome, Severity, Violation
from domain.people import PlatformRole
from domain.values import JSON
from graph.migrate import lacking, read_migrations
from graph.store import Statement
from services.checking import RULES, Checking
from services.ontology import Ontology
from tests.client import Api
from tests.commands import one
from tests.component.broken import BREAKS, Break
from tests.component.town import Names, Town, build, run
from tests.conftest import served
from tests.snapshots import Snapshot
from tests.worlds import World

pytestmark = pytest.mark.slow

Line: TypeAlias = dict[str, JSON]

THING_IDS: Statement[str] = Statement("thing_ids", "MATCH (n:Thing) RETURN n.id AS row ORDER BY row")


@pytest.fixture(scope="module")
async def untouched(shared_world: World) -> Town:
    """The town that is put back for every test."""
    names = await build(shared_world)
    return Town(shared_world, names, await Snapshot.take(shared_world.store))


@pytest.fixture
async def world(untouched: Town) -> AsyncIterator[World]:
    """The world of the town, untouched, behind a server that has seen nothing yet."""
    store, api = untouched.world.store, untouched.world.api
    await untouched.built.put_back(store)
    async with served(store) as http:
        yield replace(untouched.world, api=Api(http, api.secret))


@pytest.fixture
def town(untouched: Town, world: World) -> Names:
    """Everything in the town: each name with its id."""
    assert world.home == untouched.names["home"]
    return untouched.names


@pytest.fixture
async def mended_schema(world: World) -> AsyncIterator[None]:
    """Whatever becomes of the store's schema, it is there again afterwards."""
    yield
    missing = await lacking(world.store, read_migrations())
    if missing:
        await run(world, "MATCH (n:Group) WITH n SET n.slug = n.id", {})
    for wanted in missing:
        await world.store.define([wanted.statement])


async def found(world: World) -> list[Violation]:
    checking = Checking(world.store, Ontology(world.store))
    return [case.violation async for case in checking.cases()]


WAYS = [pytest.param(name, way, id=f"{name}-{index}") for name in RULES for index, way in enumerate(BREAKS[name])]


def test_every_rule_is_broken_below_and_nothing_else_is() -> None:
    assert list(BREAKS.keys() ^ RULES.keys()) == []


async def told(world: World, capsys: pytest.CaptureFixture[str], *, yes: bool) -> tuple[bool, list[Line], set[str]]:
    """Whether no error is left, what was told line by line, and the rules that are broken in the end."""
    capsys.readouterr()
    clean = await check(world.store, repair=True, yes=yes, as_json=True)
    *lines, end = map(json.loads, capsys.readouterr().out.splitlines())
    return clean, lines, set(end["left"])


@pytest.mark.once
@pytest.mark.usefixtures("mended_schema")
@pytest.mark.parametrize(("name", "way"), WAYS)
async def test_a_broken_rule_is_found_planned_and_mended(
    world: World, town: Names, capsys: pytest.CaptureFixture[str], name: str, way: Break
) -> None:
    if way.schema:
        await world.store.define([way.schema])
    await run(world, way.text, town)
    journal, before = await world.journal(), await world.count()
    clean, lines, left = await told(world, capsys, yes=False)
    assert clean is (RULES[name].severity is Severity.WARNING)
    assert left - way.others == {name}
    first = next(line for line in lines if line["rule"] == name)
    assert sorted(cast("list[str]", first["ids"])) == sorted(town[each] for each in way.ids)
    assert (
        way.ids == ()
        or cast("list[str]", first["ids"])[0] == town[way.ids[0]]
        or name in {"store_unique", "group_tree"}
    )
    assert first["byMachine"] is way.mended
    assert first["repair"]
    assert first["detail"]
    assert await world.count() == before, "a plan changed something"

    clean, lines, left = await told(world, capsys, yes=True)
    outcomes = {line["outcome"] for line in lines if line["rule"] == name}
    if way.mended:
        assert clean
        assert left == set()
        assert outcomes == {"mended"}
        happened = [properties async for _, properties in system_events(world, journal.cursor)]
        assert {"rule": name, "does": first["repair"]} in happened
    else:
        assert not clean
        assert name in left
        assert left <= {name, *way.others}
        assert outcomes == {"left"}


async def test_what_is_right_breaks_no_rule(world: World, town: Names) -> None:
    assert town
    assert await found(world) == []


async def test_violations_are_found_on_every_page(
    world: World, town: Names, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    monkeypatch.setattr("graph.checks.subjects.PAGE", 2)
    await run(world, "MATCH (n:Thing) SET n.sortKey = 'x' + n.id", town)
    things = await world.store.read(THING_IDS, {})
    statements.clear()
    broken = await found(world)
    assert sorted(each.ids[0] for each in broken if each.rule.name == "thing_sort_key") == things
    assert statements.count("check_things") == (len(things) + 1) // 2 + 1
    assert statements.count("check_things_again") == (len(things) + 1) // 2


async def test_what_is_right_when_it_is_read_again_is_not_told(
    world: World, town: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = world.store.read

    async def torn(
        statement: Statement[object], parameters: Mapping[str, object], *, latest: bool = False
    ) -> list[object]:
        rows = await read(statement, parameters, latest=latest)
        if statement.name == "check_things":
            for row in cast("list[dict[str, list[object]]]", rows):
                row["places"] = []
        return rows

    monkeypatch.setattr(world.store, "read", torn)
    assert town
    assert await found(world) == []


async def test_a_repair_of_what_is_right_by_now_changes_nothing(world: World, town: Names) -> None:
    await run(world, "MATCH (n:Entity {id: $alone}) SET n.version = 0", town)
    checking = Checking(world.store, Ontology(world.store))
    [case] = [case async for case in checking.cases()]
    await run(world, "MATCH (n:Entity {id: $alone}) SET n.version = 7", town)
    before = await world.count()
    assert (await case.repair()).outcome is Outcome.GONE
    assert {**await world.count(), "Lock": 1} == {**before, "Lock": 1}


async def test_what_an_archived_group_holds_is_mended_to_the_last_of_it(world: World, town: Names) -> None:
    await run(world, "MATCH (n:Entity {id: $attic}) SET n.status = 'archived', n.archivedAt = n.updatedAt", town)
    journal = await world.journal()
    assert await check(world.store, repair=True, yes=True, as_json=True)
    happened = [type_ async for type_, _ in system_events(world, journal.cursor)]
    assert sorted(happened) == ["consistency_repaired", "group_archived", "thing_archived"]
    answer = await world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Thing { status version } } }", id=town["boxed"]
    )
    assert answer.data["node"] == {"status": "archived", "version": 2}


REPORT = """query ($rules: [String!], $show: Int! = 1) { consistency(rules: $rules, show: $show) {
    rule { name severity } total violations { ids detail repair { does byMachine } } } }"""


class TestTheReport:
    async def test_counts_and_lists_what_breaks_a_rule(self, world: World, town: Names) -> None:
        await run(world, "MATCH (n:Thing) SET n.version = 0", town)
        answer = await world.api.ask(REPORT, rules=["thing_version", "thing_times"])
        things = await world.store.read(THING_IDS, {})
        assert answer.data["consistency"] == [
            {"rule": {"name": "thing_times", "severity": "error"}, "total": 0, "violations": []},
            {
                "rule": {"name": "thing_version", "severity": "error"},
                "total": len(things),
                "violations": [
                    {
                        "ids": [things[0]],
                        "detail": "version is 0",
                        "repair": {"does": "set version", "byMachine": True},
                    }
                ],
            },
        ]
        everything = await world.api.ask(REPORT)
        assert everything.each("consistency", "rule")[0] == {"name": "store_schema", "severity": "error"}
        assert len(everything.each("consistency", "total")) == len(RULES)

    async def test_is_for_platform_owners_alone(self, world: World, statements: list[str]) -> None:
        for role in (PlatformRole.ORG_OWNER, PlatformRole.ORG_USER, PlatformRole.CUSTOMER):
            api = await world.member(f"a{role}".replace("_", ""), "home", role=role, scope=KeyScope.WRITE)
            statements.clear()
            answer = await api.ask(REPORT)
            assert answer.codes == ["FORBIDDEN"]
            assert answer.body["data"] == {"consistency": None}
            assert statements == []
        assert (await world.api.as_holder_of(None).ask(REPORT)).codes == ["UNAUTHENTICATED"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"rules": ["nonsense"]}, "rules.0"), ({"show": -1}, "show"), ({"show": 101}, "show")],
    )
    async def test_names_what_cannot_be_asked(self, world: World, given: Mapping[str, JSON], field: str) -> None:
        [error] = (await world.api.ask(REPORT, given)).errors
        assert error["extensions"] == {"code": "VALIDATION", "field": field}

    async def test_is_made_once_at_a_time(self, world: World) -> None:
        answers = await asyncio.gather(*(world.api.ask(REPORT) for _ in range(3)))
        assert sorted("errors" in answer.body for answer in answers) == [False, True, True]
        assert {code for answer in answers if "errors" in answer.body for code in answer.codes} == {"RATE_LIMITED"}


class TestAtTheCommandLine:
    async def test_the_exit_code_says_whether_a_rule_is_broken(
        self, world: World, town: Names, store_address: tuple[str, str, str]
    ) -> None:
        code, written, _ = await one(store_address, "check")
        assert (code, written) == (0, f"{len(RULES)} rules: 0 errors and 0 warnings were found.\n")
        await run(world, "MATCH (n:Entity {id: $alone}) SET n.version = 0, n.status = 'lost'", town)
        code, written, _ = await one(store_address, "check")
        assert code == 1
        assert re.search(rf"thing_version +{town['alone']} +version is 0 *\n", written)
        assert written.endswith(f"{len(RULES)} rules: 2 errors and 0 warnings were found.\n")
        before = await world.count()
        code, written, _ = await one(store_address, "check", "--repair")
        assert code == 1
        assert re.search(r"version is 0 +set version *\n", written)
        assert re.search(r"status is 'lost' +a person decides: Choose one of", written)
        assert written.endswith("Nothing was changed: --yes does it.\n")
        assert await world.count() == before
        code, written, _ = await one(store_address, "check", "--repair", "--yes")
        assert code == 1
        assert re.search(r"version is 0 +set version +mended *\n", written)
        assert written.endswith(f"{len(RULES)} rules: 1 errors and 0 warnings are left.\n")
        code, written, _ = await one(store_address, "check", "--json")
        *lines, end = map(json.loads, written.splitlines())
        assert code == 1
        assert [(line["rule"], line["ids"]) for line in lines] == [("thing_vocabulary", [town["alone"]])]
        assert end == {"rules": len(RULES), "left": {"thing_vocabulary": 1}}

    async def test_a_warning_is_told_and_is_no_failure(
        self, world: World, town: Names, store_address: tuple[str, str, str]
    ) -> None:
        await run(world, BREAKS["knowledge_described"][0].text, town)
        code, written, _ = await one(store_address, "check")
        assert code == 0
        assert written.endswith(f"{len(RULES)} rules: 0 errors and 1 warnings were found.\n")


async def system_events(world: World, after: JSON) -> AsyncIterator[tuple[str, JSON]]:
    """What the system did since then: the type and the properties of each event."""
    answer = await world.api.ask(
        """query ($after: String) {
            events(first: 100, order: oldest_first, after: $after) { nodes { type actor properties } }
        }""",
        after=after,
    )
    for event in cast("list[Mapping[str, JSON]]", answer.at("events.nodes")):
        assert event["actor"] == "system"
        yield str(event["type"]), event["properties"]
