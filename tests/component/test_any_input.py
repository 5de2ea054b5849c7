"""Whatever comes: what is accepted reads back equal, and what is refused is refused by name and left nothing."""

import math
import time
import unicodedata
from collections.abc import Mapping
from typing import Final, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.values import JSON, JSONObject
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(180)]

# The same examples each time: what fails in CI fails here.
often = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

ODD_NAMES: Final = (
    "__proto__",
    "constructor",
    "@type",
    "id",
    "",
    " ",
    "$ref",
    "a.b",
    "ключ",
    "a\u202eb",
    "\u200b",
    "a\x00",
)
_LETTERS = st.characters(exclude_categories=["Cs"])  # no text in JSON has half of a surrogate pair

texts = st.text(_LETTERS, max_size=220) | st.sampled_from(
    [*ODD_NAMES, "\u0430dmin", "admin\u202e", "👩\u200d💻", "x" * 201]
)
numbers = (
    st.integers(-(2**54), 2**54)
    | st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53), 1e308, 5e-324, -0.0, 0.1 + 0.2])
    | st.floats(allow_nan=False, allow_infinity=False)
)
values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | st.sampled_from(ODD_NAMES), inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts | st.sampled_from(ODD_NAMES), values, max_size=5)


def deep(levels: int) -> JSONObject:
    value: JSON = 1
    for _ in range(levels):
        value = {"a": [value]}
    return {"a": value}


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def equal(one: JSON, other: JSON) -> bool:
    """Whether they are the same JSON: 1 and 1.0 are, and true and 1 are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.copysign(1, one) == math.copysign(1, other) and one == other
    return one == other and isinstance(one, bool) is isinstance(other, bool)


async def accepted(
    world: World, mutation: str, change: JSONObject, field: str, answer: str
) -> Mapping[str, JSON] | None:
    """What it made, as it reads; None where it was refused because of the field, and nothing was written."""
    before = await world.count()
    found = await world.api.change(mutation, change, f"{answer} {{ id }}")
    if answer in found:
        identifier = cast("Mapping[str, JSON]", found[answer])["id"]
        read = await world.api.ask(
            """query ($id: ID!) { node(id: $id) { id
                ... on Thing { name properties version }
                ... on Group { name description ofGroup: metadata version }
                ... on Relationship { properties metadata }
            } }""",
            id=identifier,
        )
        return cast("Mapping[str, JSON]", read.data["node"])
    assert found["__typename"] == "ValidationError", found
    assert str(found["field"]).partition(".")[0] == field
    assert found["message"]
    assert await world.count() == before
    return None


@often
@given(properties=objects)
@example(deep(10))
@example(deep(16))
@example(deep(200))
@example({name: name for name in ODD_NAMES if name.isprintable()})
@example({"a": "x" * 70_000})
async def test_the_properties_of_a_thing(shared_world: World, properties: JSONObject) -> None:
    new: JSONObject = {"groupId": shared_world.home, "type": "video", "name": "Any", "properties": properties}
    thing = await accepted(shared_world, "createThing", new, "properties", "thing")
    if thing is not None:
        assert equal(thing["properties"], properties)
        change: JSONObject = {"id": thing["id"], "version": 1, "properties": {"again": properties}}
        changed = await accepted(shared_world, "updateThing", change, "properties", "thing")
        assert changed is None or equal(changed["properties"], {"again": properties})


@often
@given(name=texts)
async def test_the_name_of_a_thing(shared_world: World, name: str) -> None:
    new: JSONObject = {"groupId": shared_world.home, "type": "video", "name": name}
    thing = await accepted(shared_world, "createThing", new, "name", "thing")
    if thing is not None:
        assert thing["name"] == normal(name)
        change: JSONObject = {"id": thing["id"], "version": 1, "name": f"{name}!"}
        changed = await accepted(shared_world, "updateThing", change, "name", "thing")
        assert changed is None or changed["name"] == normal(f"{name}!")


@often
@given(metadata=objects, number=st.integers(1, 10**12))
@example(deep(200), 1)
async def test_the_metadata_of_a_group(shared_world: World, metadata: JSONObject, number: int) -> None:
    new: JSONObject = {"slug": f"any-{number}-{time.time_ns()}", "name": "Any", "type": "dao", "metadata": metadata}
    group = await accepted(shared_world, "createGroup", new, "metadata", "group")
    if group is not None:
        assert equal(group["ofGroup"], metadata)
        change: JSONObject = {"id": group["id"], "version": 1, "metadata": [metadata]}
        assert await accepted(shared_world, "updateGroup", change, "metadata", "group") is None


@often
@given(text=texts | st.text(_LETTERS, max_size=2_000))
async def test_the_description_of_a_group(shared_world: World, text: str) -> None:
    group = await shared_world.group(f"text-{time.time_ns()}")
    change: JSONObject = {"id": group, "version": 1, "description": text}
    changed = await accepted(shared_world, "updateGroup", change, "description", "group")
    assert changed is None or changed["description"] == unicodedata.normalize("NFC", text)


@often
@given(metadata=objects)
@example(deep(200))
async def test_the_metadata_of_a_connection(shared_world: World, metadata: JSONObject) -> None:
    made = await shared_world.make(
        one=("createThing", {"groupId": shared_world.home, "type": "video", "name": "1"}),
        two=("createThing", {"groupId": shared_world.home, "type": "video", "name": "2"}),
    )
    new: JSONObject = {"type": "references", "fromId": made["one"], "toId": made["two"], "metadata": metadata}
    connection = await accepted(shared_world, "connect", new, "metadata", "relationship")
    assert connection is None or equal(connection["metadata"], metadata)


@often
@given(label=texts | st.from_regex(r"[a-z]{1,5}:[a-z0-9 ]{1,5}", fullmatch=True))
async def test_a_label(shared_world: World, label: str) -> None:
    thing = await shared_world.thing("Labelled")
    labelled = await accepted(shared_world, "labelThing", {"id": thing, "label": label}, "label", "thing")
    read = await shared_world.api.ask("query ($id: ID!) { node(id: $id) { ... on Thing { labels } } }", id=thing)
    assert len(cast("list[JSON]", read.at("node.labels"))) == (labelled is not None)


def _bomb(levels: int) -> JSONObject:
    """Definitions each of which refers to the next one twice: validating a value would take 2^levels steps."""
    inner = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"type": "object", "$defs": {**inner, f"d{levels}": {}}, "properties": {"a": {"$ref": "#/$defs/d0"}}}


SCHEMAS: Final[tuple[JSONObject, ...]] = (
    {"type": "object", "properties": {"a": {"$ref": "#"}}},
    {"type": "object", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    {"type": "object", "properties": {"a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}},
    {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
    _bomb(8),
    _bomb(40),
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}},
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|a?)+$"}}},
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=a)b"}}},
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "a{1,1000}{1,1000}"}}},
    {"type": "object", "properties": {name: {"type": "string"} for name in ("__proto__", "@type", "id")}},
    {"type": "object", "properties": {"a": {"type": "nonsense"}}},
    {"type": "object", "properties": {"a": {"multipleOf": 0}}},
    {"type": "array"},
    {},
)


@settings(often, max_examples=40)
@given(schema=st.sampled_from(SCHEMAS) | st.fixed_dictionaries({"type": st.just("object"), "properties": objects}))
async def test_the_schema_of_a_type_that_somebody_registers(shared_world: World, schema: JSONObject) -> None:
    began, before = time.monotonic(), await shared_world.count()
    name = f"any_{time.time_ns()}"
    new: JSONObject = {"name": name, "description": "Any.", "schema": schema}
    answer = await shared_world.api.change("registerThingType", new, "thingType { schema }")
    if answer["__typename"] == "ValidationError":
        assert str(answer["field"]).partition(".")[0] == "schema"
        assert await shared_world.count() == before
    else:
        assert equal(cast("Mapping[str, JSON]", answer["thingType"])["schema"], schema)
        thing: JSONObject = {
            "groupId": shared_world.home,
            "type": name,
            "name": "Any",
            "properties": {"a": "a" * 5_000 + "!"},
        }
        made = await shared_world.api.change("createThing", thing)
        assert made["__typename"] in {"CreateThingSuccess", "ValidationError"}
    assert time.monotonic() - began < 5, "this schema costs more than it should"
