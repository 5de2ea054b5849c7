"""Which strings in a thing's properties are ids of other nodes."""

import pytest

from domain.references import references
from domain.thing_types import THING_TYPES
from domain.values import JSON, JSONObject

REF: JSONObject = {"type": "string", "format": "node-id"}


def test_a_built_in_type_names_what_its_fields_say() -> None:
    lines: JSON = [{"productId": "prd_1", "name": "prd_9", "sellerId": "grp_1"}, {"productId": "prd_2", "name": "x"}]
    properties: JSONObject = {"number": "prd_8", "lines": lines, "customerId": "per_1"}
    assert references(THING_TYPES["order"].schema, properties) == {
        "properties.lines.0.productId": "prd_1",
        "properties.lines.0.sellerId": "grp_1",
        "properties.lines.1.productId": "prd_2",
        "properties.customerId": "per_1",
    }


@pytest.mark.parametrize(
    ("schema", "properties", "found"),
    [
        ({"additionalProperties": REF}, {"a": "x", "b": 1}, {"properties.a": "x"}),
        ({"properties": {"a": {"prefixItems": [{}, REF]}}}, {"a": ["x", "y", "z"]}, {"properties.a.1": "y"}),
        ({"properties": {"a": {"anyOf": [{"type": "null"}, REF]}}}, {"a": "x"}, {"properties.a": "x"}),
        ({"properties": {"a": {"$ref": "#/$defs/r"}}, "$defs": {"r": REF}}, {"a": "x"}, {"properties.a": "x"}),
        (
            {"properties": {"id": REF, "next": {"$ref": "#"}}},
            {"id": "x", "next": {"id": "y", "next": {}}},
            {"properties.id": "x", "properties.next.id": "y"},
        ),
        ({"$ref": "#", "properties": {"a": REF}}, {"a": "x"}, {"properties.a": "x"}),
        ({"properties": {"a": True, "b": {"$ref": "#/nowhere"}}}, {"a": "x", "b": "y"}, {}),
        ({}, {"a": {"b": ["x"]}}, {}),
    ],
)
def test_a_mark_is_found_wherever_a_schema_can_have_it(
    schema: JSONObject, properties: JSONObject, found: dict[str, str]
) -> None:
    assert references(schema, properties) == found
