"""What the words of a mapping make of a row."""

from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter

from domain.ids import imported_id
from domain.values import JSON
from services.importing.conversions import converter
from services.importing.scratch import Scratch
from services.importing.values import Compiler
from services.importing.vocabulary import Conversion, Value

_CONVERSION: TypeAdapter[Conversion] = TypeAdapter(Conversion)
_VALUE: TypeAdapter[Value] = TypeAdapter(Value)


def convert(conversion: object, value: JSON) -> JSON:
    return converter(_CONVERSION.validate_python(conversion))(value)


@pytest.mark.parametrize(
    ("conversion", "text", "result"),
    [
        ("text", "x", "x"),
        ("text", 3, "3"),
        ("text", True, "true"),
        ("integer", " 42 ", 42),
        ("integer", "-7", -7),
        ("integer", 42, 42),
        ("number", "0.25", 0.25),
        ("decimal", "0.10", "0.1"),
        ("decimal", "0", "0"),
        ("decimal", "-0.0", "0"),
        ("decimal", "1.0", "1"),
        ("decimal", "100", "100"),
        (
            "decimal",
            "12345678901234567890.123456789012345678901234567890",
            "12345678901234567890.12345678901234567890123456789",
        ),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", False, False),
        ("time", "1996-07-04 00:00:00.000", "1996-07-04T00:00:00+00:00"),
        ("time", "1996-07-04T02:00:00+02:00", "1996-07-04T00:00:00+00:00"),
        ({"time": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "04.07.1996 02:00", "1996-07-04T00:00:00+00:00"),
        ({"minor": "USD"}, "18.00", 1800),
        ({"minor": "USD"}, "21.35", 2135),
        ({"minor": "JPY"}, "500", 500),
        ({"minor": "USDC"}, "0.000001", 1),
        ({"minor": "USD"}, 0.29, 29),
        ({"money": "USD"}, "18", {"amount": 1800, "currency": "USD"}),
        ("slug", "Frédérique Citeaux", "frederique-citeaux"),
        ("slug", "Grandma Kelly's Homestead", "grandma-kellys-homestead"),
        ("slug", "Gai pâturage & Søn / Groß", "gai-paturage-son-gross"),
        ({"slug": "."}, "José  Pedro Freyre", "jose.pedro.freyre"),
    ],
)
def test_a_text_becomes_what_it_says(conversion: object, text: JSON, result: JSON) -> None:
    converted = convert(conversion, text)
    assert converted == result
    assert type(converted) is type(result)


@pytest.mark.parametrize(
    ("conversion", "text"),
    [
        ("integer", "1.5"),
        ("integer", "one"),
        ("integer", "٣"),
        ("integer", True),
        ("number", "nan"),
        ("number", "1e5"),
        ("decimal", "1,5"),
        ("decimal", "inf"),
        ("boolean", "maybe"),
        ("time", "yesterday"),
        ("time", "1996-02-30"),
        ("time", "0001-01-01T00:00:00+14:00"),
        ({"time": "%Y"}, "96"),
        ({"minor": "USD"}, "0.001"),
        ({"minor": "USD"}, ""),
        ({"money": "USD"}, "18 $"),
        ("slug", "東京"),
        ("text", ["a"]),
        ("decimal", None),
    ],
)
def test_a_text_that_says_something_else_is_refused(conversion: object, text: JSON) -> None:
    with pytest.raises(ValueError, match=r"."):
        convert(conversion, text)


@pytest.fixture
def compiler() -> Iterator[Compiler]:
    with Scratch() as scratch:
        yield Compiler("shop", {"groups": "grp", "company": "grp"}, scratch)


ROW: dict[str, JSON] = {"id": "7", "first": "Nancy", "last": "Davolio", "none": None, "price": "1.50"}


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("plain", "plain"),
        (3, 3),
        (True, True),
        (None, None),
        ({"column": "first"}, "Nancy"),
        ({"column": "none"}, None),
        ({"column": "price", "as": {"minor": "USD"}}, 150),
        ({"template": "{first} {last}"}, "Nancy Davolio"),
        ({"template": "{first} {none}"}, None),
        ({"template": "no braces"}, "no braces"),
        ({"template": "{first} {last}", "as": {"slug": "."}}, "nancy.davolio"),
        ({"template": "{who}@x.example", "with": {"who": {"column": "first", "as": "slug"}}}, "nancy@x.example"),
        ({"ref": "company"}, imported_id("grp", "shop", "company")),
        ({"ref": "groups", "key": {"column": "id"}}, imported_id("grp", "shop", "groups\x007")),
        ({"ref": "groups", "key": {"column": "none"}}, None),
        ({"object": {"a": {"column": "first"}, "b": {"column": "none"}, "c": 1}}, {"a": "Nancy", "c": 1}),
        ({"list": [{"column": "first"}, {"column": "none"}, 2]}, ["Nancy", 2]),
        ({"case": {"column": "id"}, "of": {"7": "seven"}, "otherwise": "other"}, "seven"),
        ({"case": {"column": "id"}, "of": {"8": "eight"}, "otherwise": "other"}, "other"),
        ({"case": {"column": "id"}, "of": {"8": "eight"}}, "7"),
        ({"case": {"column": "id"}, "of": {"8": "eight"}, "otherwise": None}, None),
        ({"case": {"column": "none"}, "missing": "paid", "otherwise": "completed"}, "paid"),
        ({"case": {"column": "id"}, "missing": "paid", "otherwise": "completed"}, "completed"),
    ],
)
def test_a_value_is_found_in_a_row(compiler: Compiler, value: object, result: JSON) -> None:
    assert compiler.compile(_VALUE.validate_python(value))(ROW) == result


def test_a_value_notes_the_columns_that_it_needs(compiler: Compiler) -> None:
    compiler.compile(_VALUE.validate_python({"template": "{a} {b}", "with": {"b": {"column": "c"}}}))
    assert list(compiler.columns) == ["c", "a"]


def test_rows_of_another_file_are_found_by_their_key(compiler: Compiler) -> None:
    lines = compiler.compile(
        _VALUE.validate_python(
            {"rows": "lines.csv", "by": "order", "key": {"column": "id"}, "each": {"column": "n", "as": "integer"}}
        )
    )
    [other] = compiler.others
    other.table.add([("7", 2, {"n": "1"}), ("8", 3, {"n": "2"}), ("7", 4, {"n": "3"})])
    other.table.finish()
    assert lines(ROW) == [1, 3]
    assert list(other.table.never_asked_for()) == [(3, "8")]
    assert lines({"id": "9"}) == []


def test_a_bad_row_of_another_file_is_told_by_its_line(compiler: Compiler) -> None:
    lines = compiler.compile(
        _VALUE.validate_python(
            {"rows": "lines.csv", "by": "order", "key": {"column": "id"}, "each": {"column": "n", "as": "integer"}}
        )
    )
    compiler.others[0].table.add([("7", 12, {"n": "many"})])
    with pytest.raises(ValueError, match=r"line 12 of lines\.csv: n: 'many' is not a whole number"):
        lines(ROW)


def test_a_lookup_that_finds_nothing_is_refused(compiler: Compiler) -> None:
    take = compiler.compile(
        _VALUE.validate_python({"lookup": "c.csv", "by": "id", "key": {"column": "id"}, "take": "name", "as": "slug"})
    )
    [other] = compiler.others
    other.table.add([("8", 2, {"name": "Eight"}), ("8", 3, {"name": "Other"})])
    with pytest.raises(ValueError, match=r"c\.csv has no row whose id is '7'"):
        take(ROW)
    assert take({"id": "8"}) == "eight"
    assert take({"id": None}) is None
