"""Everything in the schema says what it is to a front-end developer, and schema.graphql is its current print."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from resolvers.schema import schema
from schema.actions import require_actions
from schema.readers import require_readers

PRINTED = Path(__file__).parents[2] / "schema.graphql"
SHORTEST = 5

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def described(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """A type and all that is in it, each with its description."""
    yield type_.name, type_.description
    match type_:
        case GraphQLEnumType():
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description
        case GraphQLInputObjectType():
            for name, input_field in type_.fields.items():
                yield f"{type_.name}.{name}", input_field.description
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, taken in field.args.items():
                    yield f"{type_.name}.{name}({argument}:)", taken.description


EVERYTHING = [
    pair
    for type_ in build_schema(schema.as_str()).type_map.values()
    if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
    for pair in described(type_)
]


def is_said(name: str, description: str | None) -> bool:
    """Whether a description is there and says more than the name does."""
    own = re.split(r"[.(]", name.rstrip(":)"))[-1]
    said, named = ([word.lower() for word in _WORD.findall(text)] for text in (description or "", own))
    return len(description or "") >= SHORTEST and said != named


def test_everything_in_the_schema_has_a_description_that_says_more_than_its_name() -> None:
    silent = [f"{name}: {description!r}" for name, description in EVERYTHING if not is_said(name, description)]
    assert not silent, "\n".join(silent)


def test_the_walk_meets_types_fields_arguments_input_fields_and_enum_values() -> None:
    met = {name for name, _ in EVERYTHING}
    assert {"Thing", "Product.price", "Query.node(id:)", "ConnectInput.toId", "ThingStatus.draft", "JSON"} <= met


@pytest.mark.parametrize(
    ("name", "description"),
    [("Order.city", None), ("Order.city", "Hm."), ("Order.unitPrice", "Unit price."), ("T.f(groupId:)", "Group id")],
)
def test_silence_brevity_and_an_echo_of_the_name_are_no_descriptions(name: str, description: str | None) -> None:
    assert not is_said(name, description)


def test_the_committed_print_is_the_schema() -> None:
    assert PRINTED.read_text(encoding="utf-8") == schema.as_str() + "\n", "run scripts/one schema and commit the file"


def test_every_action_names_its_mutations() -> None:
    types = build_schema(schema.as_str()).type_map
    actions, mutations = cast("GraphQLEnumType", types["Action"]), cast("GraphQLObjectType", types["Mutation"])
    named = [name for value in actions.values.values() for name in re.findall(r"`(\w+)`", value.description or "")]
    assert sorted(named) == sorted(mutations.fields)


def test_a_mutation_that_nobody_decides_about_stops_the_start() -> None:
    with pytest.raises(AssertionError, match="no action says who may do this: openEverything"):
        require_actions(build_schema("type Query { a: Int } type Mutation { createThing: Int, openEverything: Int }"))


def test_a_type_of_which_nothing_says_who_reads_it_stops_the_start() -> None:
    drawn = """
        type Query { group: Group, diary: Diary, pages: PageConnection }
        type Mutation { write: WriteResult }
        interface AppError { message: String }
        type Group { id: ID }
        type Diary { text: String }
        type Page { text: String }
        type PageEdge { node: Page, cursor: String }
        type PageConnection { pageInfo: PageInfo, edges: [PageEdge] }
        type PageInfo { hasNextPage: Boolean }
        type WriteSuccess { diary: Diary }
        type NoInkError implements AppError { message: String }
        union WriteResult = WriteSuccess | NoInkError
    """
    with pytest.raises(AssertionError, match=r"nothing says who reads these types: Diary, Page$"):
        require_readers(build_schema(drawn))
