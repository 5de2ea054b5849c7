"""JSON Schemas (2020-12) from clients: https://json-schema.org/draft/2020-12 , less what could be turned against us.

A schema refers to its own definitions only, and never in a circle, so that validating a value takes time in proportion
to both. Patterns are those of a linear-time engine: without look-around and back-references.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import jsonschema_rs

from domain.errors import ValidationError
from domain.filterable import filter_kind
from domain.references import REFERENCE
from domain.thing_types import MAX_FILTERABLE
from domain.values import JSON, JSONObject
from services import validation

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_SIZE: Final = 2_000
"""How many schemas there may be in one, each counted as often as it is referred to."""

_PROPERTY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_RESERVED_NAMES = frozenset({"constructor", "prototype"})  # of every object in JavaScript
_REFUSED = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary")
_OF_NAMES = ("properties", "patternProperties", "dependentSchemas")
_OF_ONE = (
    *("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_OF_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_DEFINITIONS = "#/$defs/"


def object_schema(field: str, value: object) -> JSONObject:
    """A schema of objects. ValidationError, whose field is the path of what is wrong in it."""
    schema = validation.json_object(field, value)
    if schema.get("type") != "object":
        raise ValidationError(f"{field}.type", f'{field} takes a JSON Schema of an object: {{"type": "object", …}}.')
    if schema.get("$schema", DIALECT) != DIALECT:
        raise ValidationError(f"{field}.$schema", f"{field} takes JSON Schema 2020-12: {DIALECT}.")
    plain = cast("dict[str, JSON]", schema)
    try:
        jsonschema_rs.meta.validate(plain)
    except jsonschema_rs.ValidationError as error:
        raise _broken(field, error) from error
    _Walk(field, schema).check()
    try:
        # What is left: formats and patterns that are not there.
        jsonschema_rs.Draft202012Validator(
            plain,
            validate_formats=True,
            ignore_unknown_formats=False,
            formats={REFERENCE: lambda _value: True},  # what it names is checked where things are written
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )
    except jsonschema_rs.ValidationError as error:
        raise _broken(field, error) from error
    return schema


def filterable_paths(field: str, schema: JSONObject, paths: Sequence[str]) -> tuple[str, ...]:
    """The paths of properties by which things are found. ValidationError where the schema has no such single value."""
    if len(paths) > MAX_FILTERABLE:
        raise ValidationError(field, f"{field} takes at most {MAX_FILTERABLE} properties; this has {len(paths)}.")
    for index, path in enumerate(paths):
        if path in paths[:index]:
            raise ValidationError(f"{field}.{index}", f"{path!r:.70} comes twice.")
        if filter_kind(schema, path) is None:
            raise ValidationError(
                f"{field}.{index}",
                f"{path!r:.70} is no property of the schema whose type is string, number, integer or boolean.",
            )
    return tuple(paths)


def _broken(field: str, error: jsonschema_rs.ValidationError) -> ValidationError:
    path = ".".join((field, *(str(step) for step in error.instance_path)))
    hint = " Look-around and back-references are not supported." if path.endswith(".pattern") else ""
    return ValidationError(path, f"{path}: {error.message[:300]}.{hint}")


class _Walk:
    """Every schema in a schema, each once, and how large it is with what it refers to."""

    def __init__(self, field: str, schema: JSONObject) -> None:
        self._field = field
        self._definitions = cast("Mapping[str, JSON]", schema.get("$defs", {}))
        self._schema = schema
        self._sizes: dict[str, int] = {}
        self._open: list[str] = []

    def check(self) -> None:
        """ValidationError where a schema is refused."""
        size = self._size(self._field, self._schema)
        for name in self._definitions:
            size += self._size_of_definition(self._field, f"{_DEFINITIONS}{name}")
        if size > MAX_SIZE:
            raise ValidationError(
                self._field, f"{self._field} has more than {MAX_SIZE:,} schemas in it, with all that it refers to."
            )

    def _size(self, path: str, schema: JSON) -> int:
        if not isinstance(schema, Mapping):
            return 1  # true and false
        for keyword in _REFUSED:
            if keyword in schema:
                field = f"{path}.{keyword}"
                raise ValidationError(field, f"{field} is not supported: refer with $ref to #/$defs/…")
        size = 1 + sum(self._size(where, part) for where, part in self._parts(path, schema))
        if "$ref" in schema:
            size += self._size_of_definition(f"{path}.$ref", schema["$ref"])
        return min(size, MAX_SIZE + 1)

    def _parts(self, path: str, schema: JSONObject) -> Iterator[tuple[str, JSON]]:
        for keyword in _OF_NAMES:
            for name, part in cast("Mapping[str, JSON]", schema.get(keyword, {})).items():
                if keyword == "properties":
                    _check_name(f"{path}.{keyword}", name)
                yield f"{path}.{keyword}.{name}", part
        for keyword in _OF_ONE:
            if keyword in schema:
                yield f"{path}.{keyword}", schema[keyword]
        for keyword in _OF_SEVERAL:
            for index, part in enumerate(cast("Sequence[JSON]", schema.get(keyword, ()))):
                yield f"{path}.{keyword}.{index}", part

    def _size_of_definition(self, path: str, reference: JSON) -> int:
        name = str(reference).removeprefix(_DEFINITIONS)
        if not str(reference).startswith(_DEFINITIONS) or name not in self._definitions:
            raise ValidationError(path, f"{path} takes one of the schema's own definitions, such as #/$defs/address.")
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise ValidationError(path, f"{path} refers to itself: {circle}.")
        if name not in self._sizes:
            self._open.append(name)
            self._sizes[name] = self._size(f"{self._field}.$defs.{name}", self._definitions[name])
            self._open.pop()
        return self._sizes[name]


def _check_name(path: str, name: str) -> None:
    if not _PROPERTY_NAME.fullmatch(name) or name in _RESERVED_NAMES:
        raise ValidationError(
            path, f"{path}: {name!r:.70} is no name of a property: it takes a letter a-z, then letters, digits and _."
        )
