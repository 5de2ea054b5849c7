"""Reading CSV and JSON Lines, row by row."""

from collections.abc import Collection
from pathlib import Path

import pytest

from domain.errors import ValidationError
from domain.values import JSON
from services.importing.mapping import FileOptions
from services.importing.rows import MAX_LINE, BadRow, SourceFile


def read(
    tmp_path: Path,
    content: str | bytes,
    columns: Collection[str],
    *,
    name: str = "x.csv",
    nulls: Collection[str] = ("",),
    **options: str,
) -> list[tuple[int, JSON]]:
    """Each row's line, and its values or the reason why it is bad."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = SourceFile(path, FileOptions.model_validate(options), nulls)
    rows: list[tuple[int, JSON]] = [
        (row.line, row.reason if isinstance(row, BadRow) else row.values) for row in file.read(columns)
    ]
    assert file.done == file.size == path.stat().st_size
    return rows


def test_a_csv_file_is_read_with_the_columns_that_are_wanted(tmp_path: Path) -> None:
    content = '\ufeffid,name,x\r\n1,"A, b",q\r\n2,NULL,q\r\n\r\n3,"two\nlines",q\r\n4,Ö,q'
    assert read(tmp_path, content, ["id", "name"], nulls=["NULL"]) == [
        (2, {"id": "1", "name": "A, b"}),
        (3, {"id": "2", "name": None}),
        (5, {"id": "3", "name": "two\nlines"}),
        (7, {"id": "4", "name": "Ö"}),
    ]


def test_rows_that_do_not_fit_are_bad_and_the_next_are_not(tmp_path: Path) -> None:
    content = b'id,name\n1\n2,b,c\n3,\xff\n4,"x"y\n5,e\n'
    lines = read(tmp_path, content, ["id"])
    assert [line for line, _ in lines] == [2, 3, 4, 5, 6]
    assert lines[0][1] == "1 fields where the header has 2"
    assert lines[1][1] == "3 fields where the header has 2"
    assert lines[2][1] == "byte 3 of line 4 is not UTF-8"
    assert str(lines[3][1]).startswith("this is not CSV")
    assert lines[4] == (6, {"id": "5"})


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    [(line, reason)] = read(tmp_path, 'id\n"1\n2\n', ["id"])
    assert line == 2
    assert "not CSV" in str(reason)


def test_what_a_comma_and_a_space_tore_apart_is_put_together_where_asked(tmp_path: Path) -> None:
    content = "id,name,city\n1,Pavlova, Ltd.,Rome\n2,b, c\n3,a,b,c\n"
    refused = "4 fields where the header has 3"
    assert read(tmp_path, content, ["id", "name", "city"], unquotedCommas="rejoin") == [
        (2, {"id": "1", "name": "Pavlova, Ltd.", "city": "Rome"}),
        (3, {"id": "2", "name": "b", "city": " c"}),
        (4, refused),
    ]
    assert read(tmp_path, content, ["id"])[0] == (2, refused)


def test_another_delimiter_can_be_given(tmp_path: Path) -> None:
    assert read(tmp_path, "id;n\n1;2,5\n", ["n"], delimiter=";") == [(2, {"n": "2,5"})]


def test_json_lines_keep_their_types(tmp_path: Path) -> None:
    content = '{"id": 1, "tags": ["a"]}\n\n[1]\n{"id": \n{"id": 2}'
    rows = read(tmp_path, content, ["id"], name="x.jsonl")
    assert rows[0] == (1, {"id": 1, "tags": ["a"]})
    assert rows[1] == (3, "a line takes one JSON object")
    assert rows[2][0] == 4
    assert "not JSON" in str(rows[2][1])
    assert rows[3] == (5, {"id": 2})


def test_a_line_beyond_the_limit_is_bad_and_the_next_is_not(tmp_path: Path) -> None:
    content = b'{"id": "' + b"x" * (2 * MAX_LINE) + b'"}\n{"id": 2}\n'
    assert read(tmp_path, content, ["id"], name="x.jsonl") == [(1, "a line is longer than 16 MiB"), (2, {"id": 2})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin with a header: it is empty"),
        (b"\xff,b\n1,2\n", "not UTF-8"),
        (b"a,b\n1,2\n", "has no column id. It has: a, b."),
        (b'"a"b\n', "is not CSV"),
    ],
)
def test_a_file_without_its_header_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(tmp_path, content, ["id"])
    assert message in caught.value.message
