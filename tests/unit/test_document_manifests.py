"""Manifests of documents: both forms are read, and what is wrong is told by the id of the document."""

import json

import pytest

from domain.errors import ValidationError
from domain.trusted_documents import MAX_TEXT, CheckedDocument, NewDocument
from resolvers.document_checks import check
from resolvers.federation import subgraph
from resolvers.schema import schema
from schema.limits import Limits
from services.document_manifests import read_manifest

TEXT = "query Who { viewer { scope } }"


def apollo(*operations: object, version: object = 1, form: str = "apollo-persisted-query-manifest") -> bytes:
    return json.dumps({"format": form, "version": version, "operations": operations}).encode()


def test_a_map_of_ids_and_texts_is_read() -> None:
    content = json.dumps({"b": TEXT, "a": "{ __typename }"}).encode()
    assert read_manifest(content) == [NewDocument("b", TEXT), NewDocument("a", "{ __typename }")]


def test_apollos_list_of_operations_is_read() -> None:
    operation = {"id": "a", "name": "Who", "type": "query", "body": TEXT}
    assert read_manifest(apollo(operation, operation)) == [NewDocument("a", TEXT)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "A manifest is"),
        (b"{}", "1 to 10,000 documents"),
        (b'{"a b": "{ x }"}', "'a b'"),
        (b'{"": "{ x }"}', "visible ASCII"),
        (b'{"a": 7}', "'a'"),
        (b'{"a": ""}', "'a'"),
        (json.dumps({"a": "x" * (MAX_TEXT + 1)}).encode(), "'a'"),
        (json.dumps({str(number): "{ x }" for number in range(10_001)}).encode(), "10,001"),
        (apollo(form="other"), "A manifest is"),
        (apollo(version=2), "A manifest is"),
        (apollo(), "0"),
        (apollo("x"), r"operations\[0\]"),
        (apollo({"id": 1, "body": TEXT}), r"operations\[0\]"),
        (apollo({"id": "a"}), "'a'"),
        (apollo({"id": "a", "body": TEXT}, {"id": "a", "body": "{ other }"}), "'a' is there twice"),
    ],
)
def test_what_is_wrong_is_named(content: bytes, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read_manifest(content)


def test_documents_are_named_after_their_operations() -> None:
    two = "query A { ...f } query B { ...f } fragment f on Query { viewer { scope } }"
    documents = [NewDocument("one", TEXT), NewDocument("two", two), NewDocument("none", "{ viewer { scope } }")]
    right, wrong = check(documents, Limits(), schema)
    assert right == [
        CheckedDocument("one", TEXT, "Who"),
        CheckedDocument("two", two, "A, B"),
        CheckedDocument("none", "{ viewer { scope } }", ""),
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("query Who { viewer { nothing } }", "bad (Who): Cannot query field 'nothing' on type 'Viewer'."),
        ("query Who {", "bad: Syntax Error: Expected Name, found <EOF>."),
        ("fragment f on Group { id }", "bad: There is no operation in it."),
        ("query Who { viewer { scope scope scope scope } }", "bad (Who): This operation has 5 fields, and may have 4."),
        ("{ viewer { " + "scope " * 60 + "} }", "bad: Syntax Error: Document contains more than 50 tokens."),
    ],
)
def test_what_may_not_run_is_told_by_id_and_name(text: str, line: str) -> None:
    right, wrong = check([NewDocument("good", TEXT), NewDocument("bad", text)], Limits(tokens=50, fields=4), schema)
    assert right == [CheckedDocument("good", TEXT, "Who")]
    assert len(wrong) == 1
    assert wrong[0].startswith(line)


def test_what_is_nested_too_deep_to_be_read_is_told_as_such() -> None:
    right, wrong = check(
        [NewDocument("deep", "{ node(id: " + "[" * 4_000 + "]" * 900 + ") { id } }")], Limits(), schema
    )
    assert right == []
    assert wrong[0].startswith("deep: Syntax Error: Document is nested too deeply")


def test_a_document_that_asks_for_the_schema_may_not_run_where_nobody_may() -> None:
    asking = [NewDocument("schema", "query Types { __schema { types { name } } }")]
    assert check(asking, Limits(), schema)[1] == []
    right, wrong = check(asking, Limits(introspection=False), schema)
    assert right == []
    assert all(line.startswith("schema (Types): GraphQL introspection has been disabled") for line in wrong)
    assert wrong


def test_what_a_router_asks_may_run_where_one_may_ask() -> None:
    asking = [NewDocument("sdl", "{ _service { sdl } }")]
    assert check(asking, Limits(), schema)[1] == ["sdl: Cannot query field '_service' on type 'Query'."]
    assert check(asking, Limits(), subgraph())[1] == []
