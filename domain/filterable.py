"""Filterable properties: which a JSON Schema allows, and the values by which the store finds things."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from domain.thing_types import ThingType
from domain.values import JSON, JSONObject, to_micros

MAX_TEXT = 1_000
"""How many characters a filterable text may have: an entry of an index holds no more than 8 KB."""

FilterValue: TypeAlias = str | int | float | bool


class FilterKind(StrEnum):
    """What the values of a filterable property are."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"


_KINDS: Mapping[str, FilterKind] = {
    "string": FilterKind.TEXT,
    "integer": FilterKind.NUMBER,
    "number": FilterKind.NUMBER,
    "boolean": FilterKind.BOOLEAN,
}
_DEFINITIONS = "#/$defs/"


def filter_kind(schema: JSONObject, path: str) -> FilterKind | None:
    """What the values at a path such as `price.amount` are; None where the schema says nothing that can be indexed."""
    at: JSON = schema
    for name in path.split("."):
        properties = _resolved(schema, at).get("properties")
        at = properties.get(name) if isinstance(properties, Mapping) else None
    found = _resolved(schema, at)
    if found.get("format") == "date-time":
        return FilterKind.TIME
    kind = found.get("type")
    if isinstance(kind, str):
        return _KINDS.get(kind)
    values = found.get("enum")
    if isinstance(values, Sequence) and values and all(isinstance(value, str) for value in values):
        return FilterKind.TEXT
    return None


def _resolved(schema: JSONObject, at: JSON) -> JSONObject:
    """The part itself, or the definition that it refers to. A schema that was accepted has no circle of references."""
    while isinstance(at, Mapping) and isinstance(reference := at.get("$ref"), str):
        definitions = schema.get("$defs")
        name = reference.removeprefix(_DEFINITIONS)
        at = definitions.get(name) if isinstance(definitions, Mapping) else None
    return at if isinstance(at, Mapping) else {}


def value_at(properties: JSONObject, path: str) -> JSON:
    """The value at a path; None where there is none."""
    at: JSON = properties
    for name in path.split("."):
        at = at.get(name) if isinstance(at, Mapping) else None
    return at


def filter_values(thing_type: ThingType, properties: JSONObject) -> list[FilterValue | None]:
    """For each filterable property the value that finds the thing: a time is in microseconds since the epoch."""
    return [_filter_value(thing_type.schema, properties, path) for path in thing_type.filterable]


def _filter_value(schema: JSONObject, properties: JSONObject, path: str) -> FilterValue | None:
    value = value_at(properties, path)
    if not isinstance(value, str | int | float | bool):
        return None
    if filter_kind(schema, path) is FilterKind.TIME:
        return to_micros(datetime.fromisoformat(str(value)))
    return value
