"""Values made by Hypothesis: whatever a resolver answers for a leaf, compiled execution says what graphql-core does."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

import pytest
import strawberry
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    Undefined,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.scalars import JSON

from tests.unit.execution.runs import compare, run_compiled, run_stock


@strawberry.enum
class Colour(Enum):
    """An enum of Strawberry."""

    RED = "red"
    BLUE = "blue"


@strawberry.type
class Leaves:
    """A field of each leaf type."""

    text: str
    id: strawberry.ID
    number: int
    fraction: float
    flag: bool
    colour: Colour
    time: datetime
    amount: Decimal
    anything: JSON


class Odd:
    """Nothing that a schema knows."""

    def __repr__(self) -> str:
        return "Odd()"


_TYPES: Final[list[GraphQLOutputType]] = [
    each.type.of_type
    for each in strawberry.Schema(query=Leaves)._schema.type_map["Leaves"].fields.values()  # type: ignore[attr-defined] # noqa: SLF001
]


def _schema() -> GraphQLSchema:
    fields: dict[str, GraphQLField] = {}
    for index, leaf in enumerate(_TYPES):
        fields[f"maybe{index}"] = GraphQLField(leaf, resolve=lambda source, _info: source)
        fields[f"plain{index}"] = GraphQLField(leaf, resolve=lambda source, _info: source)
        fields[f"many{index}"] = GraphQLField(GraphQLList(leaf), resolve=lambda source, _info: [source, source])
        fields[f"sure{index}"] = GraphQLField(
            GraphQLList(GraphQLNonNull(leaf)), resolve=lambda source, _info: (source,)
        )
    # The default resolver, too: what is read of a mapping, be it callable.
    read = {f"read{index}": GraphQLField(leaf) for index, leaf in enumerate(_TYPES)}
    fields["inner"] = GraphQLField(
        GraphQLObjectType("Inner", read), resolve=lambda source, _info: dict.fromkeys(read, source)
    )
    return GraphQLSchema(GraphQLObjectType("Query", fields))


SCHEMA: Final = _schema()
_KINDS: Final = ("maybe", "plain", "many", "sure")
_ASKED: Final = " ".join(f"{kind}{index}" for kind in _KINDS for index in range(len(_TYPES)))
_READ: Final = " ".join(f"read{index}" for index in range(len(_TYPES)))
QUERY: Final = parse(f"{{ {_ASKED} inner {{ {_READ} }} }}")
VALUES: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.sampled_from([*Colour, "RED", "red", Undefined, Odd(), ValueError("a value"), {}, [], [1], (), {"a": 1}, Odd]),
)


@pytest.mark.slow
@settings(max_examples=200, derandomize=True, deadline=None)
@given(VALUES)
async def test_answers_for_a_leaf_what_graphql_core_does(value: object) -> None:
    stock = await run_stock(SCHEMA, QUERY, root=value)
    compare(stock, await run_compiled(SCHEMA, QUERY, root=value), in_order=True)
