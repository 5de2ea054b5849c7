"""Compiled execution answers over our own schema, on a store, what graphql-core answers."""

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final, cast

import httpx2
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

from app.asgi import create_app
from app.explorer import Explorer
from domain.values import JSON, JSONObject
from graph.store import Store
from resolvers.schema import schema
from services.demo import seed
from services.rate_limits import RateLimits
from tests.client import Api
from tests.conftest import CHECKOUT
from tests.e2e.pages import blocks
from tests.unit.execution.runs import forget, leaves_coroutines_behind

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(3_600)]

CORE: Final = schema._schema  # noqa: SLF001 - what graphql-core knows of it
GENERATED: Final = 500 if os.environ.get("TESTS_NIGHTLY") else 20
SIGHTS: Final = 3  # how often a document comes: it is compiled from the second time on
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


@dataclass(frozen=True)
class Both:
    """Two servers over one store: one compiles, one leaves everything to graphql-core."""

    compiling: Api
    stock: Api
    secrets: Mapping[str, str | None]

    async def answer_alike(self, query: str, variables: JSONObject) -> None:
        for who, secret in self.secrets.items():
            expected = await self.stock.as_holder_of(secret).ask(query, variables)
            for _ in range(SIGHTS):
                actual = await self.compiling.as_holder_of(secret).ask(query, variables)
                assert _comparable(actual.body) == _comparable(expected.body), f"{who}: {query} with {variables}"


def _comparable(body: Mapping[str, JSON]) -> str:
    """With the keys of the data in their order, and the errors in any."""
    errors = sorted(json.dumps(error) for error in cast("list[JSON]", body.get("errors", [])))
    return json.dumps([body.get("data"), errors])


@asynccontextmanager
async def _served(store: Store, *, compiled_execution: bool) -> AsyncIterator[Api]:
    explorer = Explorer(CHECKOUT / "explorer", enabled=False)
    app = create_app(
        store,
        b"a key",
        explorer,
        body_limit=1_000_000,
        compiled_execution=compiled_execution,
        rate_limits=RateLimits(None),
    )
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield Api(client)


@pytest.fixture
async def both(store: Store) -> AsyncIterator[Both]:
    keys = {key.person.username: key.secret for key in await seed(store)}
    async with (
        _served(store, compiled_execution=True) as compiling,
        _served(store, compiled_execution=False) as stock,
    ):
        yield Both(compiling, stock, {**keys, "nobody": None})


def _questions() -> Iterator[tuple[str, JSONObject]]:
    for page in sorted((CHECKOUT / "docs").glob("*.md")):
        for block in blocks(page):
            if block.kind == "graphql" and block.note != "checked":
                operations = [
                    each for each in parse(block.text).definitions if isinstance(each, OperationDefinitionNode)
                ]
                if all(each.operation is OperationType.QUERY for each in operations):
                    yield block.text, json.loads(block.variables)


async def test_the_questions_of_the_documentation(both: Both) -> None:
    questions = list(_questions())
    assert len(questions) > 10
    for query, variables in questions:
        await both.answer_alike(query, variables)


@leaves_coroutines_behind
async def test_questions_made_at_random(both: Both) -> None:
    found = await both.stock.as_holder_of(both.secrets["ada"]).ask(
        """{
            things(first: 40) { nodes { id connections(first: 3) { nodes { id } } events(first: 1) { nodes { id } } } }
            groups(first: 20) { nodes { id } }
            people(first: 20) { nodes { id } }
        }"""
    )
    ids = sorted(set(_ids(dict(found.data))))
    assert len(ids) > 30
    for number in range(GENERATED):
        await both.answer_alike(Questions(Random(number), CORE, ids).made(), {})
    forget()


def _ids(value: JSON) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _ids(each)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from [str(each)] if name == "id" else _ids(each)


class Questions:
    """Makes a question of any schema whose required arguments are ids and values of enums."""

    def __init__(self, random: Random, of: GraphQLSchema, ids: list[str]) -> None:
        self._random, self._schema, self._ids = random, of, ids
        self._aliases = 0

    def made(self) -> str:
        """The text of a query."""
        root = self._schema.query_type
        assert root is not None
        return "query " + self._selection(root, self._random.randrange(3, 6))

    def _selection(self, type_: Composite, depth: int) -> str:
        parts = [self._part(type_, depth) for _ in range(self._random.randrange(2, 6))]
        return "{ __typename " + " ".join(parts) + " }"

    def _part(self, type_: Composite, depth: int) -> str:
        random = self._random
        if not isinstance(type_, GraphQLObjectType) and random.random() < 0.5:
            inner = random.choice(self._schema.get_possible_types(type_))
            return f"... on {inner.name} {self._selection(inner, depth)}"
        if isinstance(type_, GraphQLUnionType):
            return ""
        name = random.choice(sorted(type_.fields))
        field = type_.fields[name]
        arguments = [self._argument(key, argument) for key, argument in field.args.items()]
        inner_type = get_named_type(field.type)
        if None in arguments or (depth == 0 and not is_leaf_type(inner_type)):
            return ""
        self._aliases += 1
        given = ", ".join(each for each in arguments if each)
        text = f"a{self._aliases}: {name}{f'({given})' if given else ''}"
        if is_leaf_type(inner_type):
            return text
        assert isinstance(inner_type, Composite)
        return f"{text} {self._selection(inner_type, depth - 1)}"

    def _argument(self, name: str, argument: GraphQLArgument) -> str | None:
        """An argument; an empty one to leave it out, None where one is needed that nobody can make up."""
        random = self._random
        if name in {"first", "last"}:
            wanted = "first" if random.random() < 0.95 else random.choice(["last", ""])
            return f"{name}: {random.randrange(1, 4)}" if name == wanted else ""
        if name == "id" and isinstance(argument.type, GraphQLNonNull):
            return f"id: {json.dumps(random.choice(self._ids))}"
        if name == "ids":
            return f"ids: {json.dumps(random.sample(self._ids, 3))}"
        if not is_required_argument(argument):
            return ""
        needed = get_named_type(argument.type)
        return f"{name}: {random.choice(sorted(needed.values))}" if isinstance(needed, GraphQLEnumType) else None
