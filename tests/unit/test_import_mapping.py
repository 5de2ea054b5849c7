"""What a mapping may say, and where it is told that it is wrong."""

import copy
from pathlib import Path

import pytest

from domain.catalogue import Catalogue
from domain.errors import ValidationError
from services.importing.mapping import ImportMapping, check_types, parse_mapping, read_mapping

CHECKOUT = Path(__file__).parent.parent.parent


def raw() -> dict[str, object]:
    return {
        "source": "shop",
        "steps": [
            {
                "step": "groups",
                "make": "group",
                "from": "groups.csv",
                "key": {"column": "id"},
                "set": {
                    "slug": {"column": "name", "as": "slug"},
                    "name": {"column": "name"},
                    "type": "business",
                    "metadata": {"object": {"city": {"column": "city"}}},
                },
            }
        ],
    }


def test_the_mapping_for_northwind_is_one() -> None:
    mapping = read_mapping(CHECKOUT / "docs" / "import" / "northwind.yaml")
    assert mapping.source == "northwind"
    assert {"regions", "orders"} <= {step.step for step in mapping.steps}


def _edit(document: object, path: str, value: object) -> None:
    *way, last = path.split(".")
    for name in way:
        document = document[int(name)] if isinstance(document, list) else document[name]  # type: ignore[index] # of JSON
    document[last] = value  # type: ignore[index] # of JSON


@pytest.mark.parametrize(
    ("path", "value", "field", "message"),
    [
        ("nope", 1, "nope", "not known here"),
        ("steps.0.form", "x.csv", "steps.0.form", "not known here"),
        ("steps.0.set.colour", "red", "steps.0.set.colour", "not known here"),
        ("steps.0.set.slug", {"colunm": "name"}, "steps.0.set.slug", "{column: …}"),
        ("steps.0.set.slug", {"column": "name", "ass": "slug"}, "steps.0.set.slug.ass", "not known here"),
        ("steps.0.set.slug", {"column": "name", "as": "slugg"}, "steps.0.set.slug.as", "'slug'"),
        (
            "steps.0.set.slug",
            {"column": "name", "as": {"time": "%Y", "zone": "Mars"}},
            "steps.0.set.slug.as.zone",
            "zone",
        ),
        ("steps.0.set.metadata.object.list", [1], "steps.0.set.metadata.object.list", "{list: …}"),
        ("steps.0.set.parent", {"ref": "nobody"}, "steps.0", "'nobody'"),
        ("steps.0.from", "../secret.csv", "steps.0.from", "inside the folder"),
        ("steps.0.from", "/etc/passwd", "steps.0.from", "inside the folder"),
        ("steps.0.make", "edge", "steps.0", "'connection'"),
        ("steps.0.step", "Groups", "steps.0.step", "pattern"),
        ("steps", [], "steps", "at least 1"),
        ("source", None, "source", "string"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(path: str, value: object, field: str, message: str) -> None:
    document = raw()
    _edit(document, path, value)
    with pytest.raises(ValidationError) as caught:
        parse_mapping(document)
    assert caught.value.field == field
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_step_has_a_name_of_its_own() -> None:
    document = raw()
    steps = document["steps"]
    assert isinstance(steps, list)
    steps.append(copy.deepcopy(steps[0]))
    with pytest.raises(ValidationError, match="'groups' already"):
        parse_mapping(document)


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_a_document_that_is_no_mapping_is_refused(document: object) -> None:
    with pytest.raises(ValidationError):
        parse_mapping(document)


def test_an_api_key_cannot_be_imported() -> None:
    document = raw()
    document["steps"] = [
        {"step": "keys", "make": "thing", "set": {"type": "api_key", "group": {"column": "g"}, "name": "k"}}
    ]
    with pytest.raises(ValidationError) as caught:
        check_types(parse_mapping(document), Catalogue.of())
    assert caught.value.field == "steps.0.set.type"


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\tx"])
def test_a_file_that_is_not_yaml_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(ValidationError, match=r"mapping\.yaml is not YAML") as caught:
        read_mapping(path)
    assert "\n" not in caught.value.message


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"none\.yaml cannot be read"):
        read_mapping(tmp_path / "none.yaml")


def test_a_plain_value_keeps_its_type() -> None:
    mapping = parse_mapping(raw() | {"nulls": ["NULL"]})
    assert isinstance(mapping, ImportMapping)
    assert mapping.nulls == ("NULL",)
