"""Which answers are kept: the rule names fields that there are, and lets nothing through that it does not name."""

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, parse

from resolvers.keeping import KEPT, may_be_kept
from resolvers.schema import schema

CORE = schema._schema  # noqa: SLF001 - as Strawberry's own cache has it


def test_it_names_fields_that_there_are() -> None:
    for name, fields in KEPT.items():
        type_ = CORE.type_map[name]
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        assert fields <= set(type_.fields), name


@pytest.mark.parametrize(
    "text",
    [
        '{ node(id: "x") { id __typename ... on Thing { name properties group { slug } owner { id } } } }',
        """{ things(first: 5) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { ...Named } } } }
        fragment Named on Thing { name labels ... on Product { slug price { amount } } }""",
        '{ group(slug: "x") { children(first: 5) { nodes { name things(first: 5) { nodes { id } } } } } }',
        "{ people(first: 5) { nodes { username connections(first: 1) { nodes { source { id } } } } } }",
    ],
)
def test_it_keeps_what_the_store_alone_has_a_say_in(text: str) -> None:
    assert may_be_kept(CORE, parse(text), None)


@pytest.mark.parametrize(
    "text",
    [
        '{ node(id: "x") { viewerCan(action: update_thing) } }',
        '{ node(id: "x") { ... on Thing { ...Deep } } } fragment Deep on Thing { group { viewerPermissions } }',
        "{ viewer { person { id } } }",
        '{ search(text: "x", first: 1) { nodes { __typename } } }',
        "{ orders(first: 1) { nodes { receipts { ... on DownloadReceipt { url } } } } }",
        '{ node(id: "x") { ... on Order { nextStates } } }',
        '{ group(slug: "x") { supportAccess { active } } }',
        "{ __schema { queryType { name } } }",
        "mutation { signOut { __typename } }",
        "subscription { eventCreated { event { id } } }",
    ],
)
def test_it_keeps_nothing_else(text: str) -> None:
    assert not may_be_kept(CORE, parse(text), None)
