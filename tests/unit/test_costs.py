"""What an operation costs: estimates from its sizes, counts from its answer, and buckets that drain."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, cast

import pytest
from graphql import GraphQLObjectType, parse, validate

from domain.access import Caller, KeyScope, Viewer
from domain.errors import RateLimitError
from domain.people import PlatformRole
from resolvers.costs import CHANGE, INTROSPECTION, LISTED, SIZES, WEIGHTS, actual, plan_of, requested
from resolvers.federation import subgraph
from resolvers.schema import schema
from services.budgets import BudgetLimits, Budgets

CORE: Final = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
DOCS: Final = Path(__file__).parents[2] / "docs"
ESTIMATES: Final[Mapping[str, tuple[str, Mapping[str, object], int]]] = {
    "an object, and nothing for its values": ("query ($id: ID!) { node(id: $id) { id } }", {"id": "x"}, 1),
    "a page and its rows": ("{ people(first: 20) { nodes { id displayName } } }", {}, 21),
    "a page from its end": ("{ people(last: 20) { nodes { id } } }", {}, 21),
    "edges are free, and what they lead to is not": ("{ people(first: 20) { edges { cursor node { id } } } }", {}, 21),
    "a page by a variable": ("query ($n: Int!) { people(first: $n) { nodes { id } } }", {"n": 7}, 8),
    "a page by the default of one": ("query ($n: Int = 9) { people(first: $n) { nodes { id } } }", {}, 10),
    "no more than a page may have": ("{ people(first: 2000000000) { nodes { id } } }", {}, 101),
    "none where it is negative": ("{ people(first: -5) { nodes { id } } }", {}, 1),
    "pages in pages": (
        "{ things(first: 50) { nodes { group { id } connections(first: 10) { nodes { id } } } } }",
        {},
        1 + 50 * (1 + 1 + 1 + 10),
    ),
    "where a page stands is free": ("{ people(first: 20) { pageInfo { endCursor } nodes { id } } }", {}, 21),
    "counting": ("{ people(first: 20) { totalCount } }", {}, 1 + 5),
    "a list that is no page": ("{ viewer { groups { id } } }", {}, 1 + LISTED),
    "as many as ids are given": ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
    "as many as a variable has": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b"]}, 2),
    "a default of a field": ('{ similarTo(to: {thingId: "thg_1"}) { score } }', {}, 20 * 10),
    "a change": ('mutation { deleteThing(input: {id: "a", version: 1}) { __typename } }', {}, CHANGE),
    "each of many changes": (
        "mutation ($input: ApplyChangesInput!) { applyChanges(input: $input) { __typename } }",
        {"input": {"changes": [{}, {}, {}]}},
        3 * CHANGE,
    ),
    "many changes by a variable within": (
        "mutation ($all: [ChangeInput!]!) { applyChanges(input: {changes: $all}) { __typename } }",
        {"all": [{}, {}]},
        2 * CHANGE,
    ),
    "the dearest of what one may be": (
        "query ($id: ID!) { node(id: $id) { ... on Person { apiKeys { id } } ... on Group { parent { id } } } }",
        {},
        1 + LISTED,
    ),
    "what all of them have, and more of some": (
        "query ($id: ID!) { node(id: $id) { ... on Thing { group { id } } ... on Product { images { alt } } } }",
        {},
        1 + 1 + LISTED,
    ),
    "as many as a whole number says": ("query ($n: Int!) { people(first: $n) { nodes { id } } }", {"n": 7.0}, 8),
    "a key that stands for more of one type than of another": (
        """query ($id: ID!) { node(id: $id) { ... on Group { each: connections(first: 1) { nodes { id } } }
            ... on Person { each: connections(first: 100) { nodes { id } } } } }""",
        {},
        1 + 1 + 100,
    ),
    "the same twice, once": ("{ people(first: 9) { nodes { id } nodes { displayName } } }", {}, 10),
    "the same by another name, twice": ("{ a: people(first: 9) { nodes { id } } b: people(first: 9) { nodes { id } } }",
        {}, 20),
    "fragments": (
        """{ people(first: 9) { ...page } } fragment page on PersonConnection { nodes { ...of } }
        fragment of on Person { id groups: connections(first: 2) { nodes { id } } }""",
        {},
        1 + 9 * (1 + 1 + 2),
    ),
    "not what is left out": (
        "query ($more: Boolean!) { viewer { scope groups @include(if: $more) { id } person @skip(if: true) { id } } }",
        {"more": False},
        1,
    ),
    "what is not left out": (
        "query ($less: Boolean = false) { viewer { groups @skip(if: $less) { id } } }",
        {},
        1 + LISTED,
    ),
    "the schema": ("{ __schema { types { name fields { name } } } }", {}, INTROSPECTION),
}  # fmt: skip


@pytest.mark.parametrize("what", ESTIMATES)
def test_an_operation_costs(what: str) -> None:
    text, variables, points = ESTIMATES[what]
    document = parse(text)
    assert validate(CORE, document) == []
    assert requested(plan_of(CORE, document, None), variables) == points


def test_a_router_pays_for_each_entity() -> None:
    document = parse("query ($all: [_Any!]!) { _entities(representations: $all) { ... on Person { id } } }")
    plan = plan_of(subgraph()._schema, document, None)  # noqa: SLF001 - see above
    assert requested(plan, {"all": [{}, {}, {}]}) == 3


def test_an_answer_costs_what_is_in_it() -> None:
    text = "{ people(first: 50) { totalCount edges { node { id person: connections(first: 50) { nodes { id } } } } } }"
    node = {"id": "a", "person": {"nodes": [{"id": "b"}, {"id": "c"}]}}
    answer = {"people": {"totalCount": 3, "edges": [{"node": node}, {"node": None}]}}
    assert actual(plan_of(CORE, parse(text), None), answer) == 1 + 5 + (1 + 1 + 2)


def test_everything_that_has_a_weight_is_there() -> None:
    types = {name: type_ for name, type_ in CORE.type_map.items() if isinstance(type_, GraphQLObjectType)}
    fields = {name for type_ in types.values() for name in type_.fields}
    for each in [*WEIGHTS, *SIZES]:
        if each == "Query._entities":  # of the schema that a router takes in
            continue
        type_, _, field = each.rpartition(".")
        assert field in types[type_].fields if type_ else field in fields or field in types, each


def test_the_docs_have_every_weight() -> None:
    section = (DOCS / "querying.md").read_text().split("## What an operation costs")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (\d+) \|", section, re.MULTILINE))
    assert {name: int(points) for name, points in rows.items()} == {
        name: points for name, points in WEIGHTS.items() if points
    }
    for points in (CHANGE, INTROSPECTION, LISTED):
        assert f"{points} " in section


def viewer(key: str | None) -> Viewer:
    return Viewer("per_1", PlatformRole.CUSTOMER, key, KeyScope.READ, ())


def test_a_bucket_drains_as_time_goes_by() -> None:
    at = [0.0]
    budgets = Budgets(BudgetLimits(points=100, per_second=10), lambda: at[0])
    budget = budgets.of(Caller(viewer(None)))
    budget.spend(60)
    budget.spend(40)
    with pytest.raises(RateLimitError, match="25 points, and you have 0 of 100") as refused:
        budget.spend(25)
    assert refused.value.retry_after == 3
    at[0] += 2.5
    budget.spend(25)
    assert budget.left == 0
    budget.give_back(15)
    assert budget.left == 15
    at[0] += 1_000
    assert budget.left == 100


def test_each_key_and_each_address_has_a_bucket_of_its_own() -> None:
    budgets = Budgets(BudgetLimits(points=10, per_second=1), lambda: 0.0)
    callers = [Caller(viewer(None)), Caller(viewer("key_1")), Caller(None, address="192.0.2.1"), Caller(None)]
    for each in callers:
        budgets.of(each).spend(10)
    assert [budgets.of(each).left for each in callers] == [0, 0, 0, 0]


def test_buckets_that_have_drained_are_forgotten() -> None:
    at = [0.0]
    budgets = Budgets(BudgetLimits(points=10, per_second=1), lambda: at[0])
    for number in range(10_000):
        budgets.of(Caller(None, address=str(IPv4Address(number)))).spend(1)
    at[0] += 1
    budgets.of(Caller(None, address="192.0.2.1")).spend(1)
    assert list(cast("dict[str, object]", vars(budgets)["_levels"])) == ["192.0.2.1"]


def test_all_addresses_of_one_household_have_one_bucket() -> None:
    budgets = Budgets(BudgetLimits(points=10, per_second=1), lambda: 0.0)
    budgets.of(Caller(None, address="2001:db8::1")).spend(10)
    left = [budgets.of(Caller(None, address=each)).left for each in ("2001:db8::ffff:2", "2001:db8:0:1::1")]
    assert left == [0, 10]
