"""References: which strings in a thing's properties are ids of other nodes, as the JSON Schema of its type says.

A schema marks such a string with `"format": "node-id"`. Schemas are read as far as a mark can stand in them: through
properties, items, the branches of allOf, anyOf and oneOf, and `$ref` within the schema.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Final, cast

from domain.values import JSON, JSONObject

if TYPE_CHECKING:  # it uses the mark below
    from domain.thing_types import ThingType

REFERENCE: Final = "node-id"
"""The format of a string that is the id of a group, a person or a thing."""

_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


def references(schema: JSONObject, properties: Mapping[str, JSON]) -> dict[str, str]:
    """The ids that valid properties name, by their path in the input, such as `properties.lines.0.productId`."""
    return dict(_found(schema, schema, properties, "properties", frozenset()))


def names_nodes(schema: JSON) -> bool:
    """Whether a schema marks anything as the id of a node."""
    if isinstance(schema, Mapping):
        return schema.get("format") == REFERENCE or any(map(names_nodes, schema.values()))
    return isinstance(schema, Sequence) and not isinstance(schema, str) and any(map(names_nodes, schema))


def named_by(thing_type: "ThingType", properties: Mapping[str, JSON]) -> dict[str, str]:
    """The ids that the valid properties of a thing name, by their path; also those that they name once it evolved."""
    named = references(thing_type.schema, properties)
    return named if thing_type.pending is None else named | references(thing_type.pending, properties)


def _found(
    root: JSONObject, schema: JSON, value: JSON, path: str, followed: frozenset[str]
) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, str):
        if schema.get("format") == REFERENCE:
            yield path, value
    elif isinstance(value, Mapping | Sequence):
        for step, inner, item in _inside(schema, value):
            yield from _found(root, inner, item, f"{path}.{step}", frozenset())
    for branch in _BRANCHES:
        for each in cast("Sequence[JSON]", schema.get(branch, ())):
            yield from _found(root, each, value, path, followed)
    target = schema.get("$ref")
    # A reference that leads back to itself without going down into the value would never end.
    if isinstance(target, str) and target.startswith("#") and target not in followed:
        yield from _found(root, _at(root, target), value, path, followed | {target})


def _inside(
    schema: Mapping[str, JSON], value: Mapping[str, JSON] | Sequence[JSON]
) -> Iterator[tuple[str | int, JSON, JSON]]:
    """What is in an object or a list, each with its key and its schema."""
    if isinstance(value, Mapping):
        known = cast("Mapping[str, JSON]", schema.get("properties", {}))
        others = schema.get("additionalProperties")
        for name, item in value.items():
            yield name, known.get(name, others), item
    else:
        first = cast("Sequence[JSON]", schema.get("prefixItems", ()))
        for index, item in enumerate(value):
            yield index, first[index] if index < len(first) else schema.get("items"), item


def _at(root: JSONObject, pointer: str) -> JSON:
    """What a JSON Pointer (RFC 6901) in a URI fragment names; None for nothing."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]

    def down(value: JSON, step: str) -> JSON:
        if isinstance(value, Mapping):
            return value.get(step)
        if isinstance(value, Sequence) and step.isdecimal() and int(step) < len(value):
            return value[int(step)]
        return None

    return reduce(down, steps, cast("JSON", root))
